/// Where a closed port's packet buffers were. All are back unless something of ours, or of the driver's, leaked.
public struct DPDKBufferAccount: Sendable, Equatable {
  /// Buffers of all pools of the port.
  public var buffers = 0
  /// Of those, how many nobody held after the port was closed.
  public var available = 0

  public init() {}

  public var leaked: Int { buffers - available }
}
