/// Where a 1001 of one or two entries has what its events take: of the last one, which most are like. Three comparisons
/// tell that a message is (`DeribitDecoder.takeEverydayBooks`).
struct DeribitEverydayPlaces {
  /// Block, template, schema and version, as they stand in the message; 0: none came.
  var head: UInt64 = 0
  /// Length and number of the group's entries, and that they have neither groups nor strings, as they stand there.
  var dimension: UInt64 = 0
  /// Where the group begins.
  var group = 0
  /// Entries: 1 or 2.
  var count = 0
  /// Bytes of the message.
  var length = Int.max
  /// A day of the venue's, from its first millisecond on.
  var day: UInt64 = 0
  /// Of an event that buys: of a change's last part, and of one that goes on.
  let lastHead: UInt64
  let partialHead: UInt64

  /// - Parameter head: venue and channel, as the word of an event's head.
  init(head: UInt64) {
    lastHead = head | EverydayTables.head(.setLevel, type: 1, isSell: false)
    partialHead = head | EverydayTables.head(.setLevel, type: 1, isSell: false, flags: .isPartial)
  }
}

extension UnsafeMutablePointer<BookEvent> {
  /// All of a level's event but price and quantity.
  @inline(__always)
  func writeLevel(_ head: UInt64, _ instrument: UInt32, _ exchangeNanoseconds: UInt64) {
    // SAFETY: eight bytes, which are the event's head.
    UnsafeMutableRawPointer(self).storeBytes(of: head, toByteOffset: BookEvent.headOffset, as: UInt64.self)
    pointee.reference = 0
    pointee.second = 0
    pointee.exchangeNanoseconds = exchangeNanoseconds
    pointee.instrument = instrument
  }
}
