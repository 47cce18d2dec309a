import Foundation

/// A small day of two venues and lines A and B, made when it is first asked for: what is sent over networks of the tests'
/// own.
enum LiveDay {
  private static let folder = CommandFolder.untilExit()
  private static let made: Result<CommandPcap, any Error> = Result {
    try folder.generateDay(symbols: 20, messages: 12_000, seed: 5)
    return try CommandPcap(path: folder.path("day.pcap"))
  }

  static func pcap() throws -> CommandPcap { try made.get() }

  /// A folder with the day in it, as `day.pcap`.
  static func linked() throws -> (folder: CommandFolder, day: CommandPcap) {
    let pcap = try pcap()
    let linked = CommandFolder()
    try FileManager.default.createSymbolicLink(
      atPath: linked.path("day.pcap"), withDestinationPath: folder.path("day.pcap"))
    return (linked, pcap)
  }
}
