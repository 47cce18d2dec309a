import FeedCore
import Glibc

/// Reads what a configuration only names the place of: usernames, passwords and tokens of recovery servers.
public enum RecoverySecrets {
  /// A longer file holds no secret.
  private static let fileLengthMaximum = 4_096

  /// Fills in the texts of every feed. Call before a live run, once.
  ///
  /// - Throws: `RecoverySecretError`: what is not there, or does not fit. No secret is part of it.
  public static func read(into settings: inout Settings) throws(RecoverySecretError) {
    for index in settings.feeds.indices {
      let path = "feeds[\(index)].recovery"
      var recovery = settings.feeds[index].recovery
      if let text = try value(recovery.usernameFrom, "\(path).usernameFrom", maximum: 6) { recovery.username = text }
      if let text = try value(recovery.passwordFrom, "\(path).passwordFrom", maximum: 10) { recovery.password = text }
      if let text = try value(recovery.tokenFrom, "\(path).tokenFrom", maximum: 64) { recovery.token = text }
      settings.feeds[index].recovery = recovery
    }
  }

  private static func value(
    _ place: String?, _ path: String, maximum: Int
  ) throws(RecoverySecretError) -> String? {
    guard let place else { return nil }
    var bytes: [UInt8]?
    switch SecretSource(place) {
    case .file(let file): bytes = try contents(file, path)
    case .variable(let name):
      guard let value = getenv(name) else {
        throw RecoverySecretError("\(path): environment variable \(name) is not set; export it before the run")
      }
      bytes = Array(String(cString: value).utf8)
    case nil: throw RecoverySecretError("\(path) names no place; allowed: file:PATH or env:NAME; write where it is")
    }
    // One line, as editors leave it.
    if bytes?.last == 0x0A { bytes?.removeLast() }
    guard let bytes, bytes.count <= maximum, bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
      throw RecoverySecretError(
        "\(path): what \(place) holds does not fit; allowed: 0 ... \(maximum) printable ASCII characters; write it as "
          + "the venue assigned it")
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Nil: more than any secret.
  private static func contents(_ file: String, _ path: String) throws(RecoverySecretError) -> [UInt8]? {
    do {
      return try BoundedFile.read(file, maximum: fileLengthMaximum)
    } catch {
      guard case .unreadable(let reason) = error else { return nil }
      throw RecoverySecretError(
        "\(path): \(ConfigurationProblem.printable(file)) cannot be read: \(reason); allowed: a file that holds the "
          + "secret alone; write it there, readable to this user alone")
    }
  }
}

/// Why a secret could not be had: what, where, remedy, in one line.
public struct RecoverySecretError: Error, Sendable, CustomStringConvertible {
  public let description: String
  init(_ description: String) { self.description = description }
}
