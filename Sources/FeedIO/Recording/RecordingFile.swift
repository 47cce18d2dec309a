import Glibc

/// One file that is being written: gathers bytes and writes large pieces. One owner.
final class RecordingFile {
  private static let pieceLength = 1 << 20

  let path: String
  /// Bytes of the file so far, those not yet written too.
  private(set) var length: Int64 = 0
  private let descriptor: Int32
  private let buffer: UnsafeMutableRawPointer
  /// Bytes gathered and not yet handed to the system.
  private(set) var pending = 0

  /// Creates the file. One that is there already is not touched, unless it is no regular file (a pipe, /dev/null).
  init(path: String) throws(RecordingError) {
    var status = stat()
    let isSpecial = stat(path, &status) == 0 && status.st_mode & S_IFMT != S_IFREG
    let flags = isSpecial ? O_WRONLY | O_CLOEXEC : O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC
    descriptor = open(path, flags, 0o666)
    if descriptor < 0 {
      if errno == EEXIST { throw .exists(path: path) }
      throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
    }
    self.path = path
    // A piece, and whatever one record adds to it.
    buffer = .allocate(byteCount: Self.pieceLength + RecordingOptions.snapLengthMaximum + 4_096, alignment: 4_096)
  }

  deinit {
    buffer.deallocate()
    close(descriptor)
  }

  /// Appends up to `length` bytes in place; `body` returns how many it wrote.
  ///
  /// - Precondition: `length` ≤ the longest packet and a page.
  func append(length: Int, _ body: (UnsafeMutableRawPointer) -> Int) throws(RecordingError) {
    precondition(length <= RecordingOptions.snapLengthMaximum + 4_096, "one record at a time")
    let count = body(buffer + pending)
    assert(count <= length)
    pending += count
    self.length += Int64(count)
    if pending >= Self.pieceLength { try flush() }
  }

  /// Hands everything to the system.
  func flush() throws(RecordingError) {
    var written = 0
    while written < pending {
      // SAFETY: `written` < `pending`, which is within the buffer.
      let count = write(descriptor, buffer + written, pending - written)
      if count >= 0 {
        written += count
      } else if errno != EINTR {
        let reason = String(cString: strerror(errno))
        // What is left is given up: the file ends in a piece of a record, which readers know.
        pending = 0
        throw .cannotWrite(path: path, reason: reason)
      }
    }
    pending = 0
  }
}
