extension OUCH50 {
  /// Modify Order Request ("M"), client to venue. 10 bytes, big-endian. OUCH 5.0, "Modify Order Request".
  public struct ModifyOrderRequest: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "M")
    public static let length = 10
    public var userRefNum: UInt32
    /// Only S to E or T, and E to S or T.
    public var side: UInt8
    /// Intended total size.
    public var quantity: UInt32

    public init(userRefNum: UInt32, side: UInt8, quantity: UInt32) {
      self.userRefNum = userRefNum
      self.side = side
      self.quantity = quantity
    }

    /// - Precondition: `bytes` holds at least `length` bytes (`OUCH50.Form.wellFormed`).
    public init(unchecked bytes: UnsafeRawPointer) {
      userRefNum = bytes.bigEndian(UInt32.self, at: 1)
      side = bytes.byte(at: 5)
      quantity = bytes.bigEndian(UInt32.self, at: 6)
    }

    /// Writes the message and returns its length.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      buffer.storeByte(Self.type, at: 0)
      buffer.storeBigEndian(userRefNum, at: 1)
      buffer.storeByte(side, at: 5)
      buffer.storeBigEndian(quantity, at: 6)
      return Self.length
    }
  }
}
