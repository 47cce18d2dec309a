import CPlatform
import Glibc
import Testing

@testable import FeedCore

/// What is touched of a core's tables before the first packet.
@Suite struct CoreMemoryTests {
  private static func plan(venues: Int) -> FeedPlan {
    var plan = FeedPlan()
    plan.venues = (0..<venues).map { VenueSettings(name: "v\($0)") }
    return plan
  }

  /// True where all pages of the memory have been touched.
  private static func isTouched<Element>(_ storage: Storage<Element>) -> Bool {
    let page = sysconf(Int32(_SC_PAGESIZE))
    let count = (storage.capacity * MemoryLayout<Element>.stride + page - 1) / page
    var pages = [UInt8](repeating: 0, count: count)
    guard mincore(UnsafeMutableRawPointer(storage.base), count * page, &pages) == 0 else { return false }
    return pages.allSatisfy { $0 & 1 == 1 }
  }

  @Test(arguments: [1, 3, 8])
  func theTablesOfEveryVenueAreTouched(venues: Int) {
    var settings = Settings()
    settings.capacity.liveOrders = 10_000
    settings.capacity.priceLevels = 10_000
    let owner = StorageOwner()
    owner.own {
      let memory = CoreMemory(
        plan: Self.plan(venues: venues), settings: settings, ownedShards: .max, countsMessages: true)
      for venue in 0..<venues {
        #expect(Self.isTouched(memory.books.venues[venue].headers), "venue \(venue)")
        #expect(Self.isTouched(memory.books.venues[venue].arena.levels), "venue \(venue)")
        #expect(Self.isTouched(memory.books.venues[venue].directory.pointee.records), "venue \(venue)")
      }
    }
  }

  /// Of tables that would take more than half of the memory, none is touched.
  @Test(.enabled(if: feedh_memory_limit_bytes() < 600 << 30, "this machine has room for tables of 340 GB"))
  func tablesBeyondHalfOfTheMemoryAreLeftToFill() {
    var settings = Settings()
    settings.threads.coreCount = 64
    settings.capacity.liveOrders = 16_000_000
    let plan = Self.plan(venues: 8)
    // 2^25 slots of 20 bytes for each venue and core.
    #expect(CoreMemory.tableBytes(plan: plan, settings: settings) > 64 * 8 * (20 << 25))
    #expect(!CoreMemory.touchesTables(plan: plan, settings: settings))
    let owner = StorageOwner()
    owner.own {
      let memory = CoreMemory(plan: plan, settings: settings, ownedShards: .max, countsMessages: true)
      #expect(!Self.isTouched(memory.books.venues[7].headers))
    }
  }
}
