import Testing

@testable import FeedCore

/// Rules that every layout of every protocol keeps.
@Suite struct LayoutCatalogueTests {
  private static let all = LayoutCatalogue.all.map(\.description)

  /// A value that each kind of field takes.
  private static func value(_ field: FieldLayout) -> FieldValue {
    switch field.encoding {
    case .character, .text, .digits: .text(String(repeating: "A", count: field.size))
    case .bytes: .bytes([UInt8](repeating: 0x41, count: field.size))
    case .real: .real(1.5)
    case .signed: .signed(-1)
    case .unsigned, .timestamp, .reserved: .unsigned(1)
    }
  }

  /// A message with two entries in each group.
  static func message(
    _ layout: MessageLayout, of description: ProtocolDescription, entries: Int = 2
  ) throws -> [UInt8] {
    var values: [String: FieldValue] = [:]
    for field in layout.fields where field.role == .value && field.encoding != .reserved {
      values[field.name] = field.name == MessageLayout.appendageLengthName ? nil : value(field)
    }
    for group in layout.groups {
      let entry = group.fields.filter { $0.encoding != .reserved }.map { NamedValue($0.name, value($0)) }
      values[group.name] = .group([[NamedValue]](repeating: entry, count: entries))
    }
    for string in layout.strings { values[string.name] = .text("ABC") }
    return try description.writer(of: layout).encode(values)
  }

  @Test func everyLayoutIsFoundByItsOwnMessages() throws {
    for description in Self.all {
      for (index, layout) in description.layouts.enumerated() {
        // Bytes of a number are not printable: that is how this one is told apart.
        if layout.name == "Order Execution (XDP 2.1)" { continue }
        let bytes = try Self.message(layout, of: description)
        let judgement = bytes.withUnsafeBytes { description.judge($0) }
        #expect(judgement == MessageJudgement(.exact, index), "\(description) \(layout.name)")
      }
    }
  }

  @Test func whatEndsOneByteEarlyIsShortAndWhatGoesOnIsLonger() throws {
    for description in Self.all {
      for layout in description.layouts {
        let bytes = try Self.message(layout, of: description)
        func verdict(_ bytes: [UInt8]) -> MessageVerdict { bytes.withUnsafeBytes { description.verdict(of: $0) } }
        let label = "\(description) \(layout.name)"
        let tailIsOpen = layout.strings.contains { $0.lengthSize == 0 }
        // Whether parts add up is not part of the verdict.
        let mayEndEarlier = layout.minimumLength < layout.length || tailIsOpen || bytes.count > layout.length
          && !layout.parts.isEmpty
        let padding = layout.groups.contains { $0.capacity != .max }
        if bytes.count > 1, !mayEndEarlier, description.head.alignment == 1, !padding {
          #expect(verdict(Array(bytes.dropLast())) == .short, "\(label)")
        }
        // Shorter than anything allowed: every beginning of the fixed part.
        for length in 1..<max(layout.minimumLength, 1) {
          #expect(verdict(Array(bytes[..<length])) == .short, "\(label) cut to \(length)")
        }
        if !layout.hasAppendage, !tailIsOpen, layout.parts.isEmpty {
          let more = [UInt8](repeating: 0, count: description.head.alignment)
          #expect(verdict(bytes + more) == .longer, "\(label)")
        }
        #expect(verdict([]) == .empty)
      }
    }
  }

  @Test func valuesReadAreTheValuesWritten() throws {
    for description in Self.all {
      for layout in description.layouts {
        let bytes = try Self.message(layout, of: description, entries: 3)
        try bytes.withUnsafeBytes { message in
          let reader = try #require(description.read(message), "\(description) \(layout.name)")
          var values: [String: FieldValue] = [:]
          for (name, value) in reader.values() where name != "pad" { values[name] = value }
          for field in layout.fields where field.encoding == .reserved { values[field.name] = nil }
          for group in reader.layout.groups {
            guard case .group(let entries) = values[group.name] else {
              Issue.record("\(layout.name) has no \(group.name)")
              continue
            }
            let reserved = Set(group.fields.filter { $0.encoding == .reserved }.map(\.name))
            values[group.name] = .group(entries.map { $0.filter { !reserved.contains($0.name) } })
          }
          #expect(try description.writer(of: reader.layout).encode(values) == bytes, "\(description) \(layout.name)")
        }
      }
    }
  }

  /// Random bytes behind a known beginning: whatever the verdict, nothing is read outside, and what is readable reads.
  @Test func noBytesCrashTheReader() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var state = seed
    func random() -> UInt64 {
      state = Mix.spread(state &+ 0x9E37_79B9_7F4A_7C15)
      return state
    }
    for description in Self.all {
      for layout in description.layouts {
        let whole = try Self.message(layout, of: description)
        for _ in 0..<60 {
          var bytes = whole
          for _ in 0...(random() % 4) {
            bytes[Int(random() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random())
          }
          if random() % 2 == 0 { bytes.removeLast(Int(random() % UInt64(bytes.count))) }
          bytes.withUnsafeBytes { message in
            let verdict = description.verdict(of: message)
            let values = description.read(message)?.values()
            #expect(verdict.isReadable == (values != nil), "seed \(seed)")
          }
        }
      }
    }
  }

  @Test func fieldsFollowOneAnotherAndNamesAreUnique() {
    for description in Self.all {
      for layout in description.layouts {
        var end = 0
        for field in layout.fields {
          #expect(field.offset == end && field.size > 0, "\(description) \(layout.name) \(field.title)")
          end += field.size
        }
        #expect(end == layout.length)
        for group in layout.groups {
          let names = group.fields.filter { $0.encoding != .reserved }.map(\.name)
          #expect(Set(names).count == names.count, "\(layout.name) \(group.title)")
          #expect(!names.contains(""))
        }
      }
    }
  }

  /// Lengths as the sheets give them: of whole messages, or of the block behind the head.
  @Test func lengthsAreThoseOfTheSheets() {
    func expect(_ description: ProtocolDescription, _ lengths: [UInt32: Int], _ version: UInt32? = nil) {
      for (code, length) in lengths {
        let layout = description.writer(ofCode: code, version: version)?.layout
        #expect(layout.map { $0.length - description.headLength } == length, "\(description) \(code)")
      }
    }
    expect(
      MIAXPearlLayouts.description,
      [49: 5, 1: 42, 83: 15, 4: 12, 5: 9, 20: 34, 21: 30, 23: 17, 24: 38, 10: 31, 11: 30])
    expect(
      CoinbaseDerivativesLayouts.description,
      [
        10: 158, 11: 167, 17: 39, 20: 42, 21: 30, 22: 46, 33: 58, 30: 58, 31: 62, 34: 94, 32: 46, 40: 31, 41: 34,
        42: 26, 110: 114, 111: 123, 120: 30, 122: 160, 200: 9, 202: 49,
      ], 2)
    expect(
      DeribitLayouts.description,
      [
        1000: 140, 1001: 29, 1002: 4, 1003: 133, 1004: 22, 1005: 4, 1006: 0, 1007: 4, 1008: 32, 1009: 22, 1010: 139,
      ])
    expect(
      CMELayouts.description,
      [
        4: 9, 12: 0, 15: 1, 16: 180, 30: 30, 37: 11, 39: 35, 46: 11, 47: 11, 48: 11, 49: 11, 50: 11, 51: 11, 52: 59,
        53: 28, 54: 224, 55: 221, 56: 255, 57: 338, 58: 276, 59: 13, 60: 30, 61: 37, 62: 11, 63: 337, 64: 11, 65: 11,
        66: 11, 67: 11, 68: 37, 69: 59,
      ])
    expect(CMELayouts.description, [27: 214, 29: 193, 32: 11, 35: 11, 42: 11], 5)
    expect(CMELayouts.description, [27: 216, 29: 195, 32: 11, 42: 11], 8)
    expect(CMELayouts.session, [206: 6, 207: 105, 208: 5, 209: 5, 210: 0])
    expect(
      EOBILayouts.release60,
      [13001: 16, 13002: 32, 13100: 48, 13101: 72, 13104: 56, 13202: 64, 13600: 24, 13602: 32])
    expect(EOBILayouts.release30, [13004: 32, 13100: 48, 13600: 16, 13602: 32])
    // 15 slots of 16 bytes are always sent.
    let summary = EOBILayouts.release60.layout(ofCode: 13601)
    #expect(summary.map { $0.length + $0.groups[0].capacity * $0.groups[0].length } == 280)
    expect(IEXTransportLayouts.snap, [0x72: 59, 0x65: 4, 0x73: 11, 0x78: 11])
    let entries: [UInt32: [Int]] = [
      4: [2], 37: [16], 39: [32], 46: [32, 24], 47: [40], 48: [32, 16], 49: [32], 50: [32], 51: [24], 52: [22],
      53: [29], 54: [9, 4, 4, 5], 55: [9, 4, 4, 5, 24, 24], 56: [9, 4, 4, 5, 18], 57: [9, 4, 4, 5],
      58: [9, 4, 4, 5, 118, 32, 16], 59: [29], 60: [10], 61: [26], 62: [40], 63: [9, 4, 4, 9, 18], 64: [32, 24],
      65: [40, 16], 66: [24], 67: [32], 68: [23], 69: [23],
    ]
    for (template, lengths) in entries {
      let groups = CMELayouts.description.writer(ofCode: template)?.layout.groups.map(\.length)
      #expect(groups == lengths, "template \(template)")
    }
    let changes: [UInt32: [Int]] = [1001: [18], 1002: [83], 1004: [17], 1007: [8], 1010: [16], 1000: []]
    for (template, lengths) in changes {
      #expect(DeribitLayouts.description.layout(ofCode: template)?.groups.map(\.length) == lengths)
    }
  }
}
