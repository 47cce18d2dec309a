/// Writes one JSON value as it goes, keys in the order they are given: equal runs give equal bytes.
///
/// Integers stay JSON integers whatever their size. Objects and lists take a line per entry, except those begun as
/// `isInline`, which stay on one line with everything in them.
public struct JSONWriter {
  private let output: TextOutput
  /// Entries so far of each open object or list, and the depth from which all is on one line.
  private var entries: [Int] = []
  private var inlineDepth: Int?

  public init(_ output: TextOutput) { self.output = output }

  // MARK: Values in a list, or alone

  public mutating func object(isInline: Bool = false, _ body: (inout JSONWriter) -> Void) {
    value("{", "}", isInline, body)
  }

  public mutating func list(isInline: Bool = false, _ body: (inout JSONWriter) -> Void) {
    value("[", "]", isInline, body)
  }

  public mutating func element(_ number: some BinaryInteger) {
    beginEntry()
    output.write(String(number))
  }

  public mutating func element(_ text: String) {
    beginEntry()
    writeString(text)
  }

  // MARK: Members of an object

  public mutating func member(_ key: String, _ number: (some BinaryInteger)?) {
    beginMember(key)
    output.write(number.map { String($0) } ?? "null")
  }

  public mutating func member(_ key: String, _ text: String?) {
    beginMember(key)
    if let text { writeString(text) } else { output.write("null") }
  }

  /// A number that is written as it stands: "57.31".
  public mutating func member(_ key: String, decimal: String) {
    beginMember(key)
    output.write(decimal)
  }

  public mutating func member(_ key: String, _ isTrue: Bool) {
    beginMember(key)
    output.write(isTrue ? "true" : "false")
  }

  public mutating func object(_ key: String, isInline: Bool = false, _ body: (inout JSONWriter) -> Void) {
    beginMember(key)
    open("{", "}", isInline, body)
  }

  public mutating func list(_ key: String, isInline: Bool = false, _ body: (inout JSONWriter) -> Void) {
    beginMember(key)
    open("[", "]", isInline, body)
  }

  /// A list of objects, a line for each item, written by `body`.
  public mutating func list<Items: Sequence>(
    _ key: String, of items: Items, _ body: (inout JSONWriter, Items.Element) -> Void
  ) {
    list(key) { json in
      for item in items { json.object(isInline: true) { json in body(&json, item) } }
    }
  }

  // MARK: Layout

  private mutating func value(
    _ begin: String, _ end: String, _ isInline: Bool, _ body: (inout JSONWriter) -> Void
  ) {
    beginEntry()
    open(begin, end, isInline, body)
    if entries.isEmpty { output.write("\n") }
  }

  private mutating func open(
    _ begin: String, _ end: String, _ isInline: Bool, _ body: (inout JSONWriter) -> Void
  ) {
    output.write(begin)
    if isInline, inlineDepth == nil { inlineDepth = entries.count }
    entries.append(0)
    body(&self)
    let count = entries.removeLast()
    if inlineDepth == nil, count > 0 { breakLine() }
    if inlineDepth == entries.count { inlineDepth = nil }
    output.write(end)
  }

  private mutating func beginMember(_ key: String) {
    beginEntry()
    writeString(key)
    output.write(inlineDepth == nil ? ": " : ":")
  }

  private mutating func beginEntry() {
    guard !entries.isEmpty else { return }
    if entries[entries.count - 1] > 0 { output.write(",") }
    entries[entries.count - 1] += 1
    if inlineDepth == nil { breakLine() }
  }

  private func breakLine() {
    output.write("\n")
    for _ in entries { output.write("  ") }
  }

  /// RFC 8259 section 7: quotation mark, reverse solidus and control characters are escaped.
  private func writeString(_ text: String) {
    output.write("\"")
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output.write("\\\"")
      case "\\": output.write("\\\\")
      case "\n": output.write("\\n")
      case "\t": output.write("\\t")
      case "\r": output.write("\\r")
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        output.write("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
      default: output.write(String(scalar))
      }
    }
    output.write("\"")
  }
}
