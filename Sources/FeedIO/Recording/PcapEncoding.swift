/// A little-endian nanosecond pcap (draft-ietf-opsawg-pcap, sections 4 and 5).
enum PcapEncoding {
  static let headerLength = 24
  static let recordHeaderLength = 16

  static func putHeader(_ encoding: inout CaptureEncoding, snapLength: Int, linkType: UInt16) {
    encoding.put(0xA1B2_3C4D as UInt32)
    encoding.put(2 as UInt16)
    encoding.put(4 as UInt16)
    encoding.put(0 as UInt64)
    encoding.put(UInt32(truncatingIfNeeded: snapLength))
    encoding.put(UInt32(linkType))
  }

  /// Seconds have 32 bits: times from 2106 on begin anew.
  static func putRecord(_ encoding: inout CaptureEncoding, _ record: RecordingRing.Record) {
    encoding.put(UInt32(truncatingIfNeeded: record.captureNanoseconds / 1_000_000_000))
    encoding.put(UInt32(truncatingIfNeeded: record.captureNanoseconds % 1_000_000_000))
    encoding.put(UInt32(truncatingIfNeeded: record.storedLength))
    encoding.put(max(record.wireLength, UInt32(truncatingIfNeeded: record.storedLength)))
    encoding.put(record.bytes, record.storedLength)
  }
}
