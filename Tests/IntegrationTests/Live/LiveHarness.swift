import FeedIO
import FeedObserve
import FeedSim
import Foundation
import Synchronization
import Testing

@testable import FeedCore

/// A live run over a queue made of a generated capture, and the replay of that capture to compare it with.
final class LiveHarness: @unchecked Sendable {
  let set: CaptureSet
  let settings: Settings
  let replay: ReplayRun
  let lines = Mutex<[String]>([])

  /// - Parameter change: of the settings of both runs.
  convenience init(_ generated: Generated, _ change: (inout Settings) -> Void = { _ in }) throws {
    try self.init(generated.captures, generated.settings, change)
  }

  init(_ captures: [String], _ settings: Settings, _ change: (inout Settings) -> Void = { _ in }) throws {
    set = try CaptureSet(paths: captures)
    var settings = settings
    settings.live.ports = [PortSettings(name: "feed-a", interface: "none0")]
    change(&settings)
    self.settings = settings
    replay = try ReplayRun(captures, settings)
  }

  /// Time stands where the last packet left it: no timer runs but by packets.
  func makeRun(
    _ queues: [CaptureQueue]? = nil, packets: UInt64 = .max, _ change: (inout Settings) -> Void = { _ in },
    clock: (@Sendable () -> UInt64)? = nil
  ) throws -> (run: LiveRun, queues: [CaptureQueue]) {
    var settings = settings
    change(&settings)
    let made = queues ?? [CaptureQueue(set)]
    let run = try LiveRun(
      settings: settings, queues: made.map { LivePacketSource.Entry($0, port: 0) }, packetsMaximum: packets,
      clock: clock ?? { 0 })
    return (run, made)
  }

  func makeControl(
    socket: String? = nil, status: UInt64? = nil, duration: UInt64? = nil
  ) throws -> LiveControl {
    var options = LiveControl.Options()
    options.statusNanoseconds = status
    options.durationNanoseconds = duration
    // Other tests of this process have runs of their own.
    options.takesSignals = false
    return try LiveControl(socketPath: socket, options: options) { [self] line in
      lines.withLock { $0.append(line) }
    }
  }

  var written: [String] { lines.withLock { $0 } }

  /// Runs on a thread of its own, does `body` beside it, and waits for its end.
  static func run(_ run: LiveRun, _ control: LiveControl, beside body: () throws -> Void) rethrows {
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      run.run(control: control)
      done.signal()
    }
    thread.stackSize = 8 << 20
    thread.start()
    defer { done.wait() }
    do {
      try body()
    } catch {
      // Else it would wait for ever.
      run.replay.send(.stop)
      throw error
    }
  }

  /// Waits until something is so: other threads run meanwhile. The limit is for what has failed already.
  static func wait(_ what: String = #function, line: Int = #line, until isSo: () throws -> Bool) throws {
    let end = DispatchTime.now() + .seconds(120)
    while try !isSo() {
      guard DispatchTime.now() < end else { throw CommandFailure("\(what), line \(line): waited in vain") }
      sched_yield()
    }
  }
}
