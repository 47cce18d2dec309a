import Glibc

/// The control socket of a live run: a Unix-domain stream socket that only its owner may connect to (mode 0600). A
/// client sends one line and gets one line back.
///
/// Belongs to the control thread. A client that sends nothing, or too much, is let go; it never holds the run up.
final class ControlServer {
  private static let clientsMaximum = 8
  private static let requestMaximum = 256

  private struct Client {
    var descriptor: Int32
    var request: [UInt8] = []
  }

  private let path: String
  private let listener: Int32
  private var clients: [Client] = []

  /// - Throws: the path is too long, or taken by another run, or cannot be made.
  init(path: String) throws(ControlSocketError) {
    self.path = path
    listener = try ControlSocket.listen(at: path)
  }

  func close() {
    for client in clients { Glibc.close(client.descriptor) }
    clients = []
    Glibc.close(listener)
    unlink(path)
  }

  /// Waits for requests, `milliseconds` at most, and answers those that came.
  func serve(milliseconds: Int32, answer: (String) -> String) {
    var polled = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
    polled += clients.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
    guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return }
    for index in clients.indices.reversed() where polled[index + 1].revents != 0 { read(index, answer) }
    if polled[0].revents != 0 { accept() }
  }

  private func accept() {
    let descriptor = Glibc.accept(listener, nil, nil)
    if descriptor < 0 { return }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    // The oldest makes room: it has had its time.
    if clients.count == Self.clientsMaximum { Glibc.close(clients.removeFirst().descriptor) }
    clients.append(Client(descriptor: descriptor))
  }

  private func read(_ index: Int, _ answer: (String) -> String) {
    var buffer = [UInt8](repeating: 0, count: Self.requestMaximum)
    let count = recv(clients[index].descriptor, &buffer, buffer.count, 0)
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    if count > 0 { clients[index].request += buffer.prefix(count) }
    let request = clients[index].request
    let isWhole = request.contains(UInt8(ascii: "\n")) || count == 0
    if !isWhole, request.count < Self.requestMaximum { return }
    let client = clients.remove(at: index)
    defer { Glibc.close(client.descriptor) }
    let line = request.prefix { $0 != UInt8(ascii: "\n") }
    if line.isEmpty { return }
    let reply = Array((answer(Self.text(line)) + "\n").utf8)
    // A line fits the socket's buffer; a client that went away is not waited for.
    _ = reply.withUnsafeBytes { send(client.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
  }

  /// Printable ASCII of a request, anything else as "?".
  private static func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: bytes.map { $0 >= 0x20 && $0 < 0x7F ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
  }
}
