import Glibc

/// Tells the service manager how a live run goes: sd_notify(3)'s protocol, lines "NAME=VALUE" in a datagram to the Unix
/// socket that `NOTIFY_SOCKET` names, a path or, behind "@", a name without a file.
///
/// | message | when |
/// |---|---|
/// | `READY=1` | every core has begun its duty cycles |
/// | `STATUS=` the status line | each `statusNanoseconds`, also before READY, and with each other message but WATCHDOG |
/// | `WATCHDOG=1` | at half of `WATCHDOG_USEC`, as long as every core goes on |
/// | `STOPPING=1` | the end has begun |
///
/// A manager that does not take a datagram is not waited for: the next one tells it.
public struct ServiceNotifier: Sendable {
  /// Between two status lines.
  static let statusNanoseconds: UInt64 = 1_000_000_000
  /// Longest datagram, bytes; a longer status is cut.
  static let lengthMaximum = 4_096

  private let handle: Int32
  private let address: sockaddr_un
  private let addressLength: socklen_t
  /// Time between two signs of life; nil: nobody waits for them.
  let watchdogNanoseconds: UInt64?

  /// Nil where no manager listens: the variable is not set, or names no Unix socket.
  init?(environment: [String: String]) {
    guard let name = environment["NOTIFY_SOCKET"], name.first == "/" || name.first == "@", name.utf8.count > 1 else {
      return nil
    }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(name.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    withUnsafeMutableBytes(of: &address.sun_path) { path in
      path.copyBytes(from: bytes)
      if bytes[0] == UInt8(ascii: "@") { path[0] = 0 }
    }
    self.address = address
    // Without a file the name ends where the address does; a path ends with its zero.
    let end = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + bytes.count
    addressLength = socklen_t(name.first == "@" ? end : end + 1)
    handle = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    if handle < 0 { return nil }
    watchdogNanoseconds = Self.watchdog(environment)
  }

  /// Half of `WATCHDOG_USEC`, where `WATCHDOG_PID` is this process or not given.
  private static func watchdog(_ environment: [String: String]) -> UInt64? {
    guard let text = environment["WATCHDOG_USEC"], let microseconds = UInt64(text), microseconds > 0,
      environment["WATCHDOG_PID"].map({ $0 == "\(getpid())" }) ?? true
    else { return nil }
    return microseconds.multipliedReportingOverflow(by: 500).partialValue
  }

  /// What the process was started with.
  public static var processEnvironment: [String: String] {
    var values: [String: String] = [:]
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] {
      if let value = getenv(name) { values[name] = String(cString: value) }
    }
    return values
  }

  /// Sends lines in one datagram. False: the manager did not take it.
  @discardableResult
  func send(_ lines: [String]) -> Bool {
    // A line's own newlines would begin another one.
    let text = lines.map { $0.split(whereSeparator: \.isNewline).joined(separator: " ") }.joined(separator: "\n")
    let bytes = Array(text.utf8.prefix(Self.lengthMaximum))
    return withUnsafePointer(to: address) { address in
      // SAFETY: a sockaddr_un is handed over as the sockaddr that it begins with, with the length that is filled.
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bytes.withUnsafeBytes {
          sendto(handle, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL), address, addressLength) == $0.count
        }
      }
    }
  }

  func close() { Glibc.close(handle) }
}
