/// A frame, when it is due, and by which line it leaves.
public struct ScheduledFrame: BitwiseCopyable {
  public var frame: OutgoingFrame
  /// On the transmitter's own time, 0 at its start; never less than that of the frame before.
  public var dueNanoseconds: UInt64
  /// Position of its line.
  public var line: UInt16
  /// How far the capture has come with it, Unix nanoseconds of capture time; 0 where there is none.
  public var captureNanoseconds: UInt64 = 0

  public init(frame: OutgoingFrame, dueNanoseconds: UInt64, line: UInt16) {
    self.frame = frame
    self.dueNanoseconds = dueNanoseconds
    self.line = line
  }
}

/// What is to be sent, in the order in which it is due. Asked once per burst.
public protocol FrameSchedule: AnyObject {
  /// Writes up to `frames.count` frames, whose bytes stay until the next call, and returns how many. 0: none now; see
  /// `isExhausted`.
  func next(into frames: UnsafeMutableBufferPointer<ScheduledFrame>) -> Int
  /// True when no frame will come any more.
  var isExhausted: Bool { get }
}
