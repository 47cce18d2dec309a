import CPlatform

/// What each core of a run does: one that reads packets, and in layout rings those that work batches off.
extension Replay {
  /// Run to completion: this core reads the packets and works its own shards.
  func runPipeline(_ thread: CoreThread) {
    // Where each core walks the capture, each asks for its own shards.
    let needs = SnapshotNeeds()
    let core = Core(
      plan: plan, settings: settings, ownedShards: shards(of: thread.index, among: threads.count),
      countsMessages: thread.index == 0, exchangeNanosecondsMaximum: exchangeNanosecondsMaximum,
      startsArmed: live == nil, needs: needs)
    let pipeline = UnsafeMutablePointer<Pipeline>.allocate(capacity: 1)
    pipeline.initialize(to: Pipeline(ingest: makeIngest(thread, needs: needs), core: core))
    thread.pipeline = pipeline
    var work = PipelineWork(pipeline: pipeline, shards: thread.shards, isLive: live != nil)
    read(thread, &work, outbox: pipeline.pointee.ingest.outbox, needs: needs)
  }

  /// Rings: this core frames and arbitrates its channels for all. One with shards of its own works these off too, and
  /// goes on with that when its packets have ended and other cores' have not.
  func runIngest(_ thread: CoreThread, rings: CoreRings) {
    let ring = rings.ring(ofIngest: thread.index)
    let shards = makeShards(thread, rings)
    let inbox = shards.map { makeInbox($0, thread, rings) }
    let waiting = SpinWait(threads: threads.count)
    var work = IngestWork(
      ingest: makeIngest(
        thread, needs: needs, ownedChannels: live?.owners?.channels(of: thread.index) ?? .max),
      sink: RingSink(ring: ring, waiting: waiting, inbox: inbox), ring: ring, retainedBursts: live?.retainedBursts,
      shards: shards, inbox: inbox)
    read(thread, &work, outbox: work.ingest.outbox, needs: needs)
    thread.ingest = work.ingest
    thread.stalls += work.waits
    thread.ringFullWaits += work.waits
    thread.ringFillMax = max(thread.ringFillMax, work.ringFillMax)
    if let shards, let inbox { workOff(thread, shards, inbox) }
  }

  /// Rings: this core works its shards off the batches of the ingest cores.
  func runShards(_ thread: CoreThread, rings: CoreRings) {
    guard let shards = makeShards(thread, rings) else { return }
    let inbox = makeInbox(shards, thread, rings)
    thread.prepared()
    ready.wait()
    workOff(thread, shards, inbox)
  }

  /// Nil: the core owns none.
  private func makeShards(_ thread: CoreThread, _ rings: CoreRings) -> UnsafeMutablePointer<Core>? {
    guard let consumer = rings.consumer(ofCore: thread.index) else { return nil }
    let core = UnsafeMutablePointer<Core>.allocate(capacity: 1)
    core.initialize(
      to: Core(
        plan: plan, settings: settings, ownedShards: shards(of: consumer, among: rings.shardCores.count),
        countsMessages: consumer == 0, exchangeNanosecondsMaximum: exchangeNanosecondsMaximum,
        startsArmed: live == nil, needs: needs))
    thread.core = core
    return core
  }

  private func makeInbox(
    _ core: UnsafeMutablePointer<Core>, _ thread: CoreThread, _ rings: CoreRings
  ) -> UnsafeMutablePointer<RingInbox> {
    let inbox = UnsafeMutablePointer<RingInbox>.allocate(capacity: 1)
    inbox.initialize(
      to: RingInbox(rings.all, consumer: rings.consumer(ofCore: thread.index) ?? 0, core: core))
    return inbox
  }

  private func makeIngest(
    _ thread: CoreThread, needs: SnapshotNeeds, ownedChannels: UInt64 = .max
  ) -> Ingest {
    Ingest(
      plan: plan, settings: settings, fileCount: fileCount, retainsPackets: live != nil, ownedChannels: ownedChannels,
      lineCounts: progress[thread.index].lineCounts, needs: needs)
  }

  /// The duty cycle of a core that reads: commands, a burst, its work, figures for others.
  private func read(
    _ thread: CoreThread, _ work: inout some CoreWork, outbox: RecoveryOutbox?, needs: SnapshotNeeds
  ) {
    var source = makeSource(thread.index)
    if let outbox, let answering = source as? any RecoveryAnswering {
      answering.answer(outbox)
      needs.listen()
    }
    let arriving = live == nil ? nil : source as? any ArrivingPackets
    arriving?.prepareThread()
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: settings.threads.burstPackets)
    defer { burst.deallocate() }
    var pace = Pace(speed: speed, clock: clock, jitter: work.shards?.pointee.stages.jitter)
    let stallTicks = clock.ticks(nanoseconds: settings.threads.stallNanoseconds)
    let sampleEvery = max(1, settings.latency.sampleEvery)
    var untilSample = 1
    // Unpaced packets are received when they are read.
    var isScheduled = speed == .maximum
    let figures = progress[thread.index]
    var idle = IdleWait(settings.threads.idle, threads: threads.count)
    var census = BookCensus(figures: figures)
    thread.prepared()
    ready.wait()
    let faultsBefore = feedh_thread_page_faults()
    var watch = CycleWatch(limitTicks: stallTicks, figures: figures)
    // Packets given to the pipeline, and after how many it stops.
    var taken: UInt64 = 0
    var last = live?.packetsMaximum ?? .max
    let peers = peers(of: thread)
    cycles: while !source.isExhausted {
      work.beforeReceive()
      let received = source.receive(into: burst)
      let count = countWithinTime(burst, received)
      var position = 0
      repeat {
        while let next = commands[thread.index].pop() {
          // What arrives at one core is not what arrives at another: each live one stops where it is.
          if next == .stop {
            last = min(last, live != nil ? taken : stopAgreement.agree(core: thread.index, position: taken))
          }
          work.take(next)
        }
        if !peers.isEmpty, peers.reduce(taken, { $0 &+ $1.packets }) >= last { last = taken }
        if taken >= last {
          thread.isInterrupted = live == nil
          break cycles
        }
        let (released, receiveTicks) = pace.release(burst, from: position, to: count)
        let end = position + Int(min(last - taken, UInt64(released - position)))
        if end == position {
          // Nothing is due yet: look for commands again.
          work.keepWarm()
          continue
        }
        if !isScheduled, let schedule = pace.schedule {
          work.shards?.pointee.desk.schedule = schedule
          isScheduled = true
        }
        untilSample -= 1
        let isSampled = untilSample == 0
        if isSampled { untilSample = sampleEvery }
        work.poll(
          UnsafeMutableBufferPointer(rebasing: burst[position..<end]), upcoming: source.upcoming,
          receiveTicks: receiveTicks, isSampled: isSampled)
        outbox?.note(nextDue: work.nextFeedDue)
        arriving?.workedOff(UnsafeBufferPointer(rebasing: burst[position..<end]))
        if isSampled, arriving == nil, feedh_ticks() &- receiveTicks > stallTicks { thread.stalls += 1 }
        taken += UInt64(end - position)
        position = end
        figures.packetsWord.note(work.packets)
        figures.messagesWord.note(work.messages)
        figures.clockWord.note(work.clock)
      } while position < count
      figures.bytesWord.note(UInt64(bytesConsumed(source)))
      if count < received { break }
      guard let arriving else { continue }
      let hasWorked = work.workRings()
      if hasWorked { figures.messagesWord.note(work.messages) }
      watch.lap()
      note(work, in: figures)
      if received > 0, taken & 1_023 >= UInt64(received) { continue }
      if let shards = work.shards { census.advance(shards.pointee.books) }
      if received > 0 || hasWorked { continue }
      let now = arriving.now()
      if now >= work.nextDue {
        work.pass(to: now)
        figures.clockWord.note(work.clock)
      }
      work.keepWarm()
      idle.again()
      if idle.mayYield { watch.restart() }
    }
    if live == nil { stopAgreement.leave(core: thread.index, position: taken) }
    work.finish()
    if arriving != nil { note(work, in: figures) }
    thread.stalls += watch.stalls
    watch.end()
    thread.endedTicks = TickClock.now
    thread.pageFaults += feedh_thread_page_faults() - faultsBefore
    thread.source = source
  }

  /// Figures that only a live run shows while it goes on.
  @inline(__always)
  private func note(_ work: some CoreWork, in figures: CoreProgress) {
    let losses = work.losses
    figures.gapsWord.note(losses.gaps)
    figures.lostWord.note(losses.messages)
    figures.ringWaitsWord.note(work.waits)
    figures.ringFillWord.note(work.ringFillMax)
    if let shards = work.shards { figures.note(gateOf: shards.pointee.desk) }
  }

  /// How many of a burst's packets were captured by `captureNanosecondsMaximum`; their times never go back.
  @inline(__always)
  private func countWithinTime(_ burst: UnsafeMutableBufferPointer<Packet>, _ count: Int) -> Int {
    if count == 0 || burst[count - 1].captureNanoseconds <= captureNanosecondsMaximum { return count }
    return burst[..<count].firstIndex { $0.captureNanoseconds > captureNanosecondsMaximum } ?? count
  }

  /// Where several cores take packets and the run stops behind so many: the others' figures.
  private func peers(of thread: CoreThread) -> [CoreProgress] {
    guard let live, live.packetsMaximum != .max, let owners = live.owners else { return [] }
    return owners.ingestCores.filter { $0 != thread.index }.map { progress[$0] }
  }

  /// The duty cycle of a core that reads no packets: commands, a batch of each ring, figures for others.
  private func workOff(
    _ thread: CoreThread, _ core: UnsafeMutablePointer<Core>, _ inbox: UnsafeMutablePointer<RingInbox>
  ) {
    let figures = progress[thread.index]
    let isLive = live != nil
    let faultsBefore = feedh_thread_page_faults()
    var census = BookCensus(figures: figures)
    var waiting = SpinWait(threads: threads.count)
    var watch = CycleWatch(limitTicks: clock.ticks(nanoseconds: settings.threads.stallNanoseconds), figures: figures)
    while !inbox.pointee.isEnded {
      while let command = commands[thread.index].pop() { core.pointee.take(command) }
      feedh_hot_path_begin()
      let hasWorked = inbox.pointee.hotPathPollRings()
      feedh_hot_path_end()
      if hasWorked {
        figures.messagesWord.note(core.pointee.messages)
        if isLive, inbox.pointee.batches & 15 == 0 { census.advance(core.pointee.books) }
      } else {
        if isLive { census.advance(core.pointee.books) }
        core.pointee.desk.keepWarm()
        waiting.again()
        if waiting.isCrowded { watch.restart() }
      }
      if isLive {
        figures.note(gateOf: core.pointee.desk)
        watch.lap()
      }
    }
    let end = max(inbox.pointee.endClock, core.pointee.clock)
    if isLive { core.pointee.desk.cancelOpenOrders(at: end) }
    core.pointee.finish(at: end)
    if isLive { thread.stalls += watch.stalls }
    watch.end()
    thread.endedTicks = TickClock.now
    thread.pageFaults += feedh_thread_page_faults() - faultsBefore
  }
}
