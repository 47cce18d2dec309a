extension OUCH50 {
  /// Order Priority Update ("T"), venue to client. 30 bytes, big-endian. OUCH 5.0, "Order Priority Update".
  public struct OrderPriorityUpdate: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "T")
    public static let length = 30
    /// Nanoseconds since midnight, US Eastern.
    public var timestamp: UInt64
    public var userRefNum: UInt32
    /// 1/10,000 dollars.
    public var price: UInt64
    public var display: UInt8
    /// The new one.
    public var orderReferenceNumber: UInt64

    public init(timestamp: UInt64, userRefNum: UInt32, price: UInt64, display: UInt8, orderReferenceNumber: UInt64) {
      self.timestamp = timestamp
      self.userRefNum = userRefNum
      self.price = price
      self.display = display
      self.orderReferenceNumber = orderReferenceNumber
    }

    /// - Precondition: `bytes` holds at least `length` bytes (`OUCH50.Form.wellFormed`).
    public init(unchecked bytes: UnsafeRawPointer) {
      timestamp = bytes.bigEndian(UInt64.self, at: 1)
      userRefNum = bytes.bigEndian(UInt32.self, at: 9)
      price = bytes.bigEndian(UInt64.self, at: 13)
      display = bytes.byte(at: 21)
      orderReferenceNumber = bytes.bigEndian(UInt64.self, at: 22)
    }

    /// Writes the message and returns its length.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      buffer.storeByte(Self.type, at: 0)
      buffer.storeBigEndian(timestamp, at: 1)
      buffer.storeBigEndian(userRefNum, at: 9)
      buffer.storeBigEndian(price, at: 13)
      buffer.storeByte(display, at: 21)
      buffer.storeBigEndian(orderReferenceNumber, at: 22)
      return Self.length
    }
  }
}
