/// What came of the packets offered to one tap. Once recording has stopped, `offered` is the sum of `written`,
/// `ringDropped`, `otherLink` and `notWritten`.
public struct RecordingFigures: Sendable, Equatable {
  public var name = ""
  public var offeredPackets: UInt64 = 0
  /// Captured bytes.
  public var offeredBytes: UInt64 = 0
  public var writtenPackets: UInt64 = 0
  /// Bytes of packets in the files, without the files' own words.
  public var writtenBytes: UInt64 = 0
  /// Found the ring full: the disk, or the writing thread, did not keep up.
  public var ringDroppedPackets: UInt64 = 0
  public var ringDroppedBytes: UInt64 = 0
  /// Not written because the file, a pcap, is of another link type.
  public var otherLinkPackets: UInt64 = 0
  /// Came after writing had failed, or were gathered when it did.
  public var notWrittenPackets: UInt64 = 0
  /// Shorter in the recording than on the wire: by the snap length, or cut before it came here.
  public var cutPackets: UInt64 = 0
  /// Files begun.
  public var files: UInt64 = 0
  /// What ended the writing; nil: nothing.
  public var failure: RecordingError?

  public init() {}
}
