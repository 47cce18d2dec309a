import FeedIO
import FeedObserve
import FeedSim
import Foundation
import Testing

@testable import FeedCore

/// What a live run records replays to the books that it had.
@Suite struct LiveRecordingTests {
  private static func recorded(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { folder + "/" + $0 }
  }

  @Test(arguments: [1, 2]) func recordingReplaysToTheRunsBooks(cores: Int) throws {
    let harness = try LiveHarness.rough(181)
    let folder = ScratchFolder.newPath("recording")
    let (run, _) = try harness.makeRun(packets: harness.replay.summary.packets) {
      $0.live.recordFolder = folder
      $0.threads.coreCount = cores
      $0.threads.layout = .rings
    }
    run.run(control: try harness.makeControl())
    #expect(run.summary.bookDigest == harness.replay.summary.bookDigest)
    let figures = try #require(run.live?.recordings.first)
    #expect(run.live?.recordings.count == 1 && figures.name == "feed-a")
    #expect(figures.writtenPackets == run.summary.packets && figures.ringDroppedPackets == 0)
    let files = try Self.recorded(folder)
    #expect(files.count == 1 && files[0].hasSuffix(".pcapng"))
    let again = try ReplayRun(files, harness.settings)
    #expect(again.summary.bookDigest == run.summary.bookDigest)
    #expect(again.summary.packets == run.summary.packets && again.summary.messages == run.summary.messages)
  }

  /// A stop in the middle of the traffic, and of a burst: what was not worked off is not recorded.
  @Test func recordingEndsWhereTheRunDid() throws {
    let harness = try LiveHarness.rough(182)
    let folder = ScratchFolder.newPath("recording")
    let (run, _) = try harness.makeRun(packets: 3_001) { $0.live.recordFolder = folder }
    run.run(control: try harness.makeControl())
    let again = try ReplayRun(try Self.recorded(folder), harness.settings)
    #expect(again.summary.packets == 3_001 && again.summary.bookDigest == run.summary.bookDigest)
    #expect(again.summary.bookDigest != harness.replay.summary.bookDigest)
  }

  /// Each core's packets go to files of their own, which are merged by time.
  @Test(arguments: [ThreadSettings.Layout.spread, .rings]) func recordingsOfSeveralCoresReplayTogether(
    layout: ThreadSettings.Layout
  ) throws {
    let harness = try LiveHarness.rough(183)
    let folder = ScratchFolder.newPath("recording")
    let (run, _) = try harness.makeSpreadRun(cores: 3, layout: layout, packets: harness.replay.summary.packets) {
      $0.live.recordFolder = folder
    }
    run.run(control: try harness.makeControl())
    #expect(run.live?.recordings.map(\.name) == ["feed-0", "feed-1"])
    let files = try Self.recorded(folder)
    #expect(files.count == 2)
    let again = try ReplayRun(files, harness.settings)
    #expect(again.summary.bookDigest == run.summary.bookDigest)
    #expect(again.summary.bookDigest == harness.replay.summary.bookDigest)
  }

  @Test func reportHasWhatWasRecorded() throws {
    let harness = try LiveHarness.rough(184)
    let folder = ScratchFolder.newPath("recording")
    let (run, _) = try harness.makeRun(packets: 1_000) { $0.live.recordFolder = folder }
    run.run(control: try harness.makeControl())
    let path = ScratchFolder.newPath("report.json")
    let file = try TextOutput(path: path)
    ReplayReport(run).write(to: file)
    try file.finish()
    let live = try #require(
      try CommandRun.json(try String(contentsOfFile: path, encoding: .utf8))["live"] as? [String: Any])
    #expect(live["recordFolder"] as? String == folder)
    let recorded = try #require((live["recordings"] as? [[String: Any]])?.first)
    #expect(recorded["name"] as? String == "feed-a" && recorded["writtenPackets"] as? Int == 1_000)
    #expect(recorded["ringDroppedPackets"] as? Int == 0 && recorded["files"] as? Int == 1)
    #expect(ReplayScreen(run, configuration: "live.yaml").text.contains("feed-a  1,000 packets"))
  }

  /// A disk that gives up ends the recording, not the run; it is said once, and by the report.
  @Test func runGoesOnWithoutItsRecording() throws {
    let harness = try LiveHarness.rough(185)
    let folder = ScratchFolder.newPath("recording")
    let (run, queues) = try harness.makeRun([CaptureQueue(harness.set, isHeld: true)]) {
      $0.live.recordFolder = folder
    }
    // The folder goes before the first file is made in it.
    try FileManager.default.removeItem(atPath: folder)
    try harness.operate(run) { (socket: String) throws in
      queues[0].isHeld.store(false, ordering: .releasing)
      try LiveHarness.wait { run.recording!.figures()[0].failure != nil && queues[0].isAtEnd }
      try LiveHarness.wait { run.replay.progress[0].packets == harness.replay.summary.packets }
      #expect(try ControlSocket.ask(.status, at: socket).contains("RECORDING FAILED"))
      #expect(try ControlSocket.ask(.stop, at: socket).hasPrefix("ok"))
    }
    #expect(run.summary.bookDigest == harness.replay.summary.bookDigest)
    #expect(run.live?.recordings[0].failure != nil)
    #expect(harness.written.filter { $0.contains("recording feed-a failed, the run goes on") }.count == 1)
  }

  @Test func folderThatCannotBeIsToldBeforeTheRun() throws {
    let harness = try LiveHarness.rough(186)
    #expect(throws: RecordingError.self) {
      _ = try harness.makeRun { $0.live.recordFolder = "/proc/no/such/folder" }
    }
  }
}
