/// Catalogue of what a run counts. A name here is the name in every report; bad input has a counter of its own kind,
/// never a silent drop.
public enum Counter: Int, CaseIterable, Sendable {
  // Session: counted once per channel, by its ingest owner.
  /// Packets that reached a channel.
  case channelPackets
  case heartbeats
  /// Messages dropped as already delivered.
  case duplicates
  /// Missing ranges left when the reorder window closed.
  case gaps
  /// Sequence numbers never delivered.
  case messagesLost
  /// Ranges the other line, or a late packet, filled in time.
  case gapsFilled
  case sessionRestarts
  /// Packets of the session before the current one, or sent before the numbers began anew.
  case staleSessionPackets
  /// Packets outside of a channel's numbers: snapshots and refreshes, unsequenced units.
  case outOfBandPackets
  /// Packets and messages that came from a server that was asked, or might have been.
  case answerPackets
  /// Of these: dropped, because the numbers began anew under the same name, and they may answer what was asked before.
  case staleAnswerPackets
  /// Packets of flows that bring snapshots of single instruments; of these: copies that another line brought before.
  case snapshotPackets
  case snapshotCopies
  /// Messages that came as content of a snapshot.
  case snapshotMessages
  /// Packets whose blocks contradict their length, and messages too short for their type.
  case malformed
  /// Packets cut by the capture's snap length.
  case cutPackets
  /// Packets that one alone does not make believable (forward jumps beyond `sequenceJumpMaximum`, other sessions and
  /// restarts in the middle): held for a second one; believed; dropped.
  case sequenceJumpsHeld
  case sequenceJumpsBelieved
  case sequenceJumpsRefused
  /// Late copies whose bytes differ from what was delivered.
  case lineDisagreement
  case silences
  /// Packets that found no memory to wait in, which live ones need: as if lost.
  case retentionFull
  /// UDP packets of no protocol feedh knows, and of flows first seen after discovery.
  case unrecognisedPackets
  /// Live packets of a channel that came to a core that does not own it: as if lost, unless its owner got them too.
  case otherOwnersPackets
  // Decode.
  case unknownTypes
  /// Messages that go on beyond their layout, as far as they were delivered: a newer revision. Their known head is read.
  case longerMessages
  /// Changes of a kind that the protocol's sheet does not have, or of nothing that the message names: the book they
  /// are about is damaged, where it is known.
  case unknownActions
  /// Message blocks of length 0.
  case emptyMessages
  /// Add orders whose side is neither B nor S.
  case badSide
  /// Messages about an instrument that no directory message has named.
  case unknownInstruments
  // Book.
  case duplicateAdds
  case overExecutions
  case zeroQuantities
  case zeroPrices
  case pricesOutOfRange
  case levelQuantityOverflows
  /// Changes of a level book that name a position its side does not have.
  case levelsMissing
  /// A stock locate that was given to another symbol within a session.
  case locateRemaps
  /// Symbols whose canonical form another symbol of the same venue has already.
  case symbolCollisions
  /// Directory messages that change an instrument's price scale after its first price.
  case priceScaleChanges
  /// Prices that are no whole number of the instrument's price units, or beyond 32 bits of them.
  case pricesOffScale
  /// The same of trades, which then are missing from volume and turnover; their books are not concerned.
  case tradePricesOffScale
  /// Quantities that are no whole number of the instrument's quantity units, negative, or beyond 32 bits of them.
  case quantitiesOffScale
  /// Directory messages that change an instrument's quantity scale after its first price.
  case quantityScaleChanges
  /// Binary64 prices and amounts that no decimal of at most eight places gives.
  case inexactReals
  /// Changes that do not continue their instrument's last one: its book is stale until a snapshot.
  case chainBreaks
  case brokenTrades
  /// Broken trades that name no trade within reach.
  case brokenTradesUnknown
  /// Snapshots of single instruments by which a book became whole; of which a part was missing; that do not reach what
  /// was kept since (no harm: the next one may).
  case snapshotsJoined
  case snapshotsFailed
  case snapshotsTooOld
  /// Instruments that got no snapshot in time: their books are untrusted.
  case snapshotsGivenUp
  /// Times that a shard had no room for what came while its instruments waited for snapshots: it began to keep anew.
  case snapshotBuffersFull
  // Capacities reached.
  case ordersFull
  case levelsFull
  case instrumentsFull
  case opportunitiesFull
  case recordsFull
  // Top of book.
  /// Publish points at which the best price or its size had changed.
  case topChanges

  public var name: String { String(describing: self) }
}

/// Where something was first seen: the least file, then packet, then offset.
public struct Occurrence: BitwiseCopyable, Sendable, Equatable {
  /// Position of the file on the command line.
  public var fileIndex: UInt16 = 0
  /// 0-based index of the file's UDP/TCP packets with payload (length-prefixed files: of its messages).
  public var packetIndex: UInt64 = 0
  /// Bytes into the packet's payload.
  public var offset: UInt32 = 0
  public init() {}
  public init(fileIndex: UInt16, packetIndex: UInt64, offset: UInt32) {
    self.fileIndex = fileIndex
    self.packetIndex = packetIndex
    self.offset = offset
  }

  func precedes(_ other: Occurrence) -> Bool {
    (fileIndex, packetIndex, offset) < (other.fileIndex, other.packetIndex, other.offset)
  }
}

/// Counters of one owner thread in plain memory; cold threads read them.
public struct Counters: @unchecked Sendable {
  private let values: Storage<UInt64>
  private let firsts: Storage<Occurrence>

  public init() {
    values = Storage(capacity: Counter.allCases.count)
    firsts = Storage(capacity: Counter.allCases.count)
    values.prefault()
    firsts.prefault()
  }

  @inline(__always)
  func add(_ counter: Counter, _ amount: UInt64 = 1) {
    values.base[counter.rawValue] &+= amount
  }

  /// Counts something that should not be in the input, and keeps where the first one was: first by file, packet and
  /// offset, so that it does not depend on which core saw which file's packet when.
  @inline(never)
  func note(_ counter: Counter, _ amount: UInt64 = 1, at place: Occurrence) {
    if values.base[counter.rawValue] == 0 || place.precedes(firsts.base[counter.rawValue]) {
      firsts.base[counter.rawValue] = place
    }
    values.base[counter.rawValue] &+= amount
  }

  public subscript(counter: Counter) -> UInt64 { values[counter.rawValue] }

  /// Where the first was, nil when none was. Counters that keep no place give the beginning of the first file.
  public func first(_ counter: Counter) -> Occurrence? {
    values[counter.rawValue] == 0 ? nil : firsts[counter.rawValue]
  }
}
