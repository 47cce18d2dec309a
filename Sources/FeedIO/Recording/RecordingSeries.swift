import Glibc

/// The files of one tap, one after the other: takes packets out of its ring and writes them. Belongs to one thread.
final class RecordingSeries {
  /// Words of `counters`.
  enum Word {
    static let writtenPackets = 0
    static let writtenBytes = 1
    static let otherLinkPackets = 2
    static let notWrittenPackets = 3
    static let files = 4
    static let count = 5
  }

  /// What a pcapng file knows of a queue and a link type.
  private struct Described {
    var interface: UInt16
    var linkType: UInt16
  }

  let tap: RecordingTap
  let counters = SharedCounters(count: Word.count)
  private(set) var failure: RecordingError?

  private let options: RecordingOptions
  private let format: RecordingFormat
  private let interfaces: [RecordingInterface]
  private var names: RecordingNames
  private var consumer = RecordingRing.Consumer()
  private var file: RecordingFile?
  private var described: [Described] = []
  /// Packets of each interface written to all files.
  private var delivered: [UInt64]
  private var firstNanoseconds: UInt64 = 0
  private var lastNanoseconds: UInt64 = 0
  /// Counted as written and still gathered: lost where the file fails.
  private var gathered: (packets: UInt64, bytes: UInt64) = (0, 0)

  /// Opens the file where there is to be only one, so that what is wrong with its name is known before the run.
  init(
    tap: RecordingTap, interfaces: [RecordingInterface], options: RecordingOptions, names: RecordingNames
  ) throws(RecordingError) {
    self.tap = tap
    self.interfaces = interfaces
    self.options = options
    self.names = names
    format = options.chosenFormat
    delivered = Array(repeating: 0, count: interfaces.count)
    if options.isFile, !options.rotates { try openFile(firstNanoseconds: 0) }
  }

  deinit { counters.deallocate() }

  // MARK: - The writing thread

  /// Writes what waits in the ring, `limit` packets at most, and returns how many there were.
  func drain(limit: Int) -> Int {
    var count = 0
    while count < limit, let record = tap.ring.pop(&consumer) {
      count += 1
      write(record)
      // Early enough that a slow disk does not keep the room of what it has taken.
      if count & 63 == 0 { tap.ring.giveBack(consumer) }
    }
    tap.ring.giveBack(consumer)
    return count
  }

  /// Hands to the system what was gathered.
  func flush() {
    do throws(RecordingError) {
      try file?.flush()
      gathered = (0, 0)
    } catch {
      fail(error)
    }
  }

  /// The end: a file where none was begun yet, and the figures into the last one.
  ///
  /// - Parameter nowNanoseconds: what an empty recording is called after.
  func finish(nowNanoseconds: UInt64) {
    guard failure == nil else { return }
    do throws(RecordingError) {
      if file == nil { try openFile(firstNanoseconds: nowNanoseconds) }
      if format == .pcapng, described.isEmpty {
        for index in interfaces.indices { _ = try describe(UInt16(index), linkType: 1) }
      }
      try endFile()
    } catch {
      fail(error)
    }
  }

  private func write(_ record: RecordingRing.Record) {
    guard failure == nil else { return counters.add(1, to: Word.notWrittenPackets) }
    do throws(RecordingError) {
      if try append(record) {
        noteWritten(UInt64(record.storedLength))
      } else {
        counters.add(1, to: Word.otherLinkPackets)
      }
    } catch {
      fail(error)
      counters.add(1, to: Word.notWrittenPackets)
    }
  }

  private func noteWritten(_ bytes: UInt64) {
    counters.add(1, to: Word.writtenPackets)
    counters.add(bytes, to: Word.writtenBytes)
    gathered = file?.pending == 0 ? (0, 0) : (gathered.packets &+ 1, gathered.bytes &+ bytes)
  }

  private func fail(_ error: RecordingError) {
    if failure == nil { failure = error }
    file = nil
    counters.add(0 &- gathered.packets, to: Word.writtenPackets)
    counters.add(0 &- gathered.bytes, to: Word.writtenBytes)
    counters.add(gathered.packets, to: Word.notWrittenPackets)
    gathered = (0, 0)
  }

  // MARK: - Files

  /// False: not written, the file is of another link type.
  private func append(_ record: RecordingRing.Record) throws(RecordingError) -> Bool {
    if mustEndFile(record) { try endFile() }
    if file == nil { try openFile(firstNanoseconds: record.captureNanoseconds) }
    guard let file else { return false }
    switch format {
    case .pcap:
      if described.isEmpty { try putPcapHeader(file, linkType: record.linkType) }
      if described[0].linkType != record.linkType { return false }
      try file.append(length: PcapEncoding.recordHeaderLength + record.storedLength) { start in
        var encoding = CaptureEncoding(start)
        PcapEncoding.putRecord(&encoding, record)
        return encoding.length
      }
    case .pcapng:
      let number = try describe(record.interface, linkType: record.linkType)
      try file.append(length: PcapngEncoding.packetLength(record)) { start in
        var encoding = CaptureEncoding(start)
        PcapngEncoding.putPacket(&encoding, record, interface: number)
        return encoding.length
      }
    }
    if firstNanoseconds == 0 { firstNanoseconds = record.captureNanoseconds }
    lastNanoseconds = max(lastNanoseconds, record.captureNanoseconds)
    delivered[Int(record.interface)] &+= 1
    return true
  }

  private func mustEndFile(_ record: RecordingRing.Record) -> Bool {
    guard let file, options.rotates else { return false }
    if let span = options.rotateNanoseconds, record.captureNanoseconds / span > firstNanoseconds / span { return true }
    guard let limit = options.rotateBytes else { return false }
    return file.length + Int64(room(record)) > limit
  }

  /// Bytes that the file would have with this packet and its own end.
  private func room(_ record: RecordingRing.Record) -> Int {
    switch format {
    case .pcap: return PcapEncoding.recordHeaderLength + record.storedLength
    case .pcapng:
      let isKnown = number(record.interface, record.linkType) != nil
      let description = isKnown ? 0 : Self.descriptionLengthMaximum
      let ends = (described.count + (isKnown ? 0 : 1)) * PcapngEncoding.statisticsLengthMaximum
      return PcapngEncoding.packetLength(record) + description + ends
    }
  }

  private static let descriptionLengthMaximum = 1_100

  private func openFile(firstNanoseconds: UInt64) throws(RecordingError) {
    let file = try RecordingFile(path: names.next(firstNanoseconds: firstNanoseconds))
    self.file = file
    self.firstNanoseconds = firstNanoseconds
    lastNanoseconds = firstNanoseconds
    described.removeAll(keepingCapacity: true)
    counters.add(1, to: Word.files)
    if format == .pcapng {
      try file.append(length: Self.descriptionLengthMaximum) { [application = options.application] start in
        var encoding = CaptureEncoding(start)
        PcapngEncoding.putSection(&encoding, application: application)
        return encoding.length
      }
    }
  }

  private func putPcapHeader(_ file: RecordingFile, linkType: UInt16) throws(RecordingError) {
    described.append(Described(interface: 0, linkType: linkType))
    try file.append(length: PcapEncoding.headerLength) { [options] start in
      var encoding = CaptureEncoding(start)
      PcapEncoding.putHeader(&encoding, snapLength: options.snapLength, linkType: linkType)
      return encoding.length
    }
  }

  private func number(_ interface: UInt16, _ linkType: UInt16) -> UInt32? {
    for index in described.indices {
      if described[index].interface == interface, described[index].linkType == linkType { return UInt32(index) }
    }
    return nil
  }

  /// The file's number of a queue's link type, which it is told of on first sight.
  private func describe(_ interface: UInt16, linkType: UInt16) throws(RecordingError) -> UInt32 {
    if let known = number(interface, linkType) { return known }
    described.append(Described(interface: interface, linkType: linkType))
    let name = interfaces[Int(interface)].name
    try file?.append(length: Self.descriptionLengthMaximum) { [options] start in
      var encoding = CaptureEncoding(start)
      PcapngEncoding.putInterface(&encoding, name: name, linkType: linkType, snapLength: options.snapLength)
      return encoding.length
    }
    return UInt32(described.count - 1)
  }

  private func endFile() throws(RecordingError) {
    guard let file else { return }
    if format == .pcap, described.isEmpty { try putPcapHeader(file, linkType: 1) }
    if format == .pcapng {
      for (index, entry) in described.enumerated() { try putStatistics(file, UInt32(index), entry) }
    }
    try file.flush()
    gathered = (0, 0)
    self.file = nil
  }

  private func putStatistics(_ file: RecordingFile, _ number: UInt32, _ entry: Described) throws(RecordingError) {
    let interface = Int(entry.interface)
    var statistics = PcapngEncoding.Statistics(
      interface: number, startNanoseconds: firstNanoseconds, endNanoseconds: lastNanoseconds,
      delivered: delivered[interface])
    if let figures = interfaces[interface].figures?() {
      statistics.received = figures.packets &+ figures.drops
      statistics.droppedBySystem = figures.drops
    }
    try file.append(length: PcapngEncoding.statisticsLengthMaximum) { start in
      var encoding = CaptureEncoding(start)
      PcapngEncoding.putStatistics(&encoding, statistics)
      return encoding.length
    }
  }
}
