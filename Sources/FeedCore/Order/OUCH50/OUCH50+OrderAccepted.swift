extension OUCH50 {
  /// Order Accepted ("A"), venue to client. 64 bytes, then the appendage, big-endian. OUCH 5.0, "Order Accepted".
  public struct OrderAccepted: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "A")
    /// With the length field of the appendage, without its options.
    public static let length = 64
    /// Nanoseconds since midnight, US Eastern.
    public var timestamp: UInt64
    public var userRefNum: UInt32
    public var side: UInt8
    /// Shares.
    public var quantity: UInt32
    public var symbol: Symbol
    /// 1/10,000 dollars; may be better than entered.
    public var price: UInt64
    public var timeInForce: UInt8
    /// May come back as Z.
    public var display: UInt8
    /// As on the feed.
    public var orderReferenceNumber: UInt64
    public var capacity: UInt8
    public var interMarketSweepEligibility: UInt8
    public var crossType: UInt8
    /// L live, D dead: no more messages come.
    public var orderState: UInt8
    public var clOrdID: ClOrdID

    public init(
      timestamp: UInt64, userRefNum: UInt32, side: UInt8, quantity: UInt32, symbol: Symbol, price: UInt64,
      timeInForce: UInt8, display: UInt8, orderReferenceNumber: UInt64, capacity: UInt8,
      interMarketSweepEligibility: UInt8, crossType: UInt8, orderState: UInt8, clOrdID: ClOrdID
    ) {
      self.timestamp = timestamp
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
      userRefNum = bytes.bigEndian(UInt32.self, at: 9)
      side = bytes.byte(at: 13)
      quantity = bytes.bigEndian(UInt32.self, at: 14)
      symbol = Symbol(packed: bytes.bigEndian(UInt64.self, at: 18))
      price = bytes.bigEndian(UInt64.self, at: 26)
      timeInForce = bytes.byte(at: 34)
      display = bytes.byte(at: 35)
      orderReferenceNumber = bytes.bigEndian(UInt64.self, at: 36)
      capacity = bytes.byte(at: 44)
      interMarketSweepEligibility = bytes.byte(at: 45)
      crossType = bytes.byte(at: 46)
      orderState = bytes.byte(at: 47)
      clOrdID = ClOrdID(unchecked: bytes + 48)
    }

    /// Writes the message with an empty appendage and returns its length.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      buffer.storeByte(Self.type, at: 0)
      buffer.storeBigEndian(timestamp, at: 1)
      buffer.storeBigEndian(userRefNum, at: 9)
      buffer.storeByte(side, at: 13)
      buffer.storeBigEndian(quantity, at: 14)
      buffer.storeBigEndian(symbol.packed, at: 18)
      buffer.storeBigEndian(price, at: 26)
      buffer.storeByte(timeInForce, at: 34)
      buffer.storeByte(display, at: 35)
      buffer.storeBigEndian(orderReferenceNumber, at: 36)
      buffer.storeByte(capacity, at: 44)
      buffer.storeByte(interMarketSweepEligibility, at: 45)
      buffer.storeByte(crossType, at: 46)
      buffer.storeByte(orderState, at: 47)
      clOrdID.encode(into: buffer + 48)
      buffer.storeBigEndian(0 as UInt16, at: 62)
      return Self.length
    }
  }
}
