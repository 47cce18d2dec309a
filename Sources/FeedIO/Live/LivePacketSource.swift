import FeedCore
import Glibc

/// The live queues of one core as one packet source: polled in turn, their packets' times never going back.
///
/// A packet's capture time is the one its queue gave, or that of the packet before it where that is later: the clocks
/// of several interfaces are never quite the same. `fileIndex` is the position of its port, `recordIndex` counts the
/// packets of its queue.
///
/// A queue that fails is not polled any more and is named (`failures`); the others go on. The source is exhausted when
/// none is left. Belongs to the thread that polls; `failures` is for another one to read.
public final class LivePacketSource: PacketSource, ArrivingPackets, RecoveryAnswering {
  /// One queue, the port it is of, and the core that polls it.
  public struct Entry {
    public var queue: any LiveQueue
    /// Position of its port in `Settings.live.ports`.
    public var port: UInt16
    public var core: Int
    /// Where its packets are recorded, and which of the tap's interfaces it is; nil: nowhere.
    public var tap: (tap: RecordingTap, interface: Int)?
    public init(_ queue: any LiveQueue, port: UInt16, core: Int = 0) {
      self.queue = queue
      self.port = port
      self.core = core
    }
  }

  private struct Lane {
    var queue: any LiveQueue
    var port: UInt16
    var tap: (tap: RecordingTap, interface: Int)?
    var received: UInt64 = 0
  }

  /// Polls between two looks at the queues' failures.
  private static let failureInterval: UInt64 = 256
  /// How long a least lag counts.
  private static let lagNanoseconds: UInt64 = 1_000_000_000

  private var lanes: [Lane]
  private var next = 0
  /// The latest time given to a packet or told by `now`.
  private var last: UInt64 = 0
  private var polls: UInt64 = 0
  private let clock: @Sendable () -> UInt64
  /// By how much the packets' clock is behind this machine's, at least: of the second that was and the one that is.
  private var lagBefore = Int64.max
  private var lag = Int64.max
  private var lagSince: UInt64 = 0
  private let failed: FailureBoard
  private let recovery: RecoveryQueue?
  /// Where the burst that came last is recorded.
  private var lastTap: (tap: RecordingTap, interface: Int)?

  /// - Parameters:
  ///   - entries: at least one.
  ///   - recovery: brings what recovery servers sent; nil: none is asked.
  ///   - clock: Unix nanoseconds; nil: the system's.
  public init(_ entries: [Entry], recovery: RecoveryQueue? = nil, clock: (@Sendable () -> UInt64)? = nil) {
    precondition(!entries.isEmpty, "a core that polls needs a queue")
    lanes = entries.map { Lane(queue: $0.queue, port: $0.port, tap: $0.tap) }
    self.recovery = recovery
    self.clock = clock ?? { SystemClock.unix }
    failed = FailureBoard(count: entries.count)
  }

  public var isExhausted: Bool { lanes.isEmpty }

  public func prepareThread() {
    for lane in lanes { lane.queue.prepareThread() }
  }

  public func answer(_ outbox: RecoveryOutbox) { recovery?.answer(outbox) }

  /// Queues that failed, in the order of their failing, with why. Any thread's to ask.
  public var failures: [(name: String, failure: LiveQueueFailure)] { failed.all }

  /// Recorded is what the pipeline has worked off, behind it: orders do not wait for the recording. Answers of recovery
  /// servers are no port's, and are not recorded.
  public func workedOff(_ packets: UnsafeBufferPointer<Packet>) {
    guard let tap = lastTap else { return }
    tap.tap.offer(packets, interface: tap.interface)
  }

  /// What has come from the next queue that has anything; 0: none has.
  public func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int {
    polls &+= 1
    if polls % Self.failureInterval == 0 { dropFailed() }
    // Every other time first, so that neither answers nor live packets keep the others waiting.
    if polls & 1 == 0, let recovery {
      let count = takeAnswers(of: recovery, burst)
      if count > 0 { return count }
    }
    // Bounded: each queue is asked once.
    for _ in 0..<lanes.count {
      if next >= lanes.count { next = 0 }
      let lane = next
      next += 1
      let count = lanes[lane].queue.receive(into: burst)
      if count > 0 {
        take(burst, count, lane)
        return count
      }
    }
    return 0
  }

  /// The clock that stamps packets, as far as their times tell it: this machine's, less the least lag of the last
  /// second or two.
  public func now() -> UInt64 {
    let least = min(lag, lagBefore)
    let time = clock()
    let stamped = least == .max ? time : UInt64(clamping: Int128(time) - Int128(least))
    last = max(last, stamped)
    return last
  }

  /// Capture time of the first packet; nil: there was none. Once the core has stopped.
  public private(set) var firstNanoseconds: UInt64?

  private func take(_ burst: UnsafeMutableBufferPointer<Packet>, _ count: Int, _ lane: Int) {
    lastTap = lanes[lane].tap
    noteLag(of: burst[count - 1].captureNanoseconds)
    let port = lanes[lane].port
    var record = lanes[lane].received
    var time = last
    for index in 0..<count {
      if burst[index].captureNanoseconds < time {
        burst[index].captureNanoseconds = time
      } else {
        time = burst[index].captureNanoseconds
      }
      burst[index].fileIndex = port
      burst[index].recordIndex = record
      record &+= 1
    }
    if firstNanoseconds == nil { firstNanoseconds = burst[0].captureNanoseconds }
    last = time
    lanes[lane].received = record
  }

  /// What servers sent happens now, by the clock of the packets. Where bytes of connections belong is written in them.
  private func takeAnswers(of recovery: RecoveryQueue, _ burst: UnsafeMutableBufferPointer<Packet>) -> Int {
    let count = recovery.receive(into: burst)
    for index in 0..<count { burst[index].captureNanoseconds = last }
    if count > 0 { lastTap = nil }
    return count
  }

  private func noteLag(of captureNanoseconds: UInt64) {
    let time = clock()
    if time &- lagSince > Self.lagNanoseconds {
      lagBefore = lag
      lag = .max
      lagSince = time
    }
    lag = min(lag, Int64(clamping: Int128(time) - Int128(captureNanoseconds)))
  }

  @inline(never)
  private func dropFailed() {
    for index in lanes.indices.reversed() {
      guard let failure = lanes[index].queue.failure else { continue }
      failed.add(lanes[index].queue.name, failure)
      lanes.remove(at: index)
    }
  }
}

/// Failures, told by one thread and read by others: written once each, on a path that nothing follows.
private final class FailureBoard: @unchecked Sendable {
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private var entries: [(name: String, failure: LiveQueueFailure)] = []

  init(count: Int) {
    pthread_mutex_init(lock, nil)
    entries.reserveCapacity(count)
  }

  deinit {
    pthread_mutex_destroy(lock)
    lock.deallocate()
  }

  var all: [(name: String, failure: LiveQueueFailure)] {
    pthread_mutex_lock(lock)
    defer { pthread_mutex_unlock(lock) }
    return entries
  }

  func add(_ name: String, _ failure: LiveQueueFailure) {
    pthread_mutex_lock(lock)
    entries.append((name, failure))
    pthread_mutex_unlock(lock)
  }
}
