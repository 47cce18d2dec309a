import Testing

@testable import FeedCore

/// One message, the fields a layout finds in it, and the events a decoder makes of it.
struct DecoderCase {
  var message: [UInt8]
  /// By the layout's names; what the decoder reads must stand where the layout has it.
  var fields: [String: FieldValue] = [:]
  var events: [String]

  init(_ message: [UInt8], _ fields: [String: FieldValue] = [:], _ events: String...) {
    self.message = message
    self.fields = fields
    self.events = events
  }
}

/// What holds for every decoder's messages.
enum DecoderCheck {
  /// Each message at its length, one byte short, and longer; and its fields, as the layout has them.
  ///
  /// - Parameters:
  ///   - prepare: messages that come first, for instance a directory.
  ///   - type: the slot under which a message is counted.
  static func run(
    _ cases: [DecoderCase], _ feedProtocol: FeedProtocol, _ description: ProtocolDescription,
    prepare: [[UInt8]], type: ([UInt8]) -> UInt8, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    for item in cases {
      let slot = type(item.message)
      func fresh() -> DecoderHarness {
        let harness = DecoderHarness(feedProtocol)
        for message in prepare { harness.decode(message) }
        return harness
      }
      let exact = fresh()
      let before = exact.messages(slot)
      #expect(exact.decode(item.message) == item.events, "type \(slot)", sourceLocation: sourceLocation)
      #expect(exact.messages(slot) == before + 1, "type \(slot)", sourceLocation: sourceLocation)
      #expect(exact.refused == [0, 0, 0], "type \(slot)", sourceLocation: sourceLocation)

      let short = fresh()
      for length in [1, item.message.count - 1] {
        #expect(short.decode(Array(item.message.prefix(length))) == [], "type \(slot)", sourceLocation: sourceLocation)
      }
      #expect(short.messages(slot) == before, "type \(slot)", sourceLocation: sourceLocation)
      #expect(short.refused == [2, 0, 0], "type \(slot)", sourceLocation: sourceLocation)

      let longer = fresh()
      #expect(longer.decode(item.message + [0xFF, 0]) == item.events, "type \(slot)", sourceLocation: sourceLocation)
      #expect(longer.refused == [0, 0, 0], "type \(slot)", sourceLocation: sourceLocation)

      item.message.withUnsafeBytes { bytes in
        #expect(description.verdict(of: bytes) == .exact, "type \(slot)", sourceLocation: sourceLocation)
        guard let reader = description.read(bytes) else { return }
        for (name, value) in item.fields {
          let field = reader.layout.fields.first { $0.name == name }
          #expect(
            field.flatMap { reader.value(of: $0) }?.asInVectors == value, "type \(slot) \(name)",
            sourceLocation: sourceLocation)
        }
      }
    }
  }

  /// What is no message of the protocol is counted, and read no further.
  static func refuses(
    _ feedProtocol: FeedProtocol, unknown: [UInt8], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let harness = DecoderHarness(feedProtocol)
    #expect(harness.decode([]) == [] && harness.decode(unknown) == [], sourceLocation: sourceLocation)
    #expect(harness.refused == [0, 1, 1], sourceLocation: sourceLocation)
  }

  /// Random bytes of every length up to 64 crash nothing and are either counted or read.
  static func survives(
    _ feedProtocol: FeedProtocol, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let seed = BookTestRandom.seed("\(feedProtocol.name) random bytes")
    var random = BookTestRandom(seed: seed)
    let harness = DecoderHarness(feedProtocol)
    var total = 0
    for _ in 0..<20_000 {
      let length = random.below(65)
      let message = (0..<length).map { _ -> UInt8 in UInt8(truncatingIfNeeded: random.next()) }
      harness.decode(message)
      total += 1
    }
    let read = (0..<256).reduce(0) { $0 + harness.messages(UInt8($1)) }
    // A directory message without a symbol counts as read and as malformed.
    #expect(read <= UInt64(total), "seed \(seed)", sourceLocation: sourceLocation)
    #expect(
      read + harness.refused.reduce(0, +) >= UInt64(total), "seed \(seed)", sourceLocation: sourceLocation)
  }

  /// The vectors of a protocol in order: events of each by type; messages without effect are left out.
  static func vectors(_ proto: String, _ harness: DecoderHarness) throws -> [String: [String]] {
    var result: [String: [String]] = [:]
    for vector in try LayoutVector.load(proto) {
      let events = harness.decode(vector.bytes)
      if !events.isEmpty { result[vector.type] = events }
    }
    return result
  }
}
