import FeedIO
import FeedObserve
import FeedSim
import Synchronization
import Testing

@testable import FeedCore

/// Whether orders leave a live run: armed, disarmed, killed, and what is open when it stops.
@Suite struct LiveArmingTests {
  private static func harness(_ seed: UInt64, _ change: (inout Settings) -> Void = { _ in }) throws -> LiveHarness {
    let generated = try Generated.make(seed: seed) {
      $0.lineCount = 1
      $0.dislocationCount = 60
    }
    let harness = try LiveHarness(generated) {
      $0.orders.enabled = true
      $0.orders.arming = .command
      $0.crossVenue?.rearmNanoseconds = 150_000
      change(&$0)
    }
    #expect(harness.replay.summary.ordersSent > 0)
    return harness
  }

  /// Runs with `command`s given before the first packet, and stops behind the last.
  private static func run(
    _ harness: LiveHarness, _ commands: [ControlCommand], cores: Int = 1,
    _ change: (inout Settings) -> Void = { _ in }
  ) throws -> (run: LiveRun, answers: [String]) {
    let queue = CaptureQueue(harness.set, isHeld: true)
    let (run, _) = try harness.makeRun([queue], packets: harness.replay.summary.packets) {
      $0.threads.coreCount = cores
      $0.threads.layout = .rings
      change(&$0)
    }
    var answers: [String] = []
    try harness.operate(run) { (socket: String) throws in
      for command in commands {
        answers.append(try ControlSocket.ask(command, at: socket))
        // What was refused changes nothing that could be waited for.
        guard answers.last!.hasPrefix("ok") else { continue }
        if command == .arm || command == .disarm { try LiveHarness.wait { run.isArmed == (command == .arm) } }
        if command == .kill { try LiveHarness.wait { run.isKillSwitchEngaged } }
      }
      queue.isHeld.store(false, ordering: .releasing)
    }
    return (run, answers)
  }

  @Test(arguments: [1, 2]) func disarmedRunDecidesOrdersAndRefusesAll(cores: Int) throws {
    let harness = try Self.harness(81)
    let (run, _) = try Self.run(harness, [], cores: cores)
    #expect(run.summary.ordersSent == 0)
    #expect(run.summary.refusals.map(\.reason) == [.disarmed])
    #expect(run.summary.refusals[0].count >= harness.replay.summary.ordersSent / 2)
    #expect(run.summary.orders.allSatisfy { $0.kind == .refused })
    #expect(run.live?.timesArmed == 0 && run.live?.isArmed == false)
  }

  @Test(arguments: [1, 2, 3]) func armedRunSendsWhatTheReplaySends(cores: Int) throws {
    let harness = try Self.harness(82)
    let (run, answers) = try Self.run(harness, [.arm], cores: cores)
    #expect(answers == ["ok armed: orders go to simulated venues (paper)"])
    #expect(run.summary.ordersSent == harness.replay.summary.ordersSent)
    #expect(run.summary.orderDigest == harness.replay.summary.orderDigest)
    #expect(run.summary.digest == harness.replay.summary.digest)
    #expect(run.live?.timesArmed == 1 && run.live?.isArmed == true)
  }

  @Test func disarmingRefusesAgain() throws {
    let harness = try Self.harness(83)
    let (run, answers) = try Self.run(harness, [.arm, .disarm])
    #expect(answers[1] == "ok disarmed: every order is refused from now on")
    #expect(run.summary.ordersSent == 0 && run.summary.refusals.map(\.reason) == [.disarmed])
  }

  @Test func configurationThatForbidsArmingIsKept() throws {
    let harness = try Self.harness(84)
    let (run, answers) = try Self.run(harness, [.arm]) { $0.orders.arming = .never }
    #expect(answers == ["refused: orders.arming is never; set it to command and start again"])
    #expect(run.summary.ordersSent == 0)
    let (off, refused) = try Self.run(harness, [.arm]) { $0.orders.enabled = false }
    #expect(refused == ["refused: orders.enabled is false; set it to true and start again"])
    #expect(off.summary.ordersSent == 0)
  }

  @Test func killSwitchOutlastsArming() throws {
    let harness = try Self.harness(85)
    let (run, answers) = try Self.run(harness, [.arm, .kill, .arm])
    #expect(answers[1] == "ok kill switch engaged: every order is refused until the run ends")
    #expect(answers[2] == "refused: the kill switch is engaged, which lasts until the run ends")
    #expect(run.summary.ordersSent == 0 && run.summary.refusals.map(\.reason) == [.killSwitch])
  }

  /// Orders that take ten seconds to their venue are all under way when the run stops: each is cancelled, and what
  /// they come to arrives.
  @Test(arguments: [1, 3]) func stopCancelsWhatIsOpen(cores: Int) throws {
    let harness = try Self.harness(86) { settings in
      for venue in settings.venues.indices { settings.venues[venue].orderLatencyNanoseconds = 10_000_000_000 }
    }
    let (run, _) = try Self.run(harness, [.arm], cores: cores)
    let sent = run.summary.ordersSent
    #expect(sent > 0 && run.summary.cancelsSent == sent)
    var cancels = 0
    run.forEachWireMessage { _, message in
      if message.direction == .toVenue, message.bytes[0] == UInt8(ascii: "X") { cancels += 1 }
    }
    #expect(cancels == Int(sent))
    // An immediate-or-cancel order is dead when its cancel arrives: every order has an end of its own.
    let ended = run.summary.replies.canceled + run.summary.replies.rejected
    #expect(run.summary.replies.accepted + run.summary.replies.rejected == sent && ended <= sent)
    for thread in run.replay.threads {
      guard let core = thread.shards else { continue }
      for shard in core.pointee.desk.shards {
        #expect(core.pointee.desk.executor(ofShard: shard)!.openOrderCount == 0)
      }
    }
  }

  @Test func unknownCommandIsRefusedByName() throws {
    let harness = try Self.harness(87)
    let queue = CaptureQueue(harness.set)
    let (run, _) = try harness.makeRun([queue])
    try harness.operate(run) { (socket: String) throws in
      #expect(
        try ControlSocket.ask(line: "armm", at: socket)
          == "refused: \"armm\" is no command; allowed: status, arm, disarm, kill, stop")
      _ = try ControlSocket.ask(.stop, at: socket)
    }
  }
}
