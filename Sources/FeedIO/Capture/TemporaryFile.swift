import Glibc

/// A file without a name in TMPDIR (else /tmp): its space comes back when it is unmapped, whatever ends the run.
struct TemporaryFile: ~Copyable {
  /// Bytes written at a time.
  static let chunkLength = 1 << 20

  private let descriptor: Int32
  private let directory: String
  /// The capture it is made for, in errors.
  private let path: String
  private(set) var length = 0

  init(path: String) throws(CaptureError) {
    let variable = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    directory = variable.isEmpty ? "/tmp" : variable
    self.path = path
    var template = Array("\(directory)/feedh-XXXXXX".utf8CString)
    descriptor = mkstemp(&template)
    if descriptor < 0 {
      throw .temporaryFile(directory: directory, path: path, reason: String(cString: strerror(errno)))
    }
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    unlink(template)
  }

  deinit { close(descriptor) }

  mutating func append(_ bytes: UnsafeRawBufferPointer) throws(CaptureError) {
    var written = 0
    while written < bytes.count {
      let count = write(descriptor, bytes.baseAddress! + written, bytes.count - written)
      if count < 0 {
        if errno == EINTR { continue }
        throw .temporaryFile(directory: directory, path: path, reason: String(cString: strerror(errno)))
      }
      written += count
    }
    length += bytes.count
  }

  /// Nil when nothing was written.
  func map() throws(CaptureError) -> MappedFile? {
    length == 0 ? nil : try MappedFile.map(descriptor: descriptor, length: length, path: path)
  }
}
