import FeedCore
import Glibc
import Testing

@testable import FeedIO

/// Which lines of a configuration can be joined and are heard.
@Suite(.serialized, .enabled(if: TestNetwork.isPossible, TestNetwork.reason))
struct LineProbeTests {
  /// A feed whose lines arrive at the loopback interface, but for one at a card that the kernel does not see.
  private func settings(_ lines: [(name: String, group: String)], interface: String = "lo") -> Settings {
    var settings = Settings()
    settings.live.ports = [
      PortSettings(name: "feed-a", interface: interface), PortSettings(name: "card", pciAddress: "0000:3b:00.0"),
    ]
    settings.feeds = [
      FeedSettings(
        name: "itch", venue: "v", protocol: "itch50",
        lines: lines.map {
          var line = LineSettings(name: $0.name, group: $0.group, port: 26_401)
          line.livePort = $0.name == "C" ? "card" : "feed-a"
          return line
        })
    ]
    return settings
  }

  /// Sends to a group over and over until it is told to end.
  private func send(to group: String, until isOver: StopFlag) throws -> WorkerThread {
    nonisolated(unsafe) let sender = try DatagramSender("lo")
    return WorkerThread {
      while !isOver.isSet {
        try? sender.send([1, 2, 3], to: group, 26_401)
        sched_yield()
      }
    }
  }

  /// What is found out while 239.1.2.3 is sent to.
  private func probesOfASpeakingLine(
    _ lines: [(name: String, group: String)], listening nanoseconds: UInt64
  ) throws -> [LineProbe] {
    let isOver = StopFlag()
    let sender = try send(to: "239.1.2.3", until: isOver)
    defer {
      isOver.set()
      sender.join()
    }
    return LineProbe.all(settings(lines), listening: nanoseconds)
  }

  @Test func linesThatSpeakAreToldFromThoseThatDoNotAndGroupsAreLeft() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let probes = try probesOfASpeakingLine(
      [("A", "239.1.2.3"), ("B", "239.1.2.4"), ("U", "127.0.0.1"), ("C", "239.1.2.5")], listening: 300_000_000)
    #expect(probes.map(\.line) == ["A", "B", "U", "C"] && probes.map(\.port) == ["feed-a", "feed-a", "feed-a", "card"])
    guard case .joined(let packets) = probes[0].outcome else {
      Issue.record("\(probes[0].outcome)")
      return
    }
    #expect(packets > 0)
    #expect(probes[1].outcome == .joined(packets: 0))
    for probe in probes[2...] {
      guard case .skipped = probe.outcome else {
        Issue.record("\(probe)")
        continue
      }
    }
    // As the kernel lists it: 239.1.2.3 and 239.1.2.4, the first byte last.
    for group in ["030201EF", "040201EF"] { #expect(try TestNetwork.hasLeft(group)) }
  }

  /// Else it would listen for a minute, and not have heard the line.
  @Test func itEndsOnceEveryLineWasHeard() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let probes = try probesOfASpeakingLine([("A", "239.1.2.3")], listening: 60_000_000_000)
    #expect(probes.count == 1 && probes[0].outcome != .joined(packets: 0))
  }

  @Test func whatStandsInTheWayIsNamed() throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let probes = LineProbe.all(settings([("A", "239.1.2.3")], interface: "nowhere0"), listening: 0)
    guard case .failed(let reason) = try #require(probes.first).outcome else {
      Issue.record("\(probes)")
      return
    }
    #expect(reason.hasPrefix("interface nowhere0 does not exist"))
  }
}
