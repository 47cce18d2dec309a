import ArgumentParser
import FeedConfig
import FeedCore
import FeedIO
import FeedObserve
import FeedSim

/// `feedh serve`: the recovery servers of a capture's feeds, to rehearse against.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve", abstract: "Serve missing messages and snapshots of captures, to rehearse recovery.",
    discussion: """
      Stands in for the venues' servers: at each requestServer and snapshotServer of the configuration it answers as \
      the venue would, out of the captures, which have to hold the feeds from their first message on. Serves everything \
      the captures hold, or with --position as much as feedh transmit has sent by now. Faults are drawn from --seed. A \
      service of a feed has one client at a time: a new one takes the place of the one before. SIGINT (Ctrl-C) ends it.

      Examples:
        feedh serve day.pcap --config live.yaml
        feedh serve day.pcap --config live.yaml --position day.position --refuse 0.1 --lose 0.05 --delay 20ms
      """)

  @Argument(
    help: "Capture files: pcap or pcapng, plain, .gz or .zst; merged by capture time.", completion: .file())
  var captures: [String]

  @Option(
    help: ArgumentHelp("Configuration (YAML) of the run that will ask.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml"]))
  var config: String

  @Option(help: ArgumentHelp("Serve what was sent by now: the file of feedh transmit --position.", valueName: "file"))
  var position: String?

  @Option(help: ArgumentHelp("What multicast answers leave through (Cboe, NYSE).", valueName: "interface"))
  var interface: String?

  @Option(help: ArgumentHelp("Share of requests that get no answer.", valueName: "share"))
  var silence = "0"

  @Option(help: ArgumentHelp("Share of requests that are refused, where the protocol can.", valueName: "share"))
  var refuse = "0"

  @Option(help: ArgumentHelp("Share of answering datagrams that are lost.", valueName: "share"))
  var lose = "0"

  @Option(help: ArgumentHelp("Share of answering datagrams that come twice.", valueName: "share"))
  var duplicate = "0"

  @Option(help: ArgumentHelp("Share of answers that begin early or go on beyond what was asked.", valueName: "share"))
  var overlap = "0"

  @Option(help: ArgumentHelp("Share of answers on connections that are cut in the middle.", valueName: "share"))
  var disconnect = "0"

  @Option(help: ArgumentHelp("Longest delay of an answer.", valueName: "duration"))
  var delay = "0s"

  @Option(help: ArgumentHelp("Say nothing any more from so long after the start.", valueName: "duration"))
  var deadAfter: String?

  @Option(help: "Seed of the faults, 0 to 2^64-1.")
  var seed: UInt64 = 1

  func run() throws {
    let settings = try ConfigurationFile.loadOrFail(config)
    var options = RecoveryServers.Options()
    options.messageFaults = try faults(seed)
    options.snapshotFaults = try faults(seed &+ 1)
    options.interface = interface
    options.position = try position.map { try TransmitPosition(path: $0) }
    let servers = try RecoveryServers(captures: CaptureSet(paths: captures), settings: settings, options: options)
    for feed in servers.feeds { Self.warn(feed) }
    for line in servers.plan { Feedh.report(line) }
    let stop = StopFlag()
    nonisolated(unsafe) let served = servers
    WatchedThread.run(stop: stop, progress: { "serving" }) {
      Feedh.write("feedh: serving")
      served.run(stop: stop)
    }
    let figures = servers.figures
    let output = TextOutput.standardOutput()
    output.write(
      "requests \(Text.grouped(figures.requests)), connections \(Text.grouped(figures.connections)), datagrams "
        + "\(Text.grouped(figures.datagrams)), \(Text.bytes(figures.bytes)) sent\n")
    try output.finish()
  }

  private static func warn(_ feed: ServedFeed) {
    if let hole = feed.hole {
      Feedh.report("warning: feed \(feed.settings.name): the capture lacks message \(hole); served to there")
    }
    if feed.otherSessionPackets > 0 {
      Feedh.report(
        "warning: feed \(feed.settings.name): \(feed.otherSessionPackets) packets of later sessions are not served")
    }
  }

  private func faults(_ seed: UInt64) throws -> RecoveryFaults {
    var faults = RecoveryFaults(seed: seed)
    faults.silence = try percent(silence, "--silence")
    faults.refusal = try percent(refuse, "--refuse")
    faults.loss = try percent(lose, "--lose")
    faults.duplicate = try percent(duplicate, "--duplicate")
    faults.overlap = try percent(overlap, "--overlap")
    faults.disconnection = try percent(disconnect, "--disconnect")
    faults.delayNanoseconds = try duration(delay, "--delay")
    if let deadAfter { faults.deadFrom = try duration(deadAfter, "--dead-after") }
    return faults
  }

  /// A share in whole percents.
  private func percent(_ text: String, _ option: String) throws -> UInt64 {
    guard let share = FixedPoint.parse(text[...]), (0...Probability.one).contains(share),
      share % (Probability.one / 100) == 0
    else { throw UsageError("\(option) \(text): allowed are 0 to 1 in steps of 0.01; write it like 0.05") }
    return UInt64(share / (Probability.one / 100))
  }

  private func duration(_ text: String, _ option: String) throws -> UInt64 {
    guard let nanoseconds = DurationText.nanoseconds(text), nanoseconds <= 3_600_000_000_000 else {
      throw UsageError("\(option) \(text): allowed are 0s to 1h; write it like 20ms")
    }
    return nanoseconds
  }
}
