/// One logical CPU.
public struct CPU: Equatable, Sendable {
  public var number: Int
  public var isOnline = true
  public var package: Int?
  public var core: Int?
  /// CPUs of the same physical core, this one among them.
  public var siblings: CPUSet?
  public var governor: String?
  public var governors: [String] = []
  /// Energy preference of intel_pstate and amd_pstate ("balance_performance").
  public var energyPreference: String?
  public var energyPreferences: [String] = []
  public var idleStates: [IdleState] = []

  public init(number: Int) { self.number = number }

  /// A state that the kernel puts an idle CPU into.
  public struct IdleState: Equatable, Sendable {
    public var index: Int
    public var name: String
    /// Time to leave it, microseconds.
    public var latencyMicroseconds: Int
    public var isDisabled: Bool
    /// `/sys` path of the word that disables it.
    public var disablePath: String
  }
}
