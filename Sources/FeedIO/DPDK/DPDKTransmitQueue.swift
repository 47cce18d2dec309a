import CDPDK
import Synchronization

/// A queue of a DPDK port that frames are sent from. One thread's at a time.
///
/// Frames are copied into buffers taken from the queue's pool, 64 at a time, and handed to the card in bursts.
public final class DPDKTransmitQueue: @unchecked Sendable {
  /// Frames of a burst at most.
  public static var burstMaximum: Int { 64 }

  public let name: String
  /// Longest frame that a buffer holds, bytes.
  public let frameLengthMaximum: Int

  private let port: UInt16
  private let queue: UInt16
  private let pool: UnsafeMutableRawPointer
  private let state: UnsafeMutablePointer<State>
  private let counts = Counts()

  private struct State {
    /// Frames that wait for `flush`.
    let waiting: BurstRing.Slot
    var waitingCount = 0
    /// Empty buffers.
    let spares: BurstRing.Slot
    var spareCount = 0
    var isOpen = true
  }

  private struct Counts {
    let frames = OwnedCount()
    let bytes = OwnedCount()
    let drops = OwnedCount()
    let tooLong = OwnedCount()
    let starved = OwnedCount()
  }

  /// What it has counted since it was opened.
  public struct Figures: Sendable, Equatable {
    /// Frames that the card took, and their bytes.
    public var frames: UInt64 = 0
    public var bytes: UInt64 = 0
    /// Frames given up because the card took no more.
    public var drops: UInt64 = 0
    /// Frames longer than a buffer.
    public var tooLong: UInt64 = 0
    /// Frames for which there was no buffer: all are on their way.
    public var starved: UInt64 = 0
  }

  init(port: UInt16, queue: Int, name: String, pool: UnsafeMutableRawPointer, frameLengthMaximum: Int) {
    self.port = port
    self.queue = UInt16(truncatingIfNeeded: queue)
    self.name = name
    self.pool = pool
    self.frameLengthMaximum = frameLengthMaximum
    func slots() -> BurstRing.Slot {
      let slots = BurstRing.Slot.allocate(capacity: Self.burstMaximum)
      slots.initialize(repeating: nil, count: Self.burstMaximum)
      return slots
    }
    state = .allocate(capacity: 1)
    state.initialize(to: State(waiting: slots(), spares: slots()))
  }

  /// Frames that wait for `flush`.
  public var waitingCount: Int { state.pointee.waitingCount }

  /// Copies a frame behind those that wait. False: it is too long, `burstMaximum` frames wait already (call `flush`),
  /// or no buffer is left (the card holds all; call `flush` later).
  public func append(_ frame: UnsafeRawBufferPointer) -> Bool {
    let state = state
    guard state.pointee.isOpen, let bytes = frame.baseAddress, frame.count > 0 else { return false }
    guard frame.count <= frameLengthMaximum else {
      counts.tooLong.add(1)
      return false
    }
    if state.pointee.waitingCount == Self.burstMaximum { return false }
    if state.pointee.spareCount == 0 && !takeSpares() { return false }
    let packet = state.pointee.spares[state.pointee.spareCount - 1].unsafelyUnwrapped
    guard feedh_dpdk_fill(packet, bytes, UInt32(truncatingIfNeeded: frame.count)) else {
      counts.tooLong.add(1)
      return false
    }
    state.pointee.spareCount -= 1
    state.pointee.waiting[state.pointee.waitingCount] = packet
    state.pointee.waitingCount += 1
    return true
  }

  /// Hands waiting frames to the card, once; what it does not take waits on. Returns how many it took.
  @discardableResult
  public func flush() -> Int {
    let state = state
    let count = state.pointee.waitingCount
    if count == 0 || !state.pointee.isOpen { return 0 }
    var bytes: UInt64 = 0
    for index in 0..<count { bytes &+= Self.length(state.pointee.waiting[index]) }
    let taken = Int(feedh_dpdk_transmit(port, queue, state.pointee.waiting, UInt16(truncatingIfNeeded: count)))
    // What it took is the driver's, and must not be looked at any more.
    for index in taken..<count {
      bytes &-= Self.length(state.pointee.waiting[index])
      state.pointee.waiting[index - taken] = state.pointee.waiting[index]
    }
    state.pointee.waitingCount = count - taken
    counts.frames.add(UInt64(truncatingIfNeeded: taken))
    counts.bytes.add(bytes)
    return taken
  }

  @inline(__always)
  private static func length(_ packet: UnsafeMutablePointer<feedh_dpdk_mbuf>?) -> UInt64 {
    UInt64(packet.unsafelyUnwrapped.pointee.packet_length)
  }

  /// Gives up what waits.
  public func dropWaiting() {
    let count = state.pointee.waitingCount
    if count == 0 { return }
    feedh_dpdk_free(state.pointee.waiting, UInt32(truncatingIfNeeded: count))
    state.pointee.waitingCount = 0
    counts.drops.add(UInt64(truncatingIfNeeded: count))
  }

  /// Sends one frame and those that wait, or gives them up after `attempts` bursts that the card takes not all of.
  /// False: the frame was not sent.
  @discardableResult
  public func send(_ frame: UnsafeRawBufferPointer, attempts: Int = 1_024) -> Bool {
    for _ in 0..<attempts where waitingCount == Self.burstMaximum { flush() }
    let isIn = append(frame)
    for _ in 0..<attempts where waitingCount > 0 { flush() }
    let isSent = isIn && waitingCount == 0
    dropWaiting()
    return isSent
  }

  public func figures() -> Figures {
    Figures(
      frames: counts.frames.value, bytes: counts.bytes.value, drops: counts.drops.value,
      tooLong: counts.tooLong.value, starved: counts.starved.value)
  }

  /// As many spare buffers as fit, or as there are.
  @inline(never)
  private func takeSpares() -> Bool {
    var wanted = Self.burstMaximum
    while wanted > 0 {
      if feedh_dpdk_take(pool, state.pointee.spares, UInt32(truncatingIfNeeded: wanted)) == 0 {
        state.pointee.spareCount = wanted
        return true
      }
      wanted /= 8
    }
    counts.starved.add(1)
    return false
  }

  /// Gives its buffers back, what waits included. Nothing can be sent any more.
  func close() {
    guard state.pointee.isOpen else { return }
    dropWaiting()
    if state.pointee.spareCount > 0 {
      feedh_dpdk_free(state.pointee.spares, UInt32(truncatingIfNeeded: state.pointee.spareCount))
      state.pointee.spareCount = 0
    }
    state.pointee.isOpen = false
  }

  deinit {
    state.pointee.waiting.deallocate()
    state.pointee.spares.deallocate()
    state.deallocate()
    for count in [counts.frames, counts.bytes, counts.drops, counts.tooLong, counts.starved] { count.deallocate() }
  }
}
