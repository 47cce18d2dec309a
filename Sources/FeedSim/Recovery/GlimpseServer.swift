/// A GLIMPSE server: SoupBinTCP, login, the snapshot, `G`, end of session.
public struct GlimpseServer: Sendable {
  public var faults: RecoveryFaults
  private var stream = SimulatedStream()
  private var received: [UInt8] = []

  public init(faults: RecoveryFaults) { self.faults = faults }

  public mutating func connected() {
    received = []
    stream.open()
  }

  /// - Parameters:
  ///   - through: the last number in the snapshot taken now.
  ///   - snapshot: its messages.
  public mutating func receive(
    _ bytes: [UInt8], through: UInt64, snapshot: [[UInt8]], at now: UInt64
  ) -> [SimulatedAnswer] {
    if stream.isClosed { return [] }
    received += bytes
    var answers: [SimulatedAnswer] = []
    while received.count >= 2, received.count >= 2 + Int(received.big(0, 2)) {
      let packet = Array(received[..<(2 + Int(received.big(0, 2)))])
      received.removeFirst(packet.count)
      guard packet.count >= 3, packet[2] == UInt8(ascii: "L"), now < faults.deadFrom else { continue }
      if faults.happens(faults.silence) { continue }
      if packet.count != 49 || faults.happens(faults.refusal) {
        answers += stream.send(Self.packet("J", Array("S".utf8)), at: now, faults: &faults)
        answers.append(SimulatedAnswer(at: answers.last?.at ?? now, way: .closed, bytes: []))
        continue
      }
      var out = Self.packet("A", Array("SNAPSHOT01".utf8) + Self.padded("1"))
      for message in snapshot { out += Self.packet("S", message) }
      out += Self.packet("S", [UInt8(ascii: "G")] + Self.padded(String(through + 1)))
      out += Self.packet("Z", [])
      answers += stream.send(out, at: now, faults: &faults, isCut: faults.happens(faults.disconnection))
    }
    return answers
  }

  private static func padded(_ digits: String) -> [UInt8] {
    [UInt8](repeating: 0x20, count: 20 - digits.utf8.count) + Array(digits.utf8)
  }

  private static func packet(_ type: Unicode.Scalar, _ payload: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.appendBig(UInt64(payload.count + 1), 2)
    return bytes + [UInt8(ascii: type)] + payload
  }
}
