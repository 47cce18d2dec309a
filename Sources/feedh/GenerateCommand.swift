import ArgumentParser
import FeedCore
import FeedSim

/// `feedh generate`: seeded captures with their truth.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate",
    abstract: "Generate seeded traffic of US equities venues, with planted cross-venue dislocations.",
    discussion: """
      Writes PREFIX.pcap (nanosecond pcap of all venues and lines), PREFIX.truth.tsv (every cross-venue opportunity, \
      the planted ones marked, as a slow reference finds them), PREFIX.expect.tsv (final best prices) and PREFIX.yaml \
      (the configuration that goes with them). Equal options give equal bytes on any machine.

      Example:
        feedh generate --output day --symbols 60 --messages 36000 --seed 7
        feedh replay day.pcap --config day.yaml
        feedh generate --output mixed --venue nasdaq --venue bzx:pitch --venue arca:nyseIntegrated \
          --venue memx:memxDepth --venue iex:deepPlus
      """)

  @Option(help: ArgumentHelp("Prefix of the files to write.", valueName: "prefix"))
  var output: String
  @Option(help: "ITCH venues, 1 to 8: nasdaq, bx, psx, venue4, … (default: 2)")
  var venues: Int?
  @Option(
    help: ArgumentHelp(
      "A venue and its protocol, instead of --venues; once for each, 1 to 8 times: \(VenueChoice.protocolNames).",
      valueName: "name:protocol"))
  var venue: [String] = []
  @Option(
    help: ArgumentHelp(
      """
      Instead of the simulation: plain traffic of one venue in any protocol, for measuring, the same changes of orders \
      in each. Only --output, --messages (as many changes) and --seed count; only PREFIX.pcap is written. \(FeedProtocol.names).
      """, valueName: "protocol"))
  var plain: String?
  @Option(help: "Stocks, the same at every venue, 1 to 20000.")
  var symbols = 200
  @Option(help: "Messages over all venues, start of day included, 100 to 1000000000.")
  var messages = 1_000_000
  @Option(help: "Seed of everything random, 0 to 2^64-1.")
  var seed: UInt64 = 1
  @Option(help: "Lines per venue: 1 (A) or 2 (A and B).")
  var lines = 2
  @Option(help: "Share of packets lost on line A, 0 to 1.")
  var lossA = "0"
  @Option(help: "Share of packets lost on line B, 0 to 1.")
  var lossB = "0"
  @Option(help: "Share of packets that arrive twice, on either line, 0 to 1.")
  var duplicate = "0"
  @Option(help: "Share of packets that arrive 5 to 205 µs late, on either line, 0 to 1.")
  var reorder = "0"
  @Option(help: "How much later line B is than line A, 0 to 10000000.")
  var skewNanoseconds: UInt64 = 5_000
  @Option(help: "Most that line B is later on top of the skew, 0 to 10000000.")
  var jitterNanoseconds: UInt64 = 2_000
  @Flag(help: "Let line B cut the messages into packets of its own.")
  var lineBFramesDiffer = false
  @Option(help: "New sessions in the middle of trading, 0 to 50.")
  var restarts = 0
  @Option(help: "Planted cross-venue dislocations, 0 to 1000000 (default: 40, with one venue 0).")
  var dislocations: Int?
  @Option(help: "Least edge per share after both taker fees that counts, dollars, 0.000000001 to 1.")
  var minimumEdge = "0.0001"
  @Option(help: "Least shares with that edge that count, 1 to 100000.")
  var minimumQuantity = 1
  @Option(
    parsing: .unconditionalSingleValue,
    help: "Taker fee per share from one dollar on, dollars, -0.1 to 0.1; once for all venues, or once per venue.")
  var takerFee = ["0.0030"]
  @Option(help: "Taker fee below one dollar, share of the notional, 0 to 0.05.")
  var takerFeeBelowDollar = "0.0030"
  @Option(help: "Mean time between two messages of all venues while trading, 100 to 1000000000.")
  var intervalNanoseconds: UInt64 = 50_000
  @Option(help: "First message: HH:MM:SS[.f] or YYYY-MM-DDTHH:MM:SS[.f] (US Eastern), or Unix nanoseconds.")
  var start = "2026-01-05T09:29:58"
  @Flag(help: "Write PREFIX.VENUE.LINE.pcap per venue and line instead of PREFIX.pcap.")
  var split = false

  func run() throws {
    if let plain { return try writePlain(plain) }
    let (result, paths) = try FileOutput.generate(try options(), prefix: output, split: split)
    print(GenerateSummary.text(result, paths: paths))
  }

  private func writePlain(_ name: String) throws {
    guard let feedProtocol = FeedProtocol(name: name) else {
      throw GeneratorError("--plain '\(name)': there is no such protocol; use \(FeedProtocol.names)")
    }
    guard (1...1_000_000_000).contains(messages) else {
      throw GeneratorError("--messages \(messages): use 1 to 1000000000")
    }
    let path = output + ".pcap"
    let count = try PlainTraffic.write(feedProtocol, changes: messages, seed: seed, to: path)
    print("\(count) messages of \(feedProtocol.name) in \(path)")
  }

  private func options() throws(GeneratorError) -> GeneratorOptions {
    var options = GeneratorOptions()
    for text in venue { options.venues.append(try VenueChoice(parsing: text)) }
    if let venues { options.venueCount = venues }
    options.symbolCount = symbols
    options.messageCount = messages
    options.seed = seed
    options.lineCount = lines
    options.lossA = try Self.probability(lossA, "--loss-a")
    options.lossB = try Self.probability(lossB, "--loss-b")
    options.duplicate = try Self.probability(duplicate, "--duplicate")
    options.reorder = try Self.probability(reorder, "--reorder")
    options.skewNanoseconds = skewNanoseconds
    options.jitterNanoseconds = jitterNanoseconds
    options.lineBFramesDiffer = lineBFramesDiffer
    options.restartCount = restarts
    options.dislocationCount = dislocations ?? (options.venueCount == 1 ? 0 : options.dislocationCount)
    options.minimumEdge = try Self.decimal(minimumEdge, "--minimum-edge")
    options.minimumQuantity = minimumQuantity
    let fraction = try Self.decimal(takerFeeBelowDollar, "--taker-fee-below-dollar")
    options.takerFees = []
    for fee in takerFee {
      options.takerFees.append(
        TakerFee(perShare: try Self.decimal(fee, "--taker-fee"), belowDollarFraction: fraction))
    }
    options.intervalNanoseconds = intervalNanoseconds
    options.start = try StartTime(parsing: start)
    return options
  }

  private static func decimal(_ text: String, _ option: String) throws(GeneratorError) -> Int64 {
    guard let value = FixedPoint.parse(text) else {
      throw GeneratorError("\(option) '\(text)' is no decimal with at most nine places; write it like 0.003")
    }
    return value
  }

  private static func probability(_ text: String, _ option: String) throws(GeneratorError) -> Probability {
    let value = try decimal(text, option)
    guard (0...Probability.one).contains(value) else {
      throw GeneratorError("\(option) \(text) is no probability; use 0 to 1")
    }
    return Probability(billionths: value)
  }
}
