/// What a network does to one line: delay, loss, a second copy, a late arrival.
struct LineImpairment {
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

  /// Arrival times, on the sender's clock, of the copies of a packet sent at `nanoseconds`: none, one or two.
  ///
  /// Jitter alone never lets a packet overtake: that is what `reorder` is for.
  mutating func arrivals(sentAt nanoseconds: UInt64) -> [UInt64] {
    // Every draw is made for every packet, so that one rate's value does not shift what the others hit.
    let isLost = random.chance(loss)
    let isTwice = random.chance(duplicate)
    let isLate = random.chance(reorder)
    let jitter = random.below(jitterNanoseconds + 1)
    let lateness = 5_000 + random.below(200_000 as UInt64)
    let echo = 1_000 + random.below(49_000 as UInt64)
    statistics.sentPackets += 1
    var arrival = nanoseconds + skewNanoseconds + jitter
    if jitterNanoseconds > 0 { arrival = max(arrival, lastNanoseconds + 1) }
    lastNanoseconds = arrival
    if isLost {
      statistics.lostPackets += 1
      return []
    }
    if isLate {
      statistics.reorderedPackets += 1
      arrival += lateness
    }
    if !isTwice { return [arrival] }
    statistics.duplicatedPackets += 1
    return [arrival, arrival + echo]
  }
}
