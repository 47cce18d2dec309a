import FeedCore

/// Passes the messages about one symbol, given by its name as the venue writes it or by its number.
///
/// A message that names a symbol decides for itself. Most do not: they carry the instrument's number (ITCH's stock
/// locate, NYSE's symbol index, CME's security ID, also in the entries of a group), which directories, definitions and
/// orders name; or only an order's, where its first message named the symbol (PITCH, OUCH, BOE). The filter therefore
/// remembers the numbers under which it saw the symbol, separately for each session, and forgets one that appears with
/// another symbol. A message that comes before the first one to name its symbol does not pass. Off the hot path: one
/// hash look-up for a message without symbol.
///
/// Messages of a snapshot may have no instrument of their own: it stands in their packet's header (Coinbase
/// Derivatives), or in the message before them (EOBI: the orders behind an InstrumentSummary).
struct SymbolFilter {
  /// Where a message came from, as far as its bytes do not tell.
  struct Place {
    /// The session's name: its first eight bytes, 0 where there is none, and its last two.
    var sessionHead: UInt64 = 0
    var sessionTail: UInt16 = 0
    /// The instrument that the packet's header names for all its messages.
    var instrument: UInt64?
    /// The flow, whose messages follow one another.
    var flow = 0
  }

  /// A number that stands for a symbol.
  private struct Number {
    var slot: FieldSlot
    /// Numbers of instruments and of orders do not mix.
    var isOrder: Bool
  }

  /// Where a layout has its symbol, and the numbers that stand for it. A class: looked at for every message.
  private final class Plan {
    let byteOrder: ByteOrder
    let symbol: FieldSlot?
    let instruments: [Number]
    let orders: [Number]
    /// The symbol is among strings or optional fields, or numbers are in entries of groups.
    let looksBehind: Bool
    /// Orders of a snapshot follow it; it is one of those.
    let beginsOrders: Bool
    let isOneOfOrders: Bool

    init(_ layout: MessageLayout, of description: ProtocolDescription, usesOrders: Bool) {
      byteOrder = description.byteOrder
      symbol = layout.fields.first { symbolNames.contains($0.name) }?.slot
      instruments = SymbolFilter.instruments(layout.fields)
      orders = usesOrders && instruments.isEmpty ? SymbolFilter.orders(layout.fields) : []
      looksBehind = !layout.parts.isEmpty || layout.strings.contains { symbolNames.contains($0.name) }
        || layout.groups.contains { !SymbolFilter.instruments($0.fields).isEmpty }
      beginsOrders = layout.name == "InstrumentSummary"
      isOneOfOrders = layout.name == "SnapshotOrder"
    }
  }

  private struct Key: Hashable {
    var sessionHead: UInt64
    /// The session's last two bytes, the venue's protocol, and whether it is an order's number.
    var place: UInt64
    var number: UInt64
  }

  private static let symbolNames: Set<String> = ["stock", "symbol", "tickerSymbol", "instrumentName"]
  private static let instrumentNames: Set<String> = [
    "stockLocate", "symbolIndex", "securityID", "symbolID", "instrumentId", "snapshotInstrumentId",
  ]
  private static let orderNames: Set<String> = ["userRefNum", "origUserRefNum", "orderId"]
  /// Of messages without one of those: text that the client chose.
  private static let textNames: Set<String> = [
    "token", "existingToken", "replacementToken", "previousToken", "clOrdID", "origClOrdID",
  ]

  private let wanted: [UInt8]
  /// The number itself, with or without the "#" before it; of a negative one as many bytes have it.
  private let wantedNumbers: [UInt64]
  private let protocols: [ProtocolDescription]
  /// Both directions of order entry, and all releases of a feed, share their numbers: the first one of them.
  private let families: [Int]
  private let plans: [[Plan]]
  private var known: Set<Key> = []
  /// Flows whose last snapshot was of the symbol.
  private var snapshots: Set<Int> = []

  init(_ symbol: Symbol, _ protocols: [ProtocolDescription]) {
    wanted = Array(symbol.description.utf8)
    wantedNumbers = Self.numbers(symbol.description)
    self.protocols = protocols
    let names = protocols.map { $0.name.prefix { $0 != "-" } }
    families = names.map { name in names.firstIndex(of: name) ?? 0 }
    plans = protocols.map { description in
      // Where every message has its instrument's number, orders need not be remembered.
      let usesOrders = description.layouts.contains { layout in
        !Self.orders(layout.fields).isEmpty && Self.instruments(layout.fields).isEmpty
      }
      return description.layouts.map { Plan($0, of: description, usesOrders: usesOrders) }
    }
  }

  private static func numbers(_ symbol: String) -> [UInt64] {
    let digits = symbol.first == "#" ? symbol.dropFirst() : symbol[...]
    if let number = UInt64(digits) { return [number] }
    guard let number = Int64(digits) else { return [] }
    return [UInt64(bitPattern: number), UInt64(UInt32(truncatingIfNeeded: number))]
  }

  private static func instruments(_ fields: [FieldLayout]) -> [Number] {
    fields.filter { instrumentNames.contains($0.name) }.map { Number(slot: $0.slot, isOrder: false) }
  }

  private static func orders(_ fields: [FieldLayout]) -> [Number] {
    let numbers = fields.filter { orderNames.contains($0.name) }
    let found = numbers.isEmpty ? fields.filter { textNames.contains($0.name) } : numbers
    return found.map { Number(slot: $0.slot, isOrder: true) }
  }

  mutating func passes(_ message: DecodedMessage, from origin: Place) -> Bool {
    let plan = plans[message.protocolIndex][message.layoutIndex]
    if plan.isOneOfOrders { return snapshots.contains(origin.flow) }
    let passes = judge(message, plan, origin)
    if plan.beginsOrders {
      if passes { snapshots.insert(origin.flow) } else { snapshots.remove(origin.flow) }
    }
    return passes
  }

  private mutating func judge(_ message: DecodedMessage, _ plan: Plan, _ origin: Place) -> Bool {
    guard let base = message.bytes.baseAddress else { return false }
    let end = message.bytes.count
    let place = UInt64(origin.sessionTail) << 32 | UInt64(families[message.protocolIndex]) << 1
    func key(_ number: Number, at base: UnsafeRawPointer, before end: Int) -> Key? {
      let slot = number.slot
      // SAFETY: asked first whether the bytes are there.
      guard slot.offset &+ slot.size <= end, slot.null == .none || !slot.isNull(at: base, plan.byteOrder) else {
        return nil
      }
      var value: UInt64
      if slot.encoding.isText {
        let text = slot.trimmed(at: base)
        if text.isEmpty { return nil }
        value = text.reduce(1 << 63) { Mix.spread($0 ^ UInt64($1)) }
      } else {
        value = slot.unsigned(at: base, plan.byteOrder)
        // Zero stands for no stock, and for no order.
        if value == 0 { return nil }
      }
      return Key(sessionHead: origin.sessionHead, place: place | (number.isOrder ? 1 : 0), number: value)
    }
    func isKnown(_ key: Key) -> Bool {
      known.contains(key) || isWantedNumber(key)
    }
    func isWantedNumber(_ key: Key) -> Bool { key.place & 1 == 0 && wantedNumbers.contains(key.number) }

    var instruments = plan.instruments.compactMap { key($0, at: base, before: end) }
    if instruments.isEmpty, let number = origin.instrument {
      instruments.append(Key(sessionHead: origin.sessionHead, place: place, number: number))
    }
    let orders = plan.orders.compactMap { key($0, at: base, before: end) }
    var passes = instruments.contains(where: isKnown)
    var decides = !instruments.isEmpty
    if let symbol = plan.symbol, symbol.offset &+ symbol.size <= end {
      // SAFETY: the symbol's bytes are there.
      let isWanted = symbol.trimmed(at: base).elementsEqual(wanted)
      passes = isWanted || instruments.contains(where: isWantedNumber)
      decides = true
    } else if plan.looksBehind {
      var entries: [Key] = []
      let named = lookBehind(message) { number, base, end in
        if let key = key(number, at: base, before: end) { entries.append(key) }
      }
      if let named {
        passes = named.elementsEqual(wanted) || instruments.contains(where: isWantedNumber)
        decides = true
      } else if !entries.isEmpty {
        passes = passes || entries.contains(where: isKnown)
        decides = true
      }
    }
    if !decides { passes = orders.contains(where: isKnown) }
    if passes {
      known.formUnion(instruments)
      known.formUnion(orders)
    } else if decides, !known.isEmpty {
      known.subtract(instruments)
      known.subtract(orders)
    }
    return passes
  }

  /// The symbol among the strings or optional fields of a message, nil where it has none or does not add up; visits the
  /// numbers of instruments in entries of groups.
  private func lookBehind(
    _ message: DecodedMessage, number: (Number, UnsafeRawPointer, Int) -> Void
  ) -> UnsafeRawBufferPointer? {
    let description = protocols[message.protocolIndex]
    let layout = description.layouts[message.layoutIndex]
    var found: UnsafeRawBufferPointer?
    if !layout.parts.isEmpty {
      PartWalk.visit(message.bytes, layout, description.byteOrder) { event in
        // SAFETY: the walk proved that the field lies within the message.
        if case .field(let field, let base) = event, Self.symbolNames.contains(field.name) {
          found = field.slot.trimmed(at: base)
        }
      }
      return found
    }
    var tail = description.tail(of: message.bytes, layoutIndex: message.layoutIndex)
    while let step = tail.nextGroup() {
      guard let group = step.group, let entries = step.entries else { continue }
      let numbers = Self.instruments(group.fields)
      if numbers.isEmpty { continue }
      for index in 0..<entries.count {
        for place in numbers { number(place, entries.entry(index), entries.stride) }
      }
    }
    while let step = tail.nextString() {
      if let string = step.string, Self.symbolNames.contains(string.name), let bytes = step.bytes { found = bytes }
    }
    return found
  }

  /// Numbers of another file have another meaning.
  mutating func beginFile() {
    known.removeAll(keepingCapacity: true)
    snapshots.removeAll(keepingCapacity: true)
  }
}
