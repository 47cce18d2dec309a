import FeedCore
import FeedIO

extension ConfigurationKind {
  /// What is wrong with a text, and what to do about it. The place and the allowed values are the caller's to add.
  struct Refusal: Error, Equatable {
    var what: String
    var remedy: String
  }

  /// Reads one scalar. Sections and lists have none and refuse every text.
  func parse(_ text: String, of path: String) -> Result<ConfigurationValue, Refusal> {
    let shown = "\(path) is \(ConfigurationProblem.quoted(text))"
    switch self {
    case .section, .list: return .failure(Refusal(what: shown, remedy: "write its keys"))
    case .boolean:
      if text == "true" || text == "false" { return .success(.boolean(text == "true")) }
      return .failure(Refusal(what: "\(shown), not a boolean", remedy: "write true or false"))
    case .count(let range), .counts(let range, _):
      return number(ScalarText.integer(text), in: range, shown, "a whole number", ScalarText.format(_:))
    case .duration(let range):
      return number(ScalarText.duration(text), in: range, shown, "a duration", ScalarText.format(nanoseconds:))
    case .decimal(let range, let quantum):
      return decimal(text, in: range, quantum: quantum, shown)
    case .choice(let names):
      if names.contains(text) { return .success(.text(text)) }
      let nearest = NearestName.find(text, among: names)
      return .failure(
        Refusal(what: shown, remedy: nearest.map { "did you mean \"\($0)\"?" } ?? "write one of them"))
    case .name:
      let isName = (1...16).contains(text.utf8.count) && text.utf8.allSatisfy(Self.isNameByte)
      return isName ? .success(.text(text)) : .failure(Refusal(what: shown, remedy: "choose another name"))
    case .address:
      if let address = NetworkAddress(text) { return .success(.text(address.text)) }
      return .failure(Refusal(what: "\(shown), not an address", remedy: "write it like 233.54.12.111 or ff15::1"))
    case .fileName:
      if text.utf8.contains(UInt8(ascii: "/")) {
        return .failure(Refusal(what: "\(shown), which names a folder", remedy: "write the part after the last /"))
      }
      let isFileName = (1...255).contains(text.utf8.count) && !text.utf8.contains(0) && text != "." && text != ".."
      return isFileName
        ? .success(.text(text)) : .failure(Refusal(what: shown, remedy: "write the base name of a capture file"))
    case .symbol:
      return Symbol(text) == nil
        ? .failure(Refusal(what: shown, remedy: "write the symbol as the feed has it, without its padding"))
        : .success(.text(text))
    case .firm:
      let isFirm = text.utf8.count <= 4 && text.utf8.allSatisfy { Self.isFirmByte($0) }
      return isFirm ? .success(.text(text)) : .failure(Refusal(what: shown, remedy: "write the MPID, or \"\""))
    case .interface, .pciAddress, .folder, .socketPath, .device: return machineName(text, shown)
    case .endpoint:
      guard let endpoint = Endpoint(text), !endpoint.address.isMulticast,
        NetworkAddress(endpoint.address.description) != nil
      else { return .failure(Refusal(what: shown, remedy: "write address and port, such as 10.1.2.3:18000")) }
      return .success(.text(endpoint.description))
    case .secretSource:
      // It may be the secret itself, by mistake: the place is enough.
      return SecretSource(text) == nil
        ? .failure(Refusal(what: "\(path) names no place", remedy: "keep the secret elsewhere and write where"))
        : .success(.text(text))
    case .credential(let maximumLength):
      let fits = text.utf8.count <= maximumLength && text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
      // Its text is nobody's business: the place is enough.
      return fits
        ? .success(.text(text))
        : .failure(Refusal(what: "\(path) does not fit", remedy: "write it as the venue assigned it, or \"\""))
    }
  }

  /// What a machine calls its parts.
  private func machineName(_ text: String, _ shown: String) -> Result<ConfigurationValue, Refusal> {
    let isOne: Bool
    let remedy: String
    switch self {
    case .interface:
      // The rule of the kernel (dev_valid_name), for printable names.
      isOne =
        (1...15).contains(text.utf8.count) && text != "." && text != ".."
        && text.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ":") }
      remedy = "write a name that `ip link` shows"
    case .pciAddress:
      let shape = text.utf8.map { Self.isHexadecimalDigit($0) ? UInt8(ascii: "x") : $0 }
      isOne = shape == Array("xxxx:xx:xx.x".utf8)
      remedy = "write an address that `lspci -D` shows"
    case .socketPath:
      isOne = (1...107).contains(text.utf8.count) && !text.utf8.contains(0)
      remedy = "write a shorter path"
    case .device:
      isOne = (1...255).contains(text.utf8.count) && text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
      remedy = "write it as DPDK's --vdev wants it"
    default:
      isOne = (1...4_095).contains(text.utf8.count) && !text.utf8.contains(0)
      remedy = "write the path of a folder"
    }
    return isOne ? .success(.text(text)) : .failure(Refusal(what: shown, remedy: remedy))
  }

  /// As the kernel writes them: lower case.
  private static func isHexadecimalDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  private static func isFirmByte(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private func decimal(
    _ text: String, in range: ClosedRange<Int64>, quantum: Int64, _ shown: String
  ) -> Result<ConfigurationValue, Refusal> {
    switch number(ScalarText.decimal(text), in: range, shown, "a decimal number", FixedPoint.format) {
    case .success(.integer(let value)):
      if value % quantum != 0 {
        return .failure(Refusal(what: "\(shown), finer than is kept", remedy: "round it to six decimals"))
      }
      return .success(.integer(value / quantum))
    case let other: return other
    }
  }

  private func number(
    _ result: Result<Int64, ScalarText.Failure>, in range: ClosedRange<Int64>, _ shown: String, _ noun: String,
    _ format: (Int64) -> String
  ) -> Result<ConfigurationValue, Refusal> {
    switch result {
    case .success(let value) where range.contains(value): return .success(.integer(value))
    case .success(let value):
      let bound = value < range.lowerBound
        ? "\(format(range.lowerBound)) or more" : "\(format(range.upperBound)) or less"
      return .failure(Refusal(what: "\(shown), out of range", remedy: "write \(bound)"))
    case .failure(.form): return .failure(Refusal(what: "\(shown), not \(noun)", remedy: "write \(noun)"))
    case .failure(.leadingZero):
      return .failure(
        Refusal(what: "\(shown), which YAML reads as octal", remedy: "write it without the leading zero"))
    case .failure(.tooLarge):
      return .failure(Refusal(what: "\(shown), out of range", remedy: "write a value inside the range"))
    case .failure(.tooFine):
      let unit = noun == "a duration" ? "a nanosecond" : "nine decimals"
      return .failure(Refusal(what: "\(shown), finer than \(unit)", remedy: "round it"))
    case .failure(.noUnit):
      return .failure(Refusal(what: "\(shown), without a unit", remedy: "add the unit, such as 1ms"))
    }
  }
}
