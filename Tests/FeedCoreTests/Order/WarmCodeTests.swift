import CPlatform
import Glibc
import Testing

@testable import FeedCore

/// Where the order path's code lies, which is asked for while nothing is to be done.
@Suite struct WarmCodeTests {
  @Test func aFunctionIsFoundByAnyAddressInIt() throws {
    // A function of another object, whose beginning is known by its name.
    let known = try #require(dlsym(nil, "qsort"))
    var begin: UnsafeRawPointer?
    let length = feedh_function_at(known, &begin)
    #expect(begin == UnsafeRawPointer(known) && length > 1)
    for offset in [1, length / 2, length - 1] {
      #expect(feedh_function_at(known + offset, &begin) == length && begin == UnsafeRawPointer(known))
    }
    #expect(feedh_function_at(known + length, &begin) > 0 && begin == UnsafeRawPointer(known + length))
  }

  @Test func whatIsNoCodeIsNoFunction() {
    var begin: UnsafeRawPointer?
    let memory = Storage<UInt8>(capacity: 64, hugePages: false)
    #expect(feedh_function_at(memory.base, &begin) == 0)
    #expect(feedh_function_at(UnsafeRawPointer(bitPattern: 64)!, &begin) == 0)
  }

  @Test func allOfTheOrderPathIsFoundOnceAPairHasLeft() throws {
    let packets = CoreReplayTests.Packets(CoreDigestTests.messages(3_000, seed: 1))
    #expect(CoreReplayTests.summary(packets, cores: 1, layout: .walk).ordersSent > 0)
    var lines: Set<UInt> = []
    for function in OrderCode.allCases {
      let address = try #require(function.address, "\(function) has not marked its code")
      var begin: UnsafeRawPointer?
      let length = feedh_function_at(address, &begin)
      let first = UInt(bitPattern: try #require(begin))
      #expect(first <= UInt(bitPattern: address) && UInt(bitPattern: address) < first + UInt(length), "\(function)")
      for line in stride(from: first & ~63, to: first + UInt(length), by: 64) { lines.insert(line) }
    }
    var code = WarmCode()
    code.search()
    #expect(code.lines == lines)
  }
}
