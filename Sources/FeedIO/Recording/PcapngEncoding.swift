/// Blocks of a little-endian pcapng (draft-ietf-opsawg-pcapng, section 4), times in nanoseconds.
///
///     type │ length of all of it │ body, padded to four bytes │ options │ the same length again
///
/// An option: code (16 bits), length (16 bits), value, padded to four bytes.
enum PcapngEncoding {
  /// Codes of the options written here, section 3.5 and those of the blocks.
  private enum Option {
    static let end: UInt16 = 0
    static let sectionApplication: UInt16 = 4
    static let interfaceName: UInt16 = 2
    static let interfaceResolution: UInt16 = 9
    static let packetDropCount: UInt16 = 4
    static let statisticsStart: UInt16 = 2
    static let statisticsEnd: UInt16 = 3
    static let statisticsReceived: UInt16 = 4
    static let statisticsDroppedBySystem: UInt16 = 7
    static let statisticsDelivered: UInt16 = 8
  }

  /// What an Interface Statistics Block says.
  struct Statistics {
    var interface: UInt32
    var startNanoseconds: UInt64
    var endNanoseconds: UInt64
    /// Nil where there is no queue to ask.
    var received: UInt64?
    var droppedBySystem: UInt64?
    var delivered: UInt64
  }

  /// Section Header Block; its length unknown, as it is written as it comes.
  static func putSection(_ encoding: inout CaptureEncoding, application: String) {
    block(&encoding, type: 0x0A0D_0D0A) { encoding in
      encoding.put(0x1A2B_3C4D as UInt32)
      encoding.put(1 as UInt16)
      encoding.put(0 as UInt16)
      encoding.put(-1 as Int64)
      text(&encoding, Option.sectionApplication, application)
      end(&encoding)
    }
  }

  /// Interface Description Block: `if_tsresol` 9.
  static func putInterface(_ encoding: inout CaptureEncoding, name: String, linkType: UInt16, snapLength: Int) {
    block(&encoding, type: 1) { encoding in
      encoding.put(linkType)
      encoding.put(0 as UInt16)
      encoding.put(UInt32(truncatingIfNeeded: snapLength))
      text(&encoding, Option.interfaceName, name)
      option(&encoding, Option.interfaceResolution, 9 as UInt8)
      end(&encoding)
    }
  }

  /// Length of the Enhanced Packet Block of a record.
  static func packetLength(_ record: RecordingRing.Record) -> Int {
    32 + (record.storedLength + 3) & ~3 + (record.droppedBefore > 0 ? 16 : 0)
  }

  /// Enhanced Packet Block; `epb_dropcount` where packets were lost before this one.
  static func putPacket(_ encoding: inout CaptureEncoding, _ record: RecordingRing.Record, interface: UInt32) {
    block(&encoding, type: 6) { encoding in
      encoding.put(interface)
      encoding.put(UInt32(truncatingIfNeeded: record.captureNanoseconds >> 32))
      encoding.put(UInt32(truncatingIfNeeded: record.captureNanoseconds))
      encoding.put(UInt32(truncatingIfNeeded: record.storedLength))
      encoding.put(max(record.wireLength, UInt32(truncatingIfNeeded: record.storedLength)))
      encoding.put(record.bytes, record.storedLength)
      encoding.pad()
      if record.droppedBefore > 0 {
        option(&encoding, Option.packetDropCount, record.droppedBefore)
        end(&encoding)
      }
    }
  }

  /// Longest Interface Statistics Block.
  static let statisticsLengthMaximum = 88

  /// Interface Statistics Block. Its times are in the interface's unit, high word first.
  static func putStatistics(_ encoding: inout CaptureEncoding, _ statistics: Statistics) {
    block(&encoding, type: 5) { encoding in
      encoding.put(statistics.interface)
      time(&encoding, statistics.endNanoseconds)
      timeOption(&encoding, Option.statisticsStart, statistics.startNanoseconds)
      timeOption(&encoding, Option.statisticsEnd, statistics.endNanoseconds)
      if let received = statistics.received { option(&encoding, Option.statisticsReceived, received) }
      if let dropped = statistics.droppedBySystem { option(&encoding, Option.statisticsDroppedBySystem, dropped) }
      option(&encoding, Option.statisticsDelivered, statistics.delivered)
      end(&encoding)
    }
  }

  // MARK: - Parts

  private static func block(
    _ encoding: inout CaptureEncoding, type: UInt32, _ body: (inout CaptureEncoding) -> Void
  ) {
    let begin = encoding.length
    encoding.put(type)
    encoding.put(0 as UInt32)
    body(&encoding)
    let length = UInt32(truncatingIfNeeded: encoding.length - begin + 4)
    // SAFETY: the length's place was written above.
    (encoding.start + begin + 4).storeBytes(of: length.littleEndian, as: UInt32.self)
    encoding.put(length)
  }

  private static func option<T: FixedWidthInteger>(_ encoding: inout CaptureEncoding, _ code: UInt16, _ value: T) {
    encoding.put(code)
    encoding.put(UInt16(MemoryLayout<T>.size))
    encoding.put(value)
    encoding.pad()
  }

  /// Texts of more than 1,024 bytes are cut: callers reserve room for that.
  private static func text(_ encoding: inout CaptureEncoding, _ code: UInt16, _ value: String) {
    let bytes = Array(value.utf8.prefix(1_024))
    encoding.put(code)
    encoding.put(UInt16(bytes.count))
    bytes.withUnsafeBytes { if let start = $0.baseAddress { encoding.put(start, $0.count) } }
    encoding.pad()
  }

  private static func time(_ encoding: inout CaptureEncoding, _ nanoseconds: UInt64) {
    encoding.put(UInt32(truncatingIfNeeded: nanoseconds >> 32))
    encoding.put(UInt32(truncatingIfNeeded: nanoseconds))
  }

  private static func timeOption(_ encoding: inout CaptureEncoding, _ code: UInt16, _ nanoseconds: UInt64) {
    encoding.put(code)
    encoding.put(8 as UInt16)
    time(&encoding, nanoseconds)
  }

  private static func end(_ encoding: inout CaptureEncoding) {
    encoding.put(Option.end)
    encoding.put(0 as UInt16)
  }
}
