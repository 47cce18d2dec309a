/// Where the flows of everyday packets lead: untagged Ethernet, IPv4 without options, UDP, MoldUDP64.
///
/// Found by eight bytes of the frame, in front of the parser and the `RouteTable`. An entry for each flow of a feed
/// handler's core, more or less: two that meet in one place take turns, and the packets of the one that is not there
/// go the long way, to the same end.
struct FlowCache {
  struct Entry: BitwiseCopyable {
    /// See `key`; no frame has this one, because no run has that many files.
    var key = UInt64.max
    var channel: UInt32 = 0
    var line: UInt8 = 0
  }

  private static var placeBits: UInt64 { 5 }
  private let entries: UnsafeMutablePointer<Entry>

  init() {
    entries = .allocate(capacity: 1 << Int(Self.placeBits))
    entries.initialize(repeating: Entry(), count: 1 << Int(Self.placeBits))
  }

  /// Destination address and port as they lie in the frame from byte 30 on; in place of the source port between them,
  /// the file.
  ///
  /// SAFETY: 38 bytes are at `frame`.
  @inline(__always)
  private static func key(_ frame: UnsafeRawPointer, file: UInt16) -> UInt64 {
    frame.littleEndian(UInt64.self, at: 30) & 0xFFFF_0000_FFFF_FFFF | UInt64(file) << 32
  }

  @inline(__always)
  private func entry(_ key: UInt64) -> UnsafeMutablePointer<Entry> {
    entries + Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> (64 &- Self.placeBits))
  }

  /// The entry of a frame's flow, if the frame is what `FrameParser.everydayLength` takes. Nil where none is known.
  @inline(__always)
  func find(_ frame: UnsafeRawPointer, file: UInt16) -> UnsafeMutablePointer<Entry>? {
    let key = Self.key(frame, file: file)
    let entry = entry(key)
    return entry.pointee.key == key ? entry : nil
  }

  /// Keeps where the flow of an everyday frame leads.
  @inline(never)
  func remember(_ frame: UnsafeRawPointer, file: UInt16, channel: Int, line: UInt8) {
    let key = Self.key(frame, file: file)
    entry(key).pointee = Entry(key: key, channel: UInt32(truncatingIfNeeded: channel), line: line)
  }
}
