import FeedCore
import Foundation
import Testing

@testable import FeedConfig

/// Secrets come from where the configuration says, and no problem with one shows it.
@Suite struct RecoverySecretsTests {
  private func settings(_ change: (inout FeedRecoverySettings) -> Void) -> Settings {
    var settings = Settings()
    var feed = FeedSettings(name: "f", venue: "v", lines: [])
    change(&feed.recovery)
    settings.feeds = [feed]
    return settings
  }

  @Test func fileAndVariableAreRead() throws {
    let path = NSTemporaryDirectory() + "feedh-secret-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data("pass word!\n".utf8).write(to: URL(fileURLWithPath: path))
    setenv("FEEDH_TEST_USERNAME", "USER12", 1)
    var settings = settings {
      $0.usernameFrom = "env:FEEDH_TEST_USERNAME"
      $0.passwordFrom = "file:\(path)"
    }
    try RecoverySecrets.read(into: &settings)
    #expect(settings.feeds[0].recovery.username == "USER12" && settings.feeds[0].recovery.password == "pass word!")
    #expect(settings.feeds[0].recovery.token.isEmpty)
  }

  @Test func whatIsNotThereOrDoesNotFitIsNamedWithoutTheSecret() {
    setenv("FEEDH_TEST_LONG", "hunter2-hunter2", 1)
    setenv("FEEDH_TEST_BINARY", "hunter2\u{7}", 1)
    for (place, part) in [
      ("env:FEEDH_TEST_NOT_THERE", "FEEDH_TEST_NOT_THERE is not set"), ("file:/nonexistent/secret", "cannot be read"),
      ("env:FEEDH_TEST_LONG", "0 ... 10"), ("env:FEEDH_TEST_BINARY", "printable"), ("hunter2", "names no place"),
    ] {
      var settings = settings { $0.passwordFrom = place }
      do {
        try RecoverySecrets.read(into: &settings)
        Issue.record("\(place) was taken")
      } catch {
        #expect(error.description.contains(part) && error.description.contains("feeds[0].recovery.passwordFrom"))
        #expect(!error.description.contains("hunter2"))
      }
    }
  }

  @Test func aFileThatCannotBeReadIsNoEmptySecret() {
    // A folder opens, and then refuses to be read.
    var settings = settings { $0.passwordFrom = "file:\(NSTemporaryDirectory())" }
    do {
      try RecoverySecrets.read(into: &settings)
      Issue.record("a folder was taken for an empty password")
    } catch {
      #expect(error.description.hasPrefix("feeds[0].recovery.passwordFrom: "))
      #expect(error.description.contains("Is a directory") && error.description.contains("allowed: a file"))
      #expect(!error.description.contains("\n"))
    }
  }

  @Test func aLongFileIsNoSecret() throws {
    let path = NSTemporaryDirectory() + "feedh-secret-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(repeating: 0x78, count: 4_097).write(to: URL(fileURLWithPath: path))
    var settings = settings { $0.passwordFrom = "file:\(path)" }
    #expect(throws: RecoverySecretError.self) { try RecoverySecrets.read(into: &settings) }
    #expect(settings.feeds[0].recovery.password.isEmpty)
  }

  @Test(arguments: ["file:", "env:", "env:A B", "env:A-B", "secret", "FILE:/x", ""])
  func whatIsNoPlaceIsRefused(text: String) { #expect(SecretSource(text) == nil) }
}
