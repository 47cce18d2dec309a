import Foundation
import Testing

@testable import FeedIO

@Suite struct RecognitionTests {
  private func open(_ bytes: [UInt8], as name: String) throws -> CaptureFile {
    let folder = TestFolder()
    // The set is let go at once: only what describes the file is looked at.
    return try CaptureSet(paths: [folder.write(bytes, as: name)]).files[0]
  }

  @Test func contentDecidesWhateverTheNameSays() throws {
    let itch = Messages.prefixed(Messages.systemEvent(1))
    for name in ["a.pcap", "b.pcapng", "c.itch50", "d.gz", "e.zst", "f.txt", "g"] {
      #expect(try open(Pcap.header(), as: name).kind == .pcap)
      #expect(try open(Pcapng.section(), as: name).kind == .pcapng)
      #expect(try open(itch, as: name).kind == .lengthPrefixedITCH)
      #expect(try open([0, 1, UInt8(ascii: "H")], as: name).kind == .soupBinTCP)
    }
  }

  @Test func filesKnowTheirNames() throws {
    let file = try open(Pcap.header(bigEndian: true, nanoseconds: false), as: "lineA.pcap")
    #expect(file.baseName == "lineA.pcap" && file.path.hasSuffix("/lineA.pcap"))
    #expect(file.summary == "pcap, microseconds, big-endian, Ethernet, snap length 65535")
    #expect(file.compression == .none)
  }

  @Test func soupBinTCPStreamsAreHandedOverWhole() throws {
    func packet(_ type: Character, _ payload: [UInt8] = []) -> [UInt8] {
      let length = 1 + payload.count
      return [UInt8(length >> 8), UInt8(length & 0xFF), type.asciiValue!] + payload
    }
    let streams = [
      packet("U", [UInt8](repeating: 1, count: 47)) + packet("U", [UInt8](repeating: 2, count: 9)) + packet("R"),
      packet("L", [UInt8](repeating: 32, count: 46)) + packet("U", [1]),
      packet("A", [UInt8](repeating: 32, count: 30)) + packet("S", [1, 2, 3]) + packet("H") + packet("Z"),
      packet("J", [UInt8(ascii: "A")]), packet("+", Array("debug".utf8)) + packet("H"), packet("O"),
    ]
    for stream in streams {
      let folder = TestFolder()
      let set = try CaptureSet(paths: [folder.write(stream)])
      #expect(set.files[0].kind == .soupBinTCP && Array(set.files[0].bytes) == stream)
      #expect(Walk(set).packets.isEmpty)
    }
  }

  @Test func streamsAreBelievedOnlyWhereTheirFirstRecordsChain() {
    let event = Messages.prefixed(Messages.systemEvent(1))
    let unknownType = Messages.prefixed([UInt8](repeating: UInt8(ascii: "?"), count: 12))
    let wrongLength = Messages.prefixed(Array("A".utf8) + [UInt8](repeating: 0, count: 29))
    #expect(openingError(event + unknownType) != nil)
    #expect(openingError(event + wrongLength) != nil)
    #expect(openingError([0, 0] + event) != nil, "ended before it began")
    #expect(openingError([UInt8](repeating: 0, count: 4_096)) != nil)
  }

  @Test func otherFilesAreNamedByTheirBeginning() {
    let others: [[UInt8]] = [
      Array("#!/bin/sh\n".utf8), Array("{\"a\": 1}".utf8), [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0],
      Array(String(repeating: "SSSS UUUU ++++ text ", count: 5_000).utf8), [0], [0x1F, 0x8B], [0xD4, 0xC3, 0xB2, 0xA1],
      [0x0A, 0x0D, 0x0D, 0x0A, 28, 0, 0, 0, 1, 2, 3, 4], [0x28, 0xB5, 0x2F],
    ]
    for bytes in others {
      guard case .notACapture(_, let found)? = openingError(bytes) else {
        Issue.record("\(bytes.prefix(8)) opened")
        continue
      }
      #expect(found.hasPrefix("\"") && found.hasSuffix("\""))
    }
    #expect(openingError([0x7F, 0x45, 0x4C, 0x46, 0])?.description.contains("\"\\x7fELF\\x00\"") == true)
  }
}
