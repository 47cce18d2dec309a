import Testing

@testable import FeedCore

/// Protocols as the vectors name them.
private let protocols: [String: ProtocolDescription] = [
  "itch50": ITCH50Layouts.description, "glimpse50": ITCH50Layouts.glimpse, "ouch50-in": OUCH50Layouts.inbound,
  "ouch50-out": OUCH50Layouts.outbound, "iextp": IEXTransportLayouts.segment, "tops15": IEXLayouts.tops15,
  "tops16": IEXLayouts.tops16, "deep10": IEXLayouts.deep, "deepplus10": IEXLayouts.deepPlus,
  "cboe-suh": CboePITCHLayouts.sequencedUnitHeader, "cboe-pitch": CboePITCHLayouts.description,
  "xdp-header": NYSEPillarLayouts.packetHeader, "nyse-integrated": NYSEPillarLayouts.description,
  "memx-udp": MEMXLayouts.udpHeader, "memx-depth": MEMXLayouts.description,
]

@Suite struct LayoutVectorTests {
  @Test(.enabled(if: LayoutVector.isPresent, .init(rawValue: LayoutVector.absence)))
  func everyVectorDecodesToItsFieldsAndEncodesToItsBytes() throws {
    let vectors = try LayoutVector.loadAll()
    #expect(vectors.count == 162)
    for vector in vectors {
      let description = try #require(protocols[vector.proto], "\(vector)")
      try vector.bytes.withUnsafeBytes { bytes in
        #expect(description.verdict(of: bytes) == .exact, "\(vector)")
        let reader = try #require(description.read(bytes), "\(vector)")
        #expect(reader.layout.typeText == vector.type, "\(vector)")
        #expect(bytes.count == vector.length && reader.layout.minimumLength <= vector.length, "\(vector)")
        var decoded: [String: FieldValue] = [:]
        var named: [String: FieldValue] = [:]
        for field in reader.layout.fields {
          guard let value = reader.value(of: field) else { continue }
          decoded[field.title] = value.asInVectors
          named[field.name] = value
        }
        #expect(decoded == vector.fields, "\(vector)")
        let writer = description.writer(of: reader.layout)
        let encoded = try writer.encode(named)
        #expect(encoded == vector.bytes, "\(vector)")
      }
    }
  }

  /// What can be left out follows from the layout: type, lengths, constants.
  @Test(.enabled(if: LayoutVector.isPresent, .init(rawValue: LayoutVector.absence)))
  func theEncoderFillsInWhatTheLayoutTells() throws {
    for vector in try LayoutVector.loadAll() {
      let description = try #require(protocols[vector.proto], "\(vector)")
      try vector.bytes.withUnsafeBytes { bytes in
        let reader = try #require(description.read(bytes), "\(vector)")
        var named: [String: FieldValue] = [:]
        for field in reader.layout.fields where field.role == .value && field.encoding != .reserved {
          named[field.name] = reader.value(of: field)
        }
        var expected = vector.bytes
        // The vectors' made-up version of MEMX; ours is the one of the sheet's document, 1.3.
        if vector.proto == "memx-depth" { expected.replaceSubrange(4..<6, with: [1, 3]) }
        #expect(try description.writer(of: reader.layout).encode(named) == expected, "\(vector)")
      }
    }
  }

  /// Every message one byte short, and every shorter beginning of it.
  @Test(.enabled(if: LayoutVector.isPresent, .init(rawValue: LayoutVector.absence)))
  func whatIsShorterIsShort() throws {
    for vector in try LayoutVector.loadAll() {
      let description = try #require(protocols[vector.proto], "\(vector)")
      let layout = try #require(vector.bytes.withUnsafeBytes { description.read($0)?.layout })
      for length in 1..<max(layout.minimumLength, 1) {
        // In memory of exactly that length: a read beyond it is found by the address sanitizer.
        let verdict = Array(vector.bytes[..<length]).withUnsafeBytes { description.verdict(of: $0) }
        #expect(verdict == .short, "\(vector) cut to \(length)")
      }
    }
  }
}
