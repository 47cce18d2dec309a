extension OUCH50 {
  /// Cancel Order Request ("X"), client to venue. 9 bytes, big-endian. OUCH 5.0, "Cancel Order Request".
  public struct CancelOrderRequest: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "X")
    public static let length = 9
    public var userRefNum: UInt32
    /// Intended total size, executed shares included; 0 = cancel all.
    public var quantity: UInt32

    public init(userRefNum: UInt32, quantity: UInt32) {
      self.userRefNum = userRefNum
      self.quantity = quantity
    }

    /// - Precondition: `bytes` holds at least `length` bytes (`OUCH50.Form.wellFormed`).
    public init(unchecked bytes: UnsafeRawPointer) {
      userRefNum = bytes.bigEndian(UInt32.self, at: 1)
      quantity = bytes.bigEndian(UInt32.self, at: 5)
    }

    /// Writes the message and returns its length.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      buffer.storeByte(Self.type, at: 0)
      buffer.storeBigEndian(userRefNum, at: 1)
      buffer.storeBigEndian(quantity, at: 5)
      return Self.length
    }
  }
}
