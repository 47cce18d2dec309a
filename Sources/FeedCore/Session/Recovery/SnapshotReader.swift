/// Takes the packets of a channel's snapshot flow apart, whichever venue's it is. Lines of one flow come as one
/// (`RecentPackets`); what is missing or out of order aborts the snapshot under way.
struct SnapshotReader {
  struct Step: BitwiseCopyable {
    enum Kind: UInt8, BitwiseCopyable {
      /// The snapshot of `symbol` through `through` begins; its messages follow.
      case began
      /// A message of a snapshot through `through`, at `offset` of the packet.
      case message
      /// A message that belongs to no snapshot: a definition, a mapping.
      case definition
      /// The snapshot of `symbol` is whole.
      case ended
      /// What is under way does not become whole.
      case aborted
      case malformed
    }
    var kind: Kind
    var offset = 0
    var length = 0
    var through: UInt64 = 0
    var symbol: UInt32 = 0
  }

  private let feedProtocol: FeedProtocol
  private var cme = CMESnapshotReader()
  private var nyse = NYSERefreshReader()
  private var coinbase = CoinbaseSnapshotReader()
  private var eobi = EOBISnapshotReader()
  /// Of the snapshot under way.
  private var through: UInt64 = 0

  init(_ feedProtocol: FeedProtocol) { self.feedProtocol = feedProtocol }

  /// Begins a packet, whose steps `next` gives.
  mutating func begin(_ packet: UnsafeRawBufferPointer) {
    switch feedProtocol {
    case .cmeMDP3: cme.begin(packet)
    case .nyseIntegrated: nyse.begin(packet)
    case .coinbaseDerivatives: coinbase.begin(packet)
    default: eobi.begin(packet)
    }
  }

  /// The next step of the packet that `begin` took; nil behind the last.
  mutating func next(in packet: UnsafeRawBufferPointer) -> Step? {
    switch feedProtocol {
    case .cmeMDP3: nextOfCME(packet)
    case .nyseIntegrated: nextOfNYSE(packet)
    case .coinbaseDerivatives: coinbase.next(in: packet)
    default: eobi.next(in: packet)
    }
  }

  /// The decoder's events tell where a book begins and ends.
  private mutating func nextOfCME(_ packet: UnsafeRawBufferPointer) -> Step? {
    while let event = cme.next(in: packet) {
      switch event {
      case .round, .ended: continue
      case .began(_, let last): through = last
      case .message(let offset, let length):
        return Step(kind: .message, offset: offset, length: length, through: through)
      case .other(let offset, let length): return Step(kind: .definition, offset: offset, length: length)
      case .aborted: return Step(kind: .aborted)
      case .malformed: return Step(kind: .malformed)
      }
    }
    return nil
  }

  private mutating func nextOfNYSE(_ packet: UnsafeRawBufferPointer) -> Step? {
    guard let event = nyse.next(in: packet) else { return nil }
    switch event {
    case .began(let symbol, let last): return Step(kind: .began, through: last, symbol: symbol)
    case .message(let offset, let length): return Step(kind: .message, offset: offset, length: length)
    case .ended(let symbol): return Step(kind: .ended, symbol: symbol)
    case .aborted: return Step(kind: .aborted)
    case .malformed: return Step(kind: .malformed)
    }
  }
}
