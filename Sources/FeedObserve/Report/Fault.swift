import FeedCore
import FeedIO

/// Something in the input that should not be there, over all layers, with the place of the first one.
public struct Fault: Sendable, Equatable {
  public enum Layer: String, Sendable {
    case capture
    case wire
    case pipeline
  }

  public var layer: Layer
  public var name: String
  public var count: UInt64
  /// Base name of the file of the first one.
  public var file: String
  /// Pipeline: 0-based index among the file's packets with payload (its messages, in a length-prefixed file).
  public var packet: UInt64?
  /// Wire: 0-based record of the file.
  public var record: UInt64?
  /// Pipeline: bytes into the payload. Capture: bytes into the file.
  public var offset: UInt64?

  /// "day.pcap packet 812 offset 20".
  public var place: String {
    var text = file
    if let packet { text += " packet \(packet)" }
    if let record { text += " record \(record)" }
    if let offset { text += " offset \(offset)" }
    return text
  }

  /// All of a run, in the order of the packet's path. What every healthy run has too is left out.
  public static func all(of run: any FinishedRun) -> [Fault] {
    let names = run.inputs.map(\.name)
    func name(_ index: UInt16) -> String { Int(index) < names.count ? names[Int(index)] : "" }
    var faults = run.readings.filter { $0.counter != .filteredOut }.map {
      Fault(
        layer: .capture, name: $0.name, count: $0.count, file: name(UInt16($0.firstFileIndex)),
        offset: UInt64($0.firstOffset))
    }
    for counter in WireCounter.allCases where counter.isFault {
      guard let first = run.summary.wire.first(counter) else { continue }
      faults.append(
        Fault(
          layer: .wire, name: counter.name, count: run.summary.wire[counter], file: name(first.fileIndex),
          record: first.recordIndex))
    }
    for noted in run.summary.noted {
      faults.append(
        Fault(
          layer: .pipeline, name: noted.counter.name, count: noted.count, file: name(noted.first.fileIndex),
          packet: noted.first.packetIndex, offset: UInt64(noted.first.offset)))
    }
    return faults
  }
}
