import CPlatform
import FeedCore

/// A place in one mapped capture file, and the way on from there: `fill` hands out the next packets.
///
/// A trivial value. Everything it points to (mapping, filter programs, interface table, counters) is owned by the
/// `CaptureSource` that it belongs to.
struct FileCursor {
  /// Records looked at in one call, so that a filter which matches nothing cannot hold up a duty cycle.
  static let recordsPerCallMaximum = 4096
  /// A captured packet may exceed its file's snap length by this much before its length is called absurd.
  static let recordLengthSlack = 256 << 10

  /// Bytes ahead of the record at hand: its own next line. Farther ahead, requests of a burst cross those of the one
  /// before it, and the memory's own look-ahead is lost.
  private static let prefetchDistance = 64
  private static let prefetchedLengthMaximum = 2048

  let base: UnsafeRawPointer
  let length: Int
  let format: CaptureFormat
  let fileIndex: UInt16
  let counters: CaptureCounters
  /// Nil: everything is handed out. Unowned: the source's set keeps it.
  let filter: Unmanaged<PacketFilter>?

  /// Next byte to read; `length` when done.
  var offset: Int
  /// Packet records passed, filtered ones too.
  var recordIndex: UInt64 = 0
  /// Running maximum of the packets' times.
  var clock: UInt64 = 0
  /// No packet will come any more.
  var isFinished = false

  // pcap: from the file header. pcapng: of the current section.
  var isSwapped = false
  let linkType: LinkType
  let program: PacketFilter.Program?
  /// Link types the filter cannot judge are not handed out, except those which feedh does not read anyway.
  let programIsMissing: Bool
  var interfaces = InterfaceTable()

  init(_ file: CaptureFile, fileIndex: UInt16, filter: PacketFilter?, counters: CaptureCounters) {
    base = file.bytes.baseAddress!
    length = file.bytes.count
    format = file.format
    self.fileIndex = fileIndex
    self.counters = counters
    self.filter = filter.map(Unmanaged.passUnretained)
    switch format {
    case .pcap(let header):
      offset = CaptureFormat.PcapHeader.length
      isSwapped = header.isSwapped
      linkType = LinkType(captureNumber: header.linkNumber)
      program = filter?.program(linkNumber: header.linkNumber, isSwapped: header.isSwapped)
      programIsMissing = filter != nil && program == nil && linkType != .unsupported
    case .pcapng, .lengthPrefixedITCH, .soupBinTCP:
      offset = 0
      linkType = .message
      program = nil
      programIsMissing = false
    }
    // A byte stream without packets: its reader takes `CaptureFile.bytes`.
    if format == .soupBinTCP { finish() }
  }

  /// Writes up to `limit` packets and returns how many; 0 with `isFinished` false means: call again.
  @inline(__always)
  mutating func fill(_ out: UnsafeMutablePointer<Packet>, limit: Int) -> Int {
    if isFinished { return 0 }
    switch format {
    case .pcap(let header):
      return isSwapped
        ? fillPcap(out, limit: limit, nanosecondsPerTick: header.nanosecondsPerTick, isSwapped: true)
        : fillPcap(out, limit: limit, nanosecondsPerTick: header.nanosecondsPerTick, isSwapped: false)
    case .pcapng: return fillPcapng(out, limit: limit)
    case .lengthPrefixedITCH: return fillMessages(out, limit: limit)
    case .soupBinTCP: return 0
    }
  }

  /// Asks for the cache lines that lie `prefetchDistance` beyond a record of `recordLength` bytes at `record`.
  ///
  /// The place of a record follows from the length in the one before it, so without this the walk waits for memory
  /// once a record: 60 ns a packet, against 20 with it. The lines in between are asked for too, for the stages that read
  /// the payload, and because memory that is read line after line comes by itself.
  @inline(__always)
  static func prefetch(_ record: UnsafeRawPointer, _ recordLength: Int) {
    // Four at once, whether or not it is that long: a loop would end unpredictably once a record.
    let ahead = record + prefetchDistance
    feedh_prefetch_read(ahead)
    feedh_prefetch_read(ahead + 64)
    feedh_prefetch_read(ahead + 128)
    feedh_prefetch_read(ahead + 192)
    var line = 256
    while line < min(recordLength, prefetchedLengthMaximum) {
      feedh_prefetch_read(ahead + line)
      line &+= 64
    }
  }

  mutating func finish() {
    offset = length
    isFinished = true
  }

  /// Ends the file at a record that cannot be passed.
  @inline(never)
  mutating func stop(_ counter: CaptureCounter, at offset: Int) {
    note(counter, at: offset)
    finish()
  }

  @inline(never)
  func note(_ counter: CaptureCounter, at offset: Int) {
    counters.note(counter, fileIndex: fileIndex, offset: offset)
  }
}
