import Glibc

/// A file or folder of a run's results that cannot be written: what, why, what to do, in one line.
public struct OutputError: Error, Equatable, Sendable, CustomStringConvertible {
  public let path: String
  /// The system's error number.
  public let code: Int32

  public init(path: String, code: Int32 = errno) {
    self.path = path
    self.code = code
  }

  /// The reader of a pipe has seen enough: no failure of ours.
  public var isClosedPipe: Bool { code == EPIPE }

  public var description: String {
    "\(path): cannot be written: \(String(cString: strerror(code))); name another place or free space there"
  }
}
