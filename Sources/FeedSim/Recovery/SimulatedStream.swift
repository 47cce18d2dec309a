/// The sending side of a TCP connection: order is kept, pieces are cut anywhere.
struct SimulatedStream {
  private var lastAt: UInt64 = 0
  /// The server closed it; what the client still sends is lost.
  private(set) var isClosed = false

  mutating func open() { isClosed = false }

  /// Bytes sent at `now`, in pieces; with `isCut` only a part of them, and then the end of the connection.
  mutating func send(
    _ bytes: [UInt8], at now: UInt64, faults: inout RecoveryFaults, isCut: Bool = false
  ) -> [SimulatedAnswer] {
    var answers: [SimulatedAnswer] = []
    var rest = isCut ? bytes[..<Int(faults.below(UInt64(bytes.count)))] : bytes[...]
    lastAt = max(lastAt, now + faults.delay())
    while !rest.isEmpty {
      let count = Int(faults.below(UInt64(rest.count))) + 1
      answers.append(SimulatedAnswer(at: lastAt, way: .stream, bytes: Array(rest.prefix(count))))
      rest = rest.dropFirst(count)
    }
    if isCut { isClosed = true }
    if isCut { answers.append(SimulatedAnswer(at: lastAt, way: .closed, bytes: [])) }
    return answers
  }
}
