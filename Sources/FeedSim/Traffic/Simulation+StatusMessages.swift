/// Messages that do not touch orders.
extension Simulation {
  func tradingAction(_ stock: Int, _ venue: Int, state: Unicode.Scalar, reason: String) {
    say(
      venue, .tradingAction(stock: stock, state: UInt8(ascii: state), reason: reason, isEarly: now < openNanoseconds))
  }

  func regSHO(_ stock: Int, _ venue: Int, action: Unicode.Scalar) {
    say(venue, .regSHO(stock: stock, action: UInt8(ascii: action)))
  }

  func participant(_ stock: Int, _ venue: Int) {
    let name = (0..<4).map { _ in UInt8(ascii: "A") + UInt8(random.below(26)) }
    let isPrimary = random.chance(partsPerMillion: 500_000)
    say(venue, .participant(stock: stock, name: name, isPrimary: isPrimary))
  }

  func operationalHalt(_ stock: Int, _ venue: Int, action: Unicode.Scalar) {
    say(venue, .operationalHalt(stock: stock, isHalted: action == "H"))
  }

  func auctionCollar(_ stock: Int, _ venue: Int) {
    say(venue, .auctionCollar(stock: stock, price4: fairPrice4(stock)))
  }

  func imbalance(_ stock: Int, _ venue: Int, crossType: Unicode.Scalar) {
    let paired = 100 * random.below(UInt64(2_000))
    let shares = 100 * random.below(300 as UInt64)
    let side = random.pick(["B", "S", "N"] as [Unicode.Scalar])
    let variation = random.pick(["L", "L", "L", "1", "2"] as [Unicode.Scalar])
    let imbalance = MarketMessage.Imbalance(
      paired: paired, shares: shares, side: UInt8(ascii: side), price4: fairPrice4(stock),
      crossType: UInt8(ascii: crossType), variation: UInt8(ascii: variation))
    say(venue, .imbalance(stock: stock, imbalance))
  }

  /// Half of the crosses find nobody.
  func cross(_ stock: Int, _ venue: Int, crossType: Unicode.Scalar) {
    let shares = random.chance(partsPerMillion: 500_000) ? 100 * (1 + random.below(5_000 as UInt64)) : 0
    let match = shares == 0 ? 0 : venues[venue].takeMatchNumber()
    say(
      venue,
      .cross(
        stock: stock, shares: shares, price4: shares == 0 ? 0 : fairPrice4(stock), match: match,
        crossType: UInt8(ascii: crossType)))
  }

  /// A match with an order nobody saw.
  func hiddenTrade(_ stock: Int, _ venue: Int) {
    let match = venues[venue].takeMatchNumber()
    let shares = drawShares()
    say(
      venue,
      .hiddenTrade(MarketMessage.Trade(stock: stock, match: match, shares: shares, price4: fairPrice4(stock))))
  }

  func brokenTrade(_ stock: Int, _ venue: Int) {
    guard let trade = venues[venue].pickTrade(stock: stock) else { return }
    say(venue, .brokenTrade(trade))
  }

  func retailInterest(_ stock: Int, _ venue: Int) {
    let side = random.pick(["B", "S", "A", "N"] as [Unicode.Scalar])
    say(venue, .retailInterest(stock: stock, side: UInt8(ascii: side)))
  }

  func fairPrice4(_ stock: Int) -> UInt32 { UInt32(universe.stocks[stock].fair * universe.stocks[stock].tick) }
}
