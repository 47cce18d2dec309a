extension OUCH50 {
  /// Cancel Pending ("P"), venue to client. 13 bytes, big-endian. OUCH 5.0, "Cancel Pending".
  public struct CancelPending: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "P")
    public static let length = 13
    /// Nanoseconds since midnight, US Eastern.
    public var timestamp: UInt64
    public var userRefNum: UInt32

    public init(timestamp: UInt64, userRefNum: UInt32) {
      self.timestamp = timestamp
      self.userRefNum = userRefNum
    }

    /// - Precondition: `bytes` holds at least `length` bytes (`OUCH50.Form.wellFormed`).
    public init(unchecked bytes: UnsafeRawPointer) {
      timestamp = bytes.bigEndian(UInt64.self, at: 1)
      userRefNum = bytes.bigEndian(UInt32.self, at: 9)
    }

    /// Writes the message and returns its length.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      buffer.storeByte(Self.type, at: 0)
      buffer.storeBigEndian(timestamp, at: 1)
      buffer.storeBigEndian(userRefNum, at: 9)
      return Self.length
    }
  }
}
