import FeedCore

/// One walk over a `CaptureSet`: hands out its packets in capture-time order, without copying them.
///
/// A file's effective time is the running maximum of its packets' times. The packet with the smallest effective time
/// goes first, and of equal ones that of the file named first; so `captureNanoseconds` never goes back, a file's
/// packets stay in file order, and the order depends on nothing but the files. Belongs to one thread at a time.
public final class CaptureSource: PacketSource {
  public let set: CaptureSet
  /// Packets handed out.
  public private(set) var packetsDelivered: UInt64 = 0

  private let counters: CaptureCounters
  private let cursors: UnsafeMutablePointer<FileCursor>
  private let fileCount: Int
  private var merge: CaptureMerge?

  init(_ set: CaptureSet) {
    self.set = set
    let counters = CaptureCounters()
    self.counters = counters
    fileCount = set.files.count
    cursors = .allocate(capacity: fileCount)
    for (index, file) in set.files.enumerated() {
      (cursors + index).initialize(
        to: FileCursor(file, fileIndex: UInt16(index), filter: set.filter, counters: counters))
    }
    merge = fileCount > 1 ? CaptureMerge(cursors, fileCount: fileCount) : nil
    set.noteFaults(in: counters)
  }

  deinit {
    for index in 0..<fileCount { cursors[index].interfaces.deallocate() }
    cursors.deallocate()
    merge?.deallocate()
    counters.deallocate()
  }

  /// 0 while not exhausted means that a filter left out all records this call looked at: call again.
  public func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int {
    guard let out = burst.baseAddress else { return 0 }
    let count =
      merge == nil ? cursors[0].fill(out, limit: burst.count) : merge!.fill(out, limit: burst.count)
    packetsDelivered &+= UInt64(truncatingIfNeeded: count)
    return count
  }

  /// Of a single file.
  public var upcoming: UnsafeRawPointer? { merge == nil ? cursors[0].base + cursors[0].offset : nil }

  public var isExhausted: Bool { merge.map(\.isFinished) ?? cursors[0].isFinished }

  /// Bytes walked so far, of `set.totalBytes`; with several files up to one burst of each ahead of what was handed out.
  public var consumedBytes: Int { (0..<fileCount).reduce(0) { $0 + cursors[$1].offset } }

  /// Counters that are not zero.
  public var readings: [CaptureReading] { counters.readings(paths: set.files.map(\.path)) }

  public func count(_ counter: CaptureCounter) -> UInt64 { counters.count(counter) }
}
