extension OUCH50 {
  /// Order Replaced ("U"), venue to client. 68 bytes, then the appendage, big-endian. OUCH 5.0, "Order Replaced".
  public struct OrderReplaced: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "U")
    /// With the length field of the appendage, without its options.
    public static let length = 68
    /// Nanoseconds since midnight, US Eastern.
    public var timestamp: UInt64
    public var origUserRefNum: UInt32
    /// Of the new order.
    public var userRefNum: UInt32
    public var side: UInt8
    /// Shares now open, not the total of the chain.
    public var quantity: UInt32
    public var symbol: Symbol
    /// 1/10,000 dollars.
    public var price: UInt64
    public var timeInForce: UInt8
    public var display: UInt8
    public var orderReferenceNumber: UInt64
    public var capacity: UInt8
    public var interMarketSweepEligibility: UInt8
    public var crossType: UInt8
    /// L live, D dead.
    public var orderState: UInt8
    public var clOrdID: ClOrdID

    public init(
      timestamp: UInt64, origUserRefNum: UInt32, userRefNum: UInt32, side: UInt8, quantity: UInt32, symbol: Symbol,
      price: UInt64, timeInForce: UInt8, display: UInt8, orderReferenceNumber: UInt64, capacity: UInt8,
      interMarketSweepEligibility: UInt8, crossType: UInt8, orderState: UInt8, clOrdID: ClOrdID
    ) {
      self.timestamp = timestamp
      self.origUserRefNum = origUserRefNum
      self.userRefNum = userRefNum
      self.side = side
      self.quantity = quantity
      self.symbol = symbol
      self.price = price
      self.timeInForce = timeInForce
      self.display = display
      self.orderReferenceNumber = orderReferenceNumber
      self.capacity = capacity
      self.interMarketSweepEligibility = interMarketSweepEligibility
      self.crossType = crossType
      self.orderState = orderState
      self.clOrdID = clOrdID
    }

    /// - Precondition: `bytes` holds at least `length` bytes (`OUCH50.Form.wellFormed`).
    public init(unchecked bytes: UnsafeRawPointer) {
      timestamp = bytes.bigEndian(UInt64.self, at: 1)
      origUserRefNum = bytes.bigEndian(UInt32.self, at: 9)
      userRefNum = bytes.bigEndian(UInt32.self, at: 13)
      side = bytes.byte(at: 17)
      quantity = bytes.bigEndian(UInt32.self, at: 18)
      symbol = Symbol(packed: bytes.bigEndian(UInt64.self, at: 22))
      price = bytes.bigEndian(UInt64.self, at: 30)
      timeInForce = bytes.byte(at: 38)
      display = bytes.byte(at: 39)
      orderReferenceNumber = bytes.bigEndian(UInt64.self, at: 40)
      capacity = bytes.byte(at: 48)
      interMarketSweepEligibility = bytes.byte(at: 49)
      crossType = bytes.byte(at: 50)
      orderState = bytes.byte(at: 51)
      clOrdID = ClOrdID(unchecked: bytes + 52)
    }

    /// Writes the message with an empty appendage and returns its length.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      buffer.storeByte(Self.type, at: 0)
      buffer.storeBigEndian(timestamp, at: 1)
      buffer.storeBigEndian(origUserRefNum, at: 9)
      buffer.storeBigEndian(userRefNum, at: 13)
      buffer.storeByte(side, at: 17)
      buffer.storeBigEndian(quantity, at: 18)
      buffer.storeBigEndian(symbol.packed, at: 22)
      buffer.storeBigEndian(price, at: 30)
      buffer.storeByte(timeInForce, at: 38)
      buffer.storeByte(display, at: 39)
      buffer.storeBigEndian(orderReferenceNumber, at: 40)
      buffer.storeByte(capacity, at: 48)
      buffer.storeByte(interMarketSweepEligibility, at: 49)
      buffer.storeByte(crossType, at: 50)
      buffer.storeByte(orderState, at: 51)
      clOrdID.encode(into: buffer + 52)
      buffer.storeBigEndian(0 as UInt16, at: 66)
      return Self.length
    }
  }
}
