/// The few events that one message of a snapshot packet gives at most, first in, first out.
struct SnapshotReaderEvents<Event: Sendable>: Sendable {
  private var events = InlineArray<8, Event?>(repeating: nil)
  private var first = 0
  private var count = 0

  mutating func removeAll() {
    first = 0
    count = 0
  }

  mutating func append(_ event: Event) {
    assert(count < 8, "a message gives at most five events")
    if count == 8 { return }
    events[count] = event
    count += 1
  }

  mutating func next() -> Event? {
    if first == count {
      removeAll()
      return nil
    }
    first += 1
    return events[first - 1]
  }
}
