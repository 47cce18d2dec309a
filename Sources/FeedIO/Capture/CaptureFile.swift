import FeedCore

/// One opened, mapped and recognised capture file of a `CaptureSet`, which keeps it mapped.
public struct CaptureFile: @unchecked Sendable {
  /// As named on the command line.
  public let path: String
  public let kind: CaptureKind
  public let compression: CaptureCompression
  /// The file's bytes, unpacked. Valid while its `CaptureSet` lives; never written to, hence `@unchecked Sendable`.
  public let bytes: UnsafeRawBufferPointer
  let format: CaptureFormat

  /// The path's last component.
  public var baseName: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// One line for `info`: "pcap, nanoseconds, little-endian, Ethernet, gzip".
  public var summary: String {
    var parts = [kind.description]
    if case .pcap(let header) = format {
      parts.append(header.nanosecondsPerTick == 1 ? "nanoseconds" : "microseconds")
      parts.append(header.isSwapped ? "big-endian" : "little-endian")
      parts.append(LinkType.name(captureNumber: header.linkNumber))
      parts.append("snap length \(header.snapLength)")
    }
    if compression != .none { parts.append(compression.rawValue) }
    return parts.joined(separator: ", ")
  }
}
