import FeedCore

/// What a link's queriers and members say to each other, in either family: IGMP for IPv4, MLD for IPv6. Version 1 of
/// MLD is version 2 of IGMP in another coat, version 2 of MLD is version 3 (RFC 3810 section 2), and is called so here.
protocol MembershipDialect: Sendable {
  /// Reads an Ethernet frame. Nil: another protocol's, damaged, or nothing that concerns a host.
  func read(_ frame: UnsafeRawBufferPointer) -> MembershipMessage?
  /// Reports with sources: as few frames as the records fit into.
  func reports(_ records: [MembershipRecord]) -> [[UInt8]]
  /// The report of one group in a version without sources.
  func report(_ group: IPAddress, version: IGMPVersion) -> [UInt8]
  func leave(_ group: IPAddress) -> [UInt8]
}

/// What a host hears of others.
enum MembershipMessage: Equatable {
  case query(MembershipQuery)
  /// A report without sources of this group, by another host or by this one (`isOwn`).
  case report(group: IPAddress, isOwn: Bool)
}

struct MembershipQuery: Equatable {
  var version: IGMPVersion
  /// Nil: all groups.
  var group: IPAddress?
  /// Empty: all sources.
  var sources: [IPAddress]
  /// Within this time an answer is wanted.
  var responseNanosecondsMaximum: UInt64
  /// The querier's interval between general queries; nil: it did not say.
  var intervalSeconds: UInt64?
}

/// What a report says of one group. RFC 3376 section 4.2.12 and RFC 3810 section 5.2.12 number the types alike.
struct MembershipRecord: Equatable {
  enum Kind: UInt8 {
    case isInclude = 1
    case isExclude = 2
    case toInclude = 3
    case toExclude = 4
    case allow = 5
    case block = 6
  }

  var kind: Kind
  var group: IPAddress
  var sources: [IPAddress] = []
}

/// IGMP of one host.
struct IGMPDialect: MembershipDialect {
  let writer: IGMPWriter

  init(_ settings: MembershipSettings) { writer = IGMPWriter(settings: settings) }

  private var host: UInt32 { writer.settings.address.ipv4 }

  func read(_ frame: UnsafeRawBufferPointer) -> MembershipMessage? {
    switch IGMPMessage(frame: frame, host: host) {
    case .query(let query):
      .query(
        MembershipQuery(
          version: query.version, group: query.group == 0 ? nil : IPAddress(ipv4: query.group),
          sources: query.sources.map { IPAddress(ipv4: $0) },
          responseNanosecondsMaximum: query.responseNanosecondsMaximum, intervalSeconds: query.intervalSeconds))
    case .report(let group, let from): .report(group: IPAddress(ipv4: group), isOwn: from == host)
    case nil: nil
    }
  }

  func reports(_ records: [MembershipRecord]) -> [[UInt8]] { writer.reports(records) }
  func report(_ group: IPAddress, version: IGMPVersion) -> [UInt8] { writer.report(group.ipv4, version: version) }
  func leave(_ group: IPAddress) -> [UInt8] { writer.leave(group.ipv4) }
}
