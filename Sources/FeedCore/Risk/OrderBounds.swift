/// What an order message can carry, whatever the configured limits. OUCH 5.0, "Data Types" and "Enter Order".
enum OrderBounds {
  /// Shares of one order.
  static let maximumQuantity: UInt32 = 999_999
  /// 199,999.9900 dollars in 1/10,000; from 200,000.0000 on a price would count as a market order.
  static let maximumPrice4: Int64 = 1_999_999_900
  /// Venues a shard can have a session with.
  static let maximumVenueCount = 8
}
