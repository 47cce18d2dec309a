/// What a network does to one line: delay, loss, a second copy, a late arrival. Plain arithmetic over a seeded draw: no
/// clock, no I/O.
struct LineImpairment {
  /// When the copies of a packet arrive: none, one or two.
  struct Arrivals {
    /// The packet itself; nil: it is lost, and so is its copy.
    var nanoseconds: UInt64?
    /// A second copy, after the first.
    var copyNanoseconds: UInt64?
    /// The packet was held up, and others may overtake it.
    var isLate = false
  }

  /// How much later a late packet is: 5 to 205 µs.
  static let latenessNanoseconds: Range<UInt64> = 5_000..<205_000

  let loss: Probability
  let duplicate: Probability
  let reorder: Probability
  let skewNanoseconds: UInt64
  let jitterNanoseconds: UInt64
  private(set) var statistics = LineStatistics()
  private var lastNanoseconds: UInt64 = 0
  private var random: DeterministicRandom

  init(
    loss: Probability, duplicate: Probability, reorder: Probability, skewNanoseconds: UInt64,
    jitterNanoseconds: UInt64, random: DeterministicRandom
  ) {
    self.loss = loss
    self.duplicate = duplicate
    self.reorder = reorder
    self.skewNanoseconds = skewNanoseconds
    self.jitterNanoseconds = jitterNanoseconds
    self.random = random
  }

  /// Arrival times, on the sender's clock, of the copies of a packet sent at `nanoseconds`.
  ///
  /// Jitter alone never lets a packet overtake: that is what `reorder` is for.
  mutating func arrivals(sentAt nanoseconds: UInt64) -> Arrivals {
    // Every draw is made for every packet, so that one rate's value does not shift what the others hit.
    let isLost = random.chance(loss)
    let isTwice = random.chance(duplicate)
    let isLate = random.chance(reorder)
    let jitter = random.below(jitterNanoseconds + 1)
    let late = Self.latenessNanoseconds
    let lateness = late.lowerBound + random.below(late.upperBound - late.lowerBound)
    let echo = 1_000 + random.below(49_000 as UInt64)
    statistics.sentPackets += 1
    var arrival = nanoseconds + skewNanoseconds + jitter
    if jitterNanoseconds > 0 { arrival = max(arrival, lastNanoseconds + 1) }
    lastNanoseconds = arrival
    if isLost {
      statistics.lostPackets += 1
      return Arrivals()
    }
    if isLate {
      statistics.reorderedPackets += 1
      arrival += lateness
    }
    if isTwice { statistics.duplicatedPackets += 1 }
    return Arrivals(nanoseconds: arrival, copyNanoseconds: isTwice ? arrival + echo : nil, isLate: isLate)
  }
}
