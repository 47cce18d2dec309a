/// What all events of one message have in common.
struct EventStamp: BitwiseCopyable {
  var type: UInt8
  /// Nanoseconds since the venue's midnight.
  var exchangeNanoseconds: UInt64
  var flags = BookEvent.Flags()
}

extension EventWriter {
  /// An event of a message, with everything set but its own values.
  @inline(__always)
  mutating func next(
    _ kind: BookEvent.Kind, _ instrument: Int, _ stamp: EventStamp
  ) -> UnsafeMutablePointer<BookEvent> {
    let event = next()
    event.pointee.kind = kind
    event.pointee.type = stamp.type
    event.pointee.flags = stamp.flags
    event.pointee.instrument = UInt32(truncatingIfNeeded: instrument)
    event.pointee.exchangeNanoseconds = stamp.exchangeNanoseconds
    return event
  }

  /// Room for one message's events is nearly used up.
  var isNearlyFull: Bool { count >= EventList.perMessageMaximum - 8 }
}
