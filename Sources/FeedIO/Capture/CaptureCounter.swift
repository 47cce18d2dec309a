/// What was wrong or left out while reading captures. Each is a counter; the first of each kind is kept with its
/// place (`CaptureReading`). Reading goes on unless the text says that the file ends there.
public enum CaptureCounter: UInt8, CaseIterable, Sendable, BitwiseCopyable {
  /// The file ends inside a record, which is not handed out.
  case truncatedTail = 0
  /// A record's length is absurd. pcap: the file ends there, for nothing marks where the next record begins.
  /// pcapng: the length contradicts its block, which is skipped.
  case badRecordLength
  /// A pcapng block's length is below 12, not a multiple of 4, absurd, or not repeated at its end, or a section of
  /// an unknown version or byte order: the file ends there.
  case badBlock
  /// A pcapng option reaches beyond its block; the options before it count.
  case badOption
  /// A pcapng block of a type feedh does not know, skipped.
  case unknownBlock
  /// A pcapng packet of an interface that its section does not describe, skipped.
  case unknownInterface
  /// A packet older than one before it in its file; it gets that one's time.
  case timeWentBack
  /// A packet that `--filter` does not match.
  case filteredOut
  /// A packet of a link type that the filter cannot be compiled for, left out.
  case filterNotApplicable
  /// Bytes after the length 0 that ends a length-prefixed file.
  case bytesAfterEnd
  /// gzip or zstd data ends before its end mark; what came out of it is read.
  case truncatedCompression
  /// gzip or zstd data is damaged, or something else follows it; what came out before is read.
  case corruptCompression

  /// The key in reports.
  public var name: String { "\(self)" }
}

/// One counter of a `CaptureSource` and where it counted first.
public struct CaptureReading: Sendable, Equatable {
  public var counter: CaptureCounter
  public var count: UInt64
  /// Position of the file in the set.
  public var firstFileIndex: Int
  /// Path of that file.
  public var firstFile: String
  /// Byte offset of the record or block in it, after unpacking; for the two compression counters before.
  public var firstOffset: Int

  public var name: String { counter.name }
}
