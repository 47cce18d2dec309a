import FeedConfig
import FeedCore
import FeedSim
import Foundation

/// A run of `feedh generate`, made once per set of options: its files and its truth.
struct Generated: Sendable {
  var options: GeneratorOptions
  var result: GeneratorResult
  /// As the generator wrote it: fees, feeds, what counts as an opportunity.
  var settings: Settings
  /// The capture of all venues and lines, or of each venue and line.
  var captures: [String]

  private static let made = OnceByKey<Generated>()

  static func make(_ options: GeneratorOptions, split: Bool = false) throws -> Generated {
    try made.value("\(options) \(split)") {
      let prefix = ScratchFolder.newPath("generated")
      let (result, paths) = try FileOutput.generate(options, prefix: prefix, split: split)
      var settings = try ConfigurationFile.loadOrFail(prefix + ".yaml")
      let small = Settings.small
      settings.capacity = small.capacity
      settings.threads.cpus = small.threads.cpus
      return Generated(
        options: options, result: result, settings: settings, captures: paths.filter { $0.hasSuffix(".pcap") })
    }
  }

  /// Two venues, 30 stocks, 12,000 messages and 20 dislocations, changed as the test wants.
  static func make(
    seed: UInt64, split: Bool = false, _ change: (inout GeneratorOptions) -> Void = { _ in }
  ) throws -> Generated {
    var options = GeneratorOptions()
    options.symbolCount = 30
    options.messageCount = 12_000
    options.dislocationCount = 20
    options.seed = seed
    change(&options)
    return try make(options, split: split)
  }

  func frames() throws -> [CapturedFrame] { try PcapFile.read(captures[0]) }

  /// Group and port of each venue's line A, as `CapturedFrame.destination`.
  static func destination(venue: Int, line: Int) -> UInt64 {
    (0xE936_0C01 + UInt64(line) << 8 + UInt64(venue)) << 16 | UInt64(26_401 + line * 100 + venue)
  }

  static func venueAndLine(_ frame: CapturedFrame) -> (venue: Int, line: Int) {
    let port = Int(frame.destination & 0xFFFF) - 26_401
    return (port % 100, port / 100)
  }

  /// Rows of the truth file, sorted as text, without the column that says whether it was planted.
  func truth(_ rows: [TruthOpportunity]? = nil) -> [String] {
    (rows ?? result.opportunities).map { $0.line.split(separator: "\t").dropLast().joined(separator: " ") }.sorted()
  }

  /// What a run found, in the same form.
  func found(_ opportunities: [OpportunityRecord]) -> [String] { opportunities.map(found).sorted() }

  func found(_ row: OpportunityRecord) -> String {
    func name(_ venue: VenueIndex) -> String { settings.venues[Int(venue)].name }
    return "\(row.symbol) \(name(row.buyVenue)) \(name(row.sellVenue)) \(row.beginNanoseconds) \(row.peakNanoseconds) "
      + "\(row.endNanoseconds) \(row.maximumEdge) \(row.quantity) \(row.notional) \(row.gain) \(row.buyPrice) "
      + "\(row.sellPrice) \(row.end)"
  }
}
