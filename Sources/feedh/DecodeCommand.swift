import ArgumentParser
import FeedCore
import FeedIO
import FeedObserve
import Glibc

/// `feedh decode`: prints the messages of captures.
struct DecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Print every message of every packet, as captured.",
    discussion: """
      Captures are pcap or pcapng files, length-prefixed ITCH files or SoupBinTCP streams (what replay --orders \
      writes), plain or compressed. Nothing is arbitrated, dropped or reordered; files are printed one after another. \
      TCP streams are put together first: retransmissions are not printed twice. \
      What cannot be decoded is counted and summed up on standard error.

      Examples:
        feedh decode day.pcap --symbol AAPL --limit 20
        feedh decode a.pcap b.pcap --format ndjson --type A --type F > adds.ndjson
      """)

  @Argument(help: "Capture files.", completion: .file())
  var captures: [String]

  @Option(help: "auto (recognise by structure), or \(DecodeCommand.protocolNames).")
  var `protocol` = "auto"

  @Option(help: "\(RowFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format = RowFormat.table

  @Option(help: ArgumentHelp("Only messages of this type; may be given several times.", valueName: "T"))
  var type: [String] = []

  @Option(help: ArgumentHelp("Only messages about this symbol (its name as the venue writes it, or its number).", valueName: "S"))
  var symbol: String?

  @Flag(help: "Name source and destination of every message, and over TCP the end that sent it.")
  var flows = false

  @Option(help: ArgumentHelp("Stop after this many messages.", valueName: "N"))
  var limit: UInt64?

  private static var protocolNames: String { DecodeProtocol.allCases.map(\.rawValue).joined(separator: ", ") }

  func validate() throws {
    if `protocol` != "auto", DecodeProtocol(rawValue: `protocol`) == nil {
      throw ValidationError("--protocol \(`protocol`): unknown; give auto, \(Self.protocolNames)")
    }
    if let symbol, Symbol(symbol) == nil {
      throw ValidationError("--symbol \(symbol): give 1 to 32 printable ASCII characters, no space at an end")
    }
  }

  func run() throws {
    var selection = DecodeSelection()
    selection.format = format
    selection.protocol = DecodeProtocol(rawValue: `protocol`)
    selection.types = type
    selection.symbol = symbol.flatMap { Symbol($0) }
    selection.limit = limit
    selection.namesFlows = flows
    selection.namesFiles = captures.count > 1
    try decode(selection)
  }

  private func decode(_ selection: DecodeSelection) throws {
    // All files are opened before the first row, so that a bad one is reported at once.
    let sets = try captures.map { try CaptureSet(paths: [$0]) }
    var selection = selection
    if selection.format == .csv, selection.protocol == nil { selection.candidates = DecodeProtocol.present(in: sets) }
    var decoder = try CaptureDecoder(selection)
    for set in sets where !decoder.isDone {
      let faults = try decoder.decode(set) { bytes throws(OutputError) in
        try Self.writeToStandardOutput(bytes)
      }
      for line in faults { Feedh.report(line) }
    }
    for line in decoder.tally.faultLines { Feedh.report(line) }
  }

  private static func writeToStandardOutput(_ bytes: UnsafeRawBufferPointer) throws(OutputError) {
    var written = 0
    while written < bytes.count {
      let count = write(STDOUT_FILENO, bytes.baseAddress! + written, bytes.count - written)
      if count >= 0 {
        written += count
      } else if errno != EINTR {
        throw OutputError(path: "standard output")
      }
    }
  }
}

extension RowFormat: ExpressibleByArgument {}
