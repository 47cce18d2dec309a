@testable import FeedCore

/// A random day of a derivatives feed: packets written by hand from the sheet, and the books they make the slow way.
protocol DerivativeDay {
  /// - Parameter variant: which release or form of the feed, 0 ..< `variants`.
  init(variant: Int, seed: UInt64)
  static var name: String { get }
  static var variants: Int { get }
  /// What the feed needs to be told of its flows, as a configuration would.
  static func feeds(variant: Int) -> [FeedSettings]
  var market: SlowMarket { get }
  /// The packets before the first random one: definitions, states, snapshots.
  mutating func opening() -> [DayPacket]
  /// The packets of the next event or events. No event is under way when they are over.
  mutating func next() -> [DayPacket]
}

extension DerivativeDay {
  /// Found by themselves.
  static func feeds(variant: Int) -> [FeedSettings] { [] }
}

/// A payload, and the flow of the feed that carries it: the second has a port of its own.
struct DayPacket {
  var payload: [UInt8]
  var flow = 0
  /// The flow's numbers begin anew with it: nothing overtakes it, and it is not lost.
  var beginsAnew = false
}

/// A day on the wire: two lines that each lose packets, never both the same one, and are out of step.
struct DayCapture {
  /// At these times nothing is on its way. The expected books, and how often tops had changed.
  struct Look {
    var nanoseconds: UInt64
    var lines: [String]
    var topChanges: UInt64
  }

  static func group(line: Int) -> UInt64 { 0xE000_1F01 + UInt64(line) << 8 }
  static func port(line: Int, flow: Int) -> UInt16 { UInt16(14_310 + 1_000 * line + flow) }

  private(set) var frames: [CapturedFrame] = []
  private(set) var looks: [Look] = []
  private(set) var packets = 0
  private(set) var lost = 0

  /// - Parameter start: Unix nanoseconds of the first packet.
  init(_ day: inout some DerivativeDay, steps: Int, start: UInt64, seed: UInt64) {
    var random = SplitMix(seed &+ 77)
    var clock = start
    var sent: [(frame: CapturedFrame, order: Int)] = []
    func send(_ packets: [DayPacket], jitter: Int) {
      for packet in packets {
        clock += UInt64(1_000 + random.below(20_000))
        self.packets += 1
        // No packet is lost on both lines, the first on neither: the day has no gap.
        let jitter = packet.beginsAnew ? 0 : jitter
        let fate = jitter == 0 ? 99 : random.below(100)
        if packet.beginsAnew { clock += 200_000 }
        for line in 0..<2 {
          if fate / 7 == line {
            lost += 1
            continue
          }
          var feed = ScriptedFeed()
          feed.group = Self.group(line: line)
          feed.port = UInt64(Self.port(line: line, flow: packet.flow))
          feed.nanoseconds = clock + UInt64(jitter == 0 ? line : random.below(jitter))
          sent.append((feed.frame(packet.payload), sent.count))
        }
        if packet.beginsAnew { clock += 200_000 }
      }
    }
    func look() {
      clock += 200_000
      looks.append(Look(nanoseconds: clock, lines: day.market.lines, topChanges: day.market.topChanges))
      clock += 1_000
    }
    send(day.opening(), jitter: 0)
    for _ in 0..<steps {
      send(day.next(), jitter: 60_000)
      if random.below(max(2, steps / 6)) == 0 { look() }
    }
    look()
    frames = sent.sorted { ($0.frame.nanoseconds, $0.order) < ($1.frame.nanoseconds, $1.order) }.map(\.frame)
  }
}
