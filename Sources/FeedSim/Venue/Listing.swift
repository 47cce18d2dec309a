/// A stock as one venue lists it.
struct Listing: Equatable {
  /// As the venue writes it, without padding: `BRK.B` or `BRK B`.
  let symbol: [UInt8]
  /// The venue's number: ITCH stock locate, XDP symbol index, MEMX security id. Where messages carry the symbol
  /// (PITCH, DEEP+) no message carries this.
  let identifier: UInt32
  /// Decimals of the venue's prices: XDP's PriceScaleCode.
  let priceDecimals: Int
}
