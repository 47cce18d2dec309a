extension OUCH50 {
  /// Rejected ("J"), venue to client. 29 bytes, big-endian. OUCH 5.0, "Rejected".
  ///
  /// Uses up its UserRefNum.
  public struct Rejected: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "J")
    public static let length = 29
    /// Nanoseconds since midnight, US Eastern.
    public var timestamp: UInt64
    public var userRefNum: UInt32
    /// Code table of OUCH 5.0.
    public var reason: UInt16
    public var clOrdID: ClOrdID

    public init(timestamp: UInt64, userRefNum: UInt32, reason: UInt16, clOrdID: ClOrdID) {
      self.timestamp = timestamp
      self.userRefNum = userRefNum
      self.reason = reason
      self.clOrdID = clOrdID
    }

    /// - Precondition: `bytes` holds at least `length` bytes (`OUCH50.Form.wellFormed`).
    public init(unchecked bytes: UnsafeRawPointer) {
      timestamp = bytes.bigEndian(UInt64.self, at: 1)
      userRefNum = bytes.bigEndian(UInt32.self, at: 9)
      reason = bytes.bigEndian(UInt16.self, at: 13)
      clOrdID = ClOrdID(unchecked: bytes + 15)
    }

    /// Writes the message and returns its length.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      buffer.storeByte(Self.type, at: 0)
      buffer.storeBigEndian(timestamp, at: 1)
      buffer.storeBigEndian(userRefNum, at: 9)
      buffer.storeBigEndian(reason, at: 13)
      clOrdID.encode(into: buffer + 15)
      return Self.length
    }
  }
}
