import Foundation

/// A folder for inputs that several tests of this process share, removed when the process ends.
enum ScratchFolder {
  private static let path: String = {
    let path = NSTemporaryDirectory() + "feedh-replay-" + UUID().uuidString
    try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    atexit { try? FileManager.default.removeItem(atPath: ScratchFolder.path) }
    return path
  }()

  /// A path in it that no other call gets.
  static func newPath(_ name: String) -> String { path + "/" + UUID().uuidString.prefix(8) + "." + name }

  /// Writes a file of its own and returns its path.
  static func write(_ bytes: [UInt8], as name: String) -> String {
    let file = newPath(name)
    try! Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }
}

/// What lies outside the checkout: FEEDH_SHARED, else `shared` beside the checkout.
enum SharedMaterial {
  static let folder: String = {
    if let folder = ProcessInfo.processInfo.environment["FEEDH_SHARED"] { return folder }
    let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    return checkout.deletingLastPathComponent().appendingPathComponent("shared").path
  }()

  static func has(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder + "/" + name) }
}

/// Values made once for all tests that ask for them under the same key. A test that asks while another makes the
/// value waits for it.
final class OnceByKey<Value: Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private var slots: [String: (lock: NSLock, value: Result<Value, any Error>?)] = [:]

  func value(_ key: String, make: () throws -> Value) throws -> Value {
    lock.lock()
    if slots[key] == nil { slots[key] = (NSLock(), nil) }
    let own = slots[key]!.lock
    lock.unlock()
    own.lock()
    defer { own.unlock() }
    lock.lock()
    let known = slots[key]!.value
    lock.unlock()
    if let known { return try known.get() }
    let made = Result { try make() }
    lock.lock()
    slots[key]!.value = made
    lock.unlock()
    return try made.get()
  }
}
