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

  /// Two ports: the first venue's lines arrive at one, the second's at the other, each polled by a core of its own.
  func makeSpreadRun(
    cores: Int, layout: ThreadSettings.Layout, packets: UInt64 = .max,
    endings: [CaptureQueue.Ending] = [.silence, .silence], isHeld: Bool = false, _ change: (inout Settings) -> Void = { _ in }
  ) throws -> (run: LiveRun, queues: [CaptureQueue]) {
    var settings = settings
    settings.threads.coreCount = cores
    settings.threads.layout = layout
    settings.live.ports = (0...1).map { venue in
      var port = PortSettings(name: "feed-\(venue)", interface: "none\(venue)")
      port.queueCores = [venue]
      return port
    }
    for feed in settings.feeds.indices {
      for line in settings.feeds[feed].lines.indices { settings.feeds[feed].lines[line].livePort = "feed-\(feed)" }
    }
    change(&settings)
    let queues = (0...1).map { venue in
      CaptureQueue(set, name: "feed-\(venue):0", ending: endings[venue], isHeld: isHeld) { Self.venue(of: $0) == venue }
    }
    let run = try LiveRun(
      settings: settings,
      queues: queues.enumerated().map { LivePacketSource.Entry($0.element, port: UInt16($0.offset), core: $0.offset) },
      packetsMaximum: packets, clock: { 0 })
    return (run, queues)
  }

  /// Of generated frames, which carry no VLAN tag: venue v's ports are 26401 + v + 100 × line.
  static func venue(of packet: Packet) -> Int { (port(of: packet) - 26_401) % 100 }

  static func port(of packet: Packet) -> Int {
    Int(UInt16(bigEndian: packet.bytes.loadUnaligned(fromByteOffset: 36, as: UInt16.self)))
  }

  /// Two venues, two lines each: packets are lost, overtaken, repeated, and cut differently.
  static func rough(_ seed: UInt64) throws -> LiveHarness {
    try LiveHarness(
      try Generated.make(seed: seed) {
        $0.lossA = Probability(partsPerMillion: 30_000)
        $0.lossB = Probability(partsPerMillion: 30_000)
        $0.reorder = Probability(partsPerMillion: 20_000)
        $0.duplicate = Probability(partsPerMillion: 20_000)
        $0.lineBFramesDiffer = true
        $0.restartCount = 1
      })
  }

  /// What the books come to, and every counter, is as in the replay.
  func expectReplaysBooks(_ run: LiveRun, _ note: Comment) {
    let (live, recorded) = (run.summary, replay.summary)
    #expect(live.bookDigest == recorded.bookDigest, note)
    #expect(run.contentsDigest() == replay.replay.contentsDigest(of: recorded), note)
    #expect(live.packets == recorded.packets && live.messages == recorded.messages, note)
    for counter in Counter.allCases { #expect(live[counter] == recorded[counter], "\(note) \(counter.name)") }
  }

  func makeControl(
    socket: String? = nil, status: UInt64? = nil, duration: UInt64? = nil, environment: [String: String] = [:]
  ) throws -> LiveControl {
    var options = LiveControl.Options()
    options.statusNanoseconds = status
    options.durationNanoseconds = duration
    // Other tests of this process have runs of their own.
    options.takesSignals = false
    options.environment = environment
    return try LiveControl(socketPath: socket, options: options) { [self] line in
      lines.withLock { $0.append(line) }
    }
  }

  var written: [String] { lines.withLock { $0 } }

  /// Runs on a thread of its own, with a control socket, does `body` beside it, and waits for its end.
  ///
  /// - Parameters:
  ///   - status: nanoseconds between status lines.
  ///   - environment: where a service manager listens.
  func operate(
    _ run: LiveRun, status: UInt64? = nil, environment: [String: String] = [:], _ body: (_ socket: String) throws -> Void
  ) throws {
    let socket = ScratchFolder.newPath("ctl")
    let control = try makeControl(socket: socket, status: status, environment: environment)
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      run.run(control: control)
      done.signal()
    }
    thread.stackSize = 8 << 20
    thread.start()
    defer { done.wait() }
    do {
      try body(socket)
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
