/// A planted dislocation under way: which orders make it, and how to undo it.
struct Dislocation {
  var stock: Int
  /// The venue whose quotes move.
  var quoteVenue: Int
  /// The venue whose quotes they cross.
  var otherVenue: Int
  /// True: the bid moves up, over the other venue's ask; false: the ask moves down, under its bid.
  var isBid: Bool
  /// Price of the quote that crosses, ticks.
  var ticks: Int
  /// The crossing quotes.
  var quotes: [UInt32] = []
  /// Quotes that stood in the way, and where they were.
  var moved: [(slot: UInt32, price4: UInt32)] = []
  /// Size lent to the other venue's best price.
  var lent: UInt32?
  var planted: PlantedDislocation
  var isActive = true
  var messagesReserved = 0
}
