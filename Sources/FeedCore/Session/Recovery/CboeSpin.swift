/// Chooses a spin image and hands it to the join: PITCH 2.41.66, "Spin Server".
///
/// The server offers images once a second (`80`, current through N). The one asked for is the first whose following
/// messages are all kept: N ≥ the join's `throughMinimum`. The server may choose a later one; `82` names it. The number
/// of Add Order messages is checked against what `82` announced.
public struct CboeSpin: Sendable {
  private var wanted: SnapshotRequest?
  private var asked = false
  private var askedSequence: UInt32 = 0
  private var orderCount: UInt32 = 0
  private var ordersAnnounced: UInt32 = 0
  private var through: UInt64 = 0

  public init() {}

  /// The join wants a snapshot; it is asked for when a suitable one is offered.
  public mutating func want(_ request: SnapshotRequest) {
    wanted = request
    asked = false
  }

  public enum Outcome {
    case none
    case send(RequestBytes)
    /// The image begins: empty the unit's books.
    case clear
    /// A message of the image, to apply.
    case apply(UnsafeRawBufferPointer)
  }

  /// One event of the spin server's connection.
  public mutating func take(_ event: CboeRecoveryClient.Event, into join: inout SnapshotJoin, now: UInt64) -> Outcome {
    switch event {
    case .loggedIn, .gapResponse: return .none
    case .spinAvailable(let sequence): return offer(sequence, join: join)
    case .spinResponse(let sequence, let count, let status):
      guard asked else { return .none }
      if let refusal = CboeRecovery.spinRefusal(status) {
        asked = false
        join.refused(refusal, now: now)
        return .none
      }
      guard let near = wanted?.throughMinimum, let number = CboeRecovery.extend(sequence, near: near) else {
        join.failed(.malformedAnswer, now: now)
        return .none
      }
      through = number
      ordersAnnounced = count
      orderCount = 0
      return join.snapshotBegan(through: number, messageCount: nil, now: now) ? .clear : .none
    case .message(let message):
      guard join.snapshotMessage(now: now) else { return .none }
      // Add Order long, short, expanded. The length was proved by the client.
      if message[1] == 0x21 || message[1] == 0x22 || message[1] == 0x2F { orderCount &+= 1 }
      return .apply(message)
    case .spinFinished(let sequence):
      guard asked else { return .none }
      asked = false
      // The sheet has `83` name the request's image, which differs from `82`'s where the server chose a later one.
      let isOurs = sequence == askedSequence || sequence == CboeRecovery.wire(through)
      if !isOurs || orderCount != ordersAnnounced {
        join.failed(.snapshotIncomplete, now: now)
      } else {
        join.snapshotEnded(through: through, now: now)
        wanted = nil
      }
      return .none
    case .failed(let failure):
      asked = false
      if failure == .notAuthorized { join.refused(.final(failure), now: now) } else { join.failed(failure, now: now) }
      return .none
    }
  }

  private mutating func offer(_ sequence: UInt32, join: SnapshotJoin) -> Outcome {
    guard !asked, join.state == .requested, let wanted,
      let number = CboeRecovery.extend(sequence, near: wanted.throughMinimum), number >= wanted.throughMinimum
    else { return .none }
    asked = true
    askedSequence = sequence
    return .send(CboeRecovery.spinRequest(sequence: sequence))
  }
}
