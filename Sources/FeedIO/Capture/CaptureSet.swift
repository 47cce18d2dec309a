import FeedCore
import Glibc

/// The capture files of one run: opened, mapped, unpacked where packed, recognised by content, and checked to fit
/// together. Immutable, so that threads share it; each walks it with a `CaptureSource` of its own.
///
///     let set = try CaptureSet(paths: ["lineA.pcap.zst", "lineB.pcapng"], filter: "udp port 26477")
///     let source = set.makeSource()
///     while !source.isExhausted { let count = source.receive(into: burst) … }
///
/// Packets point into the mapped files: they are valid while the set lives.
public final class CaptureSet: Sendable {
  /// `Packet.fileIndex` is 16 bits wide.
  public static let filesMaximum = 65_535

  public let files: [CaptureFile]
  /// Bytes of all files, unpacked.
  public let totalBytes: Int
  let filter: PacketFilter?
  private let mappings: [MappedFile]
  private let faults: [Decompressor.Fault?]

  /// - Parameters:
  ///   - paths: in command-line order; a packet's `fileIndex` is its position here.
  ///   - filter: a libpcap filter expression (pcap-filter(7)); nil or blank = every packet.
  public init(paths: [String], filter: String? = nil) throws(CaptureError) {
    if paths.isEmpty { throw .noFiles }
    if paths.count > Self.filesMaximum { throw .tooManyFiles(count: paths.count) }
    let expression = filter.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : $0 }
    self.filter = if let expression { try PacketFilter(expression: expression) } else { nil }
    var files: [CaptureFile] = []
    var mappings: [MappedFile] = []
    var faults: [Decompressor.Fault?] = []
    for path in paths {
      let (file, mapping, fault) = try Self.open(path)
      files.append(file)
      mappings.append(mapping)
      faults.append(fault)
    }
    try Self.checkKinds(files)
    if let filter = self.filter { try Self.check(filter, files) }
    self.files = files
    self.mappings = mappings
    self.faults = faults
    totalBytes = files.reduce(0) { $0 + $1.bytes.count }
  }

  /// A new walk over the whole set. Cheap: each core may have one.
  public func makeSource() -> CaptureSource { CaptureSource(self) }

  /// Faults of unpacking, which happened before any source was made.
  func noteFaults(in counters: CaptureCounters) {
    for (index, fault) in faults.enumerated() {
      guard let fault else { continue }
      counters.note(fault.counter, fileIndex: UInt16(index), offset: fault.offset)
    }
  }

  /// Brings the beginning of the input into memory, files in order, so that no page fault is left for the measured
  /// walk. Returns the number of bytes brought in.
  ///
  /// - Parameter limitBytes: at most this much over all files; keep it below the machine's free memory.
  @discardableResult
  public func prefault(limitBytes: Int) -> Int {
    var left = max(0, limitBytes)
    for file in files where left > 0 {
      let length = min(left, file.bytes.count)
      let start = UnsafeMutableRawPointer(mutating: file.bytes.baseAddress!)
      if madvise(start, length, 22 /* MADV_POPULATE_READ, Linux 5.14 */) != 0 { touch(start, length) }
      left -= length
    }
    return max(0, limitBytes) - left
  }

  /// Older kernels: reading one byte of each page maps it. The sum goes through memory, so the reads must happen.
  private func touch(_ start: UnsafeRawPointer, _ length: Int) {
    let sum = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
    defer { sum.deallocate() }
    sum.initialize(to: 0)
    for offset in stride(from: 0, to: length, by: 4096) { sum.pointee ^= start.byte(at: offset) }
    // A system call that reads the byte: it fails at once, which is all that is wanted.
    _ = write(-1, sum, 1)
  }

  private static func open(
    _ path: String
  ) throws(CaptureError) -> (CaptureFile, MappedFile, Decompressor.Fault?) {
    var mapping = try MappedFile.open(path: path)
    var fault: Decompressor.Fault?
    let compression = CaptureFormat.compression(of: mapping.bytes)
    if compression != .none {
      (mapping, fault) = try Decompressor.unpack(mapping.bytes, compression, path: path)
    }
    guard let format = CaptureFormat.recognise(mapping.bytes) else {
      let inside = compression == .none ? "" : ", unpacked from \(compression.rawValue)"
      throw .notACapture(path: path, found: beginning(of: mapping.bytes) + inside)
    }
    let file = CaptureFile(
      path: path, kind: format.kind, compression: compression, bytes: mapping.bytes, format: format)
    return (file, mapping, fault)
  }

  /// The first bytes of a file as an error shows them: `"PK\x03\x04"`.
  private static func beginning(of bytes: UnsafeRawBufferPointer) -> String {
    let shown = bytes.prefix(8).map { byte in
      if byte >= 0x20 && byte < 0x7F { return String(Unicode.Scalar(byte)) }
      return "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    return "\"" + shown.joined() + "\""
  }

  /// Only files whose times compare may be merged.
  private static func checkKinds(_ files: [CaptureFile]) throws(CaptureError) {
    let first = files[0]
    for file in files.dropFirst() where file.kind != first.kind {
      if file.kind == .soupBinTCP { throw .mixedOrderStreams(orderStream: file.path, capture: first.path) }
      if first.kind == .soupBinTCP { throw .mixedOrderStreams(orderStream: first.path, capture: file.path) }
      if file.kind == .lengthPrefixedITCH { throw .mixedClocks(lengthPrefixed: file.path, capture: first.path) }
      if first.kind == .lengthPrefixedITCH { throw .mixedClocks(lengthPrefixed: first.path, capture: file.path) }
    }
  }

  private static func check(_ filter: PacketFilter, _ files: [CaptureFile]) throws(CaptureError) {
    for file in files {
      switch file.format {
      case .pcap(let header): try filter.check(linkNumber: header.linkNumber, isSwapped: header.isSwapped)
      case .pcapng:
        // A file that describes its interfaces later is judged as Ethernet.
        var links = FileCursor.leadingLinkTypes(file.bytes)
        if links.isEmpty { links = [(1, false)] }
        for link in links { try filter.check(linkNumber: link.linkNumber, isSwapped: link.isSwapped) }
      case .lengthPrefixedITCH, .soupBinTCP: throw .filterNeedsPackets(path: file.path)
      }
    }
  }
}
