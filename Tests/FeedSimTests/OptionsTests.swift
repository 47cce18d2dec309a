import Testing

@testable import FeedSim

@Suite struct OptionsTests {
  @Test func aBadOptionIsOneLineThatNamesIt() {
    let changes: [(String, (inout GeneratorOptions) -> Void)] = [
      ("--venues", { $0.venueCount = 9 }),
      ("--symbols", { $0.symbolCount = 0 }),
      ("--messages", { $0.messageCount = 200 }),
      ("--lines", { $0.lineCount = 3 }),
      ("--restarts", { $0.restartCount = -1 }),
      ("--dislocations", { $0.dislocationCount = -1 }),
      ("--dislocations", { $0.venueCount = 1 }),
      ("--skew-nanoseconds", { $0.skewNanoseconds = 1 << 40 }),
      ("--minimum-edge", { $0.minimumEdge = 0 }),
      ("--minimum-quantity", { $0.minimumQuantity = 0 }),
      ("--taker-fee", { $0.takerFees = [] }),
      ("--taker-fee", { $0.takerFees = [TakerFee(perShare: 1_000_000_000)] }),
      ("--taker-fee", { $0.takerFees = [TakerFee(), TakerFee(), TakerFee()] }),
      ("--interval-nanoseconds", { $0.intervalNanoseconds = 1 }),
      ("--start", { $0.start.nanosecondsOfDay = 86_300_000_000_000 }),
    ]
    for (name, change) in changes {
      let options = smallOptions(seed: 1, change)
      let error = #expect(throws: GeneratorError.self) { try options.validate() }
      #expect(error?.description.contains(name) == true)
      #expect(error?.description.contains("\n") == false)
    }
  }

  @Test func defaultsAreValid() throws { try GeneratorOptions().validate() }

  @Test func aFileThatCannotBeWrittenIsOneLine() throws {
    let error = #expect(throws: GeneratorError.self) {
      _ = try FileOutput.generate(smallOptions(), prefix: "/no-such-folder/x")
    }
    let line = "cannot write /no-such-folder/x.pcap: No such file or directory; use another --output"
    #expect(error?.description == line)
  }

  @Test func startsAreExchangeTimeInWinterAndSummer() throws {
    // 14:29:58 UTC in winter, 13:29:58 in summer.
    #expect(StartTime().midnightUnixSeconds + 34_198 == 1_767_623_398)
    let summer = try StartTime(parsing: "2026-07-06T09:29:58.5")
    #expect(summer.midnightUnixSeconds + 34_198 == 1_783_344_598)
    #expect(summer.nanosecondsOfDay == 34_198_500_000_000)
    #expect(try StartTime(parsing: "09:29:58") == StartTime())
    #expect(try StartTime(parsing: "1767623398000000000") == StartTime())
    #expect(try StartTime(parsing: "1783344598500000000") == summer)
    for text in ["", "25:00:00", "2026-02-30T09:00:00", "09:00:00.", "09:00", "2026-01-05", "-5"] {
      #expect(throws: GeneratorError.self) { try StartTime(parsing: text) }
    }
  }

  @Test func theConfigurationNamesEveryVenueLineAndFee() {
    var options = smallOptions {
      $0.venueCount = 2
      $0.minimumQuantity = 100
    }
    options.takerFees = [TakerFee(perShare: 3_000_000), TakerFee(perShare: -200_000, belowDollarFraction: 0)]
    #expect(
      ConfigurationText.yaml(options) == """
        venues:
          - name: nasdaq
            fees: { takerPerShare: "0.0030", belowDollar: { takerFraction: "0.0030" } }
          - name: bx
            fees: { takerPerShare: "-0.0002" }
        feeds:
          - name: nasdaq-itch
            venue: nasdaq
            protocol: itch50
            lines:
              - { name: A, group: 233.54.12.1, port: 26401 }
              - { name: B, group: 233.54.13.1, port: 26501 }
          - name: bx-itch
            venue: bx
            protocol: itch50
            lines:
              - { name: A, group: 233.54.12.2, port: 26402 }
              - { name: B, group: 233.54.13.2, port: 26502 }
        detect:
          crossVenue: { minimumEdge: "0.0001", minimumQuantity: 100 }

        """)
  }

  @Test func venuesBeyondTheKnownOnesAreNumbered() {
    #expect((0..<8).map(GeneratorOptions.venueName) == [
      "nasdaq", "bx", "psx", "venue4", "venue5", "venue6", "venue7", "venue8",
    ])
  }
}
