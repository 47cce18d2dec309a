/// The optional fields of Cboe BOE version 2, by message, bitfield and bit. "Optional Fields" of the equities text
/// 2.4.55 and of the options text 2.10.5: where both name a bit they give it the same size, and the name here is that
/// of options; `ExtExecInst` is in the captures of options and not in their text.
///
/// A row is one bitfield, from bit 0x01 to 0x80. A dash: the bit is reserved. A name that `fields` does not have: a bit
/// whose size is not among the sources at hand. A message with either is not decoded beyond its fixed part.
enum BOE2Bitfields {
  /// New Order (0x38).
  static let newOrder = sets([
    "ClearingFirm ClearingAccount Price ExecInst OrdType TimeInForce MinQty MaxFloor",
    "Symbol SymbolSfx - - - - Capacity RoutingInst",
    "Account DisplayIndicator MaxRemovePct DiscretionAmount PegDifference PreventMatch LocateReqd ExpireTime",
    "MaturityDate StrikePrice PutOrCall RiskReset OpenClose CMTANumber TargetPartyID -",
    "SessionEligibility AttributedQuote - ExtExecInst - - - -",
    "DisplayRange StopPx RoutStrategy RouteDeliveryMethod ExDestination EchoText AuctionId RoutingFirmID",
    "- CustomGroupID - - - - - -",
    "- - ClearingOptionalData ClientIDAttr FrequentTraderID Compression FloorDestination FloorRoutingInst",
    "OrderOrigin ORS PriceType - - - CrossTradeFlag -",
    "- LocateBroker CmcSessions StepUpAmount - - - -",
  ])

  /// Cancel Order (0x39).
  static let cancelOrder = sets([
    "ClearingFirm MassCancelLockout MassCancel RiskRoot MassCancelId RoutingFirmID - -",
    "MassCancelInst - - - - - - -",
  ])

  /// Modify Order (0x3A).
  static let modifyOrder = sets([
    "ClearingFirm - OrderQty Price OrdType CancelOrigOnReject ExecInst Side",
    "MaxFloor StopPx RoutingFirmID - - FrequentTraderID - LocateBroker",
  ])

  /// What the venue's messages return, as asked for at login.
  static let returned = sets([
    "Side PegDifference Price ExecInst OrdType TimeInForce MinQty MaxRemovePct",
    "Symbol SymbolSfx - - - - Capacity ContraTrader",
    "Account ClearingFirm ClearingAccount DisplayIndicator MaxFloor DiscretionAmount OrderQty PreventMatch",
    "MaturityDate StrikePrice PutOrCall OpenClose - CorrectedSize - -",
    "OrigClOrdID LeavesQty LastShares LastPx DisplayPrice WorkingPrice BaseLiquidityIndicator ExpireTime",
    "SecondaryOrderID - ContraCapacity AttributedQuote ExtExecInst - - -",
    "SubLiquidityIndicator - - - - - - -",
    "FeeCode EchoText StopPx RoutingInst RoutStrategy RouteDeliveryMethod ExDestination -",
    "MarketingFeeCode TargetPartyID AuctionId - - CmtaNumber CrossType CrossPrioritization",
    "CrossId AllocQty GiveUpFirmID RoutingFirmID - CrossExclusionIndicator - -",
    "- - - - - - - -",
    "- - - - - - - ClearingOptionalData",
    "CumQty DayOrderQty DayCumQty AvgPx DayAvgPx - DrillThruProtection MultilegReportingType",
    "LegCFICode LegMaturityDate LegStrikePrice - SecondaryExecId - - -",
    "- EquityPartyId - MassCancelId - - - ClientIDAttr",
    "FrequentTraderID SessionEligibility ComboOrder Compression FloorDestination FloorRoutingInst MultiClassSprd "
      + "OrderOrigin",
    "PriceType StrategyID - TradeThroughAlertType SenderLocationID - - -",
  ])

  /// The same, for a message whose fixed part has fields of these names already.
  static func returned(besides names: Set<String>) -> [[FieldLayout?]] {
    returned.map { set in
      set.map { field in
        guard let field, names.contains(field.title) else { return field }
        return FieldLayout(
          field.title + " Returned", field.size, field.encoding, field.notes, decimals: field.slot.decimals)
      }
    }
  }

  private static func sets(_ rows: [String]) -> [[FieldLayout?]] {
    rows.map { row in
      let names = row.split(separator: " ").map(String.init)
      precondition(names.count == 8, "a bitfield has eight bits: \(row)")
      return names.map { name in fields.first { $0.title == name } }
    }
  }

  private static let fields: [FieldLayout] = texts + characters + numbers + prices

  private static let texts: [FieldLayout] = [
    ("Account", 16), ("ClearingFirm", 4), ("ClearingAccount", 4), ("ClearingOptionalData", 16), ("ClientIDAttr", 4),
    ("ContraTrader", 4), ("CrossId", 20), ("EchoText", 64), ("EquityPartyId", 4), ("FeeCode", 2),
    ("FloorDestination", 4), ("FrequentTraderID", 6), ("GiveUpFirmID", 4), ("LegCFICode", 6), ("LocateBroker", 4),
    ("MarketingFeeCode", 2), ("MassCancelId", 20), ("MassCancelInst", 16), ("OrderOrigin", 3), ("OrigClOrdID", 20),
    ("PreventMatch", 3), ("RiskReset", 8), ("RiskRoot", 6), ("RoutStrategy", 6), ("RouteDeliveryMethod", 3),
    ("RoutingFirmID", 4), ("RoutingInst", 4), ("Symbol", 8), ("SymbolSfx", 8), ("TargetPartyID", 4),
  ].map { .text($0.0, $0.1) }

  private static let characters: [FieldLayout] = [
    "AttributedQuote", "BaseLiquidityIndicator", "CancelOrigOnReject", "Capacity", "ComboOrder", "Compression",
    "ContraCapacity", "CrossExclusionIndicator", "CrossPrioritization", "CrossTradeFlag", "CrossType",
    "DisplayIndicator", "ExDestination", "ExecInst", "ExtExecInst", "FloorRoutingInst", "LocateReqd", "MassCancel",
    "MassCancelLockout", "MultiClassSprd", "MultilegReportingType", "ORS", "OpenClose", "OrdType", "PriceType",
    "PutOrCall", "SenderLocationID", "SessionEligibility", "Side", "StrategyID", "SubLiquidityIndicator", "TimeInForce",
    "TradeThroughAlertType",
  ].map { .character($0) }

  private static let numbers: [FieldLayout] = [
    ("AllocQty", 4), ("AuctionId", 8), ("CMTANumber", 4), ("CmcSessions", 2), ("CmtaNumber", 4), ("CorrectedSize", 4),
    ("CumQty", 4), ("CustomGroupID", 2), ("DayCumQty", 4), ("DayOrderQty", 4), ("DiscretionAmount", 2),
    ("DisplayRange", 4), ("ExpireTime", 8), ("LastShares", 4), ("LeavesQty", 4), ("LegMaturityDate", 4),
    ("MaturityDate", 4), ("MaxFloor", 4), ("MaxRemovePct", 1), ("MinQty", 4), ("OrderQty", 4), ("SecondaryExecId", 8),
    ("SecondaryOrderID", 8),
  ].map { .unsigned($0.0, $0.1) }

  private static let prices: [FieldLayout] = [
    "AvgPx", "DayAvgPx", "DisplayPrice", "DrillThruProtection", "LastPx", "LegStrikePrice", "PegDifference", "Price",
    "StopPx", "StrikePrice", "WorkingPrice",
  ].map { .signedPrice($0, 8, decimals: 4) }
}
