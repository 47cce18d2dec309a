import CSocket
import FeedCore

/// The socket filter of a packet ring: only UDP datagrams to the groups, ports and sources that are wanted reach it.
///
/// Classic BPF, which the kernel checks and compiles to machine code; run on packets whose outermost VLAN tag the kernel
/// has taken out. In order:
///
/// 1. Packets that this machine sends are dropped.
/// 2. Frames with a further VLAN tag pass: what the filter cannot judge, the pipeline routes.
/// 3. IPv4: UDP, no fragment but the first; then a test of address, port and, where sources are named, source for each
///    subscription. IPv6: the same, where UDP follows the header at once.
struct RingFilter {
  /// The kernel's limit (BPF_MAXINSNS).
  static let instructionsMaximum = 4_096

  private(set) var instructions: [feedh_filter_instruction] = []

  // linux/bpf_common.h, linux/filter.h.
  private enum Code {
    static let loadWord: UInt16 = 0x20
    static let loadHalf: UInt16 = 0x28
    static let loadByte: UInt16 = 0x30
    /// Half a word at X plus the operand.
    static let loadHalfIndirect: UInt16 = 0x48
    /// X = 4 × (low nibble of the byte there): an IPv4 header's length.
    static let loadHeaderLength: UInt16 = 0xB1
    static let jump: UInt16 = 0x05
    static let jumpIfEqual: UInt16 = 0x15
    static let jumpIfAnyBit: UInt16 = 0x45
    static let returnConstant: UInt16 = 0x06
    /// SKF_AD_OFF + SKF_AD_PKTTYPE: to whom the packet was addressed.
    static let packetType: UInt32 = 0xFFFF_F004
  }

  private static let outgoing: UInt32 = 4
  /// More than any packet: nothing is cut.
  private static let whole: UInt32 = 0x4_0000

  /// - Parameter subscriptions: empty: every packet but those sent here.
  /// - Throws: `tooManySubscriptions`.
  init(_ subscriptions: [LiveSubscription]) throws(LiveOpeningError) {
    add(Code.loadWord, Code.packetType)
    add(Code.jumpIfEqual, Self.outgoing, ifFalse: 1)
    add(Code.returnConstant, 0)
    guard !subscriptions.isEmpty else {
      add(Code.returnConstant, Self.whole)
      return
    }
    add(Code.loadHalf, 12)
    let ipv4 = Self.ipv4(subscriptions.filter(\.address.isIPv4))
    let ipv6 = Self.ipv6(subscriptions.filter { !$0.address.isIPv4 })
    // Not IPv4: over its part, by the long jump, as the short ones reach 255 instructions.
    add(Code.jumpIfEqual, 0x0800, ifTrue: 1)
    add(Code.jump, UInt32(ipv4.count))
    instructions += ipv4
    add(Code.jumpIfEqual, 0x86DD, ifTrue: 1)
    add(Code.jump, UInt32(ipv6.count))
    instructions += ipv6
    for tag in [0x8100, 0x88A8, 0x9100] as [UInt32] {
      add(Code.jumpIfEqual, tag, ifFalse: 1)
      add(Code.returnConstant, Self.whole)
    }
    add(Code.returnConstant, 0)
    if instructions.count > Self.instructionsMaximum {
      let each = (instructions.count + subscriptions.count - 1) / subscriptions.count
      throw .tooManySubscriptions(count: subscriptions.count, maximum: Self.instructionsMaximum / each)
    }
  }

  private mutating func add(_ code: UInt16, _ operand: UInt32, ifTrue: UInt8 = 0, ifFalse: UInt8 = 0) {
    instructions.append(
      feedh_filter_instruction(code: code, jump_true: ifTrue, jump_false: ifFalse, operand: operand))
  }

  /// A value in the packet that has to be equal.
  private struct Test {
    var load: UInt16
    var offset: UInt32
    var value: UInt32
  }

  /// What an IPv4 packet goes through; ends in a verdict.
  private static func ipv4(_ subscriptions: [LiveSubscription]) -> [feedh_filter_instruction] {
    var part = RingFilter()
    part.add(Code.loadByte, 23)
    part.add(Code.jumpIfEqual, 17, ifTrue: 1)
    part.add(Code.returnConstant, 0)
    // Later fragments have no port. The first passes, so that somebody counts that there are fragments.
    part.add(Code.loadHalf, 20)
    part.add(Code.jumpIfAnyBit, 0x1FFF, ifFalse: 1)
    part.add(Code.returnConstant, 0)
    part.add(Code.loadHeaderLength, 14)
    for subscription in subscriptions {
      let port = Test(load: Code.loadHalfIndirect, offset: 16, value: UInt32(subscription.port))
      part.add(
        subscription, address: { [Test(load: Code.loadWord, offset: $1 ? 26 : 30, value: UInt32(truncatingIfNeeded: $0.low))] },
        port: port)
    }
    part.add(Code.returnConstant, 0)
    return part.instructions
  }

  private static func ipv6(_ subscriptions: [LiveSubscription]) -> [feedh_filter_instruction] {
    var part = RingFilter()
    part.add(Code.loadByte, 20)
    part.add(Code.jumpIfEqual, 17, ifTrue: 1)
    part.add(Code.returnConstant, 0)
    for subscription in subscriptions {
      let port = Test(load: Code.loadHalf, offset: 56, value: UInt32(subscription.port))
      part.add(
        subscription,
        address: { address, isSource in
          [address.high >> 32, address.high, address.low >> 32, address.low].enumerated().map {
            Test(
              load: Code.loadWord, offset: (isSource ? 22 : 38) + 4 * UInt32($0.offset),
              value: UInt32(truncatingIfNeeded: $0.element))
          }
        }, port: port)
    }
    part.add(Code.returnConstant, 0)
    return part.instructions
  }

  private init() {}

  /// Passes what matches, once for each source; falls through where it does not.
  private mutating func add(
    _ subscription: LiveSubscription, address: (IPAddress, _ isSource: Bool) -> [Test], port: Test
  ) {
    let destination = subscription.address.isWildcard ? [] : address(subscription.address, false)
    let sources = subscription.sources.isEmpty ? [[]] : subscription.sources.map { address($0, true) }
    for source in sources {
      let tests = destination + [port] + source
      for (index, test) in tests.enumerated() {
        add(test.load, test.offset)
        // To the first instruction behind this match's verdict: at most 9 tests of two.
        add(Code.jumpIfEqual, test.value, ifFalse: UInt8(2 * (tests.count - 1 - index) + 1))
      }
      add(Code.returnConstant, Self.whole)
    }
  }
}
