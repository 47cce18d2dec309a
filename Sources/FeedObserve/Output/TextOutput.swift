import Glibc

/// Text or bytes on their way to a file: gathers them, writes large pieces, and keeps the first error for `finish`.
///
/// One owner. What is not finished may not be in the file.
public final class TextOutput {
  private static let pieceLength = 1 << 20

  public let path: String
  private let descriptor: Int32
  private var pending: [UInt8] = []
  private var failure: OutputError?

  /// Makes the file, or empties it. `/dev/stdout` and pipes are fine.
  public init(path: String) throws(OutputError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    if descriptor < 0 { throw OutputError(path: path) }
    pending.reserveCapacity(Self.pieceLength)
  }

  /// Standard output. It is not closed.
  public static func standardOutput() -> TextOutput { TextOutput(descriptor: STDOUT_FILENO, name: "standard output") }

  /// Nothing is written anywhere: `text` is what was given. For tests and for screens that are measured first.
  public init() {
    path = ""
    descriptor = -1
  }

  private init(descriptor: Int32, name: String) {
    path = name
    self.descriptor = descriptor
  }

  deinit { if descriptor > STDERR_FILENO { close(descriptor) } }

  public func write(_ text: some StringProtocol) {
    pending.append(contentsOf: text.utf8)
    if pending.count >= Self.pieceLength { flush() }
  }

  public func write(_ bytes: UnsafeRawBufferPointer) {
    pending.append(contentsOf: bytes)
    if pending.count >= Self.pieceLength { flush() }
  }

  public func write(_ byte: UInt8) { pending.append(byte) }

  /// What was given and not yet written.
  public var text: String { String(decoding: pending, as: UTF8.self) }

  /// Writes what is left.
  ///
  /// - Throws: the first error of any write.
  public func finish() throws(OutputError) {
    flush()
    if let failure { throw failure }
  }

  private func flush() {
    guard descriptor >= 0 else { return }
    pending.withUnsafeBytes { bytes in
      var written = 0
      while failure == nil, written < bytes.count {
        // SAFETY: `written` < `bytes.count`, so the address is within the buffer.
        let count = Glibc.write(descriptor, bytes.baseAddress! + written, bytes.count - written)
        if count >= 0 { written += count } else if errno != EINTR { failure = OutputError(path: path) }
      }
    }
    pending.removeAll(keepingCapacity: true)
  }
}
