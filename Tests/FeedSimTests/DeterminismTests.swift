import Testing

@testable import FeedSim

@Suite struct DeterminismTests {
  @Test func equalSeedsGiveEqualBytesAndTruth() throws {
    let options = smallOptions(seed: 5) {
      $0.lossA = Probability(partsPerMillion: 10_000)
      $0.restartCount = 1
    }
    let (first, firstResult) = try generate(options)
    let (second, secondResult) = try generate(options)
    #expect(first == second)
    #expect(firstResult.truthText == secondResult.truthText)
    #expect(firstResult.expectationText == secondResult.expectationText)
  }

  @Test func anotherSeedGivesOtherBytes() throws {
    #expect(digest(try generate(smallOptions(seed: 1)).frames) != digest(try generate(smallOptions(seed: 2)).frames))
  }

  @Test func bytesAreTheSameOnEveryMachine() throws {
    // Computed once; a change of the generator that moves it must say so in its commit.
    let (frames, result) = try generate(smallOptions(seed: 42))
    #expect(digest(frames) == 10_407_333_617_071_777_258)
    #expect(result.messageCount == 8_000)
  }

  @Test func impairmentsLeaveTheMessagesAlone() throws {
    let clean = try generate(smallOptions(seed: 9) { $0.lineCount = 1 })
    let impaired = try generate(
      smallOptions(seed: 9) {
        $0.lossA = Probability(partsPerMillion: 200_000)
        $0.reorder = Probability(partsPerMillion: 100_000)
        $0.duplicate = Probability(partsPerMillion: 100_000)
      })
    #expect(clean.result.expectationText == impaired.result.expectationText)
    #expect(clean.result.planted == impaired.result.planted)
  }

  @Test func everyWordOfTheRandomStreamFollowsXoshiro() {
    // The first outputs of xoshiro256** for the state that SplitMix64 makes of seed 0.
    var random = DeterministicRandom(seed: 0, stream: 0)
    #expect(random.next() == 0x99EC_5F36_CB75_F2B4)
    #expect(random.next() == 0xBF6E_1F78_4956_452A)
    #expect(random.next() == 0x1A5F_849D_4933_E6E0)
  }

  @Test func exponentialValuesHaveTheirMeanAndMedian() {
    var random = DeterministicRandom(seed: 3, stream: 0)
    var values = (0..<100_000).map { _ in random.exponential(mean: UInt64(1_000_000)) }
    values.sort()
    let mean = values.reduce(0, +) / UInt64(values.count)
    #expect((985_000...1_015_000).contains(mean))
    #expect((678_000...708_000).contains(values[50_000]))
  }

  @Test func logarithmsAreExactAtPowersOfTwo() {
    #expect(NaturalLogarithm.minusLogarithm(.max) <= 1 << 16)
    #expect(NaturalLogarithm.minusLogarithm(1 << 63) == 2_977_044_472)
    #expect(NaturalLogarithm.minusLogarithm(1 << 62) == 2 * 2_977_044_472)
    #expect(NaturalLogarithm.minusLogarithm(0) == NaturalLogarithm.minusLogarithm(1))
  }
}
