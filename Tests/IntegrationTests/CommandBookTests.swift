import Foundation
import Testing

/// `feedh book`: against the generator's expectation, and at a time against a slow book made from decoded messages.
struct CommandBookTests {
  @Test(arguments: [3, 4])
  func finalBooksAreTheGeneratorsExpectationByteForByte(seed: Int) throws {
    let folder = CommandFolder()
    let generated = try CommandRun.feedh(
      "generate", "--output", folder.path("g"), "--symbols", "50", "--messages", "15000", "--seed", "\(seed)",
      "--venues", "3", "--reorder", "0.01", "--duplicate", "0.01", "--restarts", seed == 4 ? "2" : "0")
    #expect(generated.status == 0, "\(generated.errors)")
    let books = try CommandRun.feedh(
      "book", folder.path("g.pcap"), "--config", folder.path("g.yaml"), "--format", "tsv")
    #expect(books.status == 0 && books.errors.isEmpty)
    #expect(books.output == (try folder.text("g.expect.tsv")))
  }

  // MARK: - At a time

  /// One venue, one line, so that decoded rows are the venue's messages in order.
  private struct SmallDay {
    let folder = CommandFolder()
    let rows: [(type: String, fields: [String: Any], timestamp: Int)]
    var capture: String { folder.path("s.pcap") }

    init() throws {
      let run = try CommandRun.feedh(
        "generate", "--output", folder.path("s"), "--symbols", "12", "--messages", "3000", "--seed", "5",
        "--venues", "1", "--lines", "1")
      guard run.status == 0 else { throw CommandFailure(run.errors) }
      rows = try CommandRun.feedh("decode", folder.path("s.pcap"), "--format", "ndjson").objects().map { row in
        let fields = row["fields"] as! [String: Any]
        return (row["type"] as! String, fields, (fields["timestamp"] as! NSNumber).intValue)
      }
    }

    func book(until isIncluded: (Int) -> Bool) -> CommandSlowBook {
      var book = CommandSlowBook()
      for row in rows where isIncluded(row.timestamp) { book.apply(type: row.type, row.fields) }
      return book
    }
  }

  @Test func atAnExchangeTimeEveryMessageUntilThenIsApplied() throws {
    let day = try SmallDay()
    // The time of some message, one nanosecond less, and half a second after trading began.
    let times = [day.rows[1_500].timestamp, day.rows[1_500].timestamp - 1, 34_200_500_000_000, 86_399_000_000_000]
    for time in times {
      let seconds = time / 1_000_000_000
      let text = String(
        format: "%02d:%02d:%02d.%09d", seconds / 3_600, seconds / 60 % 60, seconds % 60, time % 1_000_000_000)
      let run = try CommandRun.feedh("book", day.capture, "--at", text, "--format", "tsv")
      #expect(run.status == 0, "\(run.errors)")
      let slow = day.book { $0 <= time }
      #expect(run.rows.count == 12)
      for row in run.rows { #expect(Array(row[3..<9]) == slow.top(locate: Int(row[1])!), "\(row[2]) at \(text)") }
    }
  }

  @Test func aShortTimeMeansItsWholeSecond() throws {
    let day = try SmallDay()
    let short = try CommandRun.feedh("book", day.capture, "--at", "09:30:00", "--format", "tsv")
    let long = try CommandRun.feedh("book", day.capture, "--at", "09:30:00.000000000", "--format", "tsv")
    #expect(short.output == long.output)
    #expect(short.output != (try CommandRun.feedh("book", day.capture, "--format", "tsv")).output)
  }

  @Test func atACaptureTimeTheBooksAreThoseOfTheCaptureThatEndsThere() throws {
    let folder = CommandFolder()
    let pcap = try CommandPcap(path: CommandDay.capture)
    for count in [1, pcap.records.count / 2, pcap.records.count] {
      let time = pcap.records[count - 1].nanoseconds
      let included = pcap.records.count { $0.nanoseconds <= time }
      let path = try folder.write(pcap.prefix(included), "until.pcap")
      let at = try CommandRun.feedh("book", CommandDay.capture, "--config", CommandDay.configuration, "--at", "\(time)",
        "--format", "tsv")
      let whole = try CommandRun.feedh("book", path, "--config", CommandDay.configuration, "--format", "tsv")
      #expect(at.status == 0 && at.output == whole.output, "after \(included) packets")
    }
    let before = try CommandRun.feedh("book", CommandDay.capture, "--at", "1", "--format", "tsv")
    #expect(before.status == 0 && before.rows.isEmpty)
  }

  /// A restart empties the books; at the time of the last message before it they are still there, and from the first
  /// one of the new session on they are not.
  @Test func aRestartAfterTheTimeDoesNotEmptyTheBooks() throws {
    let folder = CommandFolder()
    let options = ["--symbols", "12", "--messages", "4000", "--venues", "1", "--lines", "1", "--seed", "8"]
    _ = try CommandRun.feedh(["generate", "--output", folder.path("r"), "--restarts", "1"] + options)
    let rows = try CommandRun.feedh("decode", folder.path("r.pcap"), "--format", "ndjson").objects()
    let sequences = rows.map { ($0["sequence"] as! NSNumber).intValue }
    let restart = try #require(sequences.indices.dropFirst().first { sequences[$0] == 1 })
    var slow = CommandSlowBook()
    for row in rows[..<restart] { slow.apply(type: row["type"] as! String, row["fields"] as! [String: Any]) }
    func books(atRow index: Int) throws -> [[String]] {
      let time = ((rows[index]["fields"] as! [String: Any])["timestamp"] as! NSNumber).intValue
      let text = String(
        format: "%02d:%02d:%02d.%09d", time / 3_600_000_000_000, time / 60_000_000_000 % 60,
        time / 1_000_000_000 % 60, time % 1_000_000_000)
      return try CommandRun.feedh("book", folder.path("r.pcap"), "--at", text, "--format", "tsv").rows
    }
    #expect(slow.orders.count > 0)
    for row in try books(atRow: restart - 1) {
      #expect(Array(row[3..<9]) == slow.top(locate: Int(row[1])!), "\(row[2])")
    }
    for row in try books(atRow: restart) { #expect(row[3..<9].allSatisfy { $0 == "0" }, "\(row[2])") }
  }

  // MARK: - One symbol

  @Test func queuesComeInTheOrderInWhichTheyWouldBeFilled() throws {
    let day = try SmallDay()
    let slow = day.book { _ in true }
    let tops = try CommandRun.feedh("book", day.capture, "--format", "tsv")
    var longest = 0
    for top in tops.rows {
      let run = try CommandRun.feedh(
        "book", day.capture, "--symbol", top[2], "--queues", "--depth", "100000", "--format", "tsv")
      for side in ["B", "S"] {
        let rows = run.rows.filter { $0[3] == side }
        let queue = slow.queue(locate: Int(top[1])!, side: side)
        #expect(rows.map { "\($0[5]) \($0[7]) \($0[8])" } == queue.map { "\($0.price) \($0.reference) \($0.quantity)" })
        longest = max(longest, rows.map { Int($0[6])! }.max() ?? 0)
      }
    }
    #expect(longest > 2, "no level with a queue worth the name")
  }

  @Test func levelsAndFormatsAgree() throws {
    let day = try SmallDay()
    let slow = day.book { _ in true }
    let top = try #require(
      try CommandRun.feedh("book", day.capture, "--format", "tsv").rows.max { Int($0[5])! < Int($1[5])! })
    let arguments = ["book", day.capture, "--symbol", top[2], "--depth", "3", "--format"]
    let rows = try CommandRun.feedh(arguments + ["tsv"]).rows
    let queue = slow.queue(locate: Int(top[1])!, side: "B")
    let prices = Array(Set(queue.map(\.price)).sorted(by: >).prefix(3))
    #expect(
      rows.filter { $0[3] == "B" }.map { $0[4...].joined(separator: " ") }
        == prices.enumerated().map { index, price in
          let orders = queue.filter { $0.price == price }
          return "\(index + 1) \(price) \(orders.reduce(0) { $0 + $1.quantity }) \(orders.count)"
        })
    let json = try CommandRun.json(try CommandRun.feedh(arguments + ["json"]).output)
    let book = try #require((json["books"] as? [[String: Any]])?.first)
    let bids = try #require(book["bids"] as? [[String: NSNumber]])
    #expect(bids.map { $0["price"]!.intValue } == prices)
    #expect((book["bidPrice"] as? NSNumber)?.intValue == prices.first)
    let table = try CommandRun.feedh(arguments + ["table"])
    #expect(table.output.contains("consolidated best") && table.output.contains("round lot"))
  }

  /// Executions, printable prints and crosses count; the sum and the last one are taken from the decoded messages.
  @Test func volumeAndLastAreThoseOfTheMessages() throws {
    let day = try SmallDay()
    struct Trades {
      var volume = 0
      var turnover = 0
      var last = 0
    }
    var trades: [Int: Trades] = [:]
    var orders = CommandSlowBook()
    for row in day.rows {
      func number(_ name: String) -> Int { (row.fields[name] as! NSNumber).intValue }
      var trade: (price: Int, quantity: Int)?
      switch row.type {
      case "E":
        let order = orders.orders.first { $0.reference == number("orderReferenceNumber") }
        trade = order.map { ($0.price, min($0.quantity, number("executedShares"))) }
      case "C" where row.fields["printable"] as? String != "N":
        trade = (number("executionPrice"), number("executedShares"))
      case "P": trade = (number("price"), number("shares"))
      case "Q": trade = (number("crossPrice"), number("shares"))
      case "B": Issue.record("this day was to have no broken trade; take another seed")
      default: break
      }
      orders.apply(type: row.type, row.fields)
      guard let trade, trade.quantity > 0 else { continue }
      trades[number("stockLocate"), default: Trades()].volume += trade.quantity
      trades[number("stockLocate")]!.turnover += trade.price * trade.quantity
      trades[number("stockLocate")]!.last = trade.price
    }
    let json = try CommandRun.json(try CommandRun.feedh("book", day.capture, "--format", "json").output)
    let books = try #require(json["books"] as? [[String: Any]])
    #expect(books.count == 12 && !trades.isEmpty)
    for book in books {
      let expected = trades[(book["locate"] as! NSNumber).intValue] ?? Trades()
      #expect((book["volume"] as? NSNumber)?.intValue == expected.volume)
      #expect((book["lastPrice"] as? NSNumber)?.intValue ?? 0 == expected.last)
      if expected.volume > 0 {
        #expect((book["vwap"] as? NSNumber)?.intValue == expected.turnover * 100_000 / expected.volume)
      }
    }
  }
}
