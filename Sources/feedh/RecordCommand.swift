import ArgumentParser
import FeedCore
import FeedIO
import FeedObserve

/// `feedh record`: what arrives, into files.
struct RecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record", abstract: "Record what arrives at interfaces into pcap or pcapng, with nanoseconds.",
    discussion: """
      One thread receives, another writes; between them is a bounded ring, so that a slow disk drops packets by number \
      and never holds up the receiver. Each interface has files of its own: replay them together, and they are merged \
      by time. Files are never written over. SIGINT (Ctrl-C) or SIGTERM ends the recording, writes what was received, \
      and reports.

      Examples:
        feedh record --interface eth1 --output recordings --rotate-seconds 3600
        feedh record --interface eth1 --group 233.54.12.1:26401 --output a.pcapng
        feedh record --interface eth1 --via sockets --group 233.54.12.1:26401 --output a.pcap --packets 1000
        feedh record --interface dpdk:0000:3b:00.0 --group 233.54.12.1:26401 --output recordings
      """)

  /// What receives.
  enum Reception: String, ExpressibleByArgument, CaseIterable {
    /// AF_PACKET rings: whole frames.
    case packets
    /// UDP sockets: payloads, with headers made up again.
    case sockets
  }

  @Option(
    help: ArgumentHelp(
      "Where to receive; several times for several interfaces. dpdk:DEVICE (a PCI address, a virtual device with its "
        + "arguments): through DPDK.", valueName: "interface"))
  var interface: [String] = []

  @Option(
    help: ArgumentHelp(
      """
      Receive only what is sent to this group or address and port, any number of times, and join it where it is a \
      group; @SOURCE behind it: from that source only. Without --group: everything that arrives.
      """, valueName: "group:port"))
  var group: [String] = []

  @Option(help: "packets (whole frames; root or CAP_NET_RAW) or sockets (UDP payloads, needs --group).")
  var via = Reception.packets

  @Flag(help: "Have the card let everything through: a mirror port. Joins no group.")
  var promiscuous = false

  @Option(
    name: [.short, .long],
    help: ArgumentHelp("A file that ends in .pcap or .pcapng, or a folder for files.", valueName: "path"),
    completion: .file())
  var output: String

  @Option(help: "pcap or pcapng. (default: by the file's name; pcapng in a folder)")
  var format: RecordingFormat?

  @Option(help: ArgumentHelp("Begin a new file before one would exceed this, 4096 at least.", valueName: "bytes"))
  var rotateBytes: Int64?

  @Option(
    help: ArgumentHelp("Begin a new file where time passes a multiple of this: 3600 = each hour.", valueName: "seconds"))
  var rotateSeconds: UInt64?

  @Option(help: ArgumentHelp("Bytes of a packet that are kept, 1 to 262144.", valueName: "bytes"))
  var snapLength = RecordingOptions.snapLengthMaximum

  @Option(help: ArgumentHelp("Ring between receiving and writing, per interface, 1048576 to 2^34.", valueName: "bytes"))
  var ringBytes = 64 << 20

  @Option(help: ArgumentHelp("The kernel's buffer, per interface or socket, 65536 to 2^30.", valueName: "bytes"))
  var receiveBufferBytes = 33_554_432

  @Option(help: ArgumentHelp("End after so many packets.", valueName: "n"))
  var packets: UInt64?

  @Option(help: ArgumentHelp("End after so many seconds.", valueName: "seconds"))
  var seconds: UInt64?

  @Option(help: ArgumentHelp("CPU of the receiving thread, which then never sleeps.", valueName: "cpu"))
  var cpu: Int?

  @Option(help: ArgumentHelp("CPU of the writing thread; another one than --cpu.", valueName: "cpu"))
  var writerCpu: Int?

  @Flag(help: "Report as one JSON object, alone on standard output.")
  var json = false

  func run() throws {
    let subscriptions = try check()
    let stop = StopFlag()
    let recorder = try Recorder(recordingOptions())
    var queues: [any LiveQueue] = []
    defer { for queue in queues { queue.close() } }
    // DPDK starts once, for all its ports.
    var ports = try DPDKPort.open(
      all: interface.compactMap { DPDKInterface($0) }.map {
        try $0.receiving(subscriptions, isPromiscuous: promiscuous)
      })
    for name in interface {
      if DPDKInterface(name) != nil {
        let port = ports.removeFirst()
        queues.append(port.queues[0])
        for note in port.plan.notes { Feedh.write("feedh: warning: \(note)") }
        continue
      }
      let (queue, warnings) = try open(name, subscriptions)
      queues.append(queue)
      for warning in warnings { Feedh.write("feedh: warning: \(warning)") }
    }
    let inputs = try queues.map { queue in
      // The queue's own figures go into the files, asked by the writing thread.
      let source = RecordingInterface(name: queue.name) { [shared = SharedQueue(queue)] in shared.queue.figures() }
      return RecordingLoop.Input(queue: queue, tap: try recorder.makeTap(name: queue.name, interfaces: [source]))
    }
    var limits = RecordingLoop.Limits()
    limits.packets = packets
    limits.nanoseconds = seconds.map { $0.multipliedReportingOverflow(by: 1_000_000_000).partialValue }
    let loop = RecordingLoop(inputs, limits: limits, spins: cpu != nil, stop: stop)
    recorder.start()
    WatchedThread.run(stop: stop, cpu: cpu, progress: { Self.progress(loop.packets, recorder) }) {
      Feedh.write("feedh: recording")
      loop.run()
    }
    recorder.stop()
    let report = RecordReport(
      path: output, queues: queues.map { ($0.figures(), $0.failure) }, figures: recorder.figures())
    let screen = TextOutput.standardOutput()
    if json { report.writeJSON(to: screen) } else { report.write(to: screen) }
    try screen.finish()
    if let failure = recorder.figures().compactMap(\.failure).first { throw failure }
    if let failure = queues.compactMap(\.failure).first { throw failure }
  }

  private func open(
    _ name: String, _ subscriptions: [LiveSubscription]
  ) throws(LiveOpeningError) -> (queue: any LiveQueue, warnings: [String]) {
    switch via {
    case .packets:
      var options = PacketRingOptions()
      options.bufferBytes = receiveBufferBytes
      if promiscuous { options.reception = .promiscuous }
      let queue = try PacketRingQueue(name: name, interface: name, subscriptions: subscriptions, options: options)
      return (queue, queue.warnings)
    case .sockets:
      var options = UDPSocketOptions()
      options.receiveBufferBytes = receiveBufferBytes
      let queue = try UDPSocketQueue(name: name, interface: name, subscriptions: subscriptions, options: options)
      return (queue, queue.warnings)
    }
  }

  // MARK: - Options

  private func recordingOptions() -> RecordingOptions {
    var options = RecordingOptions(path: output)
    options.format = format
    options.rotateBytes = rotateBytes
    options.rotateNanoseconds = rotateSeconds.map { $0.multipliedReportingOverflow(by: 1_000_000_000).partialValue }
    options.snapLength = snapLength
    options.ringBytes = ringBytes
    options.cpu = writerCpu
    options.application = "feedh \(Version.text)"
    return options
  }

  private func check() throws -> [LiveSubscription] {
    if interface.isEmpty { throw UsageError("--interface: name at least one; none is guessed") }
    if Set(interface).count < interface.count { throw UsageError("--interface: one is named twice; leave one out") }
    if via == .sockets, group.isEmpty {
      throw UsageError("--via sockets: sockets receive what they are bound to; name it with --group G:P")
    }
    if via == .sockets, promiscuous { throw UsageError("--promiscuous is for --via packets; leave one of them out") }
    if via == .sockets, let port = interface.first(where: { DPDKInterface($0) != nil }) {
      throw UsageError("--via sockets: \(port) has no sockets; leave --via out")
    }
    if interface.count > 1, output.hasSuffix(".pcap") || output.hasSuffix(".pcapng") {
      throw RecordingError.severalIntoOneFile(path: output, queues: interface.count)
    }
    guard (65_536...1 << 30).contains(receiveBufferBytes) else {
      throw UsageError("--receive-buffer-bytes is \(receiveBufferBytes); allowed: 65536 to 1073741824; leave it out")
    }
    for (option, value) in [("--rotate-seconds", rotateSeconds), ("--seconds", seconds)] {
      guard let value, !(1...1_000_000_000).contains(value) else { continue }
      throw UsageError("\(option) is \(value); allowed: 1 to 1000000000; leave it out where it is not to end")
    }
    for name in interface where DPDKInterface(name) == nil {
      guard let names = LiveInterface.alternatives(to: name) else { continue }
      throw UsageError("--interface \(name): no such interface; there are: \(names); name one of them")
    }
    if packets == 0 { throw UsageError("--packets is 0; allowed: 1 and more; leave it out to record until a signal") }
    if let cpu, !WorkerThread.isAllowed(cpu: cpu) {
      throw UsageError("--cpu is \(cpu); allowed: the CPUs of this process (taskset -p $$); name one of them")
    }
    if let cpu, cpu == writerCpu {
      throw UsageError("--cpu and --writer-cpu are both \(cpu): the receiver never sleeps; name another for the writer")
    }
    return try group.map(Self.subscription)
  }

  /// "G:P" or "G:P@SOURCE".
  private static func subscription(_ text: String) throws -> LiveSubscription {
    let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
    guard let (address, port) = EndpointText.parseWithPort(parts[0]) else {
      throw UsageError("--group \(text): write G:P or G:P@SOURCE, such as 233.54.12.1:26401")
    }
    var subscription = LiveSubscription(address: address, port: port)
    if parts.count == 2 {
      guard let source = IPAddress(parts[1]) else { throw UsageError("--group \(text): \(parts[1]) is no address") }
      subscription.sources = [source]
    }
    return subscription
  }

  private static func progress(_ packets: UInt64, _ recorder: Recorder) -> String {
    let figures = recorder.figures()
    let written = figures.reduce(0) { $0 &+ $1.writtenBytes }
    let dropped = figures.reduce(0) { $0 &+ $1.ringDroppedPackets }
    return "\(Text.grouped(packets)) packets received, \(Text.bytes(written)) written, \(Text.grouped(dropped)) dropped"
  }
}

extension RecordingFormat: ExpressibleByArgument {}

/// A queue whose figures another thread asks for, as its contract allows.
private struct SharedQueue: @unchecked Sendable {
  let queue: any LiveQueue
  init(_ queue: any LiveQueue) { self.queue = queue }
}
