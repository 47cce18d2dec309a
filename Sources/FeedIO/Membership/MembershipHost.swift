import FeedCore

/// The host's side of IGMP, or of MLD, on one link, without I/O: frames heard and the time go in, frames to send come
/// out.
///
/// | Event | Version 3 | Versions 1 and 2 |
/// |---|---|---|
/// | `join` | the change, `robustness` times | a report of each group, as often |
/// | query of everything | all groups in a report, after a random delay | a report of each group, each after its own |
/// | query of a group | its record after a random delay, of the sources asked for | its report after a random delay |
/// | report of another host | | takes the place of one's own (RFC 2236 section 3) |
/// | query of a lower version | that version until its querier has been silent for long enough | the same |
/// | `leave` | the change, `robustness` times | version 2: a leave of each group |
///
/// Versions are IGMP's; of MLD, version 2 is in the column of version 3, version 1 in that of version 2
/// (`MembershipDialect`).
///
/// RFC 3376 sections 5 and 7.2, RFC 2236 sections 3 and 4; RFC 3810 sections 6 and 8, RFC 2710 section 4. Times are
/// nanoseconds of any clock that never goes back. All groups are joined together and left together. The same settings,
/// frames and times give the same frames.
public struct MembershipHost: Sendable {
  public let settings: MembershipSettings
  public let groups: [MulticastGroup]
  public private(set) var counts = MembershipCounts()

  private enum State { case idle, member, left }
  /// A report of everything that is repeated.
  private struct Change {
    var due: UInt64
    var remaining: Int
  }
  /// An answer that one group owes.
  private struct Answer {
    var due: UInt64
    /// Sources asked for; empty: all.
    var sources: [IPAddress]
  }

  private let dialect: any MembershipDialect
  private var random: DelayRandom
  private var state = State.idle
  private var change: Change?
  /// Version 3: when the report of all groups that was asked for is due.
  private var generalAnswer: UInt64?
  /// Per group.
  private var answers: [Answer?]
  /// Until when queriers of version 1 and 2 are taken to be there.
  private var version1Until: UInt64 = 0
  private var version2Until: UInt64 = 0
  /// The version of the last step; a change of it ends what was under way.
  private var spoken: IGMPVersion
  /// Seconds between general queries as the querier last said (RFC 3376 section 8.2: 125).
  private var intervalSeconds: UInt64 = 125

  /// - Parameter groups: of one family.
  /// - Throws: groups of both families, or the host's address is not an IPv4 address of a host.
  public init(_ settings: MembershipSettings, groups: [MulticastGroup]) throws(MembershipError) {
    let isIPv6 = groups.first.map { !$0.address.isIPv4 } ?? false
    if let group = groups.first(where: { $0.address.isIPv4 == isIPv6 }) {
      throw .bothFamilies(group: "\(group.address)")
    }
    guard settings.address.isIPv4, !settings.address.isMulticast else {
      throw .badHostAddress(address: "\(settings.address)")
    }
    self.settings = settings
    self.groups = groups
    dialect = isIPv6 ? MLDDialect(settings) : IGMPDialect(settings)
    random = DelayRandom(state: settings.seed)
    answers = Array(repeating: nil, count: groups.count)
    spoken = settings.versionMaximum
  }

  /// It speaks MLD.
  var isIPv6: Bool { groups.first.map { !$0.address.isIPv4 } ?? false }

  /// The version that is spoken at `now`.
  public func version(at now: UInt64) -> IGMPVersion {
    if now < version1Until { return .v1 }
    return now < version2Until ? .v2 : settings.versionMaximum
  }

  /// When `frames` has something to send next; nil: nothing is under way.
  public var nextDue: UInt64? {
    ([change?.due, generalAnswer] + answers.map { $0?.due }).compactMap(\.self).min()
  }

  // MARK: Events

  /// Becomes a member of all groups.
  public mutating func join(at now: UInt64) {
    cancelAnswers()
    state = .member
    change = Change(due: now, remaining: max(1, settings.robustness))
  }

  /// Leaves all groups.
  public mutating func leave(at now: UInt64) {
    guard state == .member else { return }
    cancelAnswers()
    state = .left
    // A leave of version 2 goes out once, and version 1 has none.
    let times = version(at: now) == .v3 ? max(1, settings.robustness) : 1
    change = Change(due: now, remaining: times)
  }

  /// Takes an Ethernet frame that was received. What does not concern a host of this family is passed over.
  public mutating func receive(_ frame: UnsafeRawBufferPointer, at now: UInt64) {
    followVersion(at: now)
    switch dialect.read(frame) {
    case .query(let query):
      counts.queries &+= 1
      noteQuerier(query, at: now)
      if state == .member { answer(query, at: now) }
    case .report(let group, let isOwn):
      // One's own report, come back over a hub or a loop, silences nothing.
      if version(at: now) == .v3 || isOwn { return }
      for index in groups.indices where groups[index].address == group && answers[index] != nil {
        answers[index] = nil
        counts.suppressed &+= 1
      }
    case nil: counts.ignored &+= 1
    }
  }

  /// What is due by `now`, in order.
  public mutating func frames(until now: UInt64) -> [[UInt8]] {
    followVersion(at: now)
    var frames: [[UInt8]] = []
    if let due = change, due.due <= now {
      frames += state == .left ? leaves(version(at: now)) : joins(version(at: now))
      change = due.remaining > 1
        ? Change(due: now &+ random.next(upTo: settings.repeatNanosecondsMaximum), remaining: due.remaining - 1) : nil
    }
    if let due = generalAnswer, due <= now {
      generalAnswer = nil
      frames += dialect.reports(groups.map { current($0, asked: [])! })
    }
    frames += dueAnswers(at: now)
    counts.sent &+= UInt64(frames.count)
    return frames
  }

  // MARK: Queries

  /// RFC 3376 section 7.2.1: a querier of a lower version is there for robustness x interval + response time.
  private mutating func noteQuerier(_ query: MembershipQuery, at now: UInt64) {
    if let seconds = query.intervalSeconds { intervalSeconds = seconds }
    let robustness = UInt64(clamping: max(1, settings.robustness))
    let presence = robustness * intervalSeconds * 1_000_000_000 + query.responseNanosecondsMaximum
    switch query.version {
    case .v1: version1Until = now &+ presence
    case .v2: version2Until = now &+ presence
    case .v3: break
    }
    followVersion(at: now)
  }

  /// A change of version ends the answers under way; a join that is still being repeated begins again, so that the
  /// querier that was heard hears it too.
  private mutating func followVersion(at now: UInt64) {
    let current = version(at: now)
    if current == spoken { return }
    spoken = current
    cancelAnswers()
    counts.versionChanges &+= 1
    if state == .member, change != nil { change = Change(due: now, remaining: max(1, settings.robustness)) }
  }

  private mutating func cancelAnswers() {
    generalAnswer = nil
    for index in answers.indices { answers[index] = nil }
  }

  private mutating func answer(_ query: MembershipQuery, at now: UInt64) {
    if query.group == nil {
      answerAll(query, at: now)
      return
    }
    for index in groups.indices where groups[index].address == query.group {
      let due = now &+ random.next(upTo: query.responseNanosecondsMaximum)
      // Rule 1 of RFC 3376 section 5.2: the report of all groups comes before.
      if let general = generalAnswer, general <= due { continue }
      let sources = version(at: now) == .v3 ? query.sources : []
      guard let pending = answers[index] else {
        answers[index] = Answer(due: due, sources: sources)
        continue
      }
      // Rules 4 and 5: sources add up, all sources take the place of some.
      let all = sources.isEmpty || pending.sources.isEmpty
      answers[index] = Answer(
        due: min(due, pending.due),
        sources: all ? [] : pending.sources + sources.filter { !pending.sources.contains($0) })
    }
  }

  private mutating func answerAll(_ query: MembershipQuery, at now: UInt64) {
    if version(at: now) == .v3 {
      let due = now &+ random.next(upTo: query.responseNanosecondsMaximum)
      generalAnswer = min(generalAnswer ?? due, due)
      return
    }
    for index in groups.indices {
      let due = now &+ random.next(upTo: query.responseNanosecondsMaximum)
      // RFC 2236 section 3: a running timer is reset only where more remains of it than the query allows.
      if let pending = answers[index], pending.due <= now &+ query.responseNanosecondsMaximum { continue }
      answers[index] = Answer(due: due, sources: [])
    }
  }

  // MARK: Frames

  private mutating func dueAnswers(at now: UInt64) -> [[UInt8]] {
    var records: [MembershipRecord] = []
    var frames: [[UInt8]] = []
    for index in answers.indices {
      guard let answer = answers[index], answer.due <= now else { continue }
      answers[index] = nil
      if version(at: now) == .v3 {
        if let record = current(groups[index], asked: answer.sources) { records.append(record) }
      } else {
        frames.append(dialect.report(groups[index].address, version: version(at: now)))
      }
    }
    return frames + dialect.reports(records)
  }

  /// The state of a group for a report (RFC 3376 section 5.2); nil: none of the sources asked for is wanted.
  private func current(_ group: MulticastGroup, asked: [IPAddress]) -> MembershipRecord? {
    let (address, sources) = (group.address, group.sources)
    if asked.isEmpty {
      return .init(kind: sources.isEmpty ? .isExclude : .isInclude, group: address, sources: sources)
    }
    let wanted = sources.isEmpty ? asked : asked.filter(sources.contains)
    return wanted.isEmpty ? nil : .init(kind: .isInclude, group: address, sources: wanted)
  }

  private func joins(_ version: IGMPVersion) -> [[UInt8]] {
    if version != .v3 { return groups.map { dialect.report($0.address, version: version) } }
    return dialect.reports(
      groups.map {
        .init(kind: $0.sources.isEmpty ? .toExclude : .allow, group: $0.address, sources: $0.sources)
      })
  }

  private func leaves(_ version: IGMPVersion) -> [[UInt8]] {
    switch version {
    case .v1: return []
    case .v2: return groups.map { dialect.leave($0.address) }
    case .v3:
      return dialect.reports(
        groups.map {
          .init(kind: $0.sources.isEmpty ? .toInclude : .block, group: $0.address, sources: $0.sources)
        })
    }
  }
}
