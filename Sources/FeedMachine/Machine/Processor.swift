/// What all CPUs have in common.
public struct Processor: Equatable, Sendable {
  public enum Architecture: String, Sendable {
    case x86 = "x86-64"
    case arm = "aarch64"
  }

  public var architecture: Architecture?
  public var model: String?
  /// `flags` on x86-64, `Features` on aarch64; empty: unknown.
  public var flags: Set<String> = []
  public init() {}
}
