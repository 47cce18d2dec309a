import CPlatform

/// START HERE. The path of a packet, from the wire to an order, on one core:
///
///     source ─► wire ─► session ─► decode ─► book ─► detect ─► risk ─► order ─► venue
///              └──── Ingest ────┘ └─────────────────── Core ──────────────────────┘
///
/// 1. `Ingest.process` finds the UDP payload (`FrameParser`), its feed and line (`FlowCache`, `RouteTable`), reads the
///    transport's header (`MoldUDP64`) and lets the feed's `LineArbiter` deliver what is next in order, into a
///    `DeliveryBatch`.
/// 2. `Core.process` works the batch off, in blocks (`Core+Messages.swift`): `ITCH50Decoder` makes `BookEvent`s,
///    `Books` applies them.
/// 3. At the end of each delivered packet `Core.publish` shows the changed books to the detectors.
/// 4. A detector's order pair goes to the `OrderDesk`: `RiskGate`, `OrderEncoder`, and the venue (in a replay the
///    simulated one, whose replies come back through timers, before any later packet).
///
/// `Replay` runs pipelines on threads, of captures and of live packets: one for all, one per core that each walk the
/// capture, or `Ingest`s that feed the `Core`s of others through rings (`CoreRings`). Nothing below `hotPathPoll`
/// allocates, locks, logs or retains (Scripts/check-hot-path proves it on the machine code).
struct Pipeline {
  var ingest: Ingest
  var core: Core

  /// One duty cycle: works a burst off to completion.
  @inline(never)
  mutating func hotPathPoll(
    _ burst: UnsafeMutableBufferPointer<Packet>, upcoming: UnsafeRawPointer? = nil, receiveTicks: UInt64,
    isSampled: Bool
  ) {
    core.input.begin(at: upcoming)
    core.batch.begin(receiveTicks: receiveTicks, isSampled: isSampled)
    ingest.process(burst, into: &core)
    core.flush()
  }

  /// No packet came: what is due at `now` happens.
  @inline(never)
  mutating func hotPathPollIdle(_ now: UInt64) {
    core.batch.begin(receiveTicks: feedh_ticks(), isSampled: false)
    ingest.pass(to: now, into: &core)
    core.flush()
    core.hotPathPollIdle(ingest.clock)
  }

  /// The input ended.
  mutating func finish() {
    core.batch.begin(receiveTicks: feedh_ticks(), isSampled: false)
    ingest.finish(into: &core)
    core.flush()
    core.finish(at: ingest.clock)
  }
}
