/// Message types by slot: one of 256 per protocol, so that counts are an array. Reports show the wire's type.
extension FeedProtocol {
  /// The type as reports show it: "A", "0x21", "100", "13100".
  public func typeText(ofSlot slot: UInt8) -> String {
    switch self {
    case .itch50, .tops15, .tops16, .deep10, .deepPlus: String(Unicode.Scalar(slot))
    case .pitch: "0x" + String(slot, radix: 16, uppercase: true)
    case .nyseIntegrated, .memxDepth, .cmeMDP3, .miaxPearlDepth, .coinbaseDerivatives: "\(slot)"
    case .eobi: "\(13_000 + Self.eobiOffset(ofSlot: slot))"
    case .deribit: "\(1_000 + Int(slot))"
    }
  }

  /// EOBI template ids are 13,000 and up to 699 more; those from 200 on are folded into slots from 140 on, twenty for
  /// each hundred, of which no more are in use.
  @inline(__always)
  static func eobiSlot(ofTemplate template: UInt16) -> UInt8 {
    let offset = Int(template) - 13_000
    if offset < 0 || offset >= 700 { return 0 }
    if offset < 140 { return UInt8(offset) }
    let hundred = offset / 100
    let rest = offset % 100
    return hundred < 2 || rest >= 20 ? 0 : UInt8(140 + (hundred - 2) * 20 + rest)
  }

  private static func eobiOffset(ofSlot slot: UInt8) -> Int {
    slot < 140 ? Int(slot) : (Int(slot) - 140) / 20 * 100 + 200 + (Int(slot) - 140) % 20
  }
}
