/// Counters and clocks.
public struct Clock: Equatable, Sendable {
  /// What the kernel counts time with.
  public var source: String?
  public var sources: [String] = []
  /// Hardware clocks of network cards: name of each `/dev/ptpN`.
  public var hardwareClocks: [HardwareClock] = []
  /// State of the system clock; of a recorded machine nil.
  public var synchronisation: Synchronisation?
  public init() {}

  public struct HardwareClock: Equatable, Sendable {
    /// "ptp0"
    public var device: String
    public var name: String
  }

  public struct Synchronisation: Equatable, Sendable {
    public var isUnsynchronised: Bool
    public var maximumErrorMicroseconds: Int
    public var estimatedErrorMicroseconds: Int
  }
}
