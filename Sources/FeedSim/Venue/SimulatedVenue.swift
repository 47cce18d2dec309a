/// One simulated venue: its orders, its numbering of stocks and orders, its session and its programme of the day.
struct SimulatedVenue {
  enum Phase {
    /// Only the programme speaks.
    case closed
    /// Before the open, or after a restart: mostly adds.
    case quoting
    case trading
  }

  let index: Int
  let name: String
  /// Stock locate by stock index; every venue numbers the stocks its own way, from 1.
  let locates: [UInt16]
  var phase = Phase.closed
  var orders: VenueOrders
  /// Quotes still to be added before a restarted venue trades again.
  var quotesToRebuild = 0
  /// The programme, next step last.
  var script: [ScriptStep] = []
  /// When the next message of ordinary traffic or the next step of the programme is due, nanoseconds of the day.
  var nextNanoseconds: UInt64
  /// Mean time between messages of ordinary traffic.
  var intervalNanoseconds: UInt64 = 50_000
  /// Messages left in the burst under way.
  var burstLeft = 0
  var burstStock = 0
  private(set) var nextOrderReference: UInt64
  private(set) var nextMatchNumber: UInt64
  private(set) var lastMessageNanoseconds: UInt64 = 0
  private(set) var sessionNumber = 1
  private(set) var messageCounts = Array(repeating: 0, count: 256)
  private(set) var dataPacketCount = 0

  /// Packets of line A, and of line B where it does not cut its own.
  var packetiser: MoldPacketiser
  /// Line B's own, if its framing differs.
  var packetiserB: MoldPacketiser?
  var random: DeterministicRandom
  private let sessionStem: [UInt8]
  private var message: [UInt8] = []

  init(index: Int, stockCount: Int, options: GeneratorOptions) {
    self.index = index
    name = GeneratorOptions.venueName(index)
    random = DeterministicRandom(seed: options.seed, stream: 100 + UInt64(index))
    var locates = (0..<stockCount).map { UInt16($0 + 1) }
    // Two venues list the same stocks in different orders, as venues with other listings do.
    if index > 0 {
      for i in stride(from: stockCount - 1, to: 0, by: -1) { locates.swapAt(i, random.below(i + 1)) }
      if stockCount > 1 && locates == (0..<stockCount).map({ UInt16($0 + 1) }) { locates.swapAt(0, stockCount - 1) }
    }
    self.locates = locates
    orders = VenueOrders(stockCount: stockCount)
    nextNanoseconds = options.start.nanosecondsOfDay + UInt64(index) * 731_003
    nextOrderReference = 1_000 + random.below(4_000 as UInt64)
    nextMatchNumber = 10_000 + random.below(9_000 as UInt64)
    let date = StartTime.civil(days: options.start.midnightUnixSeconds / 86_400)
    func two(_ value: Int) -> [UInt8] { [UInt8(48 + value / 10 % 10), UInt8(48 + value % 10)] }
    sessionStem = [UInt8(ascii: "V"), UInt8(49 + index)] + two(date.year) + two(date.month) + two(date.day)
    packetiser = MoldPacketiser(
      session: sessionStem + two(1), random: DeterministicRandom(seed: options.seed, stream: 200 + UInt64(index)))
    if options.lineBFramesDiffer && options.lineCount == 2 {
      packetiserB = MoldPacketiser(
        session: sessionStem + two(1), random: DeterministicRandom(seed: options.seed, stream: 300 + UInt64(index)))
    }
  }

  /// Oldest message that has not left yet, over both packetisers.
  var pendingSince: UInt64? {
    guard let a = packetiser.pendingSince else { return packetiserB?.pendingSince }
    return min(a, packetiserB?.pendingSince ?? a)
  }

  /// A new session: books empty, numbers from 1. Order references go on, so they stay unique for the capture.
  mutating func restart() {
    sessionNumber += 1
    let name = sessionStem + [UInt8(48 + sessionNumber / 10 % 10), UInt8(48 + sessionNumber % 10)]
    packetiser.restart(session: name)
    packetiserB?.restart(session: name)
    orders.removeAll()
    phase = .closed
    burstLeft = 0
  }

  /// References are nearly dense: some numbers go to orders that are never displayed.
  mutating func takeOrderReference() -> UInt64 {
    defer {
      nextOrderReference += random.chance(partsPerMillion: 720_000) ? 1 : 2 + random.below(4 as UInt64)
    }
    return nextOrderReference
  }

  mutating func takeMatchNumber() -> UInt64 {
    defer { nextMatchNumber += 1 }
    return nextMatchNumber
  }

  /// An earlier match number, for a broken trade.
  mutating func pickMatchNumber() -> UInt64? {
    nextMatchNumber < 20_000 ? nil : nextMatchNumber - 1 - random.below(50 as UInt64)
  }

  /// Starts a message: type, stock locate, tracking number, timestamp. Times never go back.
  mutating func begin(_ type: Unicode.Scalar, locate: UInt16, at nanoseconds: UInt64) {
    lastMessageNanoseconds = max(lastMessageNanoseconds, nanoseconds)
    message.removeAll(keepingCapacity: true)
    message.append(UInt8(ascii: type))
    message.append(bigEndian: locate)
    message.append(bigEndian: random.chance(partsPerMillion: 60_000) ? UInt16(2 * random.below(8)) : UInt16(0))
    message.append(bigEndian48: lastMessageNanoseconds)
  }

  mutating func put<T: FixedWidthInteger>(_ value: T) { message.append(bigEndian: value) }
  mutating func put(_ bytes: [UInt8]) { message += bytes }
  mutating func put(_ character: Unicode.Scalar) { message.append(UInt8(ascii: character)) }

  /// Hands the message to the packetisers; full or overdue packets are handed back.
  mutating func end(_ emit: (SimulatedVenue.Departure) -> Void) {
    messageCounts[Int(message[0])] += 1
    if packetiser.needsFlush(before: message.count, at: lastMessageNanoseconds) { flushA(emit) }
    packetiser.append(message, at: lastMessageNanoseconds)
    guard packetiserB != nil else { return }
    if packetiserB!.needsFlush(before: message.count, at: lastMessageNanoseconds) { flushB(emit) }
    packetiserB!.append(message, at: lastMessageNanoseconds)
  }

  /// A packet that leaves the venue: on line A, on line B, or the same one on both.
  struct Departure {
    var output: MoldPacketiser.Output
    var isOnA: Bool
    var isOnB: Bool
  }

  /// Sends what is pending; returns when line A's last packet left.
  @discardableResult
  mutating func flush(_ emit: (Departure) -> Void) -> UInt64 {
    flushA(emit)
    flushB(emit)
    return packetiser.sentNanoseconds
  }

  /// Sends packets that have waited their time, and heartbeats of an idle channel.
  mutating func settle(at nanoseconds: UInt64, _ emit: (Departure) -> Void) {
    if packetiser.isDue(at: nanoseconds) { flushA(emit) }
    if packetiserB?.isDue(at: nanoseconds) ?? false { flushB(emit) }
    while packetiser.pendingSince == nil && packetiser.sentNanoseconds > 0
      && packetiser.sentNanoseconds + 1_000_000_000 < nanoseconds
    {
      let output = packetiser.heartbeat(at: packetiser.sentNanoseconds + 1_000_000_000)
      emit(Departure(output: output, isOnA: true, isOnB: packetiserB == nil))
    }
    while let b = packetiserB, b.pendingSince == nil, b.sentNanoseconds > 0,
      b.sentNanoseconds + 1_000_000_000 < nanoseconds
    {
      let output = packetiserB!.heartbeat(at: b.sentNanoseconds + 1_000_000_000)
      emit(Departure(output: output, isOnA: false, isOnB: true))
    }
  }

  mutating func endOfSession(at nanoseconds: UInt64, _ emit: (Departure) -> Void) {
    flush(emit)
    let output = packetiser.endOfSession(at: nanoseconds)
    emit(Departure(output: output, isOnA: true, isOnB: packetiserB == nil))
    if packetiserB != nil {
      let outputB = packetiserB!.endOfSession(at: nanoseconds)
      emit(Departure(output: outputB, isOnA: false, isOnB: true))
    }
  }

  private mutating func flushA(_ emit: (Departure) -> Void) {
    guard let output = packetiser.flush() else { return }
    dataPacketCount += 1
    emit(Departure(output: output, isOnA: true, isOnB: packetiserB == nil))
  }

  private mutating func flushB(_ emit: (Departure) -> Void) {
    guard let output = packetiserB?.flush() else { return }
    emit(Departure(output: output, isOnA: false, isOnB: true))
  }
}
