extension OUCH50 {
  /// AIQ Canceled ("D"), venue to client. 32 bytes, big-endian. OUCH 5.0, "AIQ Canceled".
  ///
  /// Self-match prevention.
  public struct AIQCanceled: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "D")
    public static let length = 32
    /// Without the AIQ strategy, as venues sent it before that field came.
    public static let shortLength = 31
    /// Nanoseconds since midnight, US Eastern.
    public var timestamp: UInt64
    public var userRefNum: UInt32
    /// Shares that are no longer open.
    public var decrementShares: UInt32
    /// Q.
    public var reason: UInt8
    public var quantityPreventedFromTrading: UInt32
    /// 1/10,000 dollars.
    public var executionPrice: UInt64
    public var liquidityFlag: UInt8
    /// Space where the message is of the older, shorter kind.
    public var aiqStrategy: UInt8

    public init(
      timestamp: UInt64, userRefNum: UInt32, decrementShares: UInt32, reason: UInt8,
      quantityPreventedFromTrading: UInt32, executionPrice: UInt64, liquidityFlag: UInt8, aiqStrategy: UInt8
    ) {
      self.timestamp = timestamp
      self.userRefNum = userRefNum
      self.decrementShares = decrementShares
      self.reason = reason
      self.quantityPreventedFromTrading = quantityPreventedFromTrading
      self.executionPrice = executionPrice
      self.liquidityFlag = liquidityFlag
      self.aiqStrategy = aiqStrategy
    }

    /// - Precondition: `bytes` holds `messageLength`, at least `shortLength`, bytes (`OUCH50.Form.wellFormed`).
    public init(unchecked bytes: UnsafeRawPointer, messageLength: Int) {
      timestamp = bytes.bigEndian(UInt64.self, at: 1)
      userRefNum = bytes.bigEndian(UInt32.self, at: 9)
      decrementShares = bytes.bigEndian(UInt32.self, at: 13)
      reason = bytes.byte(at: 17)
      quantityPreventedFromTrading = bytes.bigEndian(UInt32.self, at: 18)
      executionPrice = bytes.bigEndian(UInt64.self, at: 22)
      liquidityFlag = bytes.byte(at: 30)
      aiqStrategy = messageLength >= Self.length ? bytes.byte(at: 31) : UInt8(ascii: " ")
    }

    /// Writes the message and returns its length.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      buffer.storeByte(Self.type, at: 0)
      buffer.storeBigEndian(timestamp, at: 1)
      buffer.storeBigEndian(userRefNum, at: 9)
      buffer.storeBigEndian(decrementShares, at: 13)
      buffer.storeByte(reason, at: 17)
      buffer.storeBigEndian(quantityPreventedFromTrading, at: 18)
      buffer.storeBigEndian(executionPrice, at: 22)
      buffer.storeByte(liquidityFlag, at: 30)
      buffer.storeByte(aiqStrategy, at: 31)
      return Self.length
    }
  }
}
