import Glibc

/// Both ends of the control socket.
public enum ControlSocket {
  private static let backlog: Int32 = 8

  /// Sends a command to the run that listens at `path` and returns its answer.
  ///
  /// - Parameter seconds: how long the answer may take.
  /// - Throws: nobody listens there, or does not answer.
  public static func ask(
    _ command: ControlCommand, at path: String, seconds: Int = 5
  ) throws(ControlSocketError) -> String {
    try ask(line: command.rawValue, at: path, seconds: seconds)
  }

  /// The same of any line.
  package static func ask(line: String, at path: String, seconds: Int = 5) throws(ControlSocketError) -> String {
    let descriptor = try open()
    defer { close(descriptor) }
    guard try connects(descriptor, path) else { throw .nobodyListens(path: path, reason: reason(errno)) }
    var limit = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let request = Array((line + "\n").utf8)
    let sent = request.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    if sent != request.count { throw .noAnswer(path: path, reason: reason(errno)) }
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while !answer.contains(UInt8(ascii: "\n")) {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { throw .noAnswer(path: path, reason: count == 0 ? "the run ended" : reason(errno)) }
      answer += buffer.prefix(count)
    }
    return String(decoding: answer.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  /// Makes the socket. One that was left by a run that is no more is taken over.
  static func listen(at path: String) throws(ControlSocketError) -> Int32 {
    let descriptor = try open()
    do throws(ControlSocketError) {
      var status = stat()
      if lstat(path, &status) == 0 {
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
        let probe = try open()
        let isTaken = try connects(probe, path)
        close(probe)
        if isTaken { throw .taken(path: path) }
        unlink(path)
      }
      // Nobody else may connect from the first moment on: a socket's own mode is that of the file that bind makes. The
      // process's mask would be that of other threads' files too.
      if fchmod(descriptor, 0o600) != 0 { throw .cannotListen(path: path, reason: reason(errno)) }
      let error = try bind(descriptor, path)
      if error != 0 { throw .cannotListen(path: path, reason: reason(error)) }
      if Glibc.listen(descriptor, backlog) != 0 { throw .cannotListen(path: path, reason: reason(errno)) }
      return descriptor
    } catch {
      close(descriptor)
      throw error
    }
  }

  // MARK: - Calls

  private static func open() throws(ControlSocketError) -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    if descriptor < 0 { throw .cannotListen(path: "a Unix-domain socket", reason: reason(errno)) }
    return descriptor
  }

  private static func connects(_ descriptor: Int32, _ path: String) throws(ControlSocketError) -> Bool {
    try withAddress(path) { connect(descriptor, $0, $1) == 0 }
  }

  /// 0, or an errno value.
  private static func bind(_ descriptor: Int32, _ path: String) throws(ControlSocketError) -> Int32 {
    try withAddress(path) { Glibc.bind(descriptor, $0, $1) == 0 ? 0 : errno }
  }

  private static func withAddress<Result>(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) throws(ControlSocketError) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let room = MemoryLayout.size(ofValue: address.sun_path) - 1
    if bytes.isEmpty || bytes.count > room || bytes.contains(0) { throw .badPath(path: path, maximum: room) }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
    }
  }

  private static func reason(_ code: Int32) -> String { String(cString: strerror(code)) }
}

/// What is wrong with a control socket: what, where, remedy, in one line.
public enum ControlSocketError: Error, Equatable, Sendable, CustomStringConvertible {
  case badPath(path: String, maximum: Int)
  case notASocket(path: String)
  case taken(path: String)
  case cannotListen(path: String, reason: String)
  case nobodyListens(path: String, reason: String)
  case noAnswer(path: String, reason: String)

  public var description: String {
    switch self {
    case .badPath(let path, let maximum):
      "control socket \"\(path)\": a path of 1 ... \(maximum) bytes is allowed; choose a shorter one"
    case .notASocket(let path): "control socket \(path): there is a file that is no socket; remove it or choose another"
    case .taken(let path): "control socket \(path): another run listens there; stop it, or choose another path"
    case .cannotListen(let path, let reason):
      "control socket \(path): \(reason); choose a path in a folder that this user may write"
    case .nobodyListens(let path, let reason):
      "control socket \(path): no run listens there (\(reason)); name the socket of live.controlSocket"
    case .noAnswer(let path, let reason): "control socket \(path): no answer (\(reason)); look whether the run stands still"
    }
  }
}
