import CPlatform

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
  let countsMessages: Bool
  /// Messages by type character.
  let byType: Storage<UInt64>
  /// `length(ofType:)` as a table.
  private let lengths = Storage<UInt8>(capacity: 256)

  init(
    directory: UnsafeMutablePointer<InstrumentDirectory>, symbols: UnsafeMutablePointer<SymbolTable>,
    counters: Counters, countsMessages: Bool, byType: Storage<UInt64>
  ) {
    self.directory = directory
    self.symbols = symbols
    self.counters = counters
    self.countsMessages = countsMessages
    self.byType = byType
    for type in 0..<256 { lengths[type] = UInt8(Self.length(ofType: UInt8(type))) }
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

  /// Writes the event of one message. Always writes one; a message without effect gives `.none`.
  @inline(__always)
  mutating func decode(_ delivery: Delivery, packets: Packets, into event: UnsafeMutablePointer<BookEvent>) {
    let message = delivery.bytes
    let length = Int(delivery.length)
    event.pointee.kind = .none
    event.pointee.packet = delivery.packet
    event.pointee.channel = delivery.channel
    event.pointee.venue = directory.pointee.venue
    event.pointee.endsPacket = delivery.endsPacket
    if length == 0 { return note(.emptyMessages, delivery, packets) }
    // SAFETY: one byte is here; every further read stands behind the length check below.
    let type = message.byte(at: 0)
    event.pointee.type = type
    let needed = Int(lengths.base[Int(type)])
    if length < needed || needed == 0 { return note(needed == 0 ? .unknownTypes : .malformed, delivery, packets) }
    if countsMessages { byType.base[Int(type)] &+= 1 }

    event.pointee.exchangeNanoseconds = message.bigEndianUInt48(at: 5)
    // Every message is folded into its book's digest with both references: none may be left from another message.
    event.pointee.second = 0
    switch type {
    case UInt8(ascii: "A"), UInt8(ascii: "F"): decodeAdd(message, event, delivery, packets)
    case UInt8(ascii: "D"):
      guard resolve(message, event) else { return }
      event.pointee.kind = .delete
      event.pointee.reference = message.bigEndian(UInt64.self, at: 11)
      event.pointee.second = 0
    case UInt8(ascii: "U"):
      guard resolve(message, event) else { return }
      event.pointee.kind = .replace
      event.pointee.reference = message.bigEndian(UInt64.self, at: 11)
      event.pointee.second = message.bigEndian(UInt64.self, at: 19)
      event.pointee.quantity = message.bigEndian(UInt32.self, at: 27)
      event.pointee.price = Int32(bitPattern: message.bigEndian(UInt32.self, at: 31))
    case UInt8(ascii: "E"):
      guard resolve(message, event) else { return }
      event.pointee.kind = .execute
      event.pointee.isPrintable = true
      event.pointee.reference = message.bigEndian(UInt64.self, at: 11)
      event.pointee.quantity = message.bigEndian(UInt32.self, at: 19)
      event.pointee.second = message.bigEndian(UInt64.self, at: 23)
    case UInt8(ascii: "X"):
      guard resolve(message, event) else { return }
      event.pointee.kind = .reduce
      event.pointee.reference = message.bigEndian(UInt64.self, at: 11)
      event.pointee.second = 0
      event.pointee.quantity = message.bigEndian(UInt32.self, at: 19)
    case UInt8(ascii: "C"):
      guard resolve(message, event) else { return }
      event.pointee.kind = .executeWithPrice
      event.pointee.reference = message.bigEndian(UInt64.self, at: 11)
      event.pointee.quantity = message.bigEndian(UInt32.self, at: 19)
      event.pointee.second = message.bigEndian(UInt64.self, at: 23)
      event.pointee.isPrintable = message.byte(at: 31) != UInt8(ascii: "N")
      event.pointee.price = Int32(bitPattern: message.bigEndian(UInt32.self, at: 32))
    default: decodeRare(type, message, event, delivery, packets)
    }
  }

  @inline(__always)
  private mutating func decodeAdd(
    _ message: UnsafeRawPointer, _ event: UnsafeMutablePointer<BookEvent>, _ delivery: Delivery,
    _ packets: Packets
  ) {
    let locate = message.bigEndian(UInt16.self, at: 1)
    guard
      let index = directory.pointee.find(locate: locate)
        ?? register(locate, symbol: message.bigEndian(UInt64.self, at: 24), delivery, packets)
    else { return }
    guard directory.pointee.owned.base[index] != 0 else { return }
    // Half the adds are sales: the side is compared, never branched on.
    let side = message.byte(at: 19)
    let isSell = side == UInt8(ascii: "S")
    if (side == UInt8(ascii: "B")) == isSell { return noteOwned(.badSide, delivery, packets) }
    event.pointee.kind = .add
    event.pointee.instrument = UInt32(truncatingIfNeeded: index)
    event.pointee.isSell = isSell
    event.pointee.reference = message.bigEndian(UInt64.self, at: 11)
    event.pointee.second = 0
    event.pointee.quantity = message.bigEndian(UInt32.self, at: 20)
    event.pointee.price = Int32(bitPattern: message.bigEndian(UInt32.self, at: 32))
  }

  /// Finds the instrument of a message about an order. False when another core owns it. An instrument never named
  /// gives index `UInt32.max`: whatever the message names is an orphan.
  @inline(__always)
  private func resolve(_ message: UnsafeRawPointer, _ event: UnsafeMutablePointer<BookEvent>) -> Bool {
    let locate = message.bigEndian(UInt16.self, at: 1)
    guard let index = directory.pointee.find(locate: locate) else {
      event.pointee.instrument = .max
      return directory.pointee.ownsUnknown(locate: locate)
    }
    event.pointee.instrument = UInt32(truncatingIfNeeded: index)
    return directory.pointee.owned.base[index] != 0
  }

  @inline(never)
  private mutating func decodeRare(
    _ type: UInt8, _ message: UnsafeRawPointer, _ event: UnsafeMutablePointer<BookEvent>, _ delivery: Delivery,
    _ packets: Packets
  ) {
    // Events are written over earlier ones; what stays of those must not reach a digest.
    event.pointee.reference = 0
    event.pointee.second = 0
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
  private mutating func decodeDirectory(_ message: UnsafeRawPointer, _ delivery: Delivery, _ packets: Packets) {
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
  private mutating func owned(
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
  private mutating func register(
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
  private mutating func note(_ counter: Counter, _ delivery: Delivery, _ packets: Packets) {
    if countsMessages { counters.note(counter, at: delivery.occurrence(in: packets)) }
  }

  /// Counts something that only the owner of the instrument sees.
  @inline(never)
  private mutating func noteOwned(_ counter: Counter, _ delivery: Delivery, _ packets: Packets) {
    counters.note(counter, at: delivery.occurrence(in: packets))
  }
}
