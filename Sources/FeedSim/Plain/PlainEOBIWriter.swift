import FeedCore

/// Eurex EOBI, release 6.0: orders, which their priority names. Instruments are known by number. The layouts know no
/// later release, so the venue's times are those of 2018.
struct PlainEOBIWriter: PlainWriter {
  /// 2,922 days.
  static let earlierNanoseconds: UInt64 = 252_460_800_000_000_000
  private let midnight: UInt64
  private var add = PlainTemplate(EOBILayouts.release60, code: 13_100)
  private var delete = PlainTemplate(EOBILayouts.release60, code: 13_102)
  private var full = PlainTemplate(EOBILayouts.release60, code: 13_104)
  private var partial = PlainTemplate(EOBILayouts.release60, code: 13_105)
  private var match: UInt64 = 1

  init(midnightNanoseconds: UInt64) { midnight = midnightNanoseconds - Self.earlierNanoseconds }

  mutating func opening(at nanoseconds: UInt64) -> [[UInt8]] { [] }

  mutating func messages(_ change: PlainMarket.Change, at nanoseconds: UInt64) -> [[UInt8]] {
    func head(_ message: inout PlainTemplate) {
      message.set(message.place("SecurityID"), UInt64(change.instrument + 1))
      message.set(message.place("TrdRegTSTimePriority"), change.reference)
      message.set(message.place("Side"), change.isBuy ? 1 : 2)
      message.set(message.place("Price"), UInt64(change.cents) * 1_000_000)
    }
    func execution(_ message: inout PlainTemplate) {
      head(&message)
      match += 1
      message.set(message.place("TrdMatchID"), match)
      message.set(message.place("LastQty"), UInt64(change.quantity))
      message.set(message.place("LastPx"), UInt64(change.cents) * 1_000_000)
    }
    switch change.kind {
    case .add:
      head(&add)
      add.set(add.place("TrdRegTSTimeIn"), midnight + nanoseconds)
      add.set(add.place("DisplayQty"), UInt64(change.quantity))
      return [add.bytes]
    case .delete:
      head(&delete)
      delete.set(delete.place("TransactTime"), midnight + nanoseconds)
      delete.set(delete.place("DisplayQty"), UInt64(change.quantity))
      return [delete.bytes]
    case .execute:
      if change.left == 0 {
        execution(&full)
        return [full.bytes]
      }
      execution(&partial)
      return [partial.bytes]
    }
  }
}
