import FeedCore

/// One message of a layout, encoded once; what changes from message to message is written into it.
///
/// Plain traffic serves to measure, not to prove: unlike the simulation's encoders it may be made with the layouts.
struct PlainTemplate {
  private(set) var bytes: [UInt8]
  private let order: ByteOrder
  private let places: [String: FieldSlot]

  /// - Parameters:
  ///   - values: by the fields' titles; what is left out is zero, blank or, in groups, one entry of such.
  ///   - entries: how many entries each group has.
  init(
    _ description: ProtocolDescription, code: UInt32, version: UInt32? = nil, _ values: [String: FieldValue] = [:],
    entries: [String: Int] = [:]
  ) {
    guard let layout = description.writer(ofCode: code, version: version)?.layout else {
      preconditionFailure("\(description.name) has no message \(code)")
    }
    var named: [String: FieldValue] = [:]
    for field in layout.fields where field.role == .value && field.encoding != .reserved {
      named[field.name] = values[field.title] ?? Self.blank(field)
    }
    for group in layout.groups {
      let fields = group.fields.filter { $0.encoding != .reserved }
      let entry = fields.map { NamedValue($0.name, values[$0.title] ?? Self.blank($0)) }
      named[group.name] = .group(Array(repeating: entry, count: entries[group.title] ?? 0))
    }
    for string in layout.strings { named[string.name] = values[string.title] ?? .text("") }
    guard let bytes = try? description.writer(of: layout).encode(named) else {
      preconditionFailure("\(description.name) \(layout.name): values that do not fit")
    }
    self.bytes = bytes
    order = description.byteOrder
    places = Self.places(of: layout, in: bytes, description)
  }

  /// Fields by title; those of a group's entries as "title 0", "title 1", ….
  private static func places(
    of layout: MessageLayout, in bytes: [UInt8], _ description: ProtocolDescription
  ) -> [String: FieldSlot] {
    var places: [String: FieldSlot] = [:]
    for field in layout.fields { places[field.title] = field.slot }
    guard !layout.groups.isEmpty else { return places }
    bytes.withUnsafeBytes { message in
      let index = description.judge(message).layoutIndex
      guard index >= 0 else { return }
      var tail = description.tail(of: message, layoutIndex: index)
      while let (group, entries) = tail.nextGroup() {
        guard let group, let entries else { break }
        for entry in 0..<entries.count {
          let start = entries.entry(entry) - message.baseAddress!
          for field in group.fields {
            places["\(field.title) \(entry)"] = FieldSlot(
              offset: start + field.offset, size: field.size, encoding: field.encoding)
          }
        }
      }
    }
    return places
  }

  private static func blank(_ field: FieldLayout) -> FieldValue {
    if field.slot.null != .none { return .null }
    return switch field.encoding {
    case .unsigned, .timestamp: .unsigned(0)
    case .signed: .signed(0)
    case .real: .real(0)
    case .character: .text(" ")
    case .text: .text("")
    case .digits: .text("0")
    case .bytes, .reserved: .bytes([])
    }
  }

  /// Where a field stands, to be written often.
  func place(_ title: String) -> FieldSlot {
    guard let place = places[title] else { preconditionFailure("no field '\(title)'") }
    return place
  }

  mutating func set(_ place: FieldSlot, _ value: UInt64) {
    for index in 0..<place.size {
      let shift = order == .big ? place.size - 1 - index : index
      bytes[place.offset + index] = UInt8(truncatingIfNeeded: value >> UInt64(8 * shift))
    }
  }
  mutating func set(_ place: FieldSlot, signed value: Int64) { set(place, UInt64(bitPattern: value)) }
  mutating func set(_ place: FieldSlot, real value: Double) { set(place, value.bitPattern) }
}
