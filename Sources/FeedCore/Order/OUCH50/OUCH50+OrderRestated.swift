extension OUCH50 {
  /// Order Restated ("R"), venue to client. 16 bytes, then the appendage, big-endian. OUCH 5.0, "Order Restated".
  public struct OrderRestated: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "R")
    /// With the length field of the appendage, without its options.
    public static let length = 16
    /// Nanoseconds since midnight, US Eastern.
    public var timestamp: UInt64
    public var userRefNum: UInt32
    /// R refresh of display, P update of displayed price.
    public var reason: UInt8

    public init(timestamp: UInt64, userRefNum: UInt32, reason: UInt8) {
      self.timestamp = timestamp
      self.userRefNum = userRefNum
      self.reason = reason
    }

    /// - Precondition: `bytes` holds at least `length` bytes (`OUCH50.Form.wellFormed`).
    public init(unchecked bytes: UnsafeRawPointer) {
      timestamp = bytes.bigEndian(UInt64.self, at: 1)
      userRefNum = bytes.bigEndian(UInt32.self, at: 9)
      reason = bytes.byte(at: 13)
    }

    /// Writes the message with an empty appendage and returns its length.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      buffer.storeByte(Self.type, at: 0)
      buffer.storeBigEndian(timestamp, at: 1)
      buffer.storeBigEndian(userRefNum, at: 9)
      buffer.storeByte(reason, at: 13)
      buffer.storeBigEndian(0 as UInt16, at: 14)
      return Self.length
    }
  }
}
