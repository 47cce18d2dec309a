import FeedCore

/// The screen that `feedh generate` ends with.
public enum GenerateSummary {
  public static func text(_ result: GeneratorResult, paths: [String]) -> String {
    let duration = result.lastCaptureNanoseconds - min(result.firstCaptureNanoseconds, result.lastCaptureNanoseconds)
    let marked = result.opportunities.filter(\.isPlanted).count
    var lines = [
      "messages       \(result.messageCount)",
      "packets        \(result.capturedPackets) captured, \(result.capturedBytes) bytes, "
        + "\(duration / 1_000_000) ms of capture time",
    ]
    for venue in result.venues {
      let perPacket = venue.dataPackets == 0 ? 0 : 10 * venue.messageCount / venue.dataPackets
      lines.append(
        "\(padded(venue.name))\(venue.messageCount) messages, \(perPacket / 10).\(perPacket % 10) a packet, "
          + "\(venue.sessions) session(s), \(venue.liveOrders) orders at the end")
      for (index, line) in venue.lines.enumerated() {
        lines.append(
          "  line \(SimulatedLine.name(index))       \(line.sentPackets) packets, \(line.lostPackets) lost, "
            + "\(line.duplicatedPackets) twice, \(line.reorderedPackets) late")
      }
    }
    for feedProtocol in VenueChoice.protocols {
      let counts = result.venues.filter { $0.feedProtocol == feedProtocol }.map(\.messageCounts)
      let types = (0..<256).compactMap { type -> String? in
        let count = counts.reduce(0) { $0 + $1[type] }
        return count == 0 ? nil : "\(feedProtocol.typeText(ofSlot: UInt8(type))) \(count)"
      }
      if !types.isEmpty { lines.append(padded(label(feedProtocol, of: result)) + types.joined(separator: ", ")) }
    }
    lines.append(
      "opportunities  \(result.opportunities.count): \(marked) from \(result.planted.count) planted dislocations, "
        + "\(result.opportunities.count - marked) others")
    lines += paths.map { "wrote          \($0)" }
    return lines.joined(separator: "\n")
  }

  private static func padded(_ text: String) -> String {
    text + String(repeating: " ", count: max(1, 15 - text.count))
  }

  /// Names the protocol where there are several.
  private static func label(_ feedProtocol: FeedProtocol, of result: GeneratorResult) -> String {
    result.venues.allSatisfy { $0.feedProtocol == .itch50 } ? "types" : feedProtocol.name
  }
}
