import FeedCore

/// Passes the messages about one symbol.
///
/// A message that names a symbol decides for itself. Most do not: ITCH executions and cancels carry the stock locate,
/// OUCH 5.0 answers the UserRefNum, OUCH 4.2 the token, BOE the ClOrdID. The filter therefore remembers the numbers under which it saw the symbol, separately
/// for each session, and forgets one that appears with another symbol. A message that comes before the first one to
/// name its symbol does not pass. Off the hot path: one hash look-up for a message without symbol.
struct SymbolFilter {
  /// Where a layout has its symbol, and the numbers that stand for it.
  private struct Plan {
    var byteOrder: ByteOrder
    var symbol: FieldSlot?
    var keys: [FieldSlot]
    /// Where the symbol is among optional fields.
    var layout: MessageLayout?
  }

  /// A number within a session of ten bytes.
  private struct Key: Hashable {
    var sessionHead: UInt64
    /// The session's last two bytes, then the number.
    var tail: UInt64
  }

  private static let symbolNames: Set<String> = ["stock", "symbol"]
  private static let keyNames: Set<String> = ["stockLocate", "userRefNum", "origUserRefNum"]
  /// Of messages without one of those: text that the client chose.
  private static let textKeyNames: Set<String> = [
    "token", "existingToken", "replacementToken", "previousToken", "clOrdID", "origClOrdID",
  ]

  private let wanted: [UInt8]
  private let plans: [[Plan]]
  private var known: Set<Key> = []

  init(_ symbol: Symbol, _ protocols: [ProtocolDescription]) {
    wanted = Array(symbol.description.utf8)
    plans = protocols.map { description in
      description.layouts.map { layout in
        let numbers = layout.fields.filter { Self.keyNames.contains($0.name) }
        let texts = layout.fields.filter { Self.textKeyNames.contains($0.name) }
        return Plan(
          byteOrder: description.byteOrder,
          symbol: layout.fields.first { Self.symbolNames.contains($0.name) }?.slot,
          keys: (numbers.isEmpty ? texts : numbers).map(\.slot), layout: layout.parts.isEmpty ? nil : layout)
      }
    }
  }

  /// - Parameters:
  ///   - sessionHead: first eight bytes of the session's name, 0 where there is none.
  ///   - sessionTail: its last two bytes.
  mutating func passes(_ message: DecodedMessage, sessionHead: UInt64, sessionTail: UInt16) -> Bool {
    guard let base = message.bytes.baseAddress else { return false }
    let plan = plans[message.protocolIndex][message.layoutIndex]
    func key(_ slot: FieldSlot) -> Key? {
      // SAFETY: symbols and numbers lie within the fixed part, which the message holds.
      if slot.encoding.isText {
        let text = slot.trimmed(at: base)
        return text.isEmpty ? nil : Key(sessionHead: sessionHead, tail: text.reduce(1 << 63) { Mix.spread($0 ^ UInt64($1)) })
      }
      let number = slot.unsigned(at: base, plan.byteOrder)
      // Zero stands for no stock, and for no order.
      return number == 0 ? nil : Key(sessionHead: sessionHead, tail: UInt64(sessionTail) << 32 | number)
    }
    let passes: Bool
    var namesSymbol = plan.symbol != nil
    if let symbol = plan.symbol {
      passes = symbol.trimmed(at: base).elementsEqual(wanted)
    } else if let layout = plan.layout, let named = Self.symbol(in: message.bytes, layout, plan.byteOrder) {
      namesSymbol = true
      passes = named.elementsEqual(wanted)
    } else {
      passes = plan.keys.contains { slot in key(slot).map { known.contains($0) } ?? false }
    }
    if passes {
      for slot in plan.keys { if let key = key(slot) { known.insert(key) } }
    } else if namesSymbol, !known.isEmpty {
      for slot in plan.keys { if let key = key(slot) { known.remove(key) } }
    }
    return passes
  }

  /// The symbol among the optional fields of a message, nil where it has none or does not add up.
  private static func symbol(
    in message: UnsafeRawBufferPointer, _ layout: MessageLayout, _ order: ByteOrder
  ) -> UnsafeRawBufferPointer? {
    var found: UnsafeRawBufferPointer?
    PartWalk.visit(message, layout, order) { event in
      // SAFETY: the walk proved that the field lies within the message.
      if case .field(let field, let base) = event, symbolNames.contains(field.name) {
        found = field.slot.trimmed(at: base)
      }
    }
    return found
  }

  /// Numbers of another file have another meaning.
  mutating func beginFile() { known.removeAll(keepingCapacity: true) }
}
