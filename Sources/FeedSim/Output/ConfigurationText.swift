/// The configuration under which `feedh replay` reads a generated capture and finds what its truth file lists.
enum ConfigurationText {
  static func captureName(prefix: String, venueName: String, line: Int) -> String {
    "\(prefix).\(venueName).\(SimulatedLine.name(line)).pcap"
  }

  static func yaml(_ options: GeneratorOptions) -> String {
    var text = "venues:\n"
    for venue in 0..<options.venueCount {
      text += "  - name: \(options.name(ofVenue: venue))\n"
      text += "    fees: { \(fees(options.takerFee(venue: venue))) }\n"
    }
    text += "feeds:\n"
    for venue in 0..<options.venueCount {
      let name = options.name(ofVenue: venue)
      let feedProtocol = options.feedProtocol(ofVenue: venue)
      // A chosen name may be as long as a feed's may be.
      text += "  - name: \(options.venues.isEmpty ? name + "-itch" : name)\n    venue: \(name)\n"
      text += "    protocol: \(feedProtocol.name)\n"
      if let stream = SimulatedVenue.stream(of: feedProtocol, venue: venue) { text += "    stream: \(stream)\n" }
      text += "    lines:\n"
      for line in 0..<options.lineCount {
        let group = SimulatedLine.groupText(venue: venue, line: line)
        let port = SimulatedLine.address(venue: venue, line: line).port
        text += "      - { name: \(SimulatedLine.name(line)), group: \(group), port: \(port) }\n"
      }
    }
    text += "detect:\n"
    text += "  crossVenue: { minimumEdge: \"\(decimal(options.minimumEdge))\", "
    text += "minimumQuantity: \(options.minimumQuantity) }\n"
    return text
  }

  private static func fees(_ fee: TakerFee) -> String {
    var text = "takerPerShare: \"\(decimal(fee.fromDollar.perShare))\""
    if fee.belowDollar.fraction != 0 {
      text += ", belowDollar: { takerFraction: \"\(decimal(fee.belowDollar.fraction))\" }"
    }
    return text
  }

  /// Billionths as a decimal with at least four places: "0.0030".
  static func decimal(_ billionths: Int64) -> String {
    let magnitude = billionths.magnitude
    var fraction = String(magnitude % 1_000_000_000)
    fraction = String(repeating: "0", count: 9 - fraction.count) + fraction
    while fraction.count > 4 && fraction.last == "0" { fraction.removeLast() }
    return (billionths < 0 ? "-" : "") + String(magnitude / 1_000_000_000) + "." + fraction
  }
}
