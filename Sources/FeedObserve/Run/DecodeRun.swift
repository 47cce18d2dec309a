import FeedCore
import FeedIO

/// Captures through frames, sessions and decoders, without books: what decoding costs.
public struct DecodeRun: Sendable {
  /// One for each round.
  public private(set) var rounds: [DecodeMeasurement] = []
  /// Protocols of the feeds found.
  public let protocols: [FeedProtocol]

  /// Reads the captures `roundCount` times, each with tables of its own.
  ///
  /// - Throws: `CaptureError`, `FeedPlanError`, `CaptureRunError`.
  public init(paths: [String], settings: Settings, protocolName: String, roundCount: Int) throws {
    let set = try CaptureSet(paths: paths)
    if let stream = set.files.first(where: { $0.kind == .soupBinTCP }) {
      throw CaptureRunError.orderStream(path: stream.path)
    }
    set.prefault(limitBytes: 4 << 30)
    var settings = settings.fitted(toCaptureBytes: set.totalBytes)
    // No order is kept.
    settings.capacity.liveOrders = 1_024
    settings.capacity.priceLevels = 1_024
    let plan = try FlowDiscovery.plan(
      settings: settings, fileNames: set.files.map(\.baseName), protocol: protocolName,
      makeSource: { set.makeSource() })
    protocols = plan.channels.map(\.protocol)
    for _ in 0..<roundCount {
      rounds.append(
        DecodeMeasurement.run(
          plan: plan, settings: settings, fileCount: set.files.count, source: set.makeSource()))
    }
  }

  /// The round that took least.
  public var best: DecodeMeasurement { rounds.min { $0.nanoseconds < $1.nanoseconds } ?? DecodeMeasurement() }

  /// With two decimals.
  public static func nanosecondsPerMessage(_ round: DecodeMeasurement) -> String {
    let hundredths = round.messages == 0 ? 0 : UInt64(UInt128(round.nanoseconds) * 100 / UInt128(round.messages))
    let fraction = hundredths % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
  }

  /// The best round as JSON.
  public func write(to output: TextOutput) {
    let best = best
    var writer = JSONWriter(output)
    writer.object { writer in
      writer.list("protocols") { writer in for name in Set(protocols.map(\.name)).sorted() { writer.element(name) } }
      writer.member("messages", best.messages)
      writer.member("events", best.events)
      writer.member("refused", best.refused)
      writer.member("checksum", "0x" + String(best.checksum, radix: 16))
      writer.member("elapsedNanoseconds", best.nanoseconds)
      writer.member("nanosecondsPerMessage", decimal: Self.nanosecondsPerMessage(best))
    }
    output.write("\n")
  }
}
