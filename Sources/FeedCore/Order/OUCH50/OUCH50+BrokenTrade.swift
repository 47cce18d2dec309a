extension OUCH50 {
  /// Broken Trade ("B"), venue to client. 36 bytes, big-endian. OUCH 5.0, "Broken Trade".
  ///
  /// An earlier execution does not stand.
  public struct BrokenTrade: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "B")
    public static let length = 36
    /// Nanoseconds since midnight, US Eastern.
    public var timestamp: UInt64
    public var userRefNum: UInt32
    /// Of the execution.
    public var matchNumber: UInt64
    /// E erroneous, C consent, S supervisory, X external.
    public var reason: UInt8
    public var clOrdID: ClOrdID

    public init(timestamp: UInt64, userRefNum: UInt32, matchNumber: UInt64, reason: UInt8, clOrdID: ClOrdID) {
      self.timestamp = timestamp
      self.userRefNum = userRefNum
      self.matchNumber = matchNumber
      self.reason = reason
      self.clOrdID = clOrdID
    }

    /// - Precondition: `bytes` holds at least `length` bytes (`OUCH50.Form.wellFormed`).
    public init(unchecked bytes: UnsafeRawPointer) {
      timestamp = bytes.bigEndian(UInt64.self, at: 1)
      userRefNum = bytes.bigEndian(UInt32.self, at: 9)
      matchNumber = bytes.bigEndian(UInt64.self, at: 13)
      reason = bytes.byte(at: 21)
      clOrdID = ClOrdID(unchecked: bytes + 22)
    }

    /// Writes the message and returns its length.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      buffer.storeByte(Self.type, at: 0)
      buffer.storeBigEndian(timestamp, at: 1)
      buffer.storeBigEndian(userRefNum, at: 9)
      buffer.storeBigEndian(matchNumber, at: 13)
      buffer.storeByte(reason, at: 21)
      clOrdID.encode(into: buffer + 22)
      return Self.length
    }
  }
}
