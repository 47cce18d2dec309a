import CDPDK
import FeedCore
import Foundation
import Testing

@testable import FeedIO

/// What tests of DPDK share. The environment starts once a process: all tests of one process use this one.
enum DPDKTest {
  static var isBuilt: Bool { feedh_dpdk_version() != nil }
  static var isRoot: Bool { geteuid() == 0 }
  static var canBeRealTime: Bool { isRoot && ["chrt", "taskset", "timeout"].allSatisfy { Program.path($0) != nil } }
  static var hasNetwork: Bool { isBuilt && isRoot && Program.path("ip") != nil }

  static func environment() throws -> DPDKEnvironment {
    var settings = DPDKEnvironmentSettings()
    settings.memory = .ordinary
    settings.megabytes = 1_024
    return try DPDKEnvironment.start(settings)
  }

  /// Opens a port of the shared environment.
  static func open(
    _ device: DPDKDevice, _ change: (inout DPDKPortSettings) -> Void = { _ in }
  ) throws -> DPDKPort {
    var settings = DPDKPortSettings(name: "test", device: device)
    settings.queueDepthPackets = 512
    change(&settings)
    return try DPDKPort.open(settings, in: environment())
  }

  /// The error that opening gives.
  static func openingError(
    _ device: DPDKDevice, _ change: (inout DPDKPortSettings) -> Void = { _ in }
  ) throws -> String? {
    do {
      try open(device, change).close()
      return nil
    } catch let error as DPDKError {
      return error.description
    }
  }

  /// A device's name that no other test uses.
  static func name(_ driver: String) -> String { "\(driver)_\(UUID().uuidString.prefix(8))" }

  /// A numbered frame: a header of 14 bytes, then the number, little-endian, then filling.
  static func frame(_ number: UInt64, length: Int) -> [UInt8] {
    var frame = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: max(length, 22))
    frame[12] = 0x88
    frame[13] = 0xB5
    withUnsafeBytes(of: number.littleEndian) { frame.replaceSubrange(14..<22, with: $0) }
    return frame
  }

  static func number(_ packet: Packet) -> UInt64? {
    guard packet.capturedLength >= 22,
      UInt16(bigEndian: packet.bytes.loadUnaligned(fromByteOffset: 12, as: UInt16.self)) == 0x88B5
    else { return nil }
    return UInt64(littleEndian: packet.bytes.loadUnaligned(fromByteOffset: 14, as: UInt64.self))
  }

  /// Runs the helper, or a program that runs it, to its end: its exit status, and all it wrote.
  static func peer(_ words: [String], program: String? = nil) throws -> (
    status: Int32, output: String, errors: String
  ) {
    let process = Process()
    process.executableURL = program.map { URL(fileURLWithPath: $0) } ?? peerProgram
    process.arguments = words
    let (output, errors) = (Pipe(), Pipe())
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let said = output.fileHandleForReading.readDataToEndOfFile()
    let complained = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (
      process.terminationStatus, String(decoding: said, as: UTF8.self), String(decoding: complained, as: UTF8.self)
    )
  }

  /// It stands beside the test bundle, which is the running executable.
  static let peerProgram: URL = {
    let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: tests ?? CommandLine.arguments[0]).deletingLastPathComponent()
      .appendingPathComponent("DPDKPeer")
  }()
}

/// Takes packets from a queue until so many came, or nothing came for `patience` polls in a row.
struct QueueReader {
  var queue: any LiveQueue
  var patience: Int
  let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 64)

  init(_ queue: any LiveQueue, patience: Int = 2_000_000) {
    self.queue = queue
    self.patience = patience
  }

  /// Calls `body` with each burst. Returns how many packets came.
  @discardableResult
  func read(_ count: Int, _ body: (UnsafeMutableBufferPointer<Packet>.SubSequence) throws -> Void) rethrows -> Int {
    var received = 0
    var idle = 0
    while received < count, idle < patience {
      let taken = queue.receive(into: burst)
      if taken == 0 {
        idle += 1
        if idle % 64 == 0 { sched_yield() }
        continue
      }
      idle = 0
      received += taken
      try body(burst[..<taken])
    }
    return received
  }

  /// Copies of packets.
  func copies(_ count: Int) -> [TestPacket] {
    var packets: [TestPacket] = []
    read(count) { burst in
      packets += burst.map { packet in
        TestPacket(
          packet.captureNanoseconds,
          Array(UnsafeRawBufferPointer(start: packet.bytes, count: Int(packet.capturedLength))),
          wireLength: Int(packet.wireLength))
      }
    }
    return packets
  }

  func free() { burst.deallocate() }
}
