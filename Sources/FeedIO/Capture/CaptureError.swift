/// Why a capture cannot be read at all. One line each: what, where, what to do. What is wrong inside a capture is no
/// error but a `CaptureCounter`.
public enum CaptureError: Error, Equatable, Sendable, CustomStringConvertible {
  case noFiles
  case tooManyFiles(count: Int)
  case missing(path: String)
  case directory(path: String)
  case empty(path: String)
  case noPermission(path: String)
  /// Neither file nor pipe: a device, a socket.
  case notAFile(path: String)
  /// The system refused; `reason` is its message.
  case unreadable(path: String, reason: String)
  case notACapture(path: String, found: String)
  /// Compressed, and not one byte of it could be read.
  case nothingDecompressed(path: String, format: String)
  case libraryMissing(library: String, package: String, purpose: String)
  case temporaryFile(directory: String, path: String, reason: String)
  case badFilter(expression: String, linkType: String, reason: String)
  case filterNeedsPackets(path: String)
  case mixedClocks(lengthPrefixed: String, capture: String)
  case mixedOrderStreams(orderStream: String, capture: String)

  public var description: String {
    switch self {
    case .noFiles: "no capture file was named; name at least one"
    case .tooManyFiles(let count):
      "\(count) capture files exceed \(CaptureSet.filesMaximum); merge some of them first (mergecap)"
    case .missing(let path): "\(path): no such file; check the path"
    case .directory(let path): "\(path): is a directory; name the capture files in it"
    case .empty(let path): "\(path): is empty (0 bytes); record or copy it again"
    case .noPermission(let path): "\(path): no permission to read it; chmod it or run as its owner"
    case .notAFile(let path): "\(path): is neither a file nor a pipe; copy its data to a file first"
    case .unreadable(let path, let reason): "\(path): cannot be read: \(reason)"
    case .notACapture(let path, let found):
      "\(path): is no capture (begins with \(found)); feedh reads pcap, pcapng, length-prefixed ITCH 5.0 and "
        + "SoupBinTCP streams, plain, .gz or .zst"
    case .nothingDecompressed(let path, let format):
      "\(path): not one byte could be decompressed from its \(format) data; copy the file again"
    case .libraryMissing(let library, let package, let purpose):
      "\(purpose) needs \(library), which is not installed; install the Debian package \(package)"
    case .temporaryFile(let directory, let path, let reason):
      "\(path): cannot be unpacked into \(directory): \(reason); free space there or set TMPDIR"
    case .badFilter(let expression, let linkType, let reason):
      "filter '\(expression)' does not compile for \(linkType): \(reason); see pcap-filter(7)"
    case .filterNeedsPackets(let path):
      "\(path): holds messages without packet headers, so --filter cannot apply; leave it out"
    case .mixedClocks(let lengthPrefixed, let capture):
      "\(lengthPrefixed) counts time from midnight and \(capture) from 1970, so they cannot be merged; "
        + "run them separately"
    case .mixedOrderStreams(let orderStream, let capture):
      "\(orderStream) is a SoupBinTCP stream without times, so it cannot be merged with \(capture); "
        + "run them separately"
    }
  }
}
