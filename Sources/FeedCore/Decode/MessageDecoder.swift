/// A decoder whose deliveries are one message each.
///
/// Both of its ways count messages that go on beyond their layout (`Counter.longerMessages`): the long way asks of each;
/// the everyday way gathers a hint over a run (`EverydayTables`), without a branch, and asks only where there is one.
protocol MessageDecoder: EventDecoder {
  var context: DecoderContext { get }
  var everyday: EverydayTables.Pointer { get }
  /// Whether a message goes on beyond its layout, as `ProtocolDescription.judge` finds it.
  func isLonger(_ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets) -> Bool
}

extension MessageDecoder {
  /// Counts a message that goes on beyond its layout.
  @inline(__always)
  func noteIfLonger(_ delivery: UnsafeMutablePointer<Delivery>, _ packets: DecoderContext.Packets) {
    if context.countsMessages != 0, isLonger(delivery, packets) { context.note(.longerMessages, delivery, packets) }
  }

  /// What ends every run: returns how many of its messages were taken.
  @inline(__always)
  mutating func ended(_ run: DeliveryRun, _ taken: Int, _ packets: DecoderContext.Packets) -> Int {
    if everyday.pointee.surplus != 0 { noteLonger(run, count: taken, packets) }
    return taken
  }

  /// Counts those of the first `count` messages of a run that go on beyond their layouts.
  ///
  /// Mutating, although it changes nothing here: else the whole decoder would be copied for `self`.
  @inline(never)
  private mutating func noteLonger(_ run: DeliveryRun, count: Int, _ packets: DecoderContext.Packets) {
    everyday.clearHint()
    for position in 0..<count { noteIfLonger(run.deliveries + position, packets) }
  }
}
