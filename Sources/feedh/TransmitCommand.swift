import ArgumentParser
import FeedCore
import FeedIO
import FeedObserve
import FeedSim

/// `feedh transmit`: captures onto the wire.
struct TransmitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transmit", abstract: "Play captures to an interface or to UDP addresses, at any pace, with faults.",
    discussion: """
      With --interface or --line whole Ethernet frames leave as they were captured (root or CAP_NET_RAW). With --group \
      the payloads of UDP packets leave as datagrams of this machine. Nothing is sent anywhere that the options do not \
      name. Faults are drawn from --seed and act on capture time: equal captures, lines and seed give equal packets in \
      equal order at any pace. SIGINT (Ctrl-C) stops and reports.

      Examples:
        feedh transmit day.pcap --interface eth1
        feedh transmit day.pcap --interface dpdk:0000:3b:00.1 --speed max
        feedh transmit day.pcap --interface eth1 --group own --ttl 4 --speed 10x
        feedh transmit day.pcap --group 127.0.0.1:5000 --rate 100000
        feedh transmit day.pcap --line A:eth1 --line B:eth2 --take A:233.54.12.1 --take B:233.54.13.1 \
          --lose 0.01 --reorder A:0.001 --seed 7
      """)

  @Argument(
    help: "Capture files: pcap or pcapng, plain, .gz or .zst; merged by capture time.", completion: .file())
  var captures: [String]

  @Option(
    help: ArgumentHelp(
      "Where to send: the frames, or with --group the multicast. dpdk:DEVICE (a PCI address, a virtual device with its "
        + "arguments): frames through DPDK.", valueName: "interface"))
  var interface: String?

  @Option(
    help: ArgumentHelp(
      "Instead of --interface, once for each line: every line gets every packet, or what --take says.",
      valueName: "name:interface"))
  var line: [String] = []

  @Option(
    help: ArgumentHelp(
      "What a line takes, any number of times: name:G:P, name:G (any port), or name:file=N (the Nth capture).",
      valueName: "name:what"))
  var take: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      Send UDP payloads instead of frames: all to G:P; FROM=TO those captured on their way to FROM, any number of \
      times; own: each to where it was captured on its way to.
      """, valueName: "group:port"))
  var group: [String] = []

  @Option(help: "Time to live, or hop limit, of payloads, 0 to 255. (default: the system's; 1 for multicast)")
  var ttl: UInt8?

  @Flag(inversion: .prefixedNo, help: "Let this machine's own sockets have the multicast too.")
  var multicastLoop = true

  @Option(
    help: ArgumentHelp(
      "max, realtime, or a factor of the capture's pace such as 10x. (default: realtime)", valueName: "speed"))
  var speed: String?

  @Option(help: ArgumentHelp("Packets of the capture per second, evenly, instead of --speed.", valueName: "packets"))
  var rate: UInt64?

  @Option(help: ArgumentHelp("Share of packets that are lost: of each line, or name:share of one.", valueName: "share"))
  var lose: [String] = []

  @Option(help: ArgumentHelp("Share that leaves twice, 1 to 50 µs apart, likewise.", valueName: "share"))
  var duplicate: [String] = []

  @Option(help: ArgumentHelp("Share that leaves 5 to 205 µs late, so that others overtake.", valueName: "share"))
  var reorder: [String] = []

  @Option(help: "Seed of the faults, 0 to 2^64-1.")
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("How often to send the captures, one after the other.", valueName: "n"))
  var loop: UInt64 = 1

  @Option(help: ArgumentHelp("Take only packets that this libpcap filter expression passes.", valueName: "expression"))
  var filter: String?

  @Option(help: ArgumentHelp("CPU that the sending thread is pinned to.", valueName: "cpu"))
  var cpu: Int?

  @Option(
    help: ArgumentHelp("Keep in this file how far the captures are sent, for feedh serve.", valueName: "file"),
    completion: .file())
  var position: String?

  @Flag(help: "Report as one JSON object, alone on standard output.")
  var json = false

  func run() throws {
    let plan = try plan()
    let set = try CaptureSet(paths: captures, filter: filter)
    for file in set.files where file.kind != .pcap && file.kind != .pcapng {
      throw UsageError("\(file.path): holds messages without packets (\(file.kind)), so there is nothing to send")
    }
    let position = try position.map { try TransmitPosition(path: $0) }
    let sinks = try plan.openSinks()
    defer { for sink in sinks { sink.close() } }
    let schedule = LineSchedule(
      captures: set, lines: plan.lines.map(\.line), content: plan.content, pace: plan.pace, seed: seed,
      repetitions: loop)
    let stop = StopFlag()
    let transmitter = Transmitter(
      schedule: schedule, sinks: sinks, isPaced: plan.pace != .maximum, stop: stop, position: position)
    let result = TransmitResult()
    WatchedThread.run(stop: stop, cpu: cpu, progress: { Self.progress(transmitter.progress) }) {
      result.summary = transmitter.run()
    }
    let report = TransmitReport(
      captures: captures, plan: plan, summary: result.summary, tally: schedule.summary,
      sinks: sinks.map { ($0.name, $0.figures()) }, readings: schedule.readings)
    let output = TextOutput.standardOutput()
    if json { report.writeJSON(to: output) } else { report.write(to: output) }
    try output.finish()
    if let failure = result.summary.failure { throw failure }
  }

  private func plan() throws -> TransmitPlan {
    if group.isEmpty, ttl != nil || !multicastLoop {
      throw UsageError("--ttl and --no-multicast-loop are about payloads; give --group, or leave them out")
    }
    guard (1...1_000_000_000).contains(loop) else {
      throw UsageError("--loop \(loop): allowed are 1 to 1000000000 times; leave it out for once")
    }
    if let cpu, !WorkerThread.isAllowed(cpu: cpu) {
      throw UsageError("--cpu \(cpu): allowed are the CPUs of this process (taskset -p $$); name one of them")
    }
    var plan = try TransmitPlan(interface: interface, namedLines: line, groups: group)
    plan.ttl = ttl
    plan.loops = multicastLoop
    try plan.setPace(speed: speed, rate: rate)
    for text in take { try plan.take(text, captureCount: captures.count) }
    for text in lose { try plan.setFault(text, "--lose", \.loss) }
    for text in duplicate { try plan.setFault(text, "--duplicate", \.duplicate) }
    for text in reorder { try plan.setFault(text, "--reorder", \.reorder) }
    return plan
  }

  private static func progress(_ progress: (frames: UInt64, bytes: UInt64)) -> String {
    "\(Text.grouped(progress.frames)) frames sent, \(Text.bytes(progress.bytes))"
  }
}

/// Handed from the sending thread to the one that waits for its end.
private final class TransmitResult: @unchecked Sendable {
  var summary = TransmitSummary()
}
