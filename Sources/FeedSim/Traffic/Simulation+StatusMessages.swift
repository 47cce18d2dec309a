/// Messages that do not touch orders. Layouts: TotalView-ITCH 5.0, the section named at each.
extension Simulation {
  private func locate(_ stock: Int, _ venue: Int) -> UInt16 { venues[venue].locates[stock] }

  /// "System Event Message", 12 bytes.
  func systemEvent(_ code: UInt8, _ venue: Int) {
    venues[venue].begin("S", locate: 0, at: now)
    venues[venue].put(code)
    finishMessage(venue)
  }

  /// "Stock Directory", 39 bytes.
  func directory(_ index: Int, _ venue: Int) {
    let stock = universe.stocks[index]
    venues[venue].begin("R", locate: locate(index, venue), at: now)
    venues[venue].put(stock.symbol)
    venues[venue].put(stock.isPrimaryListed ? "Q" : "N" as Unicode.Scalar)
    venues[venue].put(stock.isPrimaryListed ? "N" : " " as Unicode.Scalar)
    venues[venue].put(100 as UInt32)
    venues[venue].put("N")
    venues[venue].put(stock.isFund ? "Q" : "C" as Unicode.Scalar)
    venues[venue].put([UInt8(ascii: stock.isFund ? "E" : "Z"), 0x20])
    venues[venue].put("P")
    venues[venue].put(stock.tick == 1 ? "Y" : "N" as Unicode.Scalar)
    venues[venue].put("N")
    venues[venue].put(stock.spread < 3 ? "1" : "2" as Unicode.Scalar)
    venues[venue].put(stock.isFund ? "Y" : "N" as Unicode.Scalar)
    venues[venue].put(0 as UInt32)
    venues[venue].put("N")
    finishMessage(venue)
  }

  /// "Stock Trading Action", 25 bytes.
  func tradingAction(_ stock: Int, _ venue: Int, state: Unicode.Scalar, reason: String) {
    venues[venue].begin("H", locate: locate(stock, venue), at: now)
    venues[venue].put(universe.stocks[stock].symbol)
    venues[venue].put(state)
    venues[venue].put(" ")
    venues[venue].put(Array(reason.utf8))
    finishMessage(venue)
  }

  /// "Reg SHO Short Sale Price Test Restricted Indicator", 20 bytes.
  func regSHO(_ stock: Int, _ venue: Int, action: Unicode.Scalar) {
    venues[venue].begin("Y", locate: locate(stock, venue), at: now)
    venues[venue].put(universe.stocks[stock].symbol)
    venues[venue].put(action)
    finishMessage(venue)
  }

  /// "Market Participant Position", 26 bytes.
  func participant(_ stock: Int, _ venue: Int) {
    venues[venue].begin("L", locate: locate(stock, venue), at: now)
    let name = (0..<4).map { _ in UInt8(ascii: "A") + UInt8(random.below(26)) }
    venues[venue].put(name)
    venues[venue].put(universe.stocks[stock].symbol)
    venues[venue].put(random.chance(partsPerMillion: 500_000) ? "Y" : "N" as Unicode.Scalar)
    venues[venue].put("N")
    venues[venue].put("A")
    finishMessage(venue)
  }

  /// "Market-Wide Circuit Breaker Decline Level", 35 bytes; seven, thirteen and twenty percent below an index.
  func declineLevels(_ venue: Int) {
    venues[venue].begin("V", locate: 0, at: now)
    for level in [465_000_000_000, 435_000_000_000, 400_000_000_000] as [UInt64] { venues[venue].put(level) }
    finishMessage(venue)
  }

  /// "Operational Halt", 21 bytes.
  func operationalHalt(_ stock: Int, _ venue: Int, action: Unicode.Scalar) {
    venues[venue].begin("h", locate: locate(stock, venue), at: now)
    venues[venue].put(universe.stocks[stock].symbol)
    venues[venue].put((["Q", "B", "X"] as [Unicode.Scalar])[venue % 3])
    venues[venue].put(action)
    finishMessage(venue)
  }

  /// "LULD Auction Collar", 35 bytes: five percent around the fair value.
  func auctionCollar(_ stock: Int, _ venue: Int) {
    let price4 = fairPrice4(stock)
    venues[venue].begin("J", locate: locate(stock, venue), at: now)
    venues[venue].put(universe.stocks[stock].symbol)
    venues[venue].put(price4)
    venues[venue].put(price4 + price4 / 20)
    venues[venue].put(price4 - price4 / 20)
    venues[venue].put(0 as UInt32)
    finishMessage(venue)
  }

  /// "Net Order Imbalance Indicator (NOII)", 50 bytes.
  func imbalance(_ stock: Int, _ venue: Int, crossType: Unicode.Scalar) {
    let price4 = fairPrice4(stock)
    venues[venue].begin("I", locate: locate(stock, venue), at: now)
    venues[venue].put(100 * random.below(UInt64(2_000)))
    venues[venue].put(100 * random.below(300 as UInt64))
    venues[venue].put(random.pick(["B", "S", "N"] as [Unicode.Scalar]))
    venues[venue].put(universe.stocks[stock].symbol)
    for _ in 0..<3 { venues[venue].put(price4) }
    venues[venue].put(crossType)
    venues[venue].put(random.pick(["L", "L", "L", "1", "2"] as [Unicode.Scalar]))
    finishMessage(venue)
  }

  /// "Cross Trade", 40 bytes. Half of the crosses find nobody.
  func cross(_ stock: Int, _ venue: Int, crossType: Unicode.Scalar) {
    let shares = random.chance(partsPerMillion: 500_000) ? 100 * (1 + random.below(5_000 as UInt64)) : 0
    venues[venue].begin("Q", locate: locate(stock, venue), at: now)
    venues[venue].put(shares)
    venues[venue].put(universe.stocks[stock].symbol)
    venues[venue].put(shares == 0 ? 0 : fairPrice4(stock))
    let match = shares == 0 ? 0 : venues[venue].takeMatchNumber()
    venues[venue].put(match)
    venues[venue].put(crossType)
    finishMessage(venue)
  }

  /// "Trade Message (Non-Cross)", 44 bytes: a match with an order nobody saw.
  func hiddenTrade(_ stock: Int, _ venue: Int) {
    let match = venues[venue].takeMatchNumber()
    let shares = drawShares()
    venues[venue].begin("P", locate: locate(stock, venue), at: now)
    venues[venue].put(0 as UInt64)
    venues[venue].put("B")
    venues[venue].put(shares)
    venues[venue].put(universe.stocks[stock].symbol)
    venues[venue].put(fairPrice4(stock))
    venues[venue].put(match)
    finishMessage(venue)
  }

  /// "Broken Trade / Order Execution", 19 bytes.
  func brokenTrade(_ stock: Int, _ venue: Int) {
    guard let match = venues[venue].pickMatchNumber() else { return }
    venues[venue].begin("B", locate: locate(stock, venue), at: now)
    venues[venue].put(match)
    finishMessage(venue)
  }

  /// "Retail Price Improvement Indicator", 20 bytes.
  func retailInterest(_ stock: Int, _ venue: Int) {
    venues[venue].begin("N", locate: locate(stock, venue), at: now)
    venues[venue].put(universe.stocks[stock].symbol)
    venues[venue].put(random.pick(["B", "S", "A", "N"] as [Unicode.Scalar]))
    finishMessage(venue)
  }

  func fairPrice4(_ stock: Int) -> UInt32 { UInt32(universe.stocks[stock].fair * universe.stocks[stock].tick) }
}
