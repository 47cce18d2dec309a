/// Deliveries that a decoder takes in one go: the first of them, as long as they are messages of one channel.
struct DeliveryRun {
  let deliveries: UnsafeMutablePointer<Delivery>
  /// At least 0.
  let count: Int
  private let mark: UInt16

  /// - Parameter channel: the first delivery's.
  @inline(__always)
  init(_ deliveries: UnsafeMutablePointer<Delivery>, count: Int, channel: UInt8) {
    self.deliveries = deliveries
    self.count = count
    mark = Delivery.mark(ofMessagesOn: channel)
  }

  /// Hands out messages, each with the place of its event, until `body` says no. Returns how many it took.
  @inline(__always)
  func take(
    into events: UnsafeMutablePointer<BookEvent>,
    _ body: (UnsafeMutablePointer<Delivery>, UnsafeMutablePointer<BookEvent>) -> Bool
  ) -> Int {
    let end = deliveries + count
    var delivery = deliveries
    var event = events
    while delivery != end, delivery.pointee.mark == mark, body(delivery, event) {
      delivery += 1
      event += 1
    }
    return delivery - deliveries
  }
}
