// Any bytes as a frame of any link type: the short path and the general one agree, and a payload lies in its frame.
@testable import FeedCore

private let links: [LinkType] = [
  .ethernet, .loopback, .rawIP, .linuxSLL, .linuxSLL2, .ipv4, .ipv6, .message, .unsupported,
]

func fuzzFrameParser(_ input: UnsafeRawBufferPointer) {
  guard input.count >= 2 else { return }
  // Exactly as long as the frame, so that the address sanitizer sees a read beyond it.
  let frame = Array(input[2...])
  let link = links[Int(input[0]) % links.count]
  let beyond = UInt32(input[1] >> 1)
  frame.withUnsafeBytes { bytes in
    guard let base = bytes.baseAddress else { return }
    let packet = Packet(
      bytes: base, captureNanoseconds: 0, capturedLength: UInt32(bytes.count), wireLength: UInt32(bytes.count) + beyond,
      recordIndex: 0, fileIndex: 0, linkType: link)
    let parser = FrameParser(verifyChecksums: input[1] & 1 == 0)
    check(parser.parse(packet), parser.parseGeneral(packet), in: bytes)
  }
}

private func check(_ short: WireVerdict, _ general: WireVerdict, in frame: UnsafeRawBufferPointer) {
  switch (short, general) {
  case (.discarded(let a), .discarded(let b)): precondition(a == b, "\(a) by the short path, \(b) by the general one")
  case (.payload(let a), .payload(let b)):
    precondition(a.payload == b.payload && a.payloadLength == b.payloadLength, "the paths find different payloads")
    precondition(a.destination == b.destination && a.source == b.source && a.transport == b.transport)
    precondition(a.destinationPort == b.destinationPort && a.declaredPayloadLength == b.declaredPayloadLength)
    precondition(a.payloadLength >= 1 && a.declaredPayloadLength >= a.payloadLength)
    precondition(a.payload >= frame.baseAddress!, "the payload begins before its frame")
    precondition(a.payload + a.payloadLength <= frame.baseAddress! + frame.count, "the payload ends beyond its frame")
  default: preconditionFailure("one path finds a payload, the other none")
  }
}
