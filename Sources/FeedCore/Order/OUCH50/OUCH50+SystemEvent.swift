extension OUCH50 {
  /// System Event ("S"), venue to client. 10 bytes, big-endian. OUCH 5.0, "System Event".
  public struct SystemEvent: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "S")
    public static let length = 10
    /// Nanoseconds since midnight, US Eastern.
    public var timestamp: UInt64
    /// S start of day, E end of day.
    public var eventCode: UInt8

    public init(timestamp: UInt64, eventCode: UInt8) {
      self.timestamp = timestamp
      self.eventCode = eventCode
    }

    /// - Precondition: `bytes` holds at least `length` bytes (`OUCH50.Form.wellFormed`).
    public init(unchecked bytes: UnsafeRawPointer) {
      timestamp = bytes.bigEndian(UInt64.self, at: 1)
      eventCode = bytes.byte(at: 9)
    }

    /// Writes the message and returns its length.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      buffer.storeByte(Self.type, at: 0)
      buffer.storeBigEndian(timestamp, at: 1)
      buffer.storeByte(eventCode, at: 9)
      return Self.length
    }
  }
}
