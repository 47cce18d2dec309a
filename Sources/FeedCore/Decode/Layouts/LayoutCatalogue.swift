/// All protocols that are described by layouts, with the headings under which the documentation lists them.
public enum LayoutCatalogue {
  public struct Entry: Sendable {
    /// Heading: venue family and document.
    public let title: String
    public let description: ProtocolDescription

    public init(title: String, description: ProtocolDescription) {
      self.title = title
      self.description = description
    }
  }

  /// Messages of the venues' feeds.
  public static let feeds: [Entry] = [
    Entry(title: "TotalView-ITCH 5.0", description: ITCH50Layouts.description),
    Entry(title: "GLIMPSE 5.0", description: ITCH50Layouts.glimpse),
    Entry(title: "IEX TOPS 1.5", description: IEXLayouts.tops15),
    Entry(title: "IEX TOPS 1.6", description: IEXLayouts.tops16),
    Entry(title: "IEX DEEP 1.0", description: IEXLayouts.deep),
    Entry(title: "IEX DEEP+ 1.0", description: IEXLayouts.deepPlus),
    Entry(title: "Cboe PITCH 2.x, gap request proxy and spin server", description: CboePITCHLayouts.description),
    Entry(title: "NYSE Integrated Feed and requests", description: NYSEPillarLayouts.description),
    Entry(title: "MEMX MEMOIR Depth 1.3", description: MEMXLayouts.description),
    Entry(title: "MIAX Pearl Depth of Market 1.3", description: MIAXPearlLayouts.description),
    Entry(title: "CME MDP 3.0", description: CMELayouts.description),
    Entry(title: "CME session messages", description: CMELayouts.session),
    Entry(title: "Coinbase Derivatives market data", description: CoinbaseDerivativesLayouts.description),
    Entry(title: "Eurex EOBI before 2.5", description: EOBILayouts.before25),
    Entry(title: "Eurex EOBI 3.0", description: EOBILayouts.release30),
    Entry(title: "Eurex EOBI 6.0", description: EOBILayouts.release60),
    Entry(title: "Deribit multicast", description: DeribitLayouts.description),
  ]

  /// Headers of packets, and messages that serve recovery alone.
  public static let transports: [Entry] = [
    Entry(title: "IEX-TP segment", description: IEXTransportLayouts.segment),
    Entry(title: "IEX-TP gap fill request", description: IEXTransportLayouts.gapFillRequest),
    Entry(title: "IEX DEEP+ SNAP", description: IEXTransportLayouts.snap),
    Entry(title: "Cboe Sequenced Unit Header", description: CboePITCHLayouts.sequencedUnitHeader),
    Entry(title: "NYSE XDP packet", description: NYSEPillarLayouts.packetHeader),
    Entry(title: "MEMX-UDP packet", description: MEMXLayouts.udpHeader),
    Entry(title: "MEMX-TCP", description: MEMXTCPLayouts.description),
    Entry(title: "MIAX MACH packet", description: MIAXPearlLayouts.packetHeader),
    Entry(title: "CME packet", description: CMELayouts.packetHeader),
    Entry(title: "Coinbase Derivatives packet", description: CoinbaseDerivativesLayouts.packetHeader),
    Entry(title: "Deribit packet", description: DeribitLayouts.packetHeader),
    Entry(title: "SoupBinTCP 3.00", description: SoupBinTCPLayouts.description),
  ]

  /// Order entry.
  public static let orders: [Entry] = [
    Entry(title: "OUCH 5.0 to the venue", description: OUCH50Layouts.inbound),
    Entry(title: "OUCH 5.0 from the venue", description: OUCH50Layouts.outbound),
    Entry(title: "OUCH 4.2 to the venue", description: OUCH42Layouts.inbound),
    Entry(title: "OUCH 4.2 from the venue", description: OUCH42Layouts.outbound),
    Entry(title: "Cboe BOE 2", description: BOE2Layouts.description),
  ]

  public static let all: [Entry] = feeds + transports + orders
}
