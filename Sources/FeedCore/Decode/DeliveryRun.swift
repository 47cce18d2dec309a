/// Deliveries that a decoder takes in one go: the first of them, as long as they are messages of one channel.
struct DeliveryRun {
  let deliveries: UnsafeMutablePointer<Delivery>
  /// At least 1.
  let count: Int
  private let mark: UInt16

  /// - Parameter channel: the first delivery's.
  @inline(__always)
  init(_ deliveries: UnsafeMutablePointer<Delivery>, count: Int, channel: UInt8) {
    self.deliveries = deliveries
    self.count = count
    mark = Delivery.mark(ofMessagesOn: channel)
  }

  /// Hands out messages, with their places, until `body` says no. Returns how many it took.
  @inline(__always)
  func take(_ body: (UnsafeMutablePointer<Delivery>, Int) -> Bool) -> Int {
    var position = 0
    while position < count, deliveries[position].mark == mark, body(deliveries + position, position) { position &+= 1 }
    return position
  }
}
