import CPlatform
import CSIMD

/// TotalView-ITCH 5.0 (Nasdaq, BX, PSX) → book events.
///
/// Common head of every message, big-endian:
///
/// | offset | size | field |
/// |---:|---:|---|
/// | 0 | 1 | messageType |
/// | 1 | 2 | stockLocate |
/// | 3 | 2 | trackingNumber |
/// | 5 | 6 | timestamp, nanoseconds since midnight |
///
/// A message shorter than its layout is malformed and changes nothing; a longer one is read as far as it is known.
/// Field offsets of each message stand in `ITCH50Layouts` and in the fact table of Docs/PROTOCOLS.md.
struct ITCH50Decoder {
  let directory: UnsafeMutablePointer<InstrumentDirectory>
  let symbols: UnsafeMutablePointer<SymbolTable>
  let counters: Counters
  /// This core counts what is counted once per channel: message types, malformed messages.
  private let countsMessages: UInt64
  /// Messages by type character.
  let byType: UnsafeMutablePointer<UInt64>
  let venue: VenueIndex
  private let locates: UnsafeMutablePointer<UInt32>
  /// Where the fields of each type stand; see `Shape`.
  private let shapes = Storage<Shape>(capacity: 256)
  /// The same for the vector routines.
  private let vectorShapes = Storage<feedh_itch50_shape>(capacity: 256)
  private let instructionSet = feedh_isa_chosen()

  init(_ context: DecoderContext) {
    directory = context.directory
    symbols = context.symbols
    counters = context.counters
    countsMessages = context.countsMessages
    byType = context.byType
    venue = context.venue
    locates = directory.pointee.locateTable
    for type in 0..<256 {
      shapes[type] = Shape(type: UInt8(type), venue: venue, channel: context.channel)
      vectorShapes[type] = shapes[type].forVectors
    }
  }

  typealias Packets = UnsafeMutablePointer<DeliveredPacket>

  /// Bytes of a message of `type`, 0 for a type that ITCH 5.0 does not have.
  static func length(ofType type: UInt8) -> Int {
    switch type {
    case UInt8(ascii: "A"): 36
    case UInt8(ascii: "D"): 19
    case UInt8(ascii: "U"): 35
    case UInt8(ascii: "E"): 31
    case UInt8(ascii: "X"): 23
    case UInt8(ascii: "F"): 40
    case UInt8(ascii: "C"): 36
    case UInt8(ascii: "P"): 44
    case UInt8(ascii: "Q"): 40
    case UInt8(ascii: "I"): 50
    case UInt8(ascii: "R"): 39
    case UInt8(ascii: "H"): 25
    case UInt8(ascii: "Y"): 20
    case UInt8(ascii: "L"): 26
    case UInt8(ascii: "S"), UInt8(ascii: "W"): 12
    case UInt8(ascii: "V"), UInt8(ascii: "J"): 35
    case UInt8(ascii: "K"): 28
    case UInt8(ascii: "h"): 21
    case UInt8(ascii: "B"): 19
    case UInt8(ascii: "N"): 20
    case UInt8(ascii: "O"): 48
    default: 0
    }
  }

  /// Where a message about orders has its fields. One that a type lacks is read somewhere within the message, and
  /// dropped: the types come as good as at random, and a table that serves them all alike costs less than a branch
  /// that is mispredicted every other time.
  struct Shape: BitwiseCopyable {
    var head = BookEvent.Head()
    /// Least length; beyond any for the types that `decodeOther` reads.
    var length = UInt16.max
    /// Masks, all ones for types that have the field.
    var sideMask: UInt8 = 0
    var secondMask: Int8 = 0
    var second: UInt8 = 4
    var quantity: UInt8 = 4
    var price: UInt8 = 4
    var side: UInt8 = 0

    init(type: UInt8, venue: VenueIndex, channel: UInt8) {
      head.type = type
      head.venue = venue
      head.channel = channel
      switch type {
      case UInt8(ascii: "A"), UInt8(ascii: "F"):
        (head.kind, sideMask, side, quantity, price) = (.add, 0xFF, 19, 20, 32)
      case UInt8(ascii: "D"): head.kind = .delete
      case UInt8(ascii: "U"): (head.kind, secondMask, second, quantity, price) = (.replace, -1, 19, 27, 31)
      case UInt8(ascii: "E"): (head.kind, secondMask, quantity, second) = (.execute, -1, 19, 23)
      case UInt8(ascii: "X"): (head.kind, quantity) = (.reduce, 19)
      case UInt8(ascii: "C"):
        (head.kind, secondMask, quantity, second, price) = (.executeWithPrice, -1, 19, 23, 32)
      default: return
      }
      length = UInt16(ITCH50Decoder.length(ofType: type))
    }

    /// What the vector routines make of it: the same events, byte for byte.
    fileprivate var forVectors: feedh_itch50_shape {
      var shape = feedh_itch50_shape()
      shape.length = 65_536
      if head.kind == .none { return shape }
      shape.length = UInt32(length)
      shape.readable = UInt32(truncatingIfNeeded: UInt64(1) << UInt64(length - 4) - 1)
      withUnsafeMutableBytes(of: &shape.head) { bytes in withUnsafeBytes(of: head) { bytes.copyMemory(from: $0) } }
      (shape.side, shape.side_mask) = (side, sideMask)
      shape.printable = head.type == UInt8(ascii: "C") ? 31 : 0
      withUnsafeMutableBytes(of: &shape.here) { for byte in $0.indices { $0[byte] = 0x80 } }
      withUnsafeMutableBytes(of: &shape.there) { for byte in $0.indices { $0[byte] = 0x80 } }
      // Where a number of `size` bytes stands in the event, and in the message.
      func number(_ size: Int, inEvent eventOffset: Int, at offset: Int) {
        for byte in 0..<size {
          let (to, from) = (eventOffset + byte, offset + size - 1 - byte - 4)
          shape.has |= 1 << UInt32(to)
          withUnsafeMutableBytes(of: &shape.places) { $0[to] = UInt8(from) }
          let isHere = to / 16 == from / 16
          withUnsafeMutableBytes(of: &shape.here) { if isHere { $0[to] = UInt8(from % 16) } }
          withUnsafeMutableBytes(of: &shape.there) { if !isHere { $0[to] = UInt8(from % 16) } }
        }
      }
      number(8, inEvent: MemoryLayout<BookEvent>.offset(of: \.reference)!, at: 11)
      if secondMask != 0 { number(8, inEvent: MemoryLayout<BookEvent>.offset(of: \.second)!, at: Int(second)) }
      number(6, inEvent: MemoryLayout<BookEvent>.offset(of: \.exchangeNanoseconds)!, at: 5)
      number(4, inEvent: MemoryLayout<BookEvent>.offset(of: \.price)!, at: Int(price))
      number(4, inEvent: MemoryLayout<BookEvent>.offset(of: \.quantity)!, at: Int(quantity))
      return shape
    }
  }

  /// What reading everyday messages takes: held in registers over a run of them.
  @inline(__always)
  var everyday: Everyday {
    Everyday(
      shapes: shapes.base, locates: locates, byType: byType, countsMessages: countsMessages,
      instructionSet: instructionSet, vectorShapes: vectorShapes.base)
  }

  struct Everyday {
    fileprivate let shapes: UnsafeMutablePointer<Shape>
    fileprivate let locates: UnsafeMutablePointer<UInt32>
    fileprivate let byType: UnsafeMutablePointer<UInt64>
    fileprivate let countsMessages: UInt64
    var instructionSet: feedh_isa
    fileprivate let vectorShapes: UnsafeMutablePointer<feedh_itch50_shape>

    /// Writes the events of the first deliveries, up to `count`, that are everyday messages with this mark, and returns
    /// how many: by vector instructions where there are such.
    ///
    /// - Parameter surplus: not 0 any more where a message goes on beyond its layout, or the one behind the last does.
    @inline(__always)
    func decodeRun(
      _ deliveries: UnsafeMutablePointer<Delivery>, count: Int, mark: UInt16,
      into events: UnsafeMutablePointer<BookEvent>, surplus: inout UInt32
    ) -> Int {
      if feedh_itch50_has(instructionSet) != 0 {
        var tables = feedh_itch50_tables(
          shapes: vectorShapes, locates: locates, by_type: byType, counts: countsMessages)
        // SAFETY: the C structures are these, field by field (asserted in the tests).
        return Int(
          feedh_itch50_decode(
            instructionSet, &tables, UnsafeRawPointer(deliveries).assumingMemoryBound(to: feedh_delivery.self),
            UInt32(truncatingIfNeeded: count), mark,
            UnsafeMutableRawPointer(events).assumingMemoryBound(to: feedh_event.self), &surplus))
      }
      var position = 0
      while position < count, deliveries[position].mark == mark,
        decode(deliveries + position, into: events + position, surplus: &surplus)
      {
        position &+= 1
      }
      return position
    }

    /// Writes the event of an everyday message: about an order of a stock that is known and this core's. False, and
    /// nothing done that counts, where it is anything else: `decodeOther` reads those.
    @inline(__always)
    func decode(
      _ delivery: UnsafeMutablePointer<Delivery>, into event: UnsafeMutablePointer<BookEvent>, surplus: inout UInt32
    ) -> Bool {
      let message = delivery.pointee.bytes
      let length = delivery.pointee.length
      // Neither empty nor of the length that stands for "beyond any".
      if length &- 1 >= UInt16.max - 1 { return false }
      // SAFETY: one byte is here; every further read stands behind the length check below, which is that of the type.
      let type = Int(message.byte(at: 0))
      let shape = shapes + type
      let (rest, isShort) = length.subtractingReportingOverflow(shape.pointee.length)
      if isShort { return false }
      surplus |= UInt32(rest)
      // Not in the table (0, less 1), or another core's.
      let instrument = locates[Int(message.bigEndian(UInt16.self, at: 1))] &- 1
      if instrument >= InstrumentDirectory.foreignBit { return false }
      // B is 0x42 and S is 0x53: what a side differs from B is 0 or 0x11. Computed: comparisons become branches.
      let side = message.byte(at: Int(shape.pointee.side)) ^ UInt8(ascii: "B")
      if (side &- (side & 1) &* 0x11) & shape.pointee.sideMask != 0 { return false }
      byType[type] &+= countsMessages
      event.pointee.head = shape.pointee.head
      event.pointee.head.sellBit = side & 1
      event.pointee.instrument = instrument
      event.pointee.exchangeNanoseconds = message.bigEndian(UInt64.self, at: 3) & 0xFFFF_FFFF_FFFF
      event.pointee.reference = message.bigEndian(UInt64.self, at: 11)
      event.pointee.second =
        message.bigEndian(UInt64.self, at: Int(shape.pointee.second))
        & UInt64(bitPattern: Int64(shape.pointee.secondMask))
      event.pointee.quantity = message.bigEndian(UInt32.self, at: Int(shape.pointee.quantity))
      event.pointee.price = Int32(bitPattern: message.bigEndian(UInt32.self, at: Int(shape.pointee.price)))
      if type == Int(UInt8(ascii: "C")) { event.pointee.isPrintable = message.byte(at: 31) != UInt8(ascii: "N") }
      return true
    }
  }

  /// Writes the events of the first deliveries, up to `count`, that are everyday messages of the first one's channel, and
  /// returns how many.
  @inline(__always)
  mutating func decodeRun(
    _ deliveries: UnsafeMutablePointer<Delivery>, count: Int, packets: Packets,
    into events: UnsafeMutablePointer<BookEvent>
  ) -> Int {
    var surplus: UInt32 = 0
    let taken = everyday.decodeRun(
      deliveries, count: count, mark: Delivery.mark(ofMessagesOn: deliveries.pointee.channel), into: events,
      surplus: &surplus)
    if surplus != 0 { noteLonger(deliveries, count: taken, packets) }
    return taken
  }

  /// Counts those of the first `count` deliveries, everyday messages, that go on beyond their layouts. Where all packets
  /// come behind the first place that was noted, as they do all day, their number is all there is to say.
  @inline(never)
  private mutating func noteLonger(_ deliveries: UnsafeMutablePointer<Delivery>, count: Int, _ packets: Packets) {
    if countsMessages == 0 || count == 0 { return }
    var isKnown = false
    if let first = counters.first(.longerMessages) {
      var packet = Int(deliveries[0].packet)
      let last = Int(deliveries[count &- 1].packet)
      while packet <= last, first.precedes(allOf: packets[packet]) { packet &+= 1 }
      isKnown = packet > last
    }
    var longer: UInt64 = 0
    for position in 0..<count {
      let delivery = deliveries + position
      // SAFETY: everyday messages have a type, and so a shape.
      if delivery.pointee.length <= shapes.base[Int(delivery.pointee.bytes.byte(at: 0))].length { continue }
      longer &+= 1
      if !isKnown { note(.longerMessages, delivery.pointee, packets) }
    }
    if isKnown { counters.add(.longerMessages, longer) }
  }

  /// Writes the event of any message; one without effect gives `.none`.
  ///
  /// Mutating, although it changes nothing here: else the whole decoder would be copied for `self`.
  @inline(never)
  mutating func decodeOther(
    _ delivery: UnsafeMutablePointer<Delivery>, packets: Packets, into event: UnsafeMutablePointer<BookEvent>
  ) -> DecodeOutcome {
    let message = delivery.pointee.bytes
    let length = Int(delivery.pointee.length)
    event.pointee = BookEvent()
    event.pointee.channel = delivery.pointee.channel
    event.pointee.venue = venue
    if length == 0 {
      note(.emptyMessages, delivery.pointee, packets)
      return .other
    }
    let type = message.byte(at: 0)
    event.pointee.type = type
    let needed = Self.length(ofType: type)
    if length < needed || needed == 0 {
      note(needed == 0 ? .unknownTypes : .malformed, delivery.pointee, packets)
      return .other
    }
    if length > needed { note(.longerMessages, delivery.pointee, packets) }
    byType[Int(type)] &+= countsMessages
    event.pointee.exchangeNanoseconds = message.bigEndianUInt48(at: 5)
    let shape = shapes.base[Int(type)]
    switch shape.head.kind {
    case .none: decodeRare(type, message, event, delivery.pointee, packets)
    case .add: decodeAdd(message, event, delivery.pointee, packets)
    default:
      guard resolve(message, event) else { return .other }
      event.pointee.kind = shape.head.kind
      event.pointee.reference = message.bigEndian(UInt64.self, at: 11)
      if shape.secondMask != 0 { event.pointee.second = message.bigEndian(UInt64.self, at: Int(shape.second)) }
      event.pointee.quantity = message.bigEndian(UInt32.self, at: Int(shape.quantity))
      event.pointee.price = Int32(bitPattern: message.bigEndian(UInt32.self, at: Int(shape.price)))
      if type == UInt8(ascii: "C") { event.pointee.isPrintable = message.byte(at: 31) != UInt8(ascii: "N") }
    }
    return event.pointee.kind == .system ? .barrier : .other
  }

  /// An add order of a stock that this message names first, of another core's stock, or with a bad side.
  private func decodeAdd(
    _ message: UnsafeRawPointer, _ event: UnsafeMutablePointer<BookEvent>, _ delivery: Delivery, _ packets: Packets
  ) {
    guard let index = owned(message, symbolAt: 24, delivery, packets) else { return }
    let side = message.byte(at: 19)
    let isSell = side == UInt8(ascii: "S")
    if !isSell, side != UInt8(ascii: "B") { return noteOwned(.badSide, delivery, packets) }
    event.pointee.kind = .add
    event.pointee.instrument = UInt32(truncatingIfNeeded: index)
    event.pointee.isSell = isSell
    event.pointee.reference = message.bigEndian(UInt64.self, at: 11)
    event.pointee.quantity = message.bigEndian(UInt32.self, at: 20)
    event.pointee.price = Int32(bitPattern: message.bigEndian(UInt32.self, at: 32))
  }

  /// Finds the instrument of a message about an order. False when another core owns it. An instrument never named
  /// gives index `UInt32.max`: whatever the message names is an orphan.
  private func resolve(_ message: UnsafeRawPointer, _ event: UnsafeMutablePointer<BookEvent>) -> Bool {
    let locate = message.bigEndian(UInt16.self, at: 1)
    guard let index = directory.pointee.find(locate: locate) else {
      event.pointee.instrument = .max
      return directory.pointee.ownsUnknown(locate: locate)
    }
    event.pointee.instrument = UInt32(truncatingIfNeeded: index)
    return directory.pointee.owned.base[index] != 0
  }

  private func decodeRare(
    _ type: UInt8, _ message: UnsafeRawPointer, _ event: UnsafeMutablePointer<BookEvent>, _ delivery: Delivery,
    _ packets: Packets
  ) {
    switch type {
    case UInt8(ascii: "R"): decodeDirectory(message, delivery, packets)
    case UInt8(ascii: "S"):
      event.pointee.kind = .system
      event.pointee.quantity = UInt32(message.byte(at: 11))
    case UInt8(ascii: "H"):
      guard let index = owned(message, symbolAt: 11, delivery, packets) else { return }
      event.pointee.kind = .tradingStatus
      event.pointee.instrument = UInt32(index)
      event.pointee.quantity = message.byte(at: 19) == UInt8(ascii: "T") ? 1 : 0
    case UInt8(ascii: "h"):
      guard let index = owned(message, symbolAt: 11, delivery, packets) else { return }
      event.pointee.kind = .operationalHalt
      event.pointee.instrument = UInt32(index)
      event.pointee.quantity = message.byte(at: 20) == UInt8(ascii: "T") ? 0 : 1
    case UInt8(ascii: "Y"):
      guard let index = owned(message, symbolAt: 11, delivery, packets) else { return }
      event.pointee.kind = .shortSale
      event.pointee.instrument = UInt32(index)
      event.pointee.quantity = message.byte(at: 19) == UInt8(ascii: "0") ? 0 : 1
    case UInt8(ascii: "P"):
      guard let index = owned(message, symbolAt: 24, delivery, packets) else { return }
      event.pointee.kind = .trade
      event.pointee.instrument = UInt32(index)
      event.pointee.quantity = message.bigEndian(UInt32.self, at: 20)
      event.pointee.price = Int32(bitPattern: message.bigEndian(UInt32.self, at: 32))
      event.pointee.second = message.bigEndian(UInt64.self, at: 36)
    case UInt8(ascii: "Q"):
      guard let index = owned(message, symbolAt: 19, delivery, packets) else { return }
      event.pointee.kind = .trade
      event.pointee.instrument = UInt32(index)
      // Cross shares have 64 bits on the wire; beyond 32 they are clamped here and counted.
      let shares = message.bigEndian(UInt64.self, at: 11)
      if shares > UInt64(UInt32.max) { noteOwned(.levelQuantityOverflows, delivery, packets) }
      event.pointee.quantity = UInt32(clamping: shares)
      event.pointee.price = Int32(bitPattern: message.bigEndian(UInt32.self, at: 27))
      event.pointee.second = message.bigEndian(UInt64.self, at: 31)
    case UInt8(ascii: "B"):
      guard resolve(message, event) else { return }
      if event.pointee.instrument == .max { return noteOwned(.brokenTradesUnknown, delivery, packets) }
      event.pointee.kind = .tradeBreak
      event.pointee.reference = message.bigEndian(UInt64.self, at: 11)
    default: break  // L V W K J I N O: no effect on books, status or statistics.
    }
  }

  /// Stock Directory: the symbol of a locate, its round lot.
  private func decodeDirectory(_ message: UnsafeRawPointer, _ delivery: Delivery, _ packets: Packets) {
    let locate = message.bigEndian(UInt16.self, at: 1)
    let symbol = Symbol(packed: message.bigEndian(UInt64.self, at: 11))
    let index: Int
    switch directory.pointee.register(
      locate: locate, symbol: symbol, channel: delivery.channel, symbols: &symbols.pointee) {
    case .known(let known), .new(let known): index = known
    case .remapped(let remapped):
      index = remapped
      note(.locateRemaps, delivery, packets)
    case .full: return note(.instrumentsFull, delivery, packets)
    }
    let roundLot = message.bigEndian(UInt32.self, at: 21)
    if roundLot > 0 { directory.pointee.records[index].roundLot = roundLot }
    directory.pointee.records[index].marketCategory = message.byte(at: 19)
  }

  /// The instrument of a message that carries its symbol, named now if it was not. Nil when another core owns it.
  private func owned(
    _ message: UnsafeRawPointer, symbolAt offset: Int, _ delivery: Delivery, _ packets: Packets
  ) -> Int? {
    let locate = message.bigEndian(UInt16.self, at: 1)
    guard
      let index = directory.pointee.find(locate: locate)
        ?? register(locate, symbol: message.bigEndian(UInt64.self, at: offset), delivery, packets)
    else { return nil }
    return directory.pointee.owned[index] != 0 ? index : nil
  }

  @inline(never)
  private func register(
    _ locate: UInt16, symbol: UInt64, _ delivery: Delivery, _ packets: Packets
  ) -> Int? {
    switch directory.pointee.register(
      locate: locate, symbol: Symbol(packed: symbol), channel: delivery.channel, symbols: &symbols.pointee) {
    case .known(let index), .new(let index), .remapped(let index): return index
    case .full:
      note(.instrumentsFull, delivery, packets)
      return nil
    }
  }

  /// Counts something seen by every core, once.
  @inline(never)
  private func note(_ counter: Counter, _ delivery: Delivery, _ packets: Packets) {
    if countsMessages != 0 { counters.note(counter, at: delivery.occurrence(in: packets)) }
  }

  /// Counts something that only the owner of the instrument sees.
  @inline(never)
  private func noteOwned(_ counter: Counter, _ delivery: Delivery, _ packets: Packets) {
    counters.note(counter, at: delivery.occurrence(in: packets))
  }
}
