import Glibc

/// A file's bytes in memory, read-only, unmapped when the last user lets go.
///
/// Mapping costs no copy and no memory of ours. Its price: a file that another process cuts short while we read ends
/// the run with SIGBUS, as for every program that maps its input.
final class MappedFile: @unchecked Sendable {
  /// Never empty.
  let bytes: UnsafeRawBufferPointer

  private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  deinit { munmap(UnsafeMutableRawPointer(mutating: bytes.baseAddress), bytes.count) }

  /// Opens a regular file, or copies a pipe (`<(…)`, /dev/stdin) into a temporary file first.
  static func open(path: String) throws(CaptureError) -> MappedFile {
    let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 {
      switch errno {
      case ENOENT, ENOTDIR: throw .missing(path: path)
      case EACCES, EPERM: throw .noPermission(path: path)
      case let code: throw .unreadable(path: path, reason: String(cString: strerror(code)))
      }
    }
    defer { close(descriptor) }
    var status = stat()
    if fstat(descriptor, &status) != 0 {
      throw .unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG:
      if status.st_size == 0 { throw .empty(path: path) }
      return try map(descriptor: descriptor, length: Int(status.st_size), path: path)
    case S_IFDIR: throw .directory(path: path)
    case S_IFIFO: return try copy(pipe: descriptor, path: path)
    default: throw .notAFile(path: path)
    }
  }

  static func map(descriptor: Int32, length: Int, path: String) throws(CaptureError) -> MappedFile {
    let address = mmap(nil, length, PROT_READ, MAP_PRIVATE, descriptor, 0)
    guard let address, address != MAP_FAILED else {
      throw .unreadable(path: path, reason: String(cString: strerror(errno)))
    }
    return MappedFile(bytes: UnsafeRawBufferPointer(start: address, count: length))
  }

  private static func copy(pipe: Int32, path: String) throws(CaptureError) -> MappedFile {
    var file = try TemporaryFile(path: path)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: TemporaryFile.chunkLength, alignment: 4096)
    defer { buffer.deallocate() }
    while true {
      let count = read(pipe, buffer.baseAddress, buffer.count)
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        throw .unreadable(path: path, reason: String(cString: strerror(errno)))
      }
      try file.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
    guard let mapped = try file.map() else { throw .empty(path: path) }
    return mapped
  }
}
