/// A queue whose packets a tap takes, as the recording is to describe it.
public struct RecordingInterface: Sendable {
  /// "eth1", "feed-a:0".
  public var name: String
  /// The queue's own figures, asked by the writing thread at the end of each file; nil: there are none.
  public var figures: (@Sendable () -> LiveQueueFigures)?

  public init(name: String, figures: (@Sendable () -> LiveQueueFigures)? = nil) {
    self.name = name
    self.figures = figures
  }
}
