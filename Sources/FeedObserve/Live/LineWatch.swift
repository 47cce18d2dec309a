import FeedCore
import FeedIO

/// Watches the lines of a live run's feeds: says once that nothing is heard of one, with what to look at, and once that
/// it is heard, and counts. A feed whose other line still comes has whole books, and nothing else would tell that it
/// has no second line left.
///
/// A line is silent where no packet of it came for `session.silence`, by this machine's clock; venues send heartbeats
/// each second. Lines of answers and feeds of snapshots are not watched.
struct LineWatch {
  struct Line {
    let feed: String
    let name: String
    /// Group and port, as configured; empty: any.
    let place: String
    /// Nil: it may come by any.
    let port: Int?
    let channel: Int
    let index: Int
    fileprivate(set) var packets: UInt64 = 0
    fileprivate var heard: UInt64
    fileprivate(set) var isSilent = false
    /// How often it became silent.
    fileprivate(set) var silences: UInt64 = 0

    var shortName: String { "\(feed):\(name)" }
  }

  private(set) var lines: [Line] = []
  private let silence: UInt64
  private let portNames: [String]

  /// - Parameter now: nanoseconds of any clock that only goes on.
  init(_ plan: FeedPlan, _ settings: Settings, at now: UInt64) {
    silence = settings.session.silenceNanoseconds
    portNames = settings.live.ports.map(\.name)
    for (channel, description) in plan.channels.enumerated() where description.role == .live {
      guard let feed = description.feed.map({ settings.feeds[$0] }) else { continue }
      for (index, line) in feed.lines.enumerated() where line.role == .live {
        lines.append(
          Line(
            feed: feed.name, name: line.name,
            place: [line.group, line.port.map(String.init)].compactMap { $0 }.joined(separator: ":"),
            port: line.livePort.flatMap { portNames.firstIndex(of: $0) }, channel: channel, index: index, heard: now))
      }
    }
  }

  /// Those that are silent now: "nasdaq-itch:B".
  var silent: [String] { lines.filter(\.isSilent).map(\.shortName) }

  /// What there is to say.
  ///
  /// - Parameters:
  ///   - heard: packets of a line so far, by channel and position.
  ///   - portPackets: packets of a port so far, whatever they were; nil: of all ports.
  mutating func look(
    at now: UInt64, heard: (_ channel: Int, _ line: Int) -> UInt64, portPackets: (_ port: Int?) -> UInt64
  ) -> [String] {
    var said: [String] = []
    for position in lines.indices {
      let packets = heard(lines[position].channel, lines[position].index)
      if packets == lines[position].packets { continue }
      if lines[position].isSilent { said.append("feedh: \(title(lines[position])) is heard") }
      lines[position].packets = packets
      lines[position].heard = now
      lines[position].isSilent = false
    }
    for position in lines.indices where !lines[position].isSilent && isOver(lines[position], now) {
      lines[position].isSilent = true
      lines[position].silences += 1
      let isFeedHeard = lines.contains { $0.channel == lines[position].channel && !isOver($0, now) }
      said.append(notHeard(lines[position], portPackets(lines[position].port), isFeedHeard: isFeedHeard))
    }
    return said
  }

  private func isOver(_ line: Line, _ now: UInt64) -> Bool { now &- line.heard >= silence }

  private func title(_ line: Line) -> String {
    "feed \(line.feed): line \(line.name)" + (line.place.isEmpty ? "" : " (\(line.place))")
  }

  private func notHeard(_ line: Line, _ portPackets: UInt64, isFeedHeard: Bool) -> String {
    let receiver = line.port.map { "port \(portNames[$0])" } ?? "the run"
    let hint =
      if line.packets > 0, isFeedHeard {
        "it was before: its sender, or the way from it, is gone; the feed's other lines carry it alone"
      } else if line.packets > 0 {
        "it was before, and no other line of the feed is heard: has its day ended?"
      } else if portPackets == 0 {
        "\(receiver) receives nothing at all: check the cable, the switch's port and VLAN, and when the venue sends"
      } else {
        "\(receiver) receives other packets: check group, port and source of the line, and that the switch forwards it"
      }
    return "feedh: \(title(line)) is silent, nothing was heard of it for \(Text.duration(silence)); \(hint)"
  }
}
