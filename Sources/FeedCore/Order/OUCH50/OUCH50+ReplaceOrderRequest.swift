extension OUCH50 {
  /// Replace Order Request ("U"), client to venue. 40 bytes, then the appendage, big-endian.
  /// OUCH 5.0, "Replace Order Request".
  public struct ReplaceOrderRequest: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "U")
    /// With the length field of the appendage, without its options.
    public static let length = 40
    public var origUserRefNum: UInt32
    /// Of the new order.
    public var userRefNum: UInt32
    /// Shares of the whole chain, executed ones included.
    public var quantity: UInt32
    /// 1/10,000 dollars.
    public var price: UInt64
    public var timeInForce: UInt8
    public var display: UInt8
    public var interMarketSweepEligibility: UInt8
    public var clOrdID: ClOrdID

    public init(
      origUserRefNum: UInt32, userRefNum: UInt32, quantity: UInt32, price: UInt64, timeInForce: UInt8,
      display: UInt8, interMarketSweepEligibility: UInt8, clOrdID: ClOrdID
    ) {
      self.origUserRefNum = origUserRefNum
      self.userRefNum = userRefNum
      self.quantity = quantity
      self.price = price
      self.timeInForce = timeInForce
      self.display = display
      self.interMarketSweepEligibility = interMarketSweepEligibility
      self.clOrdID = clOrdID
    }

    /// - Precondition: `bytes` holds at least `length` bytes (`OUCH50.Form.wellFormed`).
    public init(unchecked bytes: UnsafeRawPointer) {
      origUserRefNum = bytes.bigEndian(UInt32.self, at: 1)
      userRefNum = bytes.bigEndian(UInt32.self, at: 5)
      quantity = bytes.bigEndian(UInt32.self, at: 9)
      price = bytes.bigEndian(UInt64.self, at: 13)
      timeInForce = bytes.byte(at: 21)
      display = bytes.byte(at: 22)
      interMarketSweepEligibility = bytes.byte(at: 23)
      clOrdID = ClOrdID(unchecked: bytes + 24)
    }

    /// Writes the message with an empty appendage and returns its length.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      buffer.storeByte(Self.type, at: 0)
      buffer.storeBigEndian(origUserRefNum, at: 1)
      buffer.storeBigEndian(userRefNum, at: 5)
      buffer.storeBigEndian(quantity, at: 9)
      buffer.storeBigEndian(price, at: 13)
      buffer.storeByte(timeInForce, at: 21)
      buffer.storeByte(display, at: 22)
      buffer.storeByte(interMarketSweepEligibility, at: 23)
      clOrdID.encode(into: buffer + 24)
      buffer.storeBigEndian(0 as UInt16, at: 38)
      return Self.length
    }
  }
}
