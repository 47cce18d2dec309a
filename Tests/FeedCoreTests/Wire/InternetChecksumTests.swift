import Testing

@testable import FeedCore

@Suite struct InternetChecksumTests {
  /// RFC 1071 section 3: 0001 f203 f4f5 f6f7 sums to ddf2.
  @Test func rfc1071ExampleSums() {
    let bytes: [UInt8] = [0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]
    bytes.withUnsafeBytes {
      #expect(UInt16(bigEndian: InternetChecksum.sum($0.baseAddress!, length: 8)) == 0xDDF2)
      #expect(InternetChecksum.checksum($0.baseAddress!, length: 8) == ~0xDDF2)
    }
  }

  @Test func fastSumEqualsTheScalarOneAtEveryLengthAndAlignment() {
    let seed = UInt64.random(in: .min ... .max)
    print("fastSumEqualsTheScalarOne: seed \(seed)")
    var random = WireRandom(seed)
    for length in 0...600 {
      for alignment in [0, 1, 3, 6] {
        // Exactly as long as the region: a sanitizer sees a read beyond it.
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: alignment + max(1, length), alignment: 16)
        defer { memory.deallocate() }
        let dense = random.next() & 1 == 0
        for index in memory.indices { memory[index] = dense ? 0xFF : UInt8(truncatingIfNeeded: random.next()) }
        let initial = random.next() >> 30
        let region = Array(memory[alignment..<(alignment + length)])
        let expected = TestFrame.scalarSum(
          region + (region.count % 2 == 1 ? [0] : []) + littleEndianBytes(initial))
        let fast = InternetChecksum.sum(memory.baseAddress! + alignment, length: length, initial: initial)
        #expect(UInt16(bigEndian: fast) == expected, "seed \(seed), length \(length), alignment \(alignment)")
      }
    }
  }

  @Test func longestDatagramDoesNotOverflow() {
    let bytes = [UInt8](repeating: 0xFF, count: 65_535)
    let sum = bytes.withUnsafeBytes { InternetChecksum.sum($0.baseAddress!, length: 65_535, initial: 1 << 61) }
    #expect(UInt16(bigEndian: sum) == TestFrame.scalarSum(bytes + [0] + littleEndianBytes(1 << 61)))
  }

  /// A 64-bit word as it lies in memory.
  private func littleEndianBytes(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}
