import FeedIO
import Foundation
import Testing

@testable import FeedCore

/// Real captures through wire and session, for every transport there is one of: recognised by structure, numbered,
/// and every message handed on once.
@Suite(.enabled(if: SharedMaterial.has("captures/one-packet"), "FEEDH_SHARED/captures is not here"))
struct SessionCaptureTests {
  /// What the session layer handed on.
  struct CountingSink: DeliverySink {
    var batch = DeliveryBatch()
    var messages: [UInt8: [Int]] = [:]
    var byFirstByte: [UInt8: UInt64] = [:]
    var restarts = 0
    var states: [UInt8: [BookState]] = [:]
    /// SBE template ids of Deribit bodies.
    var templates: [UInt16: UInt64] = [:]
    let isDeribit: Bool

    init(isDeribit: Bool) { self.isDeribit = isDeribit }

    mutating func flush() {
      for index in 0..<batch.count {
        let delivery = batch.deliveries[index]
        switch delivery.kind {
        case .message:
          messages[delivery.channel, default: []].append(Int(delivery.length))
          byFirstByte[delivery.bytes.byte(at: 0), default: 0] += 1
          if isDeribit { countTemplates(delivery) }
        case .sessionRestart: restarts += 1
        case .channelState: states[delivery.channel, default: []].append(BookState(rawValue: delivery.detail)!)
        case .messagesLost, .snapshotBegan, .snapshotMessage, .snapshotEnded, .snapshotPacket: break
        }
      }
      batch.clear()
    }

    /// Block, groups and strings, until the body ends.
    private mutating func countTemplates(_ delivery: Delivery) {
      var offset = 0
      while offset + 12 <= Int(delivery.length) {
        let message = delivery.bytes + offset
        templates[message.littleEndian(UInt16.self, at: 2), default: 0] += 1
        offset += 12 + Int(message.littleEndian(UInt16.self, at: 0))
        for _ in 0..<message.littleEndian(UInt16.self, at: 8) {
          let group = delivery.bytes + offset
          offset += 8 + Int(group.littleEndian(UInt16.self, at: 0)) * Int(group.littleEndian(UInt16.self, at: 2))
        }
        for _ in 0..<message.littleEndian(UInt16.self, at: 10) { offset += 1 + Int(delivery.bytes.byte(at: offset)) }
      }
    }
  }

  struct Run {
    let plan: FeedPlan
    let counters: Counters
    let sink: CountingSink
  }

  private func run(_ path: String, _ settings: Settings = Settings()) throws -> Run {
    let set = try CaptureSet(paths: [SharedMaterial.folder + "/captures/" + path])
    let plan = try FlowDiscovery.plan(
      settings: settings, fileNames: set.files.map(\.baseName), makeSource: { set.makeSource() })
    var ingest = Ingest(plan: plan, settings: settings, fileCount: 1)
    var sink = CountingSink(isDeribit: plan.channels.first?.protocol == .deribit)
    let source = set.makeSource()
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 64)
    defer { burst.deallocate() }
    while !source.isExhausted {
      for packet in burst[..<source.receive(into: burst)] { ingest.process(packet, into: &sink) }
    }
    ingest.finish(into: &sink)
    sink.flush()
    return Run(plan: plan, counters: ingest.counters, sink: sink)
  }

  private func expected(_ name: String) throws -> [String: Any] {
    let data = try Data(contentsOf: URL(fileURLWithPath: SharedMaterial.folder + "/captures/expected/\(name).json"))
    return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
  }

  private func counts(_ object: Any?) throws -> [String: UInt64] {
    try #require(object as? [String: NSNumber]).mapValues(\.uint64Value)
  }

  // MARK: - Whole captures

  @Test func theDEEPSampleStartsElevenTimesAgainAndLosesNothing() throws {
    let expected = try expected("DEEP10")
    let run = try run("iex/DEEP10.pcap.gz")
    #expect(run.plan.channels.map(\.protocol) == [.deep10] && run.plan.channels.map(\.name) == ["feed1"])
    #expect(run.sink.restarts == 11 && run.counters[.sessionRestarts] == 11)
    let types = Dictionary(
      uniqueKeysWithValues: run.sink.byFirstByte.map { (String(Unicode.Scalar($0.key)), $0.value) })
    #expect(types == (try counts(expected["byType"])))
    #expect(run.counters[.channelPackets] == (expected["packets"] as? NSNumber)?.uint64Value)
    #expect(run.counters[.heartbeats] == (expected["heartbeats"] as? NSNumber)?.uint64Value)
    for counter in [Counter.gaps, .messagesLost, .duplicates, .malformed, .staleSessionPackets, .lineDisagreement] {
      #expect(run.counters[counter] == 0, "\(counter.name)")
    }
    #expect(run.sink.states[0]?.last == .ok, "each session begins at number 1")
  }

  @Test func theDeribitSampleIsOneVenueOf29ChannelsWithoutAGap() throws {
    let expected = try expected("deribit_v1_6")
    let run = try run("deribit/sample_capture_v1_6.pcapng")
    #expect(run.plan.venues.count == 1 && run.plan.channels.allSatisfy { $0.protocol == .deribit })
    let channels = try #require(expected["channels"] as? [[NSNumber]])
    #expect(Set(run.plan.channels.map(\.stream)) == Set(channels.map { $0[0].uint32Value }))
    for channel in channels {
      let index = try #require(run.plan.channels.firstIndex { $0.stream == channel[0].uint32Value })
      #expect(run.sink.messages[UInt8(index)]?.count == channel[1].intValue, "packets of channel \(channel[0])")
      #expect(run.plan.channels[index].name == "feed1/\(channel[0])")
    }
    let templates = Dictionary(uniqueKeysWithValues: run.sink.templates.map { ("\($0.key)", $0.value) })
    #expect(templates == (try counts(expected["byType"])))
    for counter in [Counter.gaps, .messagesLost, .duplicates, .malformed, .sessionRestarts, .silences] {
      #expect(run.counters[counter] == 0, "\(counter.name)")
    }
    // No channel's capture begins with its first packet.
    #expect(run.sink.states.values.allSatisfy { $0 == [.lateStart] } && run.sink.states.count == 29)
  }

  // MARK: - One packet at a time

  /// The format of each folder, and which files of `expected` list its messages.
  ///
  /// The folder of TOPS 1.5 holds packets whose Message Protocol ID is that of TOPS 1.6.
  static let folders: [(folder: String, protocol: FeedProtocol, expected: String)] = [
    ("cboe-pitch/Byx.Equities.DepthOfBook.Pitch.v2.41", .pitch, "cboe-pitch"),
    ("cboe-pitch/Futures.DepthOfBook.Pitch.v1.1.6", .pitch, "cboe-pitch"),
    ("cboe-pitch/Options.DepthOfBook.Pitch.v2.39.4", .pitch, "cboe-pitch"),
    ("cme/Mdp3.Sbe.v1.5", .cmeMDP3, "cme"), ("cme/Mdp3.Sbe.v1.8", .cmeMDP3, "cme"),
    ("cme/Mdp3.Sbe.v1.9", .cmeMDP3, "cme"),
    ("coinbase-derivatives/MarketDataApi.v1.2", .coinbaseDerivatives, "coinbase-derivatives"),
    ("eobi/Eobi.T7.v3.0", .eobi, "eobi"), ("eobi/Eobi.T7.v6.0", .eobi, "eobi"),
    ("iex/Deep.IexTp.v1.0", .deep10, "iex"), ("iex/DeepPlus.IexTp.1.0.2", .deepPlus, "iex"),
    ("iex/Tops.IexTp.v1.5", .tops16, "iex"), ("iex/Tops.IexTp.v1.6", .tops16, "iex"),
    ("itch50/Bx.Equities.TotalView.Itch.v5.0", .itch50, "itch50"),
    ("itch50/Nasdaq.Equities.TotalView.Itch.v5.0", .itch50, "itch50"),
    ("itch50/Psx.Equities.TotalView.Itch.v5.0.20230822", .itch50, "itch50"),
    ("memx/Equities.MemiorDepth.v1.3", .memxDepth, "memx"),
    ("nyse/IntegratedFeed.Pillar.v2.5", .nyseIntegrated, "nyse"),
    ("nyse/IntegratedFeed.Xdp.v2.1", .nyseIntegrated, "nyse"),
  ]

  /// Captures whose message types the expectation does not list.
  static let unlisted: Set<String> = [
    "cboe-pitch/Futures.DepthOfBook.Pitch.v1.1.6/AddOrderShortMessage.pcap",
    "cboe-pitch/Futures.DepthOfBook.Pitch.v1.1.6/ModifyOrderShortMessage.pcap",
    "nyse/IntegratedFeed.Xdp.v2.1/ImbalanceMessage.pcap",
  ]

  @Test(arguments: folders)
  func onePacketIsRecognisedAndEveryMessageIsThere(
    folder: String, protocol: FeedProtocol, expected: String
  ) throws {
    let root = SharedMaterial.folder + "/captures"
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(root)/one-packet/\(folder)").sorted()
    #expect(!names.isEmpty)
    let rows = try String(contentsOfFile: "\(root)/expected/one-packet-\(expected).ndjson", encoding: .utf8)
      .split(separator: "\n")
      .filter { row in
        // EOBI's PacketHeader is the transport's here.
        !["13002", "13004"].contains { row.contains("\"protocol\": \"eobi\", \"type\": \"\($0)\"") }
      }
    for name in names {
      let settings = Settings().with { $0.verifyChecksums = false }
      let run = try run("one-packet/\(folder)/\(name)", settings)
      #expect(!run.plan.channels.isEmpty, "\(name) is not recognised")
      #expect(run.plan.channels.allSatisfy { $0.protocol == `protocol` }, "\(name): \(run.plan.channels)")
      #expect(run.counters[.malformed] == 0 && run.counters[.unrecognisedPackets] == 0, "\(name)")
      let delivered = run.sink.messages.values.reduce(0) { $0 + $1.count }
      let listed = rows.count { $0.contains("\"file\": \"\(folder)/\(name)\"") }
      // Packets of one moment in the hand-made captures may be far apart in numbers, or repeat them.
      if run.counters[.outOfBandPackets] + run.counters[.sequenceJumpsHeld] + run.counters[.duplicates] == 0,
        run.counters[.heartbeats] == 0
      {
        #expect(delivered == listed || Self.unlisted.contains("\(folder)/\(name)"), "\(name)")
      }
    }
  }
}
