import FeedCore

/// The field tables of the documentation, made from the layouts.
///
/// A field is written as offset, name, size and what its bytes are: nothing for an unsigned integer, `±` signed, `.n`
/// with n implied decimals, `a` text, `b` bytes, `f` binary64, `t` nanoseconds since midnight, `x` reserved; `?` where
/// one value means that there is none.
public enum LayoutTables {
  public static let beginMark = "<!-- field tables: made from the layouts, do not edit -->"
  public static let endMark = "<!-- field tables: end -->"

  /// All tables, marks included, ending without a line feed.
  public static func markdown(_ entries: [LayoutCatalogue.Entry]) -> String {
    ([beginMark] + entries.map { table(of: $0) } + [endMark]).joined(separator: "\n\n")
  }

  /// `document` with the tables between its marks replaced; nil where it has no marks.
  public static func replacing(in document: String, _ entries: [LayoutCatalogue.Entry]) -> String? {
    let lines = document.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard let begin = lines.firstIndex(of: beginMark), let end = lines.firstIndex(of: endMark), begin < end else {
      return nil
    }
    return (lines[..<begin] + [markdown(entries)] + lines[(end + 1)...]).joined(separator: "\n")
  }

  private static func table(of entry: LayoutCatalogue.Entry) -> String {
    let description = entry.description
    let headCount = commonHead(of: description.layouts)
    var lines = ["### \(entry.title)", ""]
    let order = description.byteOrder == .big ? "Big-endian." : "Little-endian."
    var intro = "`\(description.name)`. \(order)"
    if headCount > 0 {
      let head = description.layouts[0].fields.prefix(headCount).map { field($0) }
      intro += " All begin with: \(head.joined(separator: ", "))."
    }
    lines += [intro, "", "| Type | Message | Length | Fields | Seen |", "|---|---|---:|---|---|"]
    for layout in description.layouts {
      lines.append(
        "| `\(layout.typeText)` | \(layout.name)\(versions(layout)) | \(length(layout)) | "
          + "\(fields(layout, after: headCount)) | \(layout.isSeen ? "yes" : "–") |")
    }
    return lines.joined(separator: "\n")
  }

  /// How many fields all messages begin with; none where there is one message.
  private static func commonHead(of layouts: [MessageLayout]) -> Int {
    guard layouts.count > 1, let first = layouts.first else { return 0 }
    var count = 0
    while count < first.fields.count,
      layouts.allSatisfy({ layout in
        layout.fields.count > count && layout.fields[count].slot == first.fields[count].slot
          && layout.fields[count].title == first.fields[count].title
      }) { count += 1 }
    return count
  }

  private static func versions(_ layout: MessageLayout) -> String {
    switch layout.selector {
    case .always, .printable: ""
    case .versions(let range, let andLater):
      if andLater {
        ", version \(range.lowerBound) on"
      } else if range.count == 1 {
        ", version \(range.lowerBound)"
      } else {
        ", versions \(range.lowerBound)–\(range.upperBound)"
      }
    }
  }

  /// "9", "26–27", "40+": what is fixed, from the shortest revision on, and whether more follows.
  private static func length(_ layout: MessageLayout) -> String {
    (layout.minimumLength < layout.length ? "\(layout.minimumLength)–" : "") + "\(layout.length)"
      + (layout.hasTail || layout.hasAppendage || !layout.parts.isEmpty ? "+" : "")
  }

  private static func fields(_ layout: MessageLayout, after headCount: Int) -> String {
    var parts = [layout.fields.dropFirst(headCount).map { field($0) }.joined(separator: ", ")]
    for group in layout.groups {
      let slots = group.capacity == .max ? "" : ", always \(group.capacity) slots"
      parts.append(
        "**\(group.title)** (\(group.length) each\(slots)): "
          + group.fields.map { field($0) }.joined(separator: ", "))
    }
    for string in layout.strings { parts.append("**\(string.title)**: \(text(of: string))") }
    parts += layout.parts.map { text(of: $0) }
    if layout.hasAppendage { parts.append("**\(MessageLayout.appendageTitle)**") }
    return parts.filter { !$0.isEmpty }.joined(separator: "; ")
  }

  private static func text(of part: PartLayout) -> String {
    switch part {
    case .field(let field): "\(field.title) \(field.size)\(kind(field.slot))"
    case .bitfields: "**Bitfields** and the fields they name"
    case .countedBytes(let title): "\(title) behind their number of 1"
    case .list(let title, let parts):
      "**\(title)** behind their number of 1: " + parts.map { text(of: $0) }.joined(separator: ", ")
    case .sized(let length, let type, let choices):
      ([length, type].map { text(of: .field($0)) }
        + choices.sorted { $0.key < $1.key }.map { code, parts in
          "type \(code): " + parts.map { text(of: $0) }.joined(separator: ", ")
        }).joined(separator: ", ")
    }
  }

  private static func text(of string: StringLayout) -> String {
    let kind = string.encoding == .bytes ? "bytes" : "text"
    return string.lengthSize == 0 ? "\(kind) to the end" : "\(kind) behind its length of \(string.lengthSize)"
  }

  private static func field(_ field: FieldLayout) -> String {
    "\(field.offset) \(field.title) \(field.size)\(kind(field.slot))"
  }

  private static func kind(_ slot: FieldSlot) -> String {
    let kind =
      switch slot.encoding {
      case .unsigned: ""
      case .signed: "±"
      case .timestamp: "t"
      case .real: "f"
      case .character, .text, .digits: "a"
      case .bytes: "b"
      case .reserved: "x"
      }
    return kind + (slot.decimals > 0 ? ".\(slot.decimals)" : "") + (slot.null == .none ? "" : "?")
  }
}
