import FeedIO
import Foundation

@testable import FeedCore

/// The venue's sample capture as the tests' own reader sees it, and runs of what is left of it after a loss.
struct DeribitCapture {
  static let path = SharedMaterial.folder + "/captures/deribit/sample_capture_v1_6.pcapng"

  struct Packet {
    var frame: CapturedFrame
    var payload: ArraySlice<UInt8> { frame.payload }
    var channel: UInt32 { UInt32(little(payload, 2, 2)) }
    /// The first book change of the packet: instrument and whether there is one.
    var changedInstrument: UInt32?
  }

  let packets: [Packet]

  init() throws {
    let source = try CaptureSet(paths: [Self.path]).makeSource()
    let burst = UnsafeMutableBufferPointer<FeedCore.Packet>.allocate(capacity: 64)
    defer { burst.deallocate() }
    var packets: [Packet] = []
    while !source.isExhausted {
      for packet in burst[..<source.receive(into: burst)] where packet.linkType == .ethernet {
        let bytes = [UInt8](UnsafeRawBufferPointer(start: packet.bytes, count: Int(packet.capturedLength)))
        var entry = Packet(frame: CapturedFrame(nanoseconds: packet.captureNanoseconds, bytes: bytes))
        entry.changedInstrument = Self.changedInstrument(entry.payload)
        packets.append(entry)
      }
    }
    self.packets = packets
  }

  /// Walks the messages by block, group and string lengths to a 1001.
  private static func changedInstrument(_ payload: ArraySlice<UInt8>) -> UInt32? {
    var offset = 8
    while offset + 12 <= payload.count {
      if little(payload, offset + 2, 2) == 1001 { return UInt32(little(payload, offset + 12, 4)) }
      let groups = little(payload, offset + 8, 2)
      let strings = little(payload, offset + 10, 2)
      offset += 12 + Int(little(payload, offset, 2))
      for _ in 0..<groups { offset += 8 + Int(little(payload, offset, 2) * little(payload, offset + 2, 2)) }
      for _ in 0..<strings { offset += 1 + Int(little(payload, offset, 1)) }
    }
    return nil
  }

  static func write(_ packets: some Sequence<Packet>) -> String { PcapFile.write(packets.map(\.frame)) }
}

/// A little-endian integer, `offset` bytes from the beginning.
private func little(_ bytes: ArraySlice<UInt8>, _ offset: Int, _ length: Int) -> UInt64 {
  (0..<length).reversed().reduce(0) { $0 << 8 | UInt64(bytes[bytes.startIndex + offset + $1]) }
}
