import FeedCore

/// What stands behind a key of the configuration: the form of its text, its range, and the meaning in `Settings`.
public enum ConfigurationKind: Sendable, Equatable {
  /// A mapping with keys of its own.
  case section
  /// A sequence of mappings.
  case list(maximumCount: Int)
  case boolean
  /// A whole number.
  case count(ClosedRange<Int64>)
  /// Text such as "1ms"; the range is in nanoseconds.
  case duration(ClosedRange<Int64>)
  /// A decimal number or string; the range is in parts of 1e-9. `quantum` is the least step, in the same parts:
  /// 1,000 for values kept in parts per million.
  case decimal(ClosedRange<Int64>, quantum: Int64)
  case choice([String])
  /// 1 ... 16 characters of [A-Za-z0-9_.-].
  case name
  /// An IPv4 or IPv6 address.
  case address
  /// The base name of a file.
  case fileName
  /// 1 ... 32 printable ASCII characters, no space at an end.
  case symbol
  /// An MPID of up to four characters.
  case firm
  /// The kernel's name of a network interface.
  case interface
  /// Domain, bus, device and function: "0000:3b:00.0".
  case pciAddress
  /// The path of a folder.
  case folder
  /// The path of a Unix-domain socket, which the system keeps short.
  case socketPath
  /// A device and its arguments as its driver wants them.
  case device
  /// An IPv4 or IPv6 unicast address with a port.
  case endpoint
  /// Where a secret is read from: "file:PATH" or "env:NAME".
  case secretSource
  /// What a server knows us by: printable ASCII, may be empty.
  case credential(maximumLength: Int)
  /// A list of whole numbers.
  case counts(ClosedRange<Int64>, maximumCount: Int)

  /// One or two words for the reference.
  public var form: String {
    switch self {
    case .section: "section"
    case .list: "list"
    case .boolean: "boolean"
    case .count: "integer"
    case .duration: "duration"
    case .decimal: "decimal"
    case .choice: "choice"
    case .name: "name"
    case .address: "address"
    case .endpoint: "address and port"
    case .secretSource: "secret's place"
    case .fileName: "file name"
    case .symbol: "symbol"
    case .firm, .credential, .device: "text"
    case .interface: "interface"
    case .pciAddress: "PCI address"
    case .folder, .socketPath: "path"
    case .counts: "list of integers"
    }
  }

  /// The range alone, as problems and the reference print it; empty for a section.
  public var range: String {
    switch self {
    case .section: ""
    case .list(let maximumCount): "at most \(maximumCount) entries"
    case .boolean: "true or false"
    case .count(let range): Self.text(range, ScalarText.format(_:))
    case .duration(let range): Self.text(range, ScalarText.format(nanoseconds:))
    case .decimal(let range, _): Self.text(range, FixedPoint.format)
    case .choice(let names): names.joined(separator: ", ")
    case .name: "1 ... 16 characters of A-Z a-z 0-9 _ . -"
    case .address: "IPv4 or IPv6 address, multicast or unicast"
    case .endpoint: "unicast IPv4 or IPv6 address and port, 10.1.2.3:18000 or [2001:db8::1]:18000"
    case .secretSource: "file:PATH or env:NAME"
    case .fileName: "1 ... 255 bytes, no folder"
    case .symbol: "1 ... 32 printable ASCII characters, no space at an end"
    case .firm: "0 ... 4 characters of A-Z 0-9"
    case .interface: "1 ... 15 characters, no / : or space"
    case .pciAddress: "dddd:bb:dd.f in digits 0-9 a-f"
    case .folder: "1 ... 4095 bytes"
    case .socketPath: "1 ... 107 bytes"
    case .device: "1 ... 255 printable ASCII characters"
    case .credential(let maximumLength): "0 ... \(maximumLength) printable ASCII characters"
    case .counts(let range, let maximumCount):
      "at most \(maximumCount) of \(Self.text(range, ScalarText.format(_:)))"
    }
  }

  /// What a problem says is allowed.
  var allowed: String {
    switch self {
    case .section: "a mapping"
    case .list(let maximumCount): "a list of at most \(maximumCount) entries"
    case .count: "a whole number, \(range)"
    case .duration: "a duration such as 1ms (units ns, us, ms, s, min, h), \(range)"
    case .decimal: "a decimal with at most \(quantumDecimals) decimals, \(range)"
    case .counts: "a list of whole numbers, \(range)"
    case .boolean, .choice, .name, .address, .fileName, .symbol, .firm, .credential, .interface, .pciAddress, .folder,
      .socketPath, .device, .endpoint, .secretSource:
      range
    }
  }

  private var quantumDecimals: Int {
    if case .decimal(_, quantum: 1_000) = self { 6 } else { 9 }
  }

  private static func text(_ range: ClosedRange<Int64>, _ format: (Int64) -> String) -> String {
    "\(format(range.lowerBound)) ... \(format(range.upperBound))"
  }

  /// The value as YAML text that reads back to it.
  func format(_ value: ConfigurationValue) -> String {
    switch value {
    case .none: return "null"
    case .boolean(let value): return value ? "true" : "false"
    case .text(let text): return text.isEmpty ? "\"\"" : text
    case .integers(let values): return "[" + values.map { ScalarText.format($0) }.joined(separator: ", ") + "]"
    case .integer(let value):
      switch self {
      case .duration: return ScalarText.format(nanoseconds: value)
      case .decimal(_, let quantum): return "\"\(FixedPoint.format(value * quantum))\""
      default: return ScalarText.format(value)
      }
    }
  }
}
