extension OUCH50 {
  /// Order Canceled ("C"), venue to client. 18 bytes, big-endian. OUCH 5.0, "Order Canceled".
  ///
  /// Does not mean dead: compare with the open quantity.
  public struct OrderCanceled: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "C")
    public static let length = 18
    /// Nanoseconds since midnight, US Eastern.
    public var timestamp: UInt64
    public var userRefNum: UInt32
    /// Shares that are no longer open.
    public var quantity: UInt32
    /// I immediate or cancel, U user, H halted, Z system, ...
    public var reason: UInt8

    public init(timestamp: UInt64, userRefNum: UInt32, quantity: UInt32, reason: UInt8) {
      self.timestamp = timestamp
      self.userRefNum = userRefNum
      self.quantity = quantity
      self.reason = reason
    }

    /// - Precondition: `bytes` holds at least `length` bytes (`OUCH50.Form.wellFormed`).
    public init(unchecked bytes: UnsafeRawPointer) {
      timestamp = bytes.bigEndian(UInt64.self, at: 1)
      userRefNum = bytes.bigEndian(UInt32.self, at: 9)
      quantity = bytes.bigEndian(UInt32.self, at: 13)
      reason = bytes.byte(at: 17)
    }

    /// Writes the message and returns its length.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      buffer.storeByte(Self.type, at: 0)
      buffer.storeBigEndian(timestamp, at: 1)
      buffer.storeBigEndian(userRefNum, at: 9)
      buffer.storeBigEndian(quantity, at: 13)
      buffer.storeByte(reason, at: 17)
      return Self.length
    }
  }
}
