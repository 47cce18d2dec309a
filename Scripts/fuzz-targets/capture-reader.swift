// Any bytes as a capture file: opening says what is wrong or every packet can be read, alone and merged with itself.
import FeedCore
import FeedIO
import Glibc

// Written anew for each input; the reader opens it as it opens any other.
private let descriptor = temporaryFile()
private let path = "/proc/self/fd/\(descriptor)"
nonisolated(unsafe) private let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 64)

func fuzzCaptureReader(_ input: UnsafeRawBufferPointer) {
  precondition(descriptor >= 0, "no temporary file")
  precondition(ftruncate(descriptor, 0) == 0 && pwrite(descriptor, input.baseAddress, input.count, 0) == input.count)
  do throws(CaptureError) {
    let one = try CaptureSet(paths: [path])
    let packets = walk(one, burstLength: 64)
    precondition(walk(one, burstLength: 1) == packets, "the burst's length matters")
    let twice = try CaptureSet(paths: [path, path])
    precondition(walk(twice, burstLength: 64) == 2 * packets, "merging loses packets")
  } catch {
    precondition(!error.description.isEmpty && !error.description.contains("\n"), "an error is one line")
  }
}

private func walk(_ set: CaptureSet, burstLength: Int) -> Int {
  let source = set.makeSource()
  var packets = 0
  var clock: UInt64 = 0
  var sum: UInt8 = 0
  while !source.isExhausted {
    let received = source.receive(into: UnsafeMutableBufferPointer(rebasing: burst[..<burstLength]))
    for packet in burst[..<received] {
      precondition(packet.captureNanoseconds >= clock, "the capture clock went back")
      precondition(packet.wireLength >= packet.capturedLength)
      clock = packet.captureNanoseconds
      let file = set.files[Int(packet.fileIndex)].bytes
      let end = packet.bytes + Int(packet.capturedLength)
      precondition(packet.bytes >= file.baseAddress! && end <= file.baseAddress! + file.count, "beyond the file")
      if packet.capturedLength > 0 { sum ^= packet.bytes.byte(at: 0) ^ end.byte(at: -1) }
    }
    packets += received
  }
  precondition(source.consumedBytes == set.totalBytes, "bytes neither read nor passed over")
  precondition(source.packetsDelivered == UInt64(packets))
  withExtendedLifetime(sum) {}
  return packets
}
