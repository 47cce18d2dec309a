import FeedObserve
import FeedSim
import Foundation
import Testing

@testable import FeedCore

/// A live run as a service: what the manager hears over its socket while the run goes on.
@Suite struct LiveServiceTests {
  /// The manager's end of `NOTIFY_SOCKET`.
  private final class Manager {
    let path = ScratchFolder.newPath("notify")
    private let handle = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)

    init() throws {
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      let bytes = Array(path.utf8)
      try #require(bytes.count < MemoryLayout.size(ofValue: address.sun_path))
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
      let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(handle, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      try #require(bound == 0, "\(String(cString: strerror(errno)))")
    }

    deinit {
      close(handle)
      unlink(path)
    }

    /// All lines that have come.
    private(set) var lines: [String] = []

    func receive() {
      var bytes = [UInt8](repeating: 0, count: 8_192)
      while true {
        let count = recv(handle, &bytes, bytes.count, 0)
        if count <= 0 { return }
        lines += String(decoding: bytes[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
      }
    }

    func count(_ line: String) -> Int { lines.count { $0 == line } }
  }

  @Test(arguments: [1, 2]) func theManagerHearsOfTheStartTheCoresAndTheEnd(cores: Int) throws {
    let harness = try LiveHarness(try Generated.make(seed: 76))
    let manager = try Manager()
    let (run, _) = try harness.makeRun {
      $0.threads.coreCount = cores
      $0.threads.layout = .rings
    }
    // Half of this between two signs of life; no core of a test hangs for so long.
    let environment = ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "100000"]
    try harness.operate(run, environment: environment) { socket in
      let packets = Text.grouped(harness.replay.summary.packets)
      try LiveHarness.wait {
        manager.receive()
        return manager.count("WATCHDOG=1") >= 3 && manager.lines.contains { $0.contains("packets \(packets) ") }
      }
      #expect(manager.count("READY=1") == 1 && manager.count("STOPPING=1") == 0)
      let signs = manager.lines.filter { !$0.hasPrefix("STATUS=") }
      #expect(signs.first == "READY=1", "no sign of life before every core runs")
      #expect(try ControlSocket.ask(.stop, at: socket).hasPrefix("ok"))
    }
    manager.receive()
    #expect(manager.count("STOPPING=1") == 1 && manager.count("READY=1") == 1)
    let status = try #require(manager.lines.last { $0.hasPrefix("STATUS=") })
    #expect(status.contains("; packets ") && status.contains("  gaps 0  lost 0  books "), "\(status)")
    // What cores with shards are behind is told where a ring is between them.
    #expect(status.contains("ring full ") == (cores == 2), "\(status)")
    #expect((run.summary.ringFillMax > 0) == (cores == 2) && run.summary.ringFillMax <= 16)
  }
}
