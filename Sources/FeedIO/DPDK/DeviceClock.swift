import CDPDK
import FeedCore
import Glibc
import Synchronization

/// A card's clock, followed by a cold thread and read by the cores that poll the card's queues.
final class DeviceClock: @unchecked Sendable {
  private let port: UInt16
  /// Whether the clock is read as nanoseconds of PTP, else as a counter.
  private let isPTP: Bool
  private var last: DeviceTime.Moment
  /// Odd while the three words after it change.
  private let version = Atomic<UInt64>(0)
  private let ticks = Atomic<UInt64>(0)
  private let nanoseconds = Atomic<UInt64>(0)
  private let rate = Atomic<UInt64>(0)

  /// Reads both clocks twice, 20 ms apart. Nil: the driver lets nobody read the clock, or it stands still.
  init?(port: UInt16) {
    self.port = port
    var value: UInt64 = 0
    if feedh_dpdk_read_clock(port, &value) == 0 {
      isPTP = false
    } else if feedh_dpdk_read_time(port, &value) == 0 {
      isPTP = true
    } else {
      return nil
    }
    guard let first = Self.moment(port, isPTP) else { return nil }
    last = first
    usleep(20_000)
    guard let second = Self.moment(port, isPTP), let time = DeviceTime(first, second) else { return nil }
    publish(time)
    last = second
  }

  /// By the cold thread, once a second or so.
  func follow() {
    guard let now = Self.moment(port, isPTP) else { return }
    if let time = DeviceTime(last, now) { publish(time) }
    last = now
  }

  /// By a polling core, once a burst; the old line once more while a new one is being written.
  @inline(__always)
  func update(_ time: inout DeviceTime) {
    let before = version.load(ordering: .acquiring)
    if before & 1 != 0 { return }
    let moment = DeviceTime.Moment(
      ticks: ticks.load(ordering: .relaxed), nanoseconds: nanoseconds.load(ordering: .relaxed))
    let rate = rate.load(ordering: .relaxed)
    // The loads above stay above: otherwise words of two lines might be taken for one.
    atomicMemoryFence(ordering: .acquiring)
    if version.load(ordering: .relaxed) != before { return }
    time.moment = moment
    time.nanosecondsPerTick32 = rate
  }

  /// The line now, for a queue's beginning.
  var time: DeviceTime {
    var time = DeviceTime(.init(ticks: 0, nanoseconds: 0), .init(ticks: 1, nanoseconds: 1))!
    update(&time)
    return time
  }

  private func publish(_ time: DeviceTime) {
    let before = version.load(ordering: .relaxed)
    version.store(before &+ 1, ordering: .relaxed)
    // The odd version is seen before any of the words.
    atomicMemoryFence(ordering: .releasing)
    ticks.store(time.moment.ticks, ordering: .relaxed)
    nanoseconds.store(time.moment.nanoseconds, ordering: .relaxed)
    rate.store(time.nanosecondsPerTick32, ordering: .relaxed)
    version.store(before &+ 2, ordering: .releasing)
  }

  /// Of several readings the one that the system's clock encloses most tightly.
  private static func moment(_ port: UInt16, _ isPTP: Bool) -> DeviceTime.Moment? {
    var best: DeviceTime.Moment?
    var width = UInt64.max
    for _ in 0..<8 {
      var value: UInt64 = 0
      let before = SystemClock.unix
      guard (isPTP ? feedh_dpdk_read_time(port, &value) : feedh_dpdk_read_clock(port, &value)) == 0 else { return nil }
      let after = SystemClock.unix
      if after >= before, after - before < width {
        width = after - before
        best = DeviceTime.Moment(ticks: value, nanoseconds: before + width / 2)
      }
    }
    return best
  }
}
