import CMachine
import Foundation
import Glibc
import Testing

@testable import FeedMachine

/// Changes of a running kernel, in a network namespace of their own: nothing of this machine outside is touched.
struct LiveTunerTests {
  /// Runs `body` on a thread that has a network namespace of its own, with only a loopback interface. Nil where the
  /// system does not let it.
  private static func inOwnNetwork<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) throws -> Value? {
    typealias Unshare = @convention(c) (Int32) -> Int32
    let newNetwork: Int32 = 0x4000_0000
    nonisolated(unsafe) var result: Result<Value, any Error>?
    let done = DispatchSemaphore(value: 0)
    let thread = Thread {
      defer { done.signal() }
      let outside = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self/ns/net")
      // Not declared by the module map of the C library.
      guard let symbol = dlsym(nil, "unshare"), unsafeBitCast(symbol, to: Unshare.self)(newNetwork) == 0,
        let inside = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self/ns/net"),
        inside != outside
      else { return }
      result = Result { try body() }
    }
    thread.start()
    done.wait()
    return try result?.get()
  }

  private static let hasOwnNetwork = geteuid() == 0 && (try? inOwnNetwork { true }) == true

  @Test(.enabled(if: hasOwnNetwork, "needs root and network namespaces"))
  func changesOfTheKernelAreMadeReadBackAndRestored() throws {
    let folder = MachineFolder()
    let state = folder.root + "/state"
    let filter = "/proc/sys/net/ipv4/conf/lo/rp_filter"
    let made = try Self.inOwnNetwork { () throws -> [[ChangeOutcome]] in
      let root = try MachineRoot(path: "/")
      let before = try #require(root.text(filter))
      let facts = NICFacts.live("lo")
      let offload = try #require(facts.features["rx-gro"])
      let tuner = try MachineTuner(root: root, statePath: state, option: "--apply")
      let applied = try tuner.apply([
        .file(path: filter, value: before == "2" ? "1" : "2", previous: before),
        .feature(interface: "lo", name: "rx-gro", isOn: !offload.isOn, previous: offload.isOn),
        // The loopback has no rings, and this name is no offload.
        .nic(interface: "lo", setting: .ringRx, value: 512, previous: 256),
        .feature(interface: "lo", name: "nosuch", isOn: true, previous: false),
        .nic(interface: "nosuch0", setting: .ringRx, value: 512, previous: 256),
      ])
      #expect(root.text(filter) != before && NICFacts.live("lo").features["rx-gro"]?.isOn != offload.isOn)
      let undone = try tuner.undo()
      #expect(root.text(filter) == before && NICFacts.live("lo").features == facts.features)
      return [applied, undone]
    }
    let outcomes = try #require(made)
    #expect(outcomes[0].map(\.error) == [0, 0, EOPNOTSUPP, ENOENT, ENODEV])
    #expect(outcomes[0].map(\.isDone) == [true, true, false, false, false])
    #expect(outcomes[1].map(\.isDone) == [true, true])
    #expect(!FileManager.default.fileExists(atPath: state))
  }

  @Test func interfacesAreToldByTheirIoctls() {
    let loopback = NICFacts.live("lo")
    #expect(loopback.addresses.isEmpty || loopback.addresses.contains("127.0.0.1/8"), "\(loopback.addresses)")
    #expect(NICFacts.live("nosuch0") == NICFacts())
    #expect(NICFacts.live(String(repeating: "x", count: 4_000)) == NICFacts())
    #expect(NICFacts.live("") == NICFacts())
    var value: UInt32 = 0
    #expect(feedh_nic_get("lo", -1, &value) == EINVAL && feedh_nic_get("lo", 10_000, &value) == EINVAL)
    // What only tells cannot be set.
    for setting: NICSetting in [.ringRxMaximum, .channelsCombinedMaximum, .timestamping, .clock] {
      #expect(feedh_nic_set("lo", setting.shimIndex, 1) == EINVAL)
      #expect(setting.ethtoolArguments(interface: "lo", value: 1) == nil)
    }
  }

  @Test func stateOfTheClockIsTold() throws {
    let state = try #require(Clock.Synchronisation.live())
    #expect(state.maximumErrorMicroseconds >= 0 && state.estimatedErrorMicroseconds >= 0)
  }
}
