import Foundation
import Glibc
import Testing

/// `feedh transmit` as far as it needs no privileges: usage, and UDP to this machine.
struct TransmitCommandTests {
  private func errorOf(_ arguments: String...) throws -> String {
    let run = try CommandRun.feedh(["transmit"] + arguments)
    #expect(run.status == 2 && run.output.isEmpty)
    #expect(run.errorLines.count == 1, "\(run.errors)")
    return run.errors
  }

  @Test func itSendsNowhereThatItWasNotTold() throws {
    #expect(try errorOf(CommandDay.capture).contains("no interface is guessed"))
    #expect(try errorOf(CommandDay.capture, "--group", "239.1.1.1:5000").contains("--interface or --line"))
    #expect(try errorOf(CommandDay.capture, "--group", "own").contains("--interface or --line"))
    #expect(
      try errorOf(CommandDay.capture, "--group", "10.0.0.1:5000=[ff05::1]:6000").contains("[ff05::1]:6000 is a multicast"))
  }

  @Test(arguments: [
    (["--interface", "lo", "--line", "A:lo"], "--interface and --line"),
    (["--line", "lo"], "NAME:INTERFACE"), (["--line", "A:lo", "--line", "A:lo"], "there is a line A already"),
    (["--interface", "lo", "--speed", "max", "--rate", "10"], "--speed and --rate"),
    (["--interface", "lo", "--rate", "0"], "--rate 0"), (["--interface", "lo", "--speed", "fast"], "--speed fast"),
    (["--interface", "lo", "--loop", "0"], "--loop 0"), (["--interface", "lo", "--lose", "1.5"], "--lose 1.5"),
    (["--interface", "lo", "--lose", "B:0.5"], "none of the lines: lo"),
    (["--interface", "lo", "--take", "lo:file=2"], "numbered from 1 to 1"),
    (["--interface", "lo", "--take", "lo:somewhere"], "NAME:G:P"),
    (["--interface", "lo", "--ttl", "3"], "--group"), (["--group", "127.0.0.1"], "--group 127.0.0.1"),
    (["--group", "127.0.0.1:5", "--group", "127.0.0.1:6"], "only one can take everything"),
    (["--group", "127.0.0.1:5", "--cpu", "99999"], "--cpu 99999"),
    (["--interface", "feedh-none", "--group", "own"], "feedh-none: no such interface; there are: lo"),
    (["--interface", "feedh-none"], "feedh-none: no such interface; there are: lo"),
    (["--line", "A:feedh-none"], "; name one of them with --interface or --line"),
  ])
  func badUsageIsOneLine(options: [String], part: String) throws {
    let run = try CommandRun.feedh(["transmit", CommandDay.capture] + options)
    #expect(run.status == 2 && run.errorLines.count == 1 && run.output.isEmpty)
    #expect(run.errors.contains(part), "\(run.errors)")
  }

  @Test func filesWithoutPacketsAreRefused() throws {
    let folder = CommandFolder()
    // Two System Event messages of a length-prefixed file.
    let message: [UInt8] = [0, 12, UInt8(ascii: "S"), 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, UInt8(ascii: "O")]
    let path = try folder.write(message + message, "day.itch")
    #expect(try errorOf(path, "--group", "127.0.0.1:9").contains("holds messages without packets"))
  }

  @Test func payloadsGoToTheirAddressAtARateAndAreReported() throws {
    let day = try CommandPcap(path: CommandDay.capture)
    // Port 9 discards, or nobody is there: datagrams to it leave all the same.
    let run = try CommandRun.feedh(
      "transmit", CommandDay.capture, "--group", "127.0.0.1:9", "--rate", "1000000", "--lose", "0.5", "--seed", "3",
      "--json")
    #expect(run.status == 0, "\(run.errors)")
    let json = try CommandRun.json(run.output)
    let line = try #require((json["lines"] as? [[String: Any]])?.first).compactMapValues { ($0 as? NSNumber)?.intValue }
    #expect(line["packets"] == day.records.count)
    #expect(line["sent"]! + line["refused"]! == day.records.count - line["lost"]!)
    #expect(line["lost"]! > day.records.count / 3 && line["lost"]! < day.records.count * 2 / 3)
    let pacing = try #require(json["pacingErrorNanoseconds"] as? [String: NSNumber])
    #expect(pacing["count"]?.intValue == (json["frames"] as? NSNumber)?.intValue)
    #expect(pacing["p50"]!.intValue <= pacing["p99"]!.intValue && pacing["p99"]!.intValue <= pacing["max"]!.intValue)
    let text = try CommandRun.feedh(
      "transmit", CommandDay.capture, "--group", "127.0.0.1:9", "--speed", "max", "--take", "udp:233.54.12.1")
    #expect(text.status == 0 && text.output.contains("for no line") && text.output.contains("LINE"))
  }

  @Test func aStopEndsItAndReports() throws {
    // A millionth of the capture's pace: it would never end.
    let receiver = try LoopbackReceiver()
    let process = try CommandProcess([
      "transmit", CommandDay.capture, "--group", "127.0.0.1:\(receiver.port)", "--speed", "0.000001x", "--json",
    ])
    // Once something came, it is under way.
    #expect(receiver.receive() != nil)
    process.send(SIGTERM)
    let run = try process.finish()
    let json = try CommandRun.json(run.output)
    #expect(run.status == 0 && json["interrupted"] as? Bool == true)
  }
}

/// A UDP socket at 127.0.0.1.
private final class LoopbackReceiver {
  let port: UInt16
  private let descriptor: Int32

  init() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    self.descriptor = descriptor
    // Longer than any machine takes, so that a broken run ends all the same.
    var patience = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
      }
    }
    try #require(status == 0)
    port = UInt16(bigEndian: address.sin_port)
  }

  deinit { close(descriptor) }

  func receive() -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    return count < 0 ? nil : Array(bytes.prefix(count))
  }
}
