extension OUCH50 {
  /// Enter Order ("O"), client to venue. 47 bytes, then the appendage, big-endian. OUCH 5.0, "Enter Order".
  public struct EnterOrder: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "O")
    /// With the length field of the appendage, without its options.
    public static let length = 47
    /// With the one option that we send, Firm.
    public static let lengthWithFirm = 53
    public var userRefNum: UInt32
    /// B buy, S sell, T sell short, E sell short exempt.
    public var side: UInt8
    /// Shares, 1 ... 999,999.
    public var quantity: UInt32
    public var symbol: Symbol
    /// 1/10,000 dollars.
    public var price: UInt64
    /// 0 day, 3 immediate or cancel, 5, 6, E.
    public var timeInForce: UInt8
    /// Y visible, N hidden, A attributable.
    public var display: UInt8
    /// A agency, P principal, R riskless, O other.
    public var capacity: UInt8
    /// Y or N.
    public var interMarketSweepEligibility: UInt8
    /// N continuous market.
    public var crossType: UInt8
    /// Echoed, not checked by the venue.
    public var clOrdID: ClOrdID
    /// Option 2 (MPID), four characters packed big-endian; nil = port default, no option is sent.
    public var firm: UInt32?

    public init(
      userRefNum: UInt32, side: UInt8, quantity: UInt32, symbol: Symbol, price: UInt64, timeInForce: UInt8,
      display: UInt8, capacity: UInt8, interMarketSweepEligibility: UInt8, crossType: UInt8, clOrdID: ClOrdID,
      firm: UInt32? = nil
    ) {
      self.userRefNum = userRefNum
      self.side = side
      self.quantity = quantity
      self.symbol = symbol
      self.price = price
      self.timeInForce = timeInForce
      self.display = display
      self.capacity = capacity
      self.interMarketSweepEligibility = interMarketSweepEligibility
      self.crossType = crossType
      self.clOrdID = clOrdID
      self.firm = firm
    }

    /// - Precondition: `bytes` holds at least `length` bytes and the whole appendage (`OUCH50.Form.wellFormed`).
    public init(unchecked bytes: UnsafeRawPointer) {
      userRefNum = bytes.bigEndian(UInt32.self, at: 1)
      side = bytes.byte(at: 5)
      quantity = bytes.bigEndian(UInt32.self, at: 6)
      symbol = Symbol(packed: bytes.bigEndian(UInt64.self, at: 10))
      price = bytes.bigEndian(UInt64.self, at: 18)
      timeInForce = bytes.byte(at: 26)
      display = bytes.byte(at: 27)
      capacity = bytes.byte(at: 28)
      interMarketSweepEligibility = bytes.byte(at: 29)
      crossType = bytes.byte(at: 30)
      clOrdID = ClOrdID(unchecked: bytes + 31)
      firm = OUCH50.option(.firm, in: bytes, appendageAt: 45)
    }

    /// Writes the message and returns its length, at most `lengthWithFirm`.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      OrderCode.encode.mark()
      buffer.storeByte(Self.type, at: 0)
      buffer.storeBigEndian(userRefNum, at: 1)
      buffer.storeByte(side, at: 5)
      buffer.storeBigEndian(quantity, at: 6)
      buffer.storeBigEndian(symbol.packed, at: 10)
      buffer.storeBigEndian(price, at: 18)
      buffer.storeByte(timeInForce, at: 26)
      buffer.storeByte(display, at: 27)
      buffer.storeByte(capacity, at: 28)
      buffer.storeByte(interMarketSweepEligibility, at: 29)
      buffer.storeByte(crossType, at: 30)
      clOrdID.encode(into: buffer + 31)
      guard let firm else {
        buffer.storeBigEndian(0 as UInt16, at: 45)
        return Self.length
      }
      buffer.storeBigEndian(6 as UInt16, at: 45)
      // The length of an option counts its tag and value, not itself.
      buffer.storeByte(5, at: 47)
      buffer.storeByte(OptionTag.firm.rawValue, at: 48)
      buffer.storeBigEndian(firm, at: 49)
      return Self.lengthWithFirm
    }
  }
}
