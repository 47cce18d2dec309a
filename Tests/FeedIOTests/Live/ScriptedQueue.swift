import FeedCore

@testable import FeedIO

/// A queue that brings bursts of given capture times; nil: nothing comes.
final class ScriptedQueue: LiveQueue {
  let name: String
  var script: [[UInt64]?]
  var failure: LiveQueueFailure?
  private(set) var calls = 0
  private let bytes = UnsafeMutableRawPointer.allocate(byteCount: 64, alignment: 1)

  init(_ name: String, _ script: [[UInt64]?]) {
    self.name = name
    self.script = script
    bytes.initializeMemory(as: UInt8.self, repeating: 0, count: 64)
  }

  deinit { bytes.deallocate() }

  func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int {
    calls += 1
    guard !script.isEmpty, let times = script.removeFirst() else { return 0 }
    for (index, time) in times.enumerated() {
      burst[index] = Packet(
        bytes: bytes, captureNanoseconds: time, capturedLength: 64, wireLength: 64, recordIndex: 99, fileIndex: 99,
        linkType: .ethernet)
    }
    return times.count
  }

  func figures() -> LiveQueueFigures { LiveQueueFigures() }
  func close() {}
}
