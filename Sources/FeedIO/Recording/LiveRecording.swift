/// Records what the queues of a live run receive: a tap for each core and port, all written by one cold thread.
///
/// What is recorded is what the pipeline has worked off, with the times that it was given: its replay comes to the same
/// books. Packets that a stop left in a core's last burst are not in it.
public final class LiveRecording: @unchecked Sendable {
  public let folder: String
  /// The queues, each with the tap that its packets go to.
  public let entries: [LivePacketSource.Entry]
  private let recorder: Recorder

  /// Makes the folder where it is missing.
  ///
  /// - Parameters:
  ///   - portNames: what files are called, with the core behind it where several poll the port.
  ///   - application: what files say they were written by.
  /// - Throws: a folder that cannot be made or written.
  public init(
    folder: String, of entries: [LivePacketSource.Entry], portNames: [String], application: String
  ) throws(RecordingError) {
    self.folder = folder
    // A name that ends like a capture's is a folder all the same.
    var options = RecordingOptions(path: folder.hasSuffix("/") ? folder : folder + "/")
    options.application = application
    recorder = try Recorder(options)
    var tapped = entries
    for port in Set(entries.map(\.port)).sorted() {
      let cores = Set(entries.filter { $0.port == port }.map(\.core)).sorted()
      for core in cores {
        let places = entries.indices.filter { entries[$0].port == port && entries[$0].core == core }
        let name = Int(port) < portNames.count ? portNames[Int(port)] : "port\(port)"
        let tap = try recorder.makeTap(
          name: cores.count == 1 ? name : "\(name)-core\(core)",
          interfaces: places.map { Self.interface(of: entries[$0].queue) })
        for (number, place) in places.enumerated() { tapped[place].tap = (tap, number) }
      }
    }
    self.entries = tapped
  }

  private static func interface(of queue: any LiveQueue) -> RecordingInterface {
    // The queue's contract lets a cold thread ask for its figures at any time.
    nonisolated(unsafe) let shared = queue
    return RecordingInterface(name: queue.name) { shared.figures() }
  }

  public func start() { recorder.start() }

  /// Writes what is left. Call once, when no core polls any more, and before the queues are closed.
  public func stop() { recorder.stop() }

  /// Of each tap. Any thread.
  public func figures() -> [RecordingFigures] { recorder.figures() }
}
