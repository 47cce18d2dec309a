import Foundation
import Testing

@testable import FeedObserve

/// The control socket: one line a connection, for its owner only, and never in the run's way.
@Suite struct ControlSocketTests {
  private static func path() -> String { NSTemporaryDirectory() + "feedh-\(UUID().uuidString.prefix(8)).sock" }

  /// Serves on a thread until `body` is done.
  private static func serve(_ server: ControlServer, _ answer: @escaping @Sendable (String) -> String, _ body: () throws -> Void) rethrows {
    let stop = StopFlag()
    let done = DispatchSemaphore(value: 0)
    nonisolated(unsafe) let served = server
    Thread.detachNewThread {
      while !stop.isSet { served.serve(milliseconds: 5) { answer($0) } }
      served.close()
      done.signal()
    }
    defer {
      stop.set()
      done.wait()
    }
    try body()
  }

  private final class StopFlag: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false
    var isSet: Bool { lock.withLock { value } }
    func set() { lock.withLock { value = true } }
  }

  @Test func commandIsAnsweredAndTheSocketGoesWithTheRun() throws {
    let path = Self.path()
    try Self.serve(try ControlServer(path: path), { "ok \($0)" }) { () throws in
      #expect(try ControlSocket.ask(.status, at: path) == "ok status")
      #expect(try ControlSocket.ask(.kill, at: path) == "ok kill")
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
    #expect(!FileManager.default.fileExists(atPath: path))
    #expect(throws: ControlSocketError.self) { try ControlSocket.ask(.status, at: path) }
  }

  @Test func whatIsNoPrintableTextIsShownAsSuch() throws {
    let path = Self.path()
    try Self.serve(try ControlServer(path: path), { "refused \($0)" }) { () throws in
      #expect(try ControlSocket.ask(line: "a\u{1B}\u{E9}b", at: path) == "refused a???b")
      // A line without an end is taken when it is too long for a command.
      let long = String(repeating: "x", count: 300)
      #expect(try ControlSocket.ask(line: long, at: path).hasPrefix("refused xxx"))
    }
  }

  @Test func silentClientsHoldNobodyUp() throws {
    let path = Self.path()
    var silent: [Int32] = []
    defer { silent.forEach { close($0) } }
    try Self.serve(try ControlServer(path: path), { "ok \($0)" }) { () throws in
      for _ in 0..<20 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        silent.append(descriptor)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let result = withUnsafePointer(to: &address) {
          $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
          }
        }
        #expect(result == 0)
        #expect(try ControlSocket.ask(.status, at: path) == "ok status")
      }
    }
  }

  @Test func pathThatCannotBeIsRefusedWithTheRemedy() throws {
    let long = "/tmp/" + String(repeating: "x", count: 120)
    #expect(throws: ControlSocketError.badPath(path: long, maximum: 107)) { try ControlServer(path: long) }
    let file = Self.path()
    try Data().write(to: URL(fileURLWithPath: file))
    defer { try? FileManager.default.removeItem(atPath: file) }
    #expect(throws: ControlSocketError.notASocket(path: file)) { try ControlServer(path: file) }
    #expect(FileManager.default.fileExists(atPath: file), "what is not ours stays")
    #expect(
      ControlSocketError.notASocket(path: "/x").description
        == "control socket /x: there is a file that is no socket; remove it or choose another")
  }

  @Test func socketOfARunThatListensIsNotTaken() throws {
    let path = Self.path()
    let first = try ControlServer(path: path)
    #expect(throws: ControlSocketError.taken(path: path)) { try ControlServer(path: path) }
    first.close()
  }

  @Test func socketThatADeadRunLeftIsTakenOver() throws {
    let path = Self.path()
    // Bound, and closed without being removed: as after kill -9.
    close(try ControlSocket.listen(at: path))
    #expect(FileManager.default.fileExists(atPath: path))
    let server = try ControlServer(path: path)
    server.close()
  }
}
