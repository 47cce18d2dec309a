import FeedCore

/// Passes the messages about one symbol.
///
/// A message that names a symbol decides for itself. Most do not: ITCH executions and cancels carry the stock locate,
/// OUCH answers the UserRefNum. The filter therefore remembers the numbers under which it saw the symbol, separately
/// for each session, and forgets one that appears with another symbol. A message that comes before the first one to
/// name its symbol does not pass. Off the hot path: one hash look-up for a message without symbol.
struct SymbolFilter {
  /// Where a layout has its symbol, and the numbers that stand for it.
  private struct Plan {
    var byteOrder: ByteOrder
    var symbol: FieldSlot?
    var keys: [FieldSlot]
  }

  /// A number within a session of ten bytes.
  private struct Key: Hashable {
    var sessionHead: UInt64
    /// The session's last two bytes, then the number.
    var tail: UInt64
  }

  private static let symbolNames: Set<String> = ["stock", "symbol"]
  private static let keyNames: Set<String> = ["stockLocate", "userRefNum", "origUserRefNum"]

  private let wanted: [UInt8]
  private let plans: [[Plan]]
  private var known: Set<Key> = []

  init(_ symbol: Symbol, _ protocols: [ProtocolDescription]) {
    wanted = Array(symbol.description.utf8)
    plans = protocols.map { description in
      description.layouts.map { layout in
        Plan(
          byteOrder: description.byteOrder,
          symbol: layout.fields.first { Self.symbolNames.contains($0.name) }?.slot,
          keys: layout.fields.filter { Self.keyNames.contains($0.name) }.map(\.slot))
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
      let number = slot.unsigned(at: base, plan.byteOrder)
      // Zero stands for no stock, and for no order.
      return number == 0 ? nil : Key(sessionHead: sessionHead, tail: UInt64(sessionTail) << 32 | number)
    }
    let passes: Bool
    if let symbol = plan.symbol {
      passes = symbol.trimmed(at: base).elementsEqual(wanted)
    } else {
      passes = plan.keys.contains { slot in key(slot).map { known.contains($0) } ?? false }
    }
    if passes {
      for slot in plan.keys { if let key = key(slot) { known.insert(key) } }
    } else if plan.symbol != nil, !known.isEmpty {
      for slot in plan.keys { if let key = key(slot) { known.remove(key) } }
    }
    return passes
  }

  /// Numbers of another file have another meaning.
  mutating func beginFile() { known.removeAll(keepingCapacity: true) }
}
