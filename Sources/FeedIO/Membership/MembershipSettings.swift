import FeedCore

/// Who reports memberships, and how often.
public struct MembershipSettings: Sendable, Equatable {
  /// The port's Ethernet address, six bytes.
  public var mac: [UInt8]
  /// Its IPv4 address, of IGMP's reports; MLD's come from the link-local address of `mac`. 0.0.0.0 where it has none:
  /// routers must take such reports (RFC 3376 section 4.2.13), some switches do not.
  public var address = IPAddress(ipv4: 0)
  /// VLAN that reports are tagged with, 1 ... 4094; nil: no tag.
  public var vlan: UInt16?
  /// Highest IGMP version spoken, 2 or 3; a querier of a lower one lowers it for as long as it is there.
  public var versionMaximum = IGMPVersion.v3
  /// How often each change is reported in all. 1 ... 7 (RFC 3376 section 8.1: 2).
  public var robustness = 2
  /// The longest wait between two such reports (RFC 3376 section 8.11: 1 s). 1 ms ... 10 s.
  public var repeatNanosecondsMaximum: UInt64 = 1_000_000_000
  /// Longest frame payload: reports of more groups than fit go out as several. 576 ... 9,216.
  public var mtu = 1_500
  /// Seed of the random delays of answers.
  public var seed: UInt64

  public init(mac: [UInt8], seed: UInt64) {
    precondition(mac.count == 6, "an Ethernet address has six bytes")
    self.mac = mac
    self.seed = seed
  }
}
