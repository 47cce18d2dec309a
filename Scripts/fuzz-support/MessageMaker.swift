@testable import FeedCore

/// Makes messages of one protocol from a script, with the layouts as a map of where values lie: most of them name one
/// of a few instruments, orders and prices, so that they meet in the books; a script may damage any of it.
struct MessageMaker {
  private struct Template {
    var bytes: [UInt8]
    /// The fields that carry values, of the root block and of every entry, by their place in the message.
    var slots: [Slot]
  }

  private struct Slot {
    enum Kind { case plain, price, symbol, time, milliseconds }
    var field: FieldSlot
    var kind: Kind
  }

  let description: ProtocolDescription
  /// Each layout with no entries in its groups, one, and three.
  private let templates: [Template]

  init(_ description: ProtocolDescription) {
    self.description = description
    templates = description.layouts.enumerated().flatMap { index, layout in
      (layout.groups.isEmpty ? [0] : [0, 1, 3]).compactMap { entries in
        Self.template(description, index, entries: entries)
      }
    }
    precondition(templates.count >= description.layouts.count, "\(description.name): layouts that cannot be written")
  }

  /// The number of message kinds a script can choose from.
  var count: Int { templates.count }

  /// A script of one message: the template, nothing damaged, `value` for each of its values.
  func script(_ template: Int, value: UInt8) -> [UInt8] {
    [UInt8(template), 0] + Array(repeating: value, count: templates[template].slots.count)
  }

  // MARK: Templates

  private static func template(_ description: ProtocolDescription, _ index: Int, entries: Int) -> Template? {
    let layout = description.layouts[index]
    var values: [String: FieldValue] = [:]
    for field in layout.fields where field.role == .value && field.encoding != .reserved {
      values[field.name] = blank(field)
    }
    for group in layout.groups {
      let fields = group.fields.filter { $0.encoding != .reserved }
      let entry = fields.map { NamedValue($0.name, blank($0)) }
      values[group.name] = .group(Array(repeating: entry, count: min(entries, group.capacity)))
    }
    for string in layout.strings { values[string.name] = .text("SYM0") }
    guard let bytes = try? description.writer(of: layout).encode(values) else { return nil }
    var slots = layout.fields.filter { $0.role == .value }.compactMap { slot($0, at: 0) }
    bytes.withUnsafeBytes { message in
      guard layout.hasTail, description.judge(message).verdict.isReadable else { return }
      var tail = description.tail(of: message, layoutIndex: index)
      while let (group, entries) = tail.nextGroup() {
        guard let group, let entries else { break }
        for entry in 0..<entries.count {
          let start = entries.entry(entry) - message.baseAddress!
          slots += group.fields.compactMap { slot($0, at: start) }
        }
      }
      while let (_, text) = tail.nextString() {
        guard let text, let start = text.baseAddress, text.count > 3 else { break }
        let field = FieldSlot(offset: start + 3 - message.baseAddress!, size: 1, encoding: .text)
        slots.append(Slot(field: field, kind: .symbol))
      }
    }
    return Template(bytes: bytes, slots: slots)
  }

  private static func slot(_ field: FieldLayout, at start: Int) -> Slot? {
    if field.encoding == .reserved { return nil }
    let moved = FieldSlot(
      offset: start + field.offset, size: field.size, encoding: field.encoding, decimals: field.slot.decimals,
      null: field.slot.null)
    let name = field.name.lowercased()
    let isSymbol = name.contains("symbol") || name == "stock" || name.hasPrefix("instrumentname")
    let kind: Slot.Kind =
      if isSymbol, !field.encoding.isInteger { .symbol }
      else if field.slot.decimals > 0 { .price }
      else if name.contains("time"), field.size == 8 { name.hasSuffix("ms") ? .milliseconds : .time }
      else { .plain }
    return Slot(field: moved, kind: kind)
  }

  private static func blank(_ field: FieldLayout) -> FieldValue {
    switch field.encoding {
    case .unsigned, .timestamp: .unsigned(0)
    case .signed: .signed(0)
    case .real: .real(0)
    case .character: .text(" ")
    case .text: .text("")
    case .digits: .text("0")
    case .bytes, .reserved: .bytes([])
    }
  }

  // MARK: Messages

  /// One message: which (1 byte), how (1 byte), then a byte for each of its values.
  ///
  /// How: 0x80 values are raw bytes of the script; 0x40 some byte of the message is another; 0x20 the message ends
  /// early or goes on.
  func message(_ script: inout Script) -> [UInt8] {
    let template = templates[script.int() % templates.count]
    let how = script.byte()
    var message = template.bytes
    for slot in template.slots {
      if how & 0x80 != 0 {
        for place in 0..<slot.field.size { message[slot.field.offset + place] = script.byte() }
      } else {
        write(script.byte(), slot, &message)
      }
    }
    if how & 0x40 != 0, !message.isEmpty {
      let place = script.int() % message.count
      message[place] = script.byte()
    }
    if how & 0x20 != 0 {
      let count = script.int()
      message = count < 128 ? Array(message.prefix(count)) : message + script.bytes(count - 128)
    }
    return message
  }

  /// A value that other messages are likely to have, too.
  private func write(_ choice: UInt8, _ slot: Slot, _ message: inout [UInt8]) {
    let field = slot.field
    func put(_ value: UInt64, size: Int) {
      for index in 0..<size {
        let place = description.byteOrder == .big ? size - 1 - index : index
        message[field.offset + index] = UInt8(truncatingIfNeeded: place < 8 ? value >> UInt64(8 * place) : 0)
      }
    }
    let small = UInt64(choice & 0x3F)
    if field.null != .none, choice == 0xFE { return put(field.nullBits, size: min(8, field.size)) }
    switch (slot.kind, field.encoding) {
    case (.symbol, _):
      let text = field.size == 1 ? [0x30 | choice & 3] : Array("SYM".utf8) + [0x30 | choice & 3]
      for place in 0..<field.size {
        let end = description.head.textPadding
        message[field.offset + place] = place < text.count ? text[place] : end
      }
    case (_, .character): message[field.offset] = choice < 0x20 ? Self.letters[Int(choice) % Self.letters.count] : choice
    case (_, .real): put((choice == 0xFF ? Double.nan : Double(Int8(bitPattern: choice)) * 0.5).bitPattern, size: 8)
    case (.price, _):
      // Cents; negative ones are rarer.
      var unit: UInt64 = 1
      for _ in 0..<max(0, Int(field.decimals) - 2) { unit *= 10 }
      let cents = Int64(choice & 0x7F) - (choice & 0x80 == 0 ? 0 : 128)
      put(UInt64(bitPattern: cents) &* unit, size: field.size)
    case (.time, _): put(1_700_000_000_000_000_000 &+ UInt64(choice) &* 1_000_000_000, size: field.size)
    case (.milliseconds, _): put(1_700_000_000_000 &+ UInt64(choice) &* 1_000, size: field.size)
    case (_, .text), (_, .digits), (_, .bytes), (_, .reserved): message[field.offset] = choice
    default: put(choice < 0x80 ? small : UInt64(choice & 0x7F) << (UInt64(choice & 3) * 7), size: field.size)
    }
  }

  private static let letters = Array("BSTHPNAEOQMC0123".utf8)
}
