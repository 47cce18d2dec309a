/// A stock as all venues see it: its name, its price grid, and the fair value their quotes follow.
struct Stock: Sendable {
  /// The root of the name, one to five letters.
  let root: [UInt8]
  /// What kind of security of that issuer it is, where it is not the common stock.
  var suffix: SymbolSuffix?
  /// Price step in 1/10,000 dollar: 100, or 1 for a stock below one dollar.
  let tick: Int
  /// Quoted prices stay within these ticks; a stock never crosses the dollar at which tick and fee tier change.
  var tickRange: ClosedRange<Int>
  /// Usual distance of best bid and best ask, ticks, at least 1.
  let spread: Int
  /// How far orders spread from the touch, thousandths.
  let scale: Int
  let isPrimaryListed: Bool
  let isFund: Bool
  /// False for a stock that never gets its trading message: it counts as halted all day.
  let isTradable: Bool
  /// What a share is worth, in ticks; moves while the simulation runs.
  var fair: Int
  /// Venues (bits) whose book a planted dislocation holds still.
  var frozenVenues: UInt8 = 0
  /// Paused everywhere (LUDP).
  var isPaused = false
  /// Paused for the rest of the day.
  var staysPaused = false
  /// Venues (bits) with an operational halt.
  var operationalHalts: UInt8 = 0

  /// The canonical symbol, which is Nasdaq's.
  var text: String { String(decoding: root + Array((suffix?.nasdaq ?? "").utf8), as: UTF8.self) }
}
