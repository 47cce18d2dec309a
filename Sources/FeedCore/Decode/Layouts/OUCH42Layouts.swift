/// The messages of Nasdaq OUCH 4.2 order entry (Nasdaq, BX, PSX), both directions.
///
/// Source: "OUCH" 4.2. Integers are big-endian, text is ASCII padded right with spaces, prices have 4 bytes and four
/// implied decimals. Messages travel in SoupBinTCP packets, which give their length. None of these layouts was seen on
/// real bytes.
public enum OUCH42Layouts {
  /// Client to server, in SoupBinTCP "U" packets.
  public static let inbound = ProtocolDescription(name: "ouch42-in", byteOrder: .big, layouts: requests)

  /// Server to client, in SoupBinTCP "S" packets.
  public static let outbound = ProtocolDescription(name: "ouch42-out", byteOrder: .big, layouts: answers)

  private static let type = FieldLayout.typeCharacter("Type")
  private static let timestamp = FieldLayout("Timestamp", 8, .timestamp, "nanoseconds since midnight")
  private static let token = FieldLayout.text(
    "Token", 14, "day-unique per account, case-sensitive; a reused one makes the message ignored")
  private static let side = FieldLayout.character("Side", "B buy, S sell, T sell short, E sell short exempt")
  private static let shares = FieldLayout.unsigned("Shares", 4)
  private static let stock = FieldLayout.text("Stock", 8)
  private static let price = FieldLayout.price4("Price", 4, "market order in a cross: 0x7FFFFFFF")
  private static let timeInForce = FieldLayout.unsigned(
    "Time In Force", 4, "seconds to live; 0 immediate or cancel, 99998 market hours, 99999 system hours")
  private static let firm = FieldLayout.text("Firm", 4)
  private static let display = FieldLayout.character(
    "Display",
    """
    A attributable, Y anonymous, N hidden, P post-only, I imbalance only, M midpoint peg, W midpoint peg post-only, \
    L post-only attributable, O/T/Q retail, m/n with trade-now
    """)
  private static let capacity = FieldLayout.character("Capacity")
  private static let sweep = FieldLayout.character("ISO", "Y, N, y")
  private static let minimumQuantity = FieldLayout.unsigned("Minimum Quantity", 4)
  private static let crossType = FieldLayout.character("Cross Type", "N O C H S R E")
  private static let orderReference = FieldLayout.unsigned("Order Reference", 8, "matches ITCH")
  private static let orderState = FieldLayout.character("State", "L live, D dead (accepted and at once cancelled)")
  private static let bboWeight = FieldLayout.character("BBO Weight")
  private static let liquidityFlag = FieldLayout.character("Liquidity Flag")
  private static let matchNumber = FieldLayout.unsigned("Match Number", 8)
  private static let reason = FieldLayout.character("Reason")
  private static let decrement = FieldLayout.unsigned("Decrement", 4, "shares taken off the order")

  private static let requests: [MessageLayout] = [
    MessageLayout(
      "O", "Enter Order",
      [
        type, token, side, shares, stock, price, timeInForce, firm, display, capacity, sweep, minimumQuantity,
        crossType, .character("Customer Type", "R retail, N not, space"),
      ]),
    MessageLayout(
      "U", "Replace Order",
      [
        type, .text("Existing Token", 14), .text("Replacement Token", 14),
        .unsigned("Shares", 4, "total for the whole chain"), price, timeInForce, display, sweep, minimumQuantity,
      ]),
    MessageLayout(
      "X", "Cancel Order", [type, token, .unsigned("Shares", 4, "new intended total size; 0 = cancel all")]),
    MessageLayout("M", "Modify Order", [type, token, side, shares]),
    MessageLayout("N", "Trade Now", [type, token]),
  ]

  private static let accepted: [FieldLayout] = [
    type, timestamp, token, side, shares, stock, price, timeInForce, firm, display, orderReference, capacity, sweep,
    minimumQuantity, crossType, orderState,
  ]
  private static let executed: [FieldLayout] = [type, timestamp, token, shares, price, liquidityFlag, matchNumber]

  private static let answers: [MessageLayout] = [
    MessageLayout("S", "System Event", [type, timestamp, .character("Event", "S start of day, E end of day")]),
    MessageLayout("A", "Accepted", accepted + [bboWeight]),
    MessageLayout(
      "U", "Replaced", accepted + [.text("Previous Token", 14), bboWeight], notes: "Token is the replacement's."),
    MessageLayout("C", "Canceled", [type, timestamp, token, decrement, reason]),
    MessageLayout(
      "D", "AIQ Canceled",
      [
        type, timestamp, token, decrement, reason, .unsigned("Quantity Prevented", 4), .price4("Execution Price", 4),
        liquidityFlag,
      ]),
    MessageLayout("E", "Executed", executed),
    MessageLayout("B", "Broken Trade", [type, timestamp, token, matchNumber, reason]),
    MessageLayout(
      "G", "Executed with Reference Price",
      executed + [.price4("Reference Price", 4), .character("Reference Price Type")]),
    MessageLayout("F", "Trade Correction", executed + [reason]),
    MessageLayout("J", "Rejected", [type, timestamp, token, reason]),
    MessageLayout("P", "Cancel Pending", [type, timestamp, token]),
    MessageLayout("I", "Cancel Reject", [type, timestamp, token]),
    MessageLayout("T", "Order Priority Update", [type, timestamp, token, price, display, orderReference]),
    MessageLayout("M", "Order Modified", [type, timestamp, token, side, shares]),
  ]
}
