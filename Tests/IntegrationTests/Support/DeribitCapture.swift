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
    /// Template and the number at 12, where all that concern an instrument have its id.
    var messages: [(template: UInt64, instrument: UInt32)] = []
    /// The instrument of the packet's book change, nil where it has none.
    var changedInstrument: UInt32? { messages.first { $0.template == 1001 }?.instrument }
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
        entry.messages = Self.messages(entry.payload)
        packets.append(entry)
      }
    }
    self.packets = packets
  }

  /// Walks the messages by block, group and string lengths.
  private static func messages(_ payload: ArraySlice<UInt8>) -> [(template: UInt64, instrument: UInt32)] {
    var messages: [(template: UInt64, instrument: UInt32)] = []
    var offset = 8
    while offset + 12 <= payload.count {
      let hasId = little(payload, offset, 2) >= 4
      messages.append((little(payload, offset + 2, 2), hasId ? UInt32(little(payload, offset + 12, 4)) : 0))
      let groups = little(payload, offset + 8, 2)
      let strings = little(payload, offset + 10, 2)
      offset += 12 + Int(little(payload, offset, 2))
      for _ in 0..<groups { offset += 8 + Int(little(payload, offset, 2) * little(payload, offset + 2, 2)) }
      for _ in 0..<strings { offset += 1 + Int(little(payload, offset, 1)) }
    }
    return messages
  }

  static func write(_ packets: some Sequence<Packet>) -> String { PcapFile.write(packets.map(\.frame)) }
}

/// A little-endian integer, `offset` bytes from the beginning.
private func little(_ bytes: ArraySlice<UInt8>, _ offset: Int, _ length: Int) -> UInt64 {
  (0..<length).reversed().reduce(0) { $0 << 8 | UInt64(bytes[bytes.startIndex + offset + $1]) }
}
