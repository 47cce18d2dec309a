import FeedIO

@testable import FeedCore

/// One replay of capture files through the library, as `feedh replay` runs it.
struct ReplayRun {
  let replay: Replay<CaptureSource>
  let summary: ReplaySummary
  /// What was wrong with the files themselves.
  let readings: [CaptureReading]

  init(_ paths: [String], _ settings: Settings = .small, speed: ReplaySpeed = .maximum) throws {
    let set = try CaptureSet(paths: paths)
    let plan = try FlowDiscovery.plan(
      settings: settings, fileNames: set.files.map(\.baseName), makeSource: { set.makeSource() })
    replay = Replay(
      plan: plan, settings: settings, speed: speed, fileCount: set.files.count, makeSource: { set.makeSource() })
    replay.run()
    summary = replay.summary()
    readings = replay.sources.first?.readings ?? []
  }

  /// A counter that keeps its first place: how often, and "file/packet/offset" of the first.
  func noted(_ counter: Counter) -> (count: UInt64, first: String)? {
    guard let noted = summary.noted.first(where: { $0.counter == counter }) else { return nil }
    return (noted.count, "\(noted.first.fileIndex)/\(noted.first.packetIndex)/\(noted.first.offset)")
  }

  /// Names and counts of everything that should not be in the input: session to book, wire, and file.
  var faults: [String] {
    summary.noted.map { "\($0.counter.name) \($0.count)" }
      + WireCounter.allCases.filter { $0.isFault && summary.wire[$0] > 0 }.map { "\($0.name) \(summary.wire[$0])" }
      + readings.map { "\($0.name) \($0.count)" }
  }
}

extension Settings {
  /// Defaults with capacities for small captures: tests run many at a time.
  static var small: Settings {
    var settings = Settings()
    settings.capacity.liveOrders = 40_000
    settings.capacity.instruments = 1_024
    settings.capacity.priceLevels = 60_000
    settings.capacity.records = 100_000
    settings.capacity.openOrders = 256
    // No CPU of this number: threads run where the system puts them, and tests side by side share all CPUs.
    settings.threads.cpus = [1_000, 1_000, 1_000]
    return settings
  }

  /// For itchgen's 8,700 stocks.
  static var wholeMarket: Settings {
    var settings = Settings.small
    settings.capacity.liveOrders = 120_000
    settings.capacity.instruments = 9_000
    settings.capacity.priceLevels = 400_000
    return settings
  }

  func with(_ change: (inout Settings) -> Void) -> Settings {
    var settings = self
    change(&settings)
    return settings
  }
}

extension ReplaySummary {
  /// Everything a run has to say that must not depend on bursts, cores, layouts or speed, as text to compare.
  var everything: [String] {
    var lines = [
      "packets \(packets) messages \(messages) live \(liveOrders) clock \(clock) dropped \(recordsDropped)",
      "digests \(bookDigest) \(orderDigest) \(digest)",
      "byType \(byType.sorted { $0.key < $1.key })", "orphans \(orphansByType.sorted { $0.key < $1.key })",
      "opportunities \(opportunityCount) signals \(imbalanceSignals) sent \(ordersSent)",
      "refusals \(refusals.map { "\($0.reason) \($0.count)" })",
    ]
    lines += Counter.allCases.filter { self[$0] > 0 }.map { "\($0.name) \(self[$0])" }
    lines += noted.map { "first \($0.counter.name) \($0.first)" }
    lines += WireCounter.allCases.filter { wire[$0] > 0 }.map { "wire \($0.name) \(wire[$0])" }
    lines += instruments.map {
      "\($0.venueName) \($0.locate) \($0.symbol) \($0.top) \($0.bidOrders) \($0.askOrders) \($0.state) \($0.digest) "
        + "\($0.record)"
    }
    lines += opportunities.map { "\($0)" }
    lines += orders.map { "\($0)" }
    lines += positions.map { "\($0)" }
    return lines
  }

  /// Final best prices in itchgen's columns: locate, then price, shares and orders of the bid and of the ask.
  var bestByLocate: [UInt32: String] {
    Dictionary(
      instruments.map { instrument in
        let top = instrument.top
        let bid = top.bidQuantity == 0 ? "0\t0\t0" : "\(top.bidPrice)\t\(top.bidQuantity)\t\(instrument.bidOrders)"
        let ask = top.askQuantity == 0 ? "0\t0\t0" : "\(top.askPrice)\t\(top.askQuantity)\t\(instrument.askOrders)"
        return (instrument.locate, "\(instrument.locate)\t\(bid)\t\(ask)")
      }, uniquingKeysWith: { a, b in a + " and " + b })
  }
}

/// The first few places where two lists of lines differ, for a failure's text; nil when they are equal.
func difference(_ actual: [String], _ expected: [String], _ context: String = "") -> String? {
  if actual == expected { return nil }
  var text = "\(context) \(actual.count) lines, expected \(expected.count)"
  var shown = 0
  for index in 0..<max(actual.count, expected.count) where shown < 4 {
    let a = index < actual.count ? actual[index] : "(none)"
    let e = index < expected.count ? expected[index] : "(none)"
    if a == e { continue }
    text += "\n  [\(index)] is       \(a)\n  [\(index)] expected \(e)"
    shown += 1
  }
  return text
}
