import CPlatform

/// How fast a replay gives packets to the pipeline.
public enum ReplaySpeed: Sendable, Equatable {
  /// As fast as it goes.
  case maximum
  /// At the capture's pace times a factor in parts per million (1,000,000 = real time), 1 ... 10^12.
  case paced(partsPerMillion: UInt64)
}

/// Figures of one core that other threads may read at any time.
public struct CoreProgress: Sendable {
  let packetsWord = SharedWord()
  let messagesWord = SharedWord()
  let clockWord = SharedWord()
  let bytesWord = SharedWord()
  public var packets: UInt64 { packetsWord.glance() }
  public var messages: UInt64 { messagesWord.glance() }
  /// Capture clock, Unix nanoseconds.
  public var clock: UInt64 { clockWord.glance() }
  /// Bytes of the captures walked.
  public var bytes: UInt64 { bytesWord.glance() }
}

/// What another thread may ask of a running core; taken once per duty cycle.
public enum CoreCommand: UInt8, BitwiseCopyable, Sendable {
  case engageKillSwitch
  case stop
}

/// Runs captures through the pipeline on one or several cores.
///
/// `Source` is made anew for each core that reads (`makeSource`). Results do not depend on the number of cores, the
/// layout or the speed.
public final class Replay<Source: PacketSource & SendableMetatype>: @unchecked Sendable {
  public let plan: FeedPlan
  public let settings: Settings
  public let speed: ReplaySpeed
  public let progress: [CoreProgress]
  let threads: [CoreThread]
  private let makeSource: @Sendable () -> Source
  private let bytesConsumed: @Sendable (Source) -> Int
  private let fileCount: Int
  private let exchangeNanosecondsMaximum: UInt64
  private let captureNanosecondsMaximum: UInt64
  private let ready = Gate()
  private let commands: [SPSCRing<CoreCommand>]
  private let stopAgreement: StopAgreement
  /// Nanoseconds from the first packet taken to the last event applied, over all cores.
  public private(set) var elapsedNanoseconds: UInt64 = 0
  /// Nanoseconds to reserve and touch the tables.
  public private(set) var preparationNanoseconds: UInt64 = 0
  public let clock: TickClock
  /// One per core that read the capture, in core order.
  public private(set) var sources: [Source] = []
  /// A stop command ended the run before its input did.
  public private(set) var isInterrupted = false

  /// - Parameters:
  ///   - exchangeNanosecondsMaximum: later messages are not applied; `.max` = all.
  ///   - captureNanosecondsMaximum: the run ends behind the last packet captured at or before it, as if the capture
  ///     ended there; `.max` = at its end.
  ///   - bytesConsumed: how far a source has come, for progress.
  public init(
    plan: FeedPlan, settings: Settings, speed: ReplaySpeed = .maximum, fileCount: Int,
    exchangeNanosecondsMaximum: UInt64 = .max, captureNanosecondsMaximum: UInt64 = .max,
    bytesConsumed: @escaping @Sendable (Source) -> Int = { _ in 0 }, makeSource: @escaping @Sendable () -> Source
  ) {
    self.plan = plan
    self.settings = settings
    self.speed = speed
    self.fileCount = fileCount
    self.makeSource = makeSource
    self.bytesConsumed = bytesConsumed
    self.exchangeNanosecondsMaximum = exchangeNanosecondsMaximum
    self.captureNanosecondsMaximum = captureNanosecondsMaximum
    clock = TickClock.calibrate()
    let cores = max(1, settings.threads.coreCount)
    progress = (0..<cores).map { _ in CoreProgress() }
    commands = (0..<cores).map { _ in SPSCRing(capacity: 16) }
    threads = (0..<cores).map { CoreThread(index: $0) }
    stopAgreement = StopAgreement(readers: settings.threads.layout == .rings ? 1 : cores)
  }

  /// Sends a command to every core. One thread's to call. False when a core's ring was full, for it has not taken the
  /// last commands yet: send it again, no core minds a command that comes twice.
  @discardableResult
  public func send(_ command: CoreCommand) -> Bool {
    commands.reduce(true) { $1.push(command) && $0 }
  }

  /// Runs to the end. Call once.
  public func run() {
    let started = TickClock.now
    feedh_hot_path_find_trap()
    let cores = threads.count
    let usesRings = cores > 1 && settings.threads.layout == .rings
    let ring = usesRings ? BatchRing(consumers: cores - 1) : nil
    for thread in threads {
      thread.start { [self] in
        pin(thread.index)
        if let ring {
          thread.index == 0 ? runIngest(thread, ring: ring) : runShards(thread, ring: ring, consumer: thread.index - 1)
        } else {
          runPipeline(thread)
        }
      }
    }
    for thread in threads { thread.waitUntilPrepared() }
    let begun = TickClock.now
    preparationNanoseconds = clock.nanoseconds(ticks: begun &- started)
    ready.open()
    for thread in threads { thread.join() }
    let ended = threads.map(\.endedTicks).max() ?? begun
    elapsedNanoseconds = clock.nanoseconds(ticks: ended &- begun)
    sources = threads.compactMap { $0.source as? Source }
    isInterrupted = threads.contains { $0.isInterrupted }
  }

  // MARK: - One thread's work

  /// Run to completion: this core reads the capture and works its own shards.
  private func runPipeline(_ thread: CoreThread) {
    let isFirst = thread.index == 0
    let core = Core(
      plan: plan, settings: settings, ownedShards: shards(of: thread.index, among: threads.count),
      countsMessages: isFirst, exchangeNanosecondsMaximum: exchangeNanosecondsMaximum)
    let pipeline = UnsafeMutablePointer<Pipeline>.allocate(capacity: 1)
    pipeline.initialize(
      to: Pipeline(ingest: Ingest(plan: plan, settings: settings, fileCount: fileCount), core: core))
    thread.pipeline = pipeline
    let outbox = pipeline.pointee.ingest.outbox
    read(thread, outbox: outbox) { burst, receiveTicks, isSampled in
      feedh_hot_path_begin()
      pipeline.pointee.hotPathPoll(burst, receiveTicks: receiveTicks, isSampled: isSampled)
      feedh_hot_path_end()
      outbox?.note(nextDue: pipeline.pointee.ingest.nextDue)
      return (pipeline.pointee.ingest.packets, pipeline.pointee.core.messages, pipeline.pointee.ingest.clock)
    } command: {
      pipeline.pointee.core.desk.engageKillSwitch()
    } finish: {
      pipeline.pointee.finish()
    }
  }

  /// Rings: this core frames and arbitrates for all.
  private func runIngest(_ thread: CoreThread, ring: BatchRing) {
    var ingest = Ingest(plan: plan, settings: settings, fileCount: fileCount)
    var sink = RingSink(ring: ring, waiting: SpinWait(threads: threads.count))
    let outbox = ingest.outbox
    read(thread, outbox: outbox) { burst, receiveTicks, isSampled in
      feedh_hot_path_begin()
      hotPathPollIngest(burst, &ingest, &sink, receiveTicks: receiveTicks, isSampled: isSampled)
      feedh_hot_path_end()
      outbox?.note(nextDue: ingest.nextDue)
      return (ingest.packets, 0, ingest.clock)
    } command: {
    } finish: {
      sink.batch.begin(receiveTicks: feedh_ticks(), isSampled: false)
      ingest.finish(into: &sink)
      sink.flush()
      ring.end(clock: ingest.clock)
    }
    thread.ingest = ingest
    thread.stalls += sink.waits
  }

  @inline(never)
  private func hotPathPollIngest(
    _ burst: UnsafeMutableBufferPointer<Packet>, _ ingest: inout Ingest, _ sink: inout RingSink, receiveTicks: UInt64,
    isSampled: Bool
  ) {
    sink.batch.begin(receiveTicks: receiveTicks, isSampled: isSampled)
    for packet in burst { ingest.process(packet, into: &sink) }
    sink.flush()
  }

  /// Rings: this core works its shards off the batches of the ingest core.
  private func runShards(_ thread: CoreThread, ring: BatchRing, consumer: Int) {
    let core = UnsafeMutablePointer<Core>.allocate(capacity: 1)
    core.initialize(
      to: Core(
        plan: plan, settings: settings, ownedShards: shards(of: consumer, among: threads.count - 1),
        countsMessages: consumer == 0, exchangeNanosecondsMaximum: exchangeNanosecondsMaximum))
    thread.core = core
    thread.prepared()
    ready.wait()
    var taken: UInt64 = 0
    var waiting = SpinWait(threads: threads.count)
    poll: while true {
      while let command = commands[thread.index].pop() {
        if command == .engageKillSwitch { core.pointee.desk.engageKillSwitch() }
      }
      switch ring.poll(taken: taken) {
      case .batch(let batch):
        feedh_hot_path_begin()
        core.pointee.hotPathPollBatch(batch)
        feedh_hot_path_end()
        taken &+= 1
        ring.release(taken: taken, consumer: consumer)
        progress[thread.index].messagesWord.note(core.pointee.messages)
      case .nothing: waiting.again()
      case .ended(let clock):
        core.pointee.finish(at: clock)
        break poll
      }
    }
    thread.endedTicks = TickClock.now
  }

  /// The duty cycle of a core that reads: commands, a burst, its work, figures for others.
  private func read(
    _ thread: CoreThread, outbox: RecoveryOutbox?,
    poll: (UnsafeMutableBufferPointer<Packet>, UInt64, Bool) -> (packets: UInt64, messages: UInt64, clock: UInt64),
    command: () -> Void, finish: () -> Void
  ) {
    var source = makeSource()
    if let outbox { (source as? any RecoveryAnswering)?.answer(outbox) }
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: settings.threads.burstPackets)
    defer { burst.deallocate() }
    var pace = Pace(speed: speed, clock: clock)
    let stallTicks = clock.ticks(nanoseconds: settings.threads.stallNanoseconds)
    let sampleEvery = speed == .maximum ? max(1, settings.latency.sampleEvery) : 1
    var untilSample = 1
    let figures = progress[thread.index]
    thread.prepared()
    ready.wait()
    // Packets given to the pipeline, and after how many it stops.
    var taken: UInt64 = 0
    var last = UInt64.max
    cycles: while !source.isExhausted {
      let received = source.receive(into: burst)
      let count = countWithinTime(burst, received)
      var position = 0
      repeat {
        while let next = commands[thread.index].pop() {
          switch next {
          case .engageKillSwitch: command()
          case .stop: last = stopAgreement.agree(core: thread.index, position: taken)
          }
        }
        if taken >= last {
          thread.isInterrupted = true
          break cycles
        }
        let (released, receiveTicks) = pace.release(burst, from: position, to: count)
        let end = position + Int(min(last - taken, UInt64(released - position)))
        // Nothing is due yet: look for commands again.
        if end == position { continue }
        untilSample -= 1
        let isSampled = untilSample == 0
        if isSampled { untilSample = sampleEvery }
        let (packets, messages, clock) = poll(
          UnsafeMutableBufferPointer(rebasing: burst[position..<end]), receiveTicks, isSampled)
        if isSampled, feedh_ticks() &- receiveTicks > stallTicks { thread.stalls += 1 }
        taken += UInt64(end - position)
        position = end
        figures.packetsWord.note(packets)
        figures.messagesWord.note(messages)
        figures.clockWord.note(clock)
      } while position < count
      figures.bytesWord.note(UInt64(bytesConsumed(source)))
      if count < received { break }
    }
    stopAgreement.leave(core: thread.index, position: taken)
    finish()
    thread.endedTicks = TickClock.now
    thread.source = source
  }

  /// How many of a burst's packets were captured by `captureNanosecondsMaximum`; their times never go back.
  @inline(__always)
  private func countWithinTime(_ burst: UnsafeMutableBufferPointer<Packet>, _ count: Int) -> Int {
    if count == 0 || burst[count - 1].captureNanoseconds <= captureNanosecondsMaximum { return count }
    return burst[..<count].firstIndex { $0.captureNanoseconds > captureNanosecondsMaximum } ?? count
  }

  // MARK: - Placement

  /// Shards in turn over the cores.
  private func shards(of core: Int, among cores: Int) -> UInt64 {
    (0..<settings.shardCount).reduce(0) { $1 % cores == core ? $0 | 1 << UInt64($1) : $0 }
  }

  /// A core that can't be pinned runs where the system puts it; the report says so.
  private func pin(_ core: Int) {
    let cpus = settings.threads.cpus
    let cpu = core < cpus.count ? cpus[core] : Int(feedh_allowed_cpu(Int32(core)))
    if cpus.isEmpty, Int(feedh_allowed_cpu_count()) < threads.count { return }
    if cpu >= 0, feedh_pin_thread(Int32(cpu)) == 0 { threads[core].cpu = cpu }
  }
}

extension Core {
  /// One batch of the ring.
  @inline(never)
  mutating func hotPathPollBatch(_ batch: UnsafeMutablePointer<DeliveryBatch>) { process(batch.pointee) }
}
