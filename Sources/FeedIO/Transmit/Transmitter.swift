import CPlatform
import FeedCore
import Glibc

/// Sends what a schedule says when it is due, each line through its sink.
///
/// The time of a frame is waited for by reading the CPU's counter; only while it is more than
/// `sleepFromNanoseconds` away does the thread sleep, and it wakes up well before. What is due at the same time goes in
/// one system call per line. A sink that is full is asked again; the schedule does not wait for it, so what is late is
/// sent as soon as there is room.
public final class Transmitter: @unchecked Sendable {
  private static let burstMaximum = 64
  private static let windowMaximum = 256
  private static let sleepFromNanoseconds: UInt64 = 3_000_000
  private static let wakeBeforeNanoseconds: UInt64 = 1_500_000
  /// Sleeps end this soon, so that a stop is noticed.
  private static let sleepMaximumNanoseconds: UInt64 = 100_000_000

  /// Words of `shared`.
  private enum Word {
    static let frames = 0
    static let bytes = 1
    static let count = 2
  }

  private let schedule: any FrameSchedule
  private let sinks: [any FrameSink]
  private let isPaced: Bool
  private let clock: TickClock
  private let stop: StopFlag
  private let shared = SharedCounters(count: Word.count)
  private let window: UnsafeMutableBufferPointer<ScheduledFrame>
  private let burst: UnsafeMutableBufferPointer<OutgoingFrame>
  private let burstDue: UnsafeMutableBufferPointer<UInt64>
  private var summary = TransmitSummary()
  private let position: TransmitPosition?

  /// - Parameters:
  ///   - schedule: names lines by their position in `sinks`.
  ///   - isPaced: false: everything is due at once.
  ///   - position: told how far the captures are sent.
  public init(
    schedule: any FrameSchedule, sinks: [any FrameSink], isPaced: Bool, stop: StopFlag,
    position: TransmitPosition? = nil, clock: TickClock = .calibrate(nanoseconds: 20_000_000)
  ) {
    self.schedule = schedule
    self.sinks = sinks
    self.isPaced = isPaced
    self.clock = clock
    self.stop = stop
    self.position = position
    window = .allocate(capacity: Self.windowMaximum)
    burst = .allocate(capacity: Self.burstMaximum)
    burstDue = .allocate(capacity: Self.burstMaximum)
  }

  deinit {
    window.deallocate()
    burst.deallocate()
    burstDue.deallocate()
    shared.deallocate()
  }

  /// Frames and bytes sent so far. Any thread.
  public var progress: (frames: UInt64, bytes: UInt64) { (shared.glance(Word.frames), shared.glance(Word.bytes)) }

  /// Sends everything, on the calling thread, and returns what came of it. Call once.
  public func run() -> TransmitSummary {
    let start = feedh_ticks()
    var last = start
    while !schedule.isExhausted, summary.failure == nil {
      if stop.isSet {
        summary.isInterrupted = true
        break
      }
      let count = schedule.next(into: window)
      var position = 0
      while position < count, summary.failure == nil {
        let end = release(from: position, to: count, start: start)
        if end == position {
          summary.isInterrupted = true
          break
        }
        for line in sinks.indices { sendLine(line, from: position, to: end, start: start) }
        self.position?.note(window[end - 1].captureNanoseconds)
        position = end
        last = feedh_ticks()
      }
      if summary.isInterrupted { break }
    }
    summary.elapsedNanoseconds = clock.nanoseconds(ticks: last &- start)
    for sink in sinks { summary.fullCalls &+= sink.figures().fullCalls }
    return summary
  }

  // MARK: - Time

  /// Waits until the frame at `position` is due, and returns the end of those that are due with it; `position` itself
  /// where a stop was asked for.
  private func release(from position: Int, to count: Int, start: UInt64) -> Int {
    if !isPaced { return stop.isSet ? position : count }
    guard let now = wait(until: dueTicks(window[position], start)) else { return position }
    var end = position + 1
    while end < count, dueTicks(window[end], start) <= now { end += 1 }
    return end
  }

  @inline(__always)
  private func dueTicks(_ frame: ScheduledFrame, _ start: UInt64) -> UInt64 {
    start &+ clock.ticks(nanoseconds: frame.dueNanoseconds)
  }

  /// The counter once `due` has come; nil where a stop was asked for before.
  private func wait(until due: UInt64) -> UInt64? {
    while true {
      let now = feedh_ticks()
      if now >= due { return stop.isSet ? nil : now }
      let left = clock.nanoseconds(ticks: due &- now)
      if left < Self.sleepFromNanoseconds {
        feedh_pause()
        continue
      }
      if stop.isSet { return nil }
      let nap = min(left &- Self.wakeBeforeNanoseconds, Self.sleepMaximumNanoseconds)
      var time = timespec(tv_sec: 0, tv_nsec: Int(nap))
      nanosleep(&time, nil)
    }
  }

  // MARK: - Sending

  /// Sends the frames of one line among those that are due, in order.
  private func sendLine(_ line: Int, from position: Int, to end: Int, start: UInt64) {
    var next = position
    while next < end {
      var count = 0
      while next < end, count < Self.burstMaximum {
        if Int(window[next].line) == line {
          burst[count] = window[next].frame
          burstDue[count] = dueTicks(window[next], start)
          count += 1
        }
        next += 1
      }
      if count > 0, !send(count, through: sinks[line]) { return }
    }
  }

  /// False where the sink takes nothing any more, or a stop was asked for while it was full.
  private func send(_ count: Int, through sink: any FrameSink) -> Bool {
    var sent = 0
    while sent < count {
      let taken = sink.send(UnsafeBufferPointer(rebasing: burst[sent..<count]))
      let after = feedh_ticks()
      if taken > 0 {
        note(from: sent, to: sent + taken, at: after)
        sent += taken
      } else if let failure = sink.failure {
        summary.failure = failure
        return false
      } else if stop.isSet {
        summary.isInterrupted = true
        return false
      } else {
        feedh_pause()
      }
    }
    return true
  }

  private func note(from begin: Int, to end: Int, at now: UInt64) {
    var bytes: UInt64 = 0
    for index in begin..<end {
      bytes &+= UInt64(burst[index].length)
      if isPaced {
        let late = now > burstDue[index] ? now &- burstDue[index] : 0
        summary.pacingError.record(clock.nanoseconds(ticks: late))
      }
    }
    summary.frames &+= UInt64(end - begin)
    summary.bytes &+= bytes
    shared.add(UInt64(end - begin), to: Word.frames)
    shared.add(bytes, to: Word.bytes)
  }
}
