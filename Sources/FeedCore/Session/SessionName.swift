/// Name of a numbering session, compared raw: MoldUDP64's ten bytes; for transports that name it by a number, that
/// number in `high`; zero where the transport has no name.
public struct SessionName: Equatable, Hashable, Sendable, BitwiseCopyable, CustomStringConvertible {
  package var high: UInt64 = 0
  package var low: UInt16 = 0

  package init() {}
  package init(number: UInt64) { high = number }

  /// MoldUDP64's ten characters, "?" for those that are not printable.
  public var description: String {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: high >> UInt64(56 - 8 * $0)) }
      + [UInt8(low >> 8), UInt8(low & 0xFF)]
    return String(decoding: bytes.map { $0 >= 0x20 && $0 < 0x7F ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
  }

  /// As the transport writes it: text, a number, or "-" where it has none.
  package func text(of transport: Transport) -> String {
    switch transport {
    case .moldUDP64: description
    case .iexTP, .memxUDP, .mach: "\(high)"
    case .cboeSUH, .nyseXDP, .cmeMDP3, .coinbaseDerivatives, .eobi, .deribit: "-"
    }
  }
}
