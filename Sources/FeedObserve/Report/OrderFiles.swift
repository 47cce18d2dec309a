import FeedCore
import FeedIO

/// What `feedh replay --orders DIR` writes: `VENUE.soup` for each venue that orders went to, and `orders.csv`.
public enum OrderFiles {
  public static let csvName = "orders.csv"

  static func streamName(venue: String) -> String { venue + ".soup" }

  /// Writes both kinds of file. Streams of an earlier run for venues that have none now are removed.
  public static func write(_ run: any FinishedRun, to directory: OutputDirectory) throws(OutputError) {
    try writeStreams(run, to: directory)
    let csv = try directory.makeFile(csvName)
    writeCSV(run.summary.orders, plan: run.plan, to: csv)
    try csv.finish()
  }

  // MARK: Streams

  private static func writeStreams(_ run: any FinishedRun, to directory: OutputDirectory) throws(OutputError) {
    var messages: [[WireLog.Message]] = run.plan.venues.map { _ in [] }
    run.forEachWireMessage { _, message in
      if Int(message.venue) < messages.count { messages[Int(message.venue)].append(message) }
    }
    for (venue, settings) in run.plan.venues.enumerated() {
      let name = streamName(venue: settings.name)
      if messages[venue].isEmpty {
        directory.remove(name)
        continue
      }
      let file = try directory.makeFile(name)
      for message in messages[venue] { append(message, to: file) }
      try file.finish()
    }
  }

  /// SoupBinTCP 3.00: length of type and payload (2, big-endian), type, payload. The client's messages are Unsequenced
  /// Data, the server's Sequenced Data.
  static func append(_ message: WireLog.Message, to file: TextOutput) {
    let length = UInt16(message.bytes.count + 1)
    file.write(UInt8(length >> 8))
    file.write(UInt8(length & 0xFF))
    let type: SoupBinTCPPacketType = message.direction == .toVenue ? .unsequencedData : .sequencedData
    file.write(type.rawValue)
    file.write(message.bytes)
  }

  // MARK: CSV

  static let csvHeader =
    "captureNanoseconds,captureTime,shard,symbol,venue,side,kind,quantity,price,userRefNum,reason,opportunity,"
    + "matchNumber"

  /// One row per event of an order, in order of time, then of shard.
  static func writeCSV(_ records: [OrderRecord], plan: FeedPlan, to file: TextOutput) {
    file.write(csvHeader + "\n")
    for record in records {
      let fields = [
        "\(record.captureNanoseconds)", TimeText.capture(record.captureNanoseconds), "\(record.shard)",
        quoted(record.symbol.description), plan.venueName(record.venue), OrderText.side(record), "\(record.kind)",
        "\(record.quantity)", FixedPoint.format(record.price), "\(record.userRefNum)", OrderText.reason(record),
        "\(record.opportunity)", "\(record.matchNumber)",
      ]
      file.write(fields.joined(separator: ",") + "\n")
    }
  }

  /// A symbol comes from the wire and may hold anything printable (RFC 4180).
  private static func quoted(_ text: String) -> String {
    guard text.contains(",") || text.contains("\"") else { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
