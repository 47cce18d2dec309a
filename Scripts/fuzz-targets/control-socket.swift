// Bytes as what clients of the control socket send, in pieces, some of which hang up: the server never waits, answers a
// request with one line and lets the client go, and hands on printable text of a bounded length only.
//
// Steps: what (1 byte: 0x0F which client, 0x10 connects, 0x20 hangs up, 0x40 says no more, else it sends), and for what
// is sent its length (1 byte) and bytes.
@testable import FeedObserve
import Glibc

private let path = "\(temporaryFolder)/feedh-fuzz-\(getpid()).sock"
nonisolated(unsafe) private let server: ControlServer = {
  atexit { unlink(path) }
  return try! ControlServer(path: path)
}()
private let clientsMaximum = 16

private struct Client {
  var descriptor: Int32 = -1
  var sent: [UInt8] = []
}

func fuzzControlSocket(_ input: UnsafeRawBufferPointer) {
  var script = Script(input.count > 512 ? UnsafeRawBufferPointer(rebasing: input[..<512]) : input)
  var clients = [Client](repeating: Client(), count: clientsMaximum)
  var requests: [String] = []
  func serve() {
    server.serve(milliseconds: 0) { request in
      precondition(!request.isEmpty && request.utf8.count <= 511, "a request of \(request.utf8.count) bytes")
      precondition(request.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "a request that is no text")
      requests.append(request)
      return ControlCommand(rawValue: request) == nil ? "refused" : "ok \(request)"
    }
  }
  while !script.isOver {
    let what = script.byte()
    let index = Int(what & 0x0F)
    if what & 0x30 != 0, clients[index].descriptor >= 0 {
      close(clients[index].descriptor)
      clients[index] = Client()
    }
    if what & 0x10 != 0 { clients[index].descriptor = connected() }
    let descriptor = clients[index].descriptor
    if what & 0x40 != 0, descriptor >= 0 { shutdown(descriptor, Int32(SHUT_WR)) }
    if what & 0x70 == 0, descriptor >= 0 {
      let bytes = script.bytes(script.int())
      let flags = Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
      let sent = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, flags) }
      if sent > 0 { clients[index].sent += bytes.prefix(sent) }
    }
    serve()
  }
  for client in clients where client.descriptor >= 0 { shutdown(client.descriptor, Int32(SHUT_WR)) }
  // All that waits, and then all that was said.
  for _ in 0..<(2 * clientsMaximum + 2) { serve() }
  var answers = 0
  for client in clients where client.descriptor >= 0 {
    answers += read(client)
    close(client.descriptor)
  }
  for _ in 0..<2 { serve() }
  precondition(answers <= requests.count, "\(answers) answers to \(requests.count) requests")
}

/// What a client was answered: nothing, or one line about what it sent first.
private func read(_ client: Client) -> Int {
  var buffer = [UInt8](repeating: 0, count: 4_096)
  let count = recv(client.descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
  guard count > 0 else { return 0 }
  let answer = buffer.prefix(count)
  precondition(answer.last == 0x0A && answer.filter { $0 == 0x0A }.count == 1, "an answer that is not one line")
  let line = client.sent.prefix { $0 != 0x0A }
  precondition(!line.isEmpty, "an answer to nothing")
  let isCommand = line.count <= 511 && ControlCommand.allCases.contains { Array($0.rawValue.utf8) == Array(line) }
  precondition(answer.starts(with: Array((isCommand ? "ok " : "refused").utf8)), "another answer")
  return 1
}

private func connected() -> Int32 {
  _ = server
  let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
  // Without waiting: the backlog is full where nobody was served.
  _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
  let outcome = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
  if outcome == 0 { return descriptor }
  close(descriptor)
  return -1
}

func controlSocketSeeds() -> [[UInt8]] {
  func says(_ client: UInt8, _ text: String) -> [UInt8] { [client, UInt8(text.utf8.count)] + Array(text.utf8) }
  return ControlCommand.allCases.map { [0x10] + says(0, $0.rawValue + "\n") } + [
    [0x10] + says(0, "sta") + says(0, "tus") + [0x40],
    [0x10, 0x11] + says(0, String(repeating: "x", count: 250)) + says(0, "yyyyyyyyyyyy\n") + says(1, "stop\n") + [0x20],
    (0..<12).map { 0x10 | $0 } + says(11, "arm\n") + says(0, "arm\n"),
    [0x10] + says(0, "\n"), [0x10] + says(0, "\u{1}\u{7F}é\n"),
  ]
}
