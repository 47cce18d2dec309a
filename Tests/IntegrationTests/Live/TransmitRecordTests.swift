import Foundation
import Testing

/// `feedh transmit` and `feedh record` over virtual Ethernet, in network namespaces of their own.
@Suite(.enabled(if: LiveNamespace.isPossible, Comment(rawValue: LiveNamespace.requirement)), .serialized)
struct TransmitRecordTests {
  /// The records of a pcap without their headers.
  private func frames(_ pcap: CommandPcap) -> [[UInt8]] { pcap.records.map { Array($0.bytes.dropFirst(16)) } }

  private func number(_ value: Any?) -> Int? { (value as? NSNumber)?.intValue }

  @Test func everyFrameArrivesAsItWasCapturedAndInOrder() throws {
    let (folder, day) = try LiveDay.linked()
    try LiveNamespace.run(
      """
      start_recording r.json --interface r0 --output r.pcap --packets \(day.records.count) --seconds 60
      "$FEEDH" transmit day.pcap --interface t0 --speed max --json > t.json
      wait $recorder
      """, in: folder)
    let recorded = try CommandPcap(path: folder.path("r.pcap"))
    #expect(frames(recorded) == frames(day))
    #expect(zip(recorded.records, recorded.records.dropFirst()).allSatisfy { $0.nanoseconds <= $1.nanoseconds })
    let sent = try CommandRun.json(folder.text("t.json"))
    #expect(number(sent["packets"]) == day.records.count && number(sent["frames"]) == day.records.count)
    #expect(number((sent["pacingErrorNanoseconds"] as? [String: Any])?["count"]) == 0)
    let report = try #require((try CommandRun.json(folder.text("r.json"))["interfaces"] as? [[String: Any]])?.first)
    #expect(number(report["writtenPackets"]) == day.records.count && report["name"] as? String == "r0")
    #expect(number(report["ringDroppedPackets"]) == 0 && number(report["kernelDroppedPackets"]) == 0)
    #expect(report["timestamps"] as? String == "kernel")
  }

  @Test func twoLinesLoseWhatTheSeedSaysAndNothingElse() throws {
    let (folder, _) = try LiveDay.linked()
    let transmit = """
      "$FEEDH" transmit day.pcap --line A:t0 --line B:t1 --rate 50000 --seed 77 \
        --take A:233.54.12.1 --take A:233.54.12.2 --take B:233.54.13.1 --take B:233.54.13.2 \
        --lose 0.01 --duplicate A:0.02 --reorder B:0.05 --json
      """
    try LiveNamespace.run(
      """
      for turn in 1 2; do
        start_recording r$turn.json --interface r0 --interface r1 --output rec$turn --format pcap
        \(transmit) > t$turn.json
        stop_recording
      done
      """, in: folder)
    var both: [[[[UInt8]]]] = []
    for turn in 1...2 {
      let sent = try CommandRun.json(folder.text("t\(turn).json"))
      let lines = try #require(sent["lines"] as? [[String: Any]])
      let received = try #require(
        try CommandRun.json(folder.text("r\(turn).json"))["interfaces"] as? [[String: Any]])
      let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("rec\(turn)")).sorted()
      #expect(names.map { $0.prefix(3) } == ["r0-", "r1-"])
      both.append(try names.map { try frames(CommandPcap(path: folder.path("rec\(turn)/\($0)"))) })
      for (index, line) in lines.enumerated() {
        let values = line.compactMapValues { self.number($0) }
        #expect(values["sent"] == values["packets"]! - values["lost"]! + values["duplicated"]!)
        #expect(values["lost"]! > 0 && values["refused"] == 0)
        #expect(values["sent"] == number(received[index]["writtenPackets"]), "line \(index), turn \(turn)")
        #expect(both[turn - 1][index].count == values["sent"])
      }
      #expect(number(lines[0]["duplicated"])! > 0 && number(lines[0]["late"]) == 0)
      #expect(number(lines[1]["late"])! > 0 && number(lines[1]["overtaken"])! > 0)
    }
    // Equal seeds, equal faults: the same frames in the same order on each line.
    #expect(both[0] == both[1])
  }

  @Test func multicastPayloadsArriveAtSocketsAsTheyWereCaptured() throws {
    let (folder, day) = try LiveDay.linked()
    // Of one group, as payloads through a multicast socket; received by a socket that joined it.
    let payloads = frames(day).filter { $0[33] == 1 && $0[32] == 12 }.map { Array($0.dropFirst(42)) }
    #expect(payloads.count > 100)
    try LiveNamespace.run(
      """
      ip address add 10.9.8.7/24 dev t0
      echo 1 > /proc/sys/net/ipv4/conf/r0/accept_local
      start_recording r.json --interface r0 --via sockets --group 233.54.12.1:26401 --output r.pcap \
        --packets \(payloads.count) --seconds 60
      "$FEEDH" transmit day.pcap --interface t0 --group own --rate 20000 --ttl 3 --json > t.json
      wait $recorder
      """, in: folder)
    let recorded = try CommandPcap(path: folder.path("r.pcap"))
    #expect(frames(recorded).map { Array($0.dropFirst(42)) } == payloads)
    let sent = try CommandRun.json(folder.text("t.json"))
    #expect(number(sent["frames"]) == day.records.count)
  }

  @Test func anInterruptedRecordingHoldsWhatWasSent() throws {
    let (folder, day) = try LiveDay.linked()
    try LiveNamespace.run(
      """
      start_recording r.json --interface r0 --output rec --rotate-bytes 100000
      "$FEEDH" transmit day.pcap --interface t0 --speed max > t.txt
      stop_recording
      """, in: folder)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("rec")).sorted()
    #expect(names.count > 5)
    let run = try CommandRun.feedh(["info"] + names.map { folder.path("rec/" + $0) } + ["--format", "json"])
    let info = try CommandRun.json(run.output)
    let files = try #require(info["files"] as? [[String: Any]])
    #expect(files.reduce(0) { $0 + (number($1["packets"]) ?? 0) } == day.records.count)
    #expect(try folder.text("t.txt").contains("pacing error   none"))
  }
}
