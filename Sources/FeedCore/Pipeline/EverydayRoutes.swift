/// Where everyday packets of the transports with `EverydayFraming` lead: what `FlowCache` is for MoldUDP64.
///
/// A flow is found by eight bytes of its frame, in front of the parser and the `RouteTable`. An entry for each flow of
/// a feed handler's core, more or less: two that meet in one place take turns, and the packets of the one that is not
/// there go the long way, to the same end.
struct EverydayRoutes {
  struct Entry: BitwiseCopyable {
    /// See `key`; no frame has this one, because no run has that many files.
    var key = UInt64.max
    /// Of transports with streams: whose channel and line these are.
    var stream: UInt32 = 0
    var channel: UInt8 = 0
    var line: UInt8 = 0
    var transport = Transport.moldUDP64
    /// The flow's place in the `RouteTable`, which knows its other streams.
    var slot: UInt32 = 0
  }

  private static var placeBits: UInt64 { 6 }
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

  /// Keeps where a live packet of an everyday frame's flow led.
  @inline(never)
  func remember(
    _ frame: UnsafeRawPointer, file: UInt16, route: RouteTable.Match, stream: UInt32, channel: Int, line: UInt8
  ) {
    let key = Self.key(frame, file: file)
    entry(key).pointee = Entry(
      key: key, stream: stream, channel: UInt8(truncatingIfNeeded: channel), line: line, transport: route.transport,
      slot: route.slot)
  }
}
