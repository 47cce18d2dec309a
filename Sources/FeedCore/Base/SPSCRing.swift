/// Bounded queue from one thread to one other. Full: the producer is told; nothing is overwritten.
struct SPSCRing<Element: BitwiseCopyable>: @unchecked Sendable {
  private let slots: Storage<Element>
  private let mask: UInt64
  /// Elements ever pushed; written by the producer.
  private let pushed = SharedWord()
  /// Elements ever popped; written by the consumer.
  private let popped = SharedWord()

  /// - Parameter capacity: a power of two, 2 ... 2^20.
  init(capacity: Int) {
    precondition(capacity >= 2 && capacity & (capacity - 1) == 0, "ring capacity must be a power of two")
    slots = Storage(capacity: capacity, hugePages: false)
    mask = UInt64(capacity - 1)
  }

  /// Producer: false when the ring is full.
  @inline(__always)
  func push(_ element: Element) -> Bool {
    let tail = pushed.glance()
    // Acquire: the consumer has read the slot before it gave it back.
    if tail &- popped.observe() > mask { return false }
    slots.base[Int(tail & mask)] = element
    pushed.publish(tail &+ 1)
    return true
  }

  /// Consumer: the oldest element, nil when there is none.
  @inline(__always)
  func pop() -> Element? {
    let head = popped.glance()
    if pushed.observe() == head { return nil }
    let element = slots.base[Int(head & mask)]
    popped.publish(head &+ 1)
    return element
  }
}
