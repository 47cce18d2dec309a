extension OUCH50 {
  /// Account Query Response ("Q"), venue to client. 13 bytes, big-endian. OUCH 5.0, "Account Query Response".
  public struct AccountQueryResponse: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "Q")
    public static let length = 13
    /// Nanoseconds since midnight, US Eastern.
    public var timestamp: UInt64
    /// The lowest number that may be used.
    public var nextUserRefNum: UInt32

    public init(timestamp: UInt64, nextUserRefNum: UInt32) {
      self.timestamp = timestamp
      self.nextUserRefNum = nextUserRefNum
    }

    /// - Precondition: `bytes` holds at least `length` bytes (`OUCH50.Form.wellFormed`).
    public init(unchecked bytes: UnsafeRawPointer) {
      timestamp = bytes.bigEndian(UInt64.self, at: 1)
      nextUserRefNum = bytes.bigEndian(UInt32.self, at: 9)
    }

    /// Writes the message and returns its length.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      buffer.storeByte(Self.type, at: 0)
      buffer.storeBigEndian(timestamp, at: 1)
      buffer.storeBigEndian(nextUserRefNum, at: 9)
      return Self.length
    }
  }
}
