import CPlatform
import FeedCore
import Glibc

/// Receives from live queues and offers everything to their taps, on one thread: what `feedh record` does.
public final class RecordingLoop: @unchecked Sendable {
  /// What ends it, besides a stop.
  public struct Limits: Sendable, Equatable {
    /// Packets of all queues.
    public var packets: UInt64?
    public var nanoseconds: UInt64?
    public init() {}
  }

  public struct Input {
    public var queue: any LiveQueue
    public var tap: RecordingTap
    /// The queue's position in the tap's interfaces.
    public var interface: Int

    public init(queue: any LiveQueue, tap: RecordingTap, interface: Int = 0) {
      self.queue = queue
      self.tap = tap
      self.interface = interface
    }
  }

  private static let burstPackets = 64
  /// Turns without a packet before it sleeps.
  private static let patientTurns = 256
  private static let sleepNanoseconds = 50_000
  /// After a stop the kernel may still hold back what arrived before it: so long, without a packet, is waited for it.
  private static let quietNanoseconds: UInt64 = 20_000_000

  private let inputs: [Input]
  private let limits: Limits
  private let spins: Bool
  private let stop: StopFlag
  private let counters = SharedCounters(count: 1)
  private let burst: UnsafeMutableBufferPointer<Packet>
  /// Unix time of the stop: what was received later is no part of the recording.
  private var lastNanoseconds: UInt64 = .max
  /// Of each input: whether such a packet has come.
  private var isDone: [Bool]

  /// - Parameter spins: polls without ever sleeping.
  public init(_ inputs: [Input], limits: Limits = Limits(), spins: Bool = false, stop: StopFlag) {
    self.inputs = inputs
    self.limits = limits
    self.spins = spins
    self.stop = stop
    isDone = inputs.map { _ in false }
    burst = .allocate(capacity: Self.burstPackets)
  }

  deinit {
    burst.deallocate()
    counters.deallocate()
  }

  /// Packets received so far. Any thread.
  public var packets: UInt64 { counters.glance(0) }

  /// Runs until a stop, a limit, or the failure of all queues. The queues stay open, the recorder goes on.
  public func run() {
    let begin = SystemClock.monotonic
    var empty = 0
    while !isOver(since: begin) {
      if turn() > 0 {
        empty = 0
        continue
      }
      empty += 1
      if empty < Self.patientTurns || spins {
        feedh_pause()
      } else if inputs.allSatisfy({ $0.queue.failure != nil }) {
        return
      } else {
        var time = timespec(tv_sec: 0, tv_nsec: Self.sleepNanoseconds)
        nanosleep(&time, nil)
      }
    }
    drain()
  }

  private func isOver(since begin: UInt64) -> Bool {
    if stop.isSet { return true }
    if let packets = limits.packets, self.packets >= packets { return true }
    if let nanoseconds = limits.nanoseconds, SystemClock.monotonic &- begin >= nanoseconds { return true }
    return false
  }

  /// One burst of each queue; the number of packets.
  private func turn() -> Int {
    var total = 0
    for index in inputs.indices { total += take(index) }
    return total
  }

  private func take(_ index: Int) -> Int {
    if isDone[index] { return 0 }
    var room = burst.count
    if let packets = limits.packets { room = Int(min(UInt64(room), packets &- min(packets, self.packets))) }
    if room == 0 { return 0 }
    let input = inputs[index]
    var count = input.queue.receive(into: UnsafeMutableBufferPointer(rebasing: burst[..<room]))
    // Times never go back, so the packets after the stop are a burst's last.
    while count > 0, burst[count - 1].captureNanoseconds > lastNanoseconds {
      count -= 1
      isDone[index] = true
    }
    if count > 0 {
      input.tap.offer(UnsafeBufferPointer(rebasing: burst[..<count]), interface: input.interface)
      counters.add(UInt64(count), to: 0)
    }
    return count
  }

  /// What arrived before the end is in the queues' memory; it belongs to the recording.
  private func drain() {
    lastNanoseconds = SystemClock.unix
    var quietSince = SystemClock.monotonic
    while isDone.contains(false) {
      if let packets = limits.packets, self.packets >= packets { return }
      let hasCome = turn() > 0
      let now = SystemClock.monotonic
      if hasCome { quietSince = now }
      if now &- quietSince >= Self.quietNanoseconds { return }
      if !hasCome { feedh_pause() }
    }
  }
}
