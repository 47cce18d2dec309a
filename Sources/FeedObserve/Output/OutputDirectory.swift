import Glibc

/// A folder for results, made where it is missing, parents too.
public struct OutputDirectory: Sendable {
  public let path: String

  /// - Throws: where it cannot be made, is no folder, or nothing may be written in it.
  public init(path: String) throws(OutputError) {
    self.path = path
    var prefix = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      prefix += prefix.isEmpty || prefix.hasSuffix("/") ? String(part) : "/" + part
      if mkdir(prefix, 0o777) != 0, errno != EEXIST { throw OutputError(path: prefix) }
    }
    var status = stat()
    if stat(path, &status) != 0 { throw OutputError(path: path) }
    if status.st_mode & S_IFMT != S_IFDIR { throw OutputError(path: path, code: ENOTDIR) }
    if access(path, W_OK) != 0 { throw OutputError(path: path) }
  }

  public func path(of name: String) -> String { path.hasSuffix("/") ? path + name : path + "/" + name }

  public func makeFile(_ name: String) throws(OutputError) -> TextOutput { try TextOutput(path: self.path(of: name)) }

  /// Removes what an earlier run left under this name.
  public func remove(_ name: String) { unlink(path(of: name)) }
}
