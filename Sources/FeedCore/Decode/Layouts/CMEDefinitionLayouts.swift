/// Instrument definitions of CME MDP 3.0. Their templates differ in order and in what newer versions append.
enum CMEDefinitionLayouts {
  private typealias Part = CMELayouts

  static let all = futures + options + spreads + fixedIncome + repos + foreignExchange

  // MARK: Groups

  private static func group(_ title: String, _ fields: [FieldLayout]) -> GroupLayout {
    GroupLayout(title, Part.size3, fields)
  }

  private static let events = group("NoEvents", [.unsigned("EventType", 1), .unsigned("EventTime", 8)])
  private static let feedTypes = group(
    "NoMDFeedTypes", [.text("MDFeedType", 3, "GBX book, GBI implied book"), .signed("MarketDepth", 1)])
  private static let attributes = group("NoInstAttrib", [.unsigned("InstAttribValue", 4)])
  private static let lotTypes = group(
    "NoLotTypeRules", [.signed("LotType", 1), FieldLayout.signedPrice("MinLotSize", 4, decimals: 4).orNull()])
  private static let common = [events, feedTypes, attributes, lotTypes]

  private static func legs(_ decimals: UInt8) -> GroupLayout {
    group(
      "NoLegs",
      [
        .signed("LegSecurityID", 4), .unsigned("LegSide", 1), .signed("LegRatioQty", 1),
        Part.optionalPrice("LegPrice", decimals), FieldLayout.signedPrice("LegOptionDelta", 4, decimals: 4).orNull(),
      ])
  }

  private static let underlyings = group(
    "NoUnderlyings", [.signed("UnderlyingSecurityID", 4), .text("UnderlyingSymbol", 20)])
  private static let related: [FieldLayout] = [.signed("RelatedSecurityID", 4), .text("RelatedSymbol", 20)]

  // MARK: Fields of several definitions

  private static func head(product: FieldLayout = .unsigned("UnderlyingProduct", 1)) -> [FieldLayout] {
    [
      Part.matchEventIndicator, .unsigned("TotNumReports", 4, "definitions of the loop").orNull(),
      .character("SecurityUpdateAction", "A add, D delete, M modify"), .unsigned("LastUpdateTime", 8),
      Part.optionalCode("MDSecurityTradingStatus"), .signed("ApplID", 2, "the channel"),
      .unsigned("MarketSegmentID", 1), product, .text("SecurityExchange", 4), .text("SecurityGroup", 6),
      .text("Asset", 6), .text("Symbol", 20), Part.securityID, .text("SecurityType", 6), .text("CFICode", 6),
    ]
  }

  private static let maturity: [FieldLayout] = [
    .unsigned("MaturityMonthYear year", 2).orNull(), .unsigned("MaturityMonthYear month", 1).orNull(),
    .unsigned("MaturityMonthYear day", 1).orNull(), .unsigned("MaturityMonthYear week", 1).orNull(),
  ]
  private static let currency = FieldLayout.text("Currency", 3)
  private static let settlCurrency = FieldLayout.text("SettlCurrency", 3)
  private static let matching: [FieldLayout] = [
    .character("MatchAlgorithm"), .unsigned("MinTradeVol", 4), .unsigned("MaxTradeVol", 4),
  ]
  private static let fractions = [Part.optionalCode("MainFraction"), Part.optionalCode("SubFraction")]
  private static let displayFormat = Part.optionalCode("PriceDisplayFormat")
  private static let unit = FieldLayout.text("UnitOfMeasure", 30)
  private static let tickRule = FieldLayout.signed("TickRule", 1).orNull()
  private static let settlPriceType = FieldLayout.unsigned("SettlPriceType", 1)
  private static let openInterest = Part.optionalSize("OpenInterestQty")
  private static let clearedVolume = Part.optionalSize("ClearedVolume")
  private static let userDefined = FieldLayout.character("UserDefinedInstrument")
  private static let referenceDate = Part.date("TradingReferenceDate")
  private static let guid = FieldLayout.unsigned("InstrumentGUID", 8).orNull()
  private static let fullName = FieldLayout.text("FinancialInstrumentFullName", 35)
  private static let quoteMethod = FieldLayout.text("PriceQuoteMethod", 5)
  private static let sets: [FieldLayout] = [.text("RiskSet", 6), .text("MarketSet", 6)]
  private static let clearingOrg = FieldLayout.text("PartyRoleClearingOrg", 5)

  private static func optional(_ titles: [String], _ decimals: UInt8 = 9) -> [FieldLayout] {
    titles.map { Part.optionalPrice($0, decimals) }
  }
  private static func limits(_ decimals: UInt8 = 9) -> [FieldLayout] {
    optional(["HighLimitPrice", "LowLimitPrice", "MaxPriceVariation"], decimals)
  }
  private static func step(_ decimals: UInt8 = 9, optional: Bool = false) -> [FieldLayout] {
    let increment = Part.price("MinPriceIncrement", decimals)
    return [optional ? increment.orNull() : increment, Part.price("DisplayFactor", decimals)]
  }

  // MARK: Futures

  private static func future(_ p: UInt8) -> [FieldLayout] {
    head() + maturity + [currency, settlCurrency] + matching + step(p) + fractions + [displayFormat, unit]
      + optional(["UnitOfMeasureQty", "TradingReferencePrice"], p) + [settlPriceType, openInterest, clearedVolume]
      + limits(p)
      + [
        Part.optionalSize("DecayQuantity"), Part.date("DecayStartDate"), Part.optionalSize("OriginalContractSize"),
        Part.optionalSize("ContractMultiplier"), FieldLayout.signed("ContractMultiplierUnit", 1).orNull(),
        FieldLayout.signed("FlowScheduleType", 1).orNull(), Part.optionalPrice("MinPriceIncrementAmount", p),
        userDefined,
      ]
  }

  private static let futures: [MessageLayout] = [
    Part.message(27, "MDInstrumentDefinitionFuture27", 5...5, future(7), common, seen: true),
    Part.message(27, "MDInstrumentDefinitionFuture27", 6...9, future(7) + [referenceDate], common),
    Part.message(54, "MDInstrumentDefinitionFuture54", 9...9, future(9) + [referenceDate], common),
    Part.message(54, "MDInstrumentDefinitionFuture54", 10...13, future(9) + [referenceDate, guid], common),
  ]

  // MARK: Options

  private static func option(_ p: UInt8) -> [FieldLayout] {
    head() + [.unsigned("PutOrCall", 1)] + maturity
      + [
        currency, Part.optionalPrice("StrikePrice", p), .text("StrikeCurrency", 3), settlCurrency,
        Part.optionalPrice("MinCabPrice", p),
      ] + matching + optional(["MinPriceIncrement", "MinPriceIncrementAmount"], p)
      + [Part.price("DisplayFactor", p), tickRule] + fractions + [displayFormat, unit]
      + optional(["UnitOfMeasureQty", "TradingReferencePrice"], p) + [settlPriceType, clearedVolume, openInterest]
      + optional(["LowLimitPrice", "HighLimitPrice"], p) + [userDefined]
  }

  private static let relatedOptions = group("NoRelatedInstruments", related)

  private static let options: [MessageLayout] = [
    Part.message(41, "MDInstrumentDefinitionOption41", 5...5, option(7), common + [underlyings]),
    Part.message(41, "MDInstrumentDefinitionOption41", 6...6, option(7) + [referenceDate], common + [underlyings]),
    Part.message(
      41, "MDInstrumentDefinitionOption41", 8...9, option(7) + [referenceDate],
      common + [underlyings, relatedOptions]),
    Part.message(
      55, "MDInstrumentDefinitionOption55", 9...9, option(9) + [referenceDate],
      common + [underlyings, relatedOptions]),
    Part.message(
      55, "MDInstrumentDefinitionOption55", 10...13, option(9) + [referenceDate, guid],
      common + [underlyings, relatedOptions]),
  ]

  // MARK: Spreads

  private static func spread(_ p: UInt8) -> [FieldLayout] {
    head(product: Part.optionalCode("UnderlyingProduct")) + maturity
      + [currency, .text("SecuritySubType", 5), userDefined] + matching + step(p, optional: p == 9)
      + [displayFormat, Part.optionalPrice("PriceRatio", p), tickRule, unit]
      + [Part.optionalPrice("TradingReferencePrice", p), settlPriceType, openInterest, clearedVolume] + limits(p)
      + fractions
  }

  private static let spreads: [MessageLayout] = [
    Part.message(29, "MDInstrumentDefinitionSpread29", 5...5, spread(7), common + [legs(7)], seen: true),
    Part.message(29, "MDInstrumentDefinitionSpread29", 6...9, spread(7) + [referenceDate], common + [legs(7)]),
    Part.message(56, "MDInstrumentDefinitionSpread56", 9...9, spread(9) + [referenceDate], common + [legs(9)]),
    Part.message(
      56, "MDInstrumentDefinitionSpread56", 10...13,
      spread(9) + [referenceDate, quoteMethod] + sets + [guid, fullName], common + [legs(9)]),
  ]

  // MARK: Fixed income

  private static let fixedIncome: [MessageLayout] = [
    Part.message(
      57, "MDInstrumentDefinitionFixedIncome57", 10...13,
      head() + [currency, settlCurrency] + matching + step(optional: true) + fractions + [displayFormat, unit]
        + optional(["UnitOfMeasureQty", "TradingReferencePrice"]) + [referenceDate] + limits()
        + [
          Part.optionalPrice("MinPriceIncrementAmount"), Part.date("IssueDate"), Part.date("DatedDate"),
          Part.date("MaturityDate"), Part.optionalPrice("CouponRate"), Part.optionalPrice("ParValue"),
          .text("CouponFrequencyUnit", 3), .unsigned("CouponFrequencyPeriod", 2).orNull(),
          .text("CouponDayCount", 20), .text("CountryOfIssue", 2), .text("Issuer", 25), fullName,
          .text("SecurityAltID", 12), Part.optionalCode("SecurityAltIDSource"), quoteMethod, clearingOrg, userDefined,
        ] + sets + [guid], common)
  ]

  // MARK: Repos

  private static let repo =
    head() + [currency, settlCurrency] + matching + step() + [unit]
    + optional(["UnitOfMeasureQty", "TradingReferencePrice"]) + [referenceDate] + limits()
    + [
      fullName, clearingOrg, Part.date("StartDate"), Part.date("EndDate"), .text("TerminationType", 8),
      .unsigned("SecuritySubType", 1), Part.optionalCode("MoneyOrPar"), .unsigned("MaxNoOfSubstitutions", 1),
      quoteMethod, userDefined,
    ] + sets + [guid]

  private static let collateral: [FieldLayout] = [
    .text("UnderlyingSymbol", 20), Part.optionalSize("UnderlyingSecurityID"), .text("UnderlyingSecurityAltID", 12),
    Part.optionalCode("UnderlyingSecurityAltIDSource"), .text("UnderlyingFinancialInstrumentFullName", 35),
    .text("UnderlyingSecurityType", 6), .text("UnderlyingCountryOfIssue", 2), .text("UnderlyingIssuer", 25),
    Part.optionalCode("UnderlyingMaxLifeTime"), .unsigned("UnderlyingMinDaysToMaturity", 2).orNull(),
  ]
  private static let newerCollateral = group(
    "NoUnderlyings",
    collateral + [.unsigned("UnderlyingInstrumentGUID", 8).orNull(), Part.date("UnderlyingMaturityDate")])
  private static let relatedRepos = group(
    "NoRelatedInstruments", related + [.unsigned("RelatedInstrumentGUID", 8).orNull()])
  private static let brokenDates = group(
    "NoBrokenDates",
    [
      .unsigned("BrokenDateGUID", 8), .signed("BrokenDateSecurityID", 4), Part.date("BrokenDateStart"),
      Part.date("BrokenDateEnd"),
    ])

  private static let repos: [MessageLayout] = [
    Part.message(
      58, "MDInstrumentDefinitionRepo58", 10...10, repo, common + [group("NoUnderlyings", collateral), relatedRepos]),
    Part.message(
      58, "MDInstrumentDefinitionRepo58", 11...12, repo + [.text("TermCode", 20)],
      common + [newerCollateral, relatedRepos]),
    Part.message(
      58, "MDInstrumentDefinitionRepo58", 13...13,
      repo + [.text("TermCode", 20), Part.optionalCode("BrokenDateTermType")],
      common + [newerCollateral, relatedRepos, brokenDates]),
  ]

  // MARK: Foreign exchange

  private static let currencyPair =
    head() + [currency, settlCurrency, .text("PriceQuoteCurrency", 3)] + matching + step()
    + [.unsigned("PricePrecision", 1), unit, Part.optionalPrice("UnitOfMeasureQty")] + limits()
    + [
      userDefined, fullName, .text("FXCurrencySymbol", 7), .text("SettlType", 3), .unsigned("InterveningDays", 2),
      .text("FXBenchmarkRateFix", 20), .text("RateSource", 12), .text("FixRateLocalTime", 8),
      .text("FixRateLocalTimeZone", 20), .unsigned("MinQuoteLife", 4), Part.price("MaxPriceDiscretionOffset"), guid,
    ] + maturity + [.text("SettlementLocale", 8)]

  private static let pairGroups = [
    events, feedTypes, attributes,
    group("NoLotTypeRules", [.signed("LotType", 1), .unsigned("MinLotSize", 8)]),
    group(
      "NoTradingSessions",
      [
        Part.date("TradeDate"), Part.date("SettlDate"), Part.date("MaturityDate"), .text("SecurityAltID", 12),
      ]),
  ]

  private static let foreignExchange: [MessageLayout] = [
    Part.message(63, "MDInstrumentDefinitionFX63", 12...12, currencyPair, pairGroups),
    Part.message(
      63, "MDInstrumentDefinitionFX63", 13...13,
      currencyPair + [
        Part.optionalPrice("AltMinPriceIncrement"), .unsigned("AltMinQuoteLife", 4).orNull(),
        Part.optionalPrice("AltPriceIncrementConstraint"), Part.optionalPrice("MaxBidAskConstraint"),
      ], pairGroups),
  ]
}
