import Glibc

/// Writes one nanosecond pcap file (magic 0xA1B23C4D, version 2.4, little-endian, link type Ethernet).
final class PcapWriter {
  private let path: String
  private let file: UnsafeMutablePointer<FILE>
  private var buffer: [UInt8] = []
  private static let bufferLength = 1 << 20

  /// - Throws: the path and the system's reason where the file cannot be created.
  init(path: String) throws(GeneratorError) {
    guard let file = fopen(path, "wb") else { throw FileOutput.failure(path) }
    self.path = path
    self.file = file
    buffer.reserveCapacity(Self.bufferLength + 2_048)
    for word in [0xA1B2_3C4D, 0x0004_0002, 0, 0, 65_535, 1] as [UInt32] { put(word) }
  }

  deinit { fclose(file) }

  func write(_ frame: [UInt8], captureNanoseconds: UInt64) throws(GeneratorError) {
    put(UInt32(truncatingIfNeeded: captureNanoseconds / 1_000_000_000))
    put(UInt32(captureNanoseconds % 1_000_000_000))
    put(UInt32(frame.count))
    put(UInt32(frame.count))
    buffer += frame
    if buffer.count >= Self.bufferLength { try flush() }
  }

  func flush() throws(GeneratorError) {
    if fwrite(buffer, 1, buffer.count, file) != buffer.count || fflush(file) != 0 { throw FileOutput.failure(path) }
    buffer.removeAll(keepingCapacity: true)
  }

  private func put(_ word: UInt32) {
    for shift in [0, 8, 16, 24] as [UInt32] { buffer.append(UInt8(truncatingIfNeeded: word >> shift)) }
  }
}
