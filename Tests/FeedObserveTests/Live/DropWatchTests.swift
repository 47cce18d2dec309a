import FeedCore
import FeedIO
import Testing

@testable import FeedObserve

/// What is said of queues that lose packets.
@Suite struct DropWatchTests {
  private static func watch() -> DropWatch {
    var live = LiveSettings()
    live.receiveBufferBytes = 1_048_576
    var card = PortSettings(name: "feed-b", pciAddress: "0000:3b:00.0")
    card.queueDepthPackets = 512
    live.ports = [PortSettings(name: "feed-a", interface: "eth1"), card]
    return DropWatch(live)
  }

  private static func figures(drops: UInt64, noBuffers: UInt64 = 0) -> LiveQueueFigures {
    var figures = LiveQueueFigures()
    figures.drops = drops
    figures.noBuffers = noBuffers
    return figures
  }

  @Test func aQueueThatDropsIsNamedOnceWithWhatHelps() {
    var watch = Self.watch()
    #expect(watch.look([("feed-a:0", 0, Self.figures(drops: 0)), ("feed-b:0", 1, Self.figures(drops: 0))]) == [])
    let said = watch.look([("feed-a:0", 0, Self.figures(drops: 1_200)), ("feed-b:0", 1, Self.figures(drops: 0))])
    #expect(said.count == 1)
    #expect(said[0].hasPrefix("feedh: queue feed-a:0 drops packets, 1,200 so far: its core comes too late"))
    #expect(said[0].contains("raise live.receiveBufferBytes (1048576)") && !said[0].contains("\n"))
    #expect(watch.look([("feed-a:0", 0, Self.figures(drops: 1_300))]) == [])
  }

  @Test func aCardsRingAndItsBuffersAreToldApart() {
    var ring = Self.watch()
    let late = ring.look([("feed-b:0", 1, Self.figures(drops: 7))])
    #expect(late.count == 1 && late[0].contains("to the card's ring") && late[0].contains("queueDepthPackets (512)"))
    var buffers = Self.watch()
    let empty = buffers.look([("feed-b:0", 1, Self.figures(drops: 7, noBuffers: 2))])
    #expect(empty.count == 1 && empty[0].contains("DPDK had no free buffer; raise queueDepthPackets (512) of port"))
  }

  @Test func cutsAndDamageAreNamedOnceEachWithWhatHelps() {
    var watch = Self.watch()
    var figures = LiveQueueFigures()
    figures.cut = 3
    let cuts = watch.look([("feed-a:0", 0, figures), ("feed-b:0", 1, figures)])
    #expect(cuts.count == 2)
    #expect(cuts[0].hasPrefix("feedh: queue feed-a:0 cuts packets, 3 so far: they are longer than the MTU of port "))
    #expect(cuts[0].contains("raise it (ip link set eth1 mtu 9000)"))
    #expect(cuts[1].contains("raise it (mtu of its entry in live.ports)"))
    figures.errors = 1_000
    let damage = watch.look([("feed-a:0", 0, figures), ("feed-b:0", 1, figures)])
    #expect(damage.map { $0.hasPrefix("feedh: queue feed-") } == [true, true])
    #expect(damage[0].contains("counts damaged packets, 1,000 so far") && damage[0].contains("ethtool -S eth1"))
    #expect(damage[1].contains("live.devices of the report"))
    figures.drops = 1
    figures.cut = 4
    #expect(watch.look([("feed-a:0", 0, figures)]).count == 1, "only the drops are new")
    #expect(watch.look([("feed-a:0", 0, figures)]) == [])
  }

  @Test func eachQueueOfAPortIsNamed() {
    var watch = Self.watch()
    #expect(watch.look([("feed-a:0", 0, Self.figures(drops: 1)), ("feed-a:1", 0, Self.figures(drops: 1))]).count == 2)
  }
}
