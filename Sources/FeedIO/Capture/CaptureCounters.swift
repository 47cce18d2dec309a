/// Counters of one source: plain memory, one owner thread.
///
/// A pointer wrapped in a value, so that every cursor of a source writes to the same memory without a retain.
struct CaptureCounters {
  private struct Slot {
    var count: UInt64 = 0
    var firstFileIndex: UInt16 = 0
    var firstOffset = 0
  }

  private let slots: UnsafeMutablePointer<Slot>

  init() {
    slots = .allocate(capacity: CaptureCounter.allCases.count)
    slots.initialize(repeating: Slot(), count: CaptureCounter.allCases.count)
  }

  /// The owner's duty, once.
  func deallocate() { slots.deallocate() }

  @inline(never)
  func note(_ counter: CaptureCounter, fileIndex: UInt16, offset: Int) {
    // SAFETY: a raw value is a position in `allCases`, and there is a slot for each.
    let slot = slots + Int(counter.rawValue)
    if slot.pointee.count == 0 {
      slot.pointee.firstFileIndex = fileIndex
      slot.pointee.firstOffset = offset
    }
    slot.pointee.count &+= 1
  }

  func count(_ counter: CaptureCounter) -> UInt64 { slots[Int(counter.rawValue)].count }

  /// The counters that are not zero, in the order of `CaptureCounter`.
  func readings(paths: [String]) -> [CaptureReading] {
    CaptureCounter.allCases.compactMap { counter in
      let slot = slots[Int(counter.rawValue)]
      if slot.count == 0 { return nil }
      return CaptureReading(
        counter: counter, count: slot.count, firstFileIndex: Int(slot.firstFileIndex),
        firstFile: paths[Int(slot.firstFileIndex)], firstOffset: slot.firstOffset)
    }
  }
}
