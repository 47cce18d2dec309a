extension OUCH50 {
  /// Order Executed ("E"), venue to client. 36 bytes, then the appendage, big-endian. OUCH 5.0, "Order Executed".
  public struct OrderExecuted: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "E")
    /// With the length field of the appendage, without its options.
    public static let length = 36
    /// Nanoseconds since midnight, US Eastern.
    public var timestamp: UInt64
    public var userRefNum: UInt32
    /// Shares of this execution.
    public var quantity: UInt32
    /// 1/10,000 dollars.
    public var price: UInt64
    /// A added, R removed, ...
    public var liquidityFlag: UInt8
    public var matchNumber: UInt64

    public init(
      timestamp: UInt64, userRefNum: UInt32, quantity: UInt32, price: UInt64, liquidityFlag: UInt8,
      matchNumber: UInt64
    ) {
      self.timestamp = timestamp
      self.userRefNum = userRefNum
      self.quantity = quantity
      self.price = price
      self.liquidityFlag = liquidityFlag
      self.matchNumber = matchNumber
    }

    /// - Precondition: `bytes` holds at least `length` bytes (`OUCH50.Form.wellFormed`).
    public init(unchecked bytes: UnsafeRawPointer) {
      timestamp = bytes.bigEndian(UInt64.self, at: 1)
      userRefNum = bytes.bigEndian(UInt32.self, at: 9)
      quantity = bytes.bigEndian(UInt32.self, at: 13)
      price = bytes.bigEndian(UInt64.self, at: 17)
      liquidityFlag = bytes.byte(at: 25)
      matchNumber = bytes.bigEndian(UInt64.self, at: 26)
    }

    /// Writes the message with an empty appendage and returns its length.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      buffer.storeByte(Self.type, at: 0)
      buffer.storeBigEndian(timestamp, at: 1)
      buffer.storeBigEndian(userRefNum, at: 9)
      buffer.storeBigEndian(quantity, at: 13)
      buffer.storeBigEndian(price, at: 17)
      buffer.storeByte(liquidityFlag, at: 25)
      buffer.storeBigEndian(matchNumber, at: 26)
      buffer.storeBigEndian(0 as UInt16, at: 34)
      return Self.length
    }
  }
}
