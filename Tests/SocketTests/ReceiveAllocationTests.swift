import CPlatform
import FeedCore
import Glibc
import Testing

@testable import FeedIO

/// Receiving allocates, frees and locks nothing. Checked where the trap of Scripts/check-hot-path is preloaded, which
/// ends the run with a failure when it sees one:
///
///     Scripts/test --only hot-path-trap
@Suite(.serialized, .enabled(if: TestNetwork.isPossible, TestNetwork.reason))
struct ReceiveAllocationTests {
  private static let isTrapped: Bool = {
    feedh_hot_path_find_trap()
    return dlsym(nil, "feedh_hot_path_enter") != nil
  }()

  @Test(
    .enabled(if: isTrapped, "needs the preloaded trap: Scripts/check-hot-path --trap"),
    arguments: LiveTrafficTests.Kind.allCases)
  func receivingAllocatesNothing(kind: LiveTrafficTests.Kind) throws {
    let network = try TestNetwork()
    defer { network.leave() }
    let groups = (0..<4).map { LiveSubscription.test("239.1.6.\($0)", 26_400) }
    let queue = try LiveTrafficTests.queue(kind, "lo", groups)
    defer { queue.close() }
    let sender = try DatagramSender("lo")
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 64)
    defer { burst.deallocate() }
    var came = 0
    var failed = false
    for number in 0..<5_000 {
      try sender.send(payload(number), to: "239.1.6.\(number % 4)", 26_400)
      feedh_hot_path_begin()
      came += queue.receive(into: burst)
      failed = failed || queue.failure != nil
      feedh_hot_path_end()
    }
    // What a ring has in a block that is still open.
    for _ in 0..<50_000_000 where came < 5_000 {
      feedh_hot_path_begin()
      came += queue.receive(into: burst)
      feedh_hot_path_end()
    }
    #expect(came == 5_000 && !failed)
  }
}
