import ArgumentParser
import FeedCore
import FeedObserve

/// `feedh book`: books at the end of captures, or at a time in them.
struct BookCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "book", abstract: "Print order books at the end of captures, or at a time in them.",
    discussion: """
      Without --symbol: the best prices of every instrument at every venue. With it: that symbol's price levels at \
      each venue, with --queues each level's orders in the order in which they would be filled. Books are printed \
      as they are, whatever their state says.

      Examples:
        feedh book day.pcap --format tsv
        feedh book day.pcap --symbol AAPL --at 09:35:00.5 --depth 5
        feedh book day.pcap --symbol AAPL --queues --format json
      """)

  @OptionGroup var input: CaptureOptions

  @Option(help: ArgumentHelp("Only this symbol's books.", valueName: "symbol"))
  var symbol: String?

  @Option(
    help: ArgumentHelp(
      "After the last message of this exchange time (09:35:00.5), or the last packet captured by then (Unix ns).",
      valueName: "time"))
  var at: String?

  @Option(help: ArgumentHelp("Price levels per side; needs --symbol (default: 10).", valueName: "n"))
  var depth: Int?

  @Flag(help: "Show each level's orders; needs --symbol.")
  var queues = false

  @Option(help: "\(BookReport.Format.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format = BookReport.Format.table

  @Option(help: ArgumentHelp("Take only packets that this libpcap filter expression passes.", valueName: "expression"))
  var filter: String?

  func validate() throws {
    if let symbol, Symbol(symbol) == nil {
      throw ValidationError("--symbol \(symbol): give 1 to 32 printable ASCII characters, no space at an end")
    }
    if symbol == nil, depth != nil || queues {
      throw ValidationError("\(queues ? "--queues" : "--depth") needs --symbol: name one")
    }
    if let depth, depth < 1 { throw ValidationError("--depth \(depth): give 1 or more") }
    if let at, BookTime(at) == nil {
      throw ValidationError("--at \(at): give an exchange time such as 09:35:00.5, or Unix nanoseconds")
    }
  }

  func run() throws {
    var options = CaptureRun.Options(input)
    options.filter = filter
    switch at.flatMap({ BookTime($0) }) {
    case .exchange(let nanoseconds): options.exchangeNanosecondsMaximum = nanoseconds
    case .capture(let nanoseconds): options.captureNanosecondsMaximum = nanoseconds
    case nil: break
    }
    var settings = try input.settings()
    // Books alone: no detector, no order, one core.
    settings.crossVenue = nil
    settings.imbalance = nil
    settings.orders.enabled = false
    settings.threads.coreCount = 1
    let control = RunControl()
    let run = try CaptureRun(paths: input.captures, settings: settings, options: options)
    run.run(control: control)
    let books = try BookReport(
      run, symbol: symbol.flatMap { Symbol($0) }, depth: depth ?? 10, showsQueues: queues)
    let output = TextOutput.standardOutput()
    books.write(format, to: output)
    try output.finish()
    if run.replay.isInterrupted { Feedh.report("interrupted: these are the books where the run stopped") }
  }
}

extension BookReport.Format: ExpressibleByArgument {}
