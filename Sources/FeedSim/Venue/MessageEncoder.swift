/// Turns what a venue says into the messages of its protocol.
///
/// Encoders write their bytes by hand, from the specifications' tables: the layouts of the pipeline are what the
/// generator's captures are to test, so nothing here is made with them.
protocol MessageEncoder {
  /// Appends no message, one, or several.
  ///
  /// - Parameters:
  ///   - nanoseconds: of the exchange's day; never less than the call before.
  ///   - random: the venue's own.
  mutating func encode(
    _ message: MarketMessage, at nanoseconds: UInt64, random: inout DeterministicRandom,
    into output: inout [EncodedMessage])

  /// What becomes of the order's number and place when price and shares change; `newNumber` where the protocol has no
  /// message for it.
  func change(of order: RestingOrder, shares: UInt32, price4: UInt32) -> OrderChange

  /// A new session begins: what counts per session counts from the start.
  mutating func restart()
}

enum OrderChange {
  case newNumber
  case sameNumber(keepsPlace: Bool)
}

/// One message as it stands on the wire, without what the transport puts before it.
struct EncodedMessage: Equatable {
  var bytes: [UInt8]
  /// Slot of the message counts: the type, as `FeedProtocol.typeText(ofSlot:)` shows it.
  var type: UInt8
  /// In a packet of its own.
  var standsAlone = false
}
