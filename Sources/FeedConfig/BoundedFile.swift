import Glibc

/// Reads a file that has to be small whole: a configuration, a secret.
enum BoundedFile {
  /// - Parameter maximum: bytes; a longer file is refused, and no more of it is read.
  static func read(_ path: String, maximum: Int) throws(BoundedFileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw .unreadable(String(cString: strerror(errno))) }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: maximum + 1)
    var length = 0
    while length < bytes.count {
      let count = bytes.withUnsafeMutableBytes { buffer in
        // SAFETY: length < buffer.count, and read writes at most buffer.count - length bytes from there.
        Glibc.read(descriptor, buffer.baseAddress! + length, buffer.count - length)
      }
      if count < 0 && errno == EINTR { continue }
      if count < 0 { throw .unreadable(String(cString: strerror(errno))) }
      if count == 0 { break }
      length += count
    }
    if length > maximum { throw .tooLong }
    bytes.removeSubrange(length...)
    return bytes
  }
}
