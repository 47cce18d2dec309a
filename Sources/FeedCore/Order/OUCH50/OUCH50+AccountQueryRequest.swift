extension OUCH50 {
  /// Account Query Request ("Q"), client to venue. One byte. OUCH 5.0, "Account Query Request".
  public struct AccountQueryRequest: BitwiseCopyable, Sendable, Equatable {
    public static let type = UInt8(ascii: "Q")
    public static let length = 1

    public init() {}

    /// - Precondition: `bytes` holds at least `length` bytes (`OUCH50.Form.wellFormed`).
    public init(unchecked bytes: UnsafeRawPointer) {}

    /// Writes the message and returns its length.
    @discardableResult
    public func encode(into buffer: UnsafeMutableRawPointer) -> Int {
      buffer.storeByte(Self.type, at: 0)
      return Self.length
    }
  }
}
