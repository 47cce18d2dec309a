import FeedObserve
import Glibc

/// Everything that was read of a machine, to be written as a folder that `--root` takes.
struct MachineRecording {
  private var files: [String: [UInt8]] = [:]
  private var links: [String: String] = [:]
  private var folders: Set<String> = []

  mutating func keep(_ bytes: [UInt8], at path: String) { files[path] = bytes }
  mutating func keepLink(_ target: String, at path: String) { links[path] = target }
  mutating func keepExistence(of path: String) { folders.insert(path) }
  mutating func keepNames(_ names: [String], in path: String) {
    folders.insert(path)
    for name in names { folders.insert("\(path)/\(name)") }
  }

  /// Writes the folder. Of a link only the last part of its target matters: it becomes one to a folder of that name
  /// below `feedh/links`. A name of which nothing else was read becomes an empty folder.
  ///
  /// - Throws: where `path` is there already, or cannot be written.
  func write(to path: String, adding extra: [String: [UInt8]] = [:]) throws(MachineError) {
    if access(path, F_OK) == 0 { throw .recordingExists(path: path) }
    do {
      let all = files.merging(extra) { _, new in new }
      // Links before files: what was read through one is written through it.
      for (name, target) in links.sorted(by: { $0.key < $1.key }) {
        let end = Self.end(of: name, target)
        _ = try OutputDirectory(path: path + end)
        _ = try OutputDirectory(path: path + Self.folder(of: name))
        let up = String(repeating: "../", count: place(ofFolder: Self.folder(of: name)).split(separator: "/").count)
        if symlink(up + end.dropFirst(), path + name) != 0, errno != EEXIST { throw OutputError(path: path + name) }
      }
      for (name, bytes) in all.sorted(by: { $0.key < $1.key }) {
        let folder = try OutputDirectory(path: path + Self.folder(of: name))
        let output = try folder.makeFile(Self.base(of: name))
        bytes.withUnsafeBytes { output.write($0) }
        try output.finish()
      }
      for name in folders.sorted() where all[name] == nil && links[name] == nil {
        _ = try OutputDirectory(path: path + name)
      }
    } catch let error as OutputError {
      throw .notWritable(path: error.path, reason: String(cString: strerror(error.code)))
    } catch {
      throw .notWritable(path: path, reason: "\(error)")
    }
  }

  private static func end(of name: String, _ target: String) -> String { "/feedh/links\(name)/\(base(of: target))" }

  /// Where a folder is once the links before it are followed; their ends hold none.
  private func place(ofFolder name: String) -> String {
    let links = links.filter { name == $0.key || name.hasPrefix($0.key + "/") }
    guard let link = links.max(by: { $0.key.count < $1.key.count }) else { return name }
    return Self.end(of: link.key, link.value) + name.dropFirst(link.key.count)
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }

  private static func base(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
