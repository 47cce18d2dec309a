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

  /// Writes the folder. A link becomes one again, relative as the kernel has it, whose end need not be there; a name
  /// of which nothing else was read becomes an empty folder.
  ///
  /// - Throws: where `path` is there already, or cannot be written.
  func write(to path: String, adding extra: [String: [UInt8]] = [:]) throws(MachineError) {
    if access(path, F_OK) == 0 { throw .recordingExists(path: path) }
    do {
      let all = files.merging(extra) { _, new in new }
      for (name, bytes) in all.sorted(by: { $0.key < $1.key }) {
        let folder = try OutputDirectory(path: path + Self.folder(of: name))
        let output = try folder.makeFile(Self.base(of: name))
        bytes.withUnsafeBytes { output.write($0) }
        try output.finish()
      }
      for name in folders.sorted() where all[name] == nil && links[name] == nil {
        _ = try OutputDirectory(path: path + name)
      }
      for (name, target) in links.sorted(by: { $0.key < $1.key }) where all[name] == nil && target.first != "/" {
        _ = try OutputDirectory(path: path + Self.folder(of: name))
        if symlink(target, path + name) != 0, errno != EEXIST { throw OutputError(path: path + name) }
      }
    } catch let error as OutputError {
      throw .notWritable(path: error.path, reason: String(cString: strerror(error.code)))
    } catch {
      throw .notWritable(path: path, reason: "\(error)")
    }
  }

  private static func folder(of path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }

  private static func base(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
}
