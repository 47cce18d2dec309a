/// Where and how packets are recorded.
public struct RecordingOptions: Sendable, Equatable {
  /// Bytes of a packet that are kept at most: more than any packet has.
  public static let snapLengthMaximum = 262_144
  /// Smallest ring: several of the longest packets.
  public static let ringBytesMinimum = 1 << 20

  /// A name that ends in `.pcap` or `.pcapng` is a file; every other one a folder, made where it is missing.
  public var path: String
  /// Nil: what the file's name says, and `pcapng` in a folder.
  public var format: RecordingFormat?
  /// Bytes of a packet that are kept, 1 … `snapLengthMaximum`.
  public var snapLength = RecordingOptions.snapLengthMaximum
  /// A file is ended before it would exceed this many bytes, 4,096 at least; nil: never. Only a file of a single
  /// packet may be longer.
  public var rotateBytes: Int64?
  /// A file is ended where capture time passes a multiple of this since 1970, 1 s at least: an hour's files begin on
  /// the hour. Nil: never.
  public var rotateNanoseconds: UInt64?
  /// Bytes between the core that receives and the thread that writes, per tap, rounded up to a power of two;
  /// `ringBytesMinimum` … 2^34. Packets that find it full are dropped and counted.
  public var ringBytes = 64 << 20
  /// CPU that the writing thread is pinned to; nil: wherever the system puts it.
  public var cpu: Int?
  /// What the files say they were written by.
  public var application = "feedh"

  public init(path: String) { self.path = path }

  /// Everything that can be judged without touching the disk.
  func check() throws(RecordingError) {
    for suffix in [".gz", ".zst"] where path.hasSuffix(suffix) { throw .packedName(path: path) }
    if let format, let named = Self.format(ofName: path), named != format {
      throw .formatUnlikeName(path: path, format: format)
    }
    try Self.check("the snap length", Int64(snapLength), 1...Int64(Self.snapLengthMaximum), "bytes")
    if let rotateBytes { try Self.check("the length of a file", rotateBytes, 4_096...Int64.max, "bytes") }
    if let rotateNanoseconds {
      try Self.check("the time of a file", Int64(clamping: rotateNanoseconds), 1_000_000_000...Int64.max, "ns")
    }
    try Self.check("the ring", Int64(ringBytes), Int64(Self.ringBytesMinimum)...(1 << 34), "bytes")
  }

  var isFile: Bool { Self.format(ofName: path) != nil }
  var chosenFormat: RecordingFormat { format ?? Self.format(ofName: path) ?? .pcapng }
  var rotates: Bool { rotateBytes != nil || rotateNanoseconds != nil }

  private static func format(ofName path: String) -> RecordingFormat? {
    RecordingFormat.allCases.first { path.hasSuffix($0.suffix) }
  }

  private static func check(
    _ what: String, _ value: Int64, _ range: ClosedRange<Int64>, _ unit: String
  ) throws(RecordingError) {
    if range.contains(value) { return }
    let end = range.upperBound == .max ? "more" : "\(range.upperBound)"
    throw .outOfRange(what: what, value: value, allowed: "\(range.lowerBound) … \(end) \(unit)")
  }
}
