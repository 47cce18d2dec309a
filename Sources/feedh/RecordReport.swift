import FeedIO
import FeedObserve

/// What `feedh record` says at its end.
struct RecordReport {
  private let path: String
  private let queues: [(figures: LiveQueueFigures, failure: LiveQueueFailure?)]
  private let figures: [RecordingFigures]

  /// - Parameters:
  ///   - queues: one for each entry of `figures`.
  init(
    path: String, queues: [(figures: LiveQueueFigures, failure: LiveQueueFailure?)], figures: [RecordingFigures]
  ) {
    self.path = path
    self.queues = queues
    self.figures = figures
  }

  func write(to output: TextOutput) {
    var table = TextTable([
      ("INTERFACE", .left), ("received", .right), ("written", .right), ("bytes", .right), ("files", .right),
      ("dropped by ring", .right), ("by kernel", .right), ("damaged", .right), ("cut", .right), ("other link", .right),
      ("not written", .right), ("times", .left),
    ])
    for (recorded, queue) in zip(figures, queues) {
      table.append([
        recorded.name, Text.grouped(recorded.offeredPackets), Text.grouped(recorded.writtenPackets),
        Text.bytes(recorded.writtenBytes), Text.grouped(recorded.files), Text.grouped(recorded.ringDroppedPackets),
        Text.grouped(queue.figures.drops), Text.grouped(queue.figures.errors), Text.grouped(recorded.cutPackets),
        Text.grouped(recorded.otherLinkPackets), Text.grouped(recorded.notWrittenPackets),
        queue.figures.timestamps.rawValue,
      ])
    }
    output.write("recorded to \(path)\n\n" + table.lines.joined(separator: "\n") + "\n")
    for (recorded, queue) in zip(figures, queues) {
      if let failure = recorded.failure { output.write("FAILED  \(failure)\n") }
      if let failure = queue.failure { output.write("FAILED  \(failure)\n") }
    }
  }

  func writeJSON(to output: TextOutput) {
    var json = JSONWriter(output)
    json.object { json in
      json.member("version", Version.text)
      json.member("path", path)
      json.list("interfaces") { json in
        for (recorded, queue) in zip(figures, queues) {
          json.object { json in
            json.member("name", recorded.name)
            json.member("receivedPackets", recorded.offeredPackets)
            json.member("receivedBytes", recorded.offeredBytes)
            json.member("writtenPackets", recorded.writtenPackets)
            json.member("writtenBytes", recorded.writtenBytes)
            json.member("files", recorded.files)
            json.member("ringDroppedPackets", recorded.ringDroppedPackets)
            json.member("ringDroppedBytes", recorded.ringDroppedBytes)
            json.member("kernelDroppedPackets", queue.figures.drops)
            json.member("damagedPackets", queue.figures.errors)
            json.member("cutPackets", recorded.cutPackets)
            json.member("otherLinkPackets", recorded.otherLinkPackets)
            json.member("notWrittenPackets", recorded.notWrittenPackets)
            json.member("timestamps", queue.figures.timestamps.rawValue)
            json.member("failure", recorded.failure.map { "\($0)" } ?? queue.failure.map { "\($0)" })
          }
        }
      }
    }
  }
}
