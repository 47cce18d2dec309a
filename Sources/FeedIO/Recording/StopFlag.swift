import Synchronization

/// A request to come to an end, from any thread to any other. Never taken back.
public final class StopFlag: Sendable {
  private let word = Atomic<Bool>(false)

  public init() {}

  public func set() { word.store(true, ordering: .releasing) }

  @inline(__always)
  public var isSet: Bool { word.load(ordering: .acquiring) }
}
