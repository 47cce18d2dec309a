import Foundation
import Testing

@testable import FeedObserve

/// What the service manager is told (sd_notify(3)), over a Unix socket of the test's own, and when.
@Suite struct ServiceNotifierTests {
  /// A manager's end: a datagram socket at a path, or at a name without a file.
  private final class Manager {
    let name: String
    private let handle: Int32

    init(hasFile: Bool) throws {
      let unique = UUID().uuidString.prefix(8)
      name = hasFile ? NSTemporaryDirectory() + "feedh-\(unique).notify" : "@feedh-\(unique)"
      handle = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      let bytes = Array(name.utf8)
      withUnsafeMutableBytes(of: &address.sun_path) { path in
        path.copyBytes(from: bytes)
        if !hasFile { path[0] = 0 }
      }
      // Without a file the length is the name's: a longer one is another name.
      let length = socklen_t(2 + bytes.count + (hasFile ? 1 : 0))
      let bound = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(handle, $0, length) }
      }
      try #require(bound == 0, "\(String(cString: strerror(errno)))")
    }

    deinit {
      close(handle)
      unlink(name)
    }

    /// The next datagram; nil: there is none.
    func receive() -> String? {
      var bytes = [UInt8](repeating: 0, count: 8_192)
      let count = recv(handle, &bytes, bytes.count, 0)
      return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
    }
  }

  @Test(arguments: [true, false]) func linesComeAsOneDatagram(hasFile: Bool) throws {
    let manager = try Manager(hasFile: hasFile)
    let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": manager.name]))
    defer { notifier.close() }
    #expect(notifier.watchdogNanoseconds == nil)
    #expect(notifier.send(["READY=1", "STATUS=two\nlines"]))
    #expect(manager.receive() == "READY=1\nSTATUS=two lines", "a status has no line of its own to give")
    #expect(notifier.send(["STATUS=" + String(repeating: "x", count: 9_000)]))
    #expect(manager.receive()?.utf8.count == ServiceNotifier.lengthMaximum)
    #expect(manager.receive() == nil)
  }

  @Test func withoutAManagerNobodyIsTold() throws {
    #expect(ServiceNotifier(environment: [:]) == nil)
    for name in ["", "/", "@", "relative", "vsock:2:1", "/" + String(repeating: "x", count: 200)] {
      #expect(ServiceNotifier(environment: ["NOTIFY_SOCKET": name]) == nil, "\(name)")
    }
    let gone = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": "/nonexistent/socket"]))
    defer { gone.close() }
    #expect(!gone.send(["READY=1"]), "said, and nothing else happens")
  }

  @Test func theWatchdogIsThisProcesss() throws {
    func period(_ more: [String: String]) throws -> UInt64? {
      let notifier = try #require(
        ServiceNotifier(environment: more.merging(["NOTIFY_SOCKET": "/nonexistent/socket"]) { $1 }))
      defer { notifier.close() }
      return notifier.watchdogNanoseconds
    }
    #expect(try period(["WATCHDOG_USEC": "30000000"]) == 15_000_000_000, "half of 30 s")
    #expect(try period(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "\(getpid())"]) == 15_000_000_000)
    #expect(try period(["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"]) == nil)
    #expect(try period(["WATCHDOG_USEC": "0"]) == nil)
    #expect(try period(["WATCHDOG_USEC": "soon"]) == nil)
  }

  // MARK: - When

  private static let second: UInt64 = 1_000_000_000

  @Test func readyIsSaidOnceEveryCoreRuns() {
    var watch = ServiceWatch(watchdogNanoseconds: nil, cores: 2)
    #expect(watch.due(at: 10, cycles: [0, 5], isStopping: false) { "not asked" } == [])
    #expect(watch.due(at: 20, cycles: [1, 6], isStopping: false) { "fine" } == ["READY=1", "STATUS=fine"])
    #expect(watch.due(at: 30, cycles: [2, 7], isStopping: false) { "not asked" } == [])
    #expect(watch.due(at: 20 + Self.second, cycles: [2, 7], isStopping: false) { "still" } == ["STATUS=still"])
    #expect(watch.due(at: 21 + Self.second, cycles: [2, 7], isStopping: true) { "end" } == ["STOPPING=1", "STATUS=end"])
    #expect(watch.due(at: 22 + Self.second, cycles: [2, 7], isStopping: true) { "not asked" } == [])
  }

  @Test func aCoreThatStandsStillGivesNoSignOfLife() {
    var watch = ServiceWatch(watchdogNanoseconds: 100, cores: 2)
    #expect(watch.due(at: 1_000, cycles: [1, 1], isStopping: false) { "" } == ["READY=1", "WATCHDOG=1", "STATUS="])
    #expect(watch.due(at: 1_050, cycles: [9, 9], isStopping: false) { "" } == [], "half of the time is not over")
    #expect(watch.due(at: 1_100, cycles: [9, 9], isStopping: false) { "" } == ["WATCHDOG=1"])
    #expect(watch.due(at: 1_200, cycles: [10, 9], isStopping: false) { "" } == [], "core 1 hangs")
    #expect(watch.due(at: 5_000, cycles: [900, 9], isStopping: false) { "" } == [])
    #expect(watch.due(at: 5_001, cycles: [901, 10], isStopping: false) { "" } == ["WATCHDOG=1"])
    // One whose queues have ended does not hang; at the end none has to go on.
    #expect(watch.due(at: 5_101, cycles: [.max, 11], isStopping: false) { "" } == ["WATCHDOG=1"])
    #expect(watch.due(at: 5_201, cycles: [.max, 12], isStopping: false) { "" } == ["WATCHDOG=1"])
    #expect(watch.due(at: 5_301, cycles: [.max, 12], isStopping: true) { "" } == ["STOPPING=1", "WATCHDOG=1", "STATUS="])
  }
}
