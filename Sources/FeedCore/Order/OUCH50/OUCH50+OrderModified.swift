extension OUCH50 {
  /// Order Modified ("M"), venue to client. 18 bytes, big-endian. OUCH 5.0, "Order Modified".
  public struct OrderModified: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "M")
    public static let length = 18
    /// Nanoseconds since midnight, US Eastern.
    public var timestamp: UInt64
    public var userRefNum: UInt32
    public var side: UInt8
    /// Shares open after the change.
    public var quantity: UInt32

    public init(timestamp: UInt64, userRefNum: UInt32, side: UInt8, quantity: UInt32) {
      self.timestamp = timestamp
      self.userRefNum = userRefNum
      self.side = side
      self.quantity = quantity
    }

    /// - Precondition: `bytes` holds at least `length` bytes (`OUCH50.Form.wellFormed`).
    public init(unchecked bytes: UnsafeRawPointer) {
      timestamp = bytes.bigEndian(UInt64.self, at: 1)
      userRefNum = bytes.bigEndian(UInt32.self, at: 9)
      side = bytes.byte(at: 13)
      quantity = bytes.bigEndian(UInt32.self, at: 14)
    }

    /// Writes the message and returns its length.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      buffer.storeByte(Self.type, at: 0)
      buffer.storeBigEndian(timestamp, at: 1)
      buffer.storeBigEndian(userRefNum, at: 9)
      buffer.storeByte(side, at: 13)
      buffer.storeBigEndian(quantity, at: 14)
      return Self.length
    }
  }
}
