/// Where a 1001 of one or two entries has what its events take: of the last one, which most are like. Three comparisons
/// tell that a message is (`DeribitDecoder.takeEverydayBooks`).
struct DeribitEverydayPlaces {
  /// Block, template, schema and version, as they stand in the message; 0: none came.
  var head: UInt64 = 0
  /// Length and number of the group's entries, and that they have neither groups nor strings, as they stand there.
  var dimension: UInt64 = 0
  /// Where the group begins.
  var group = 0
  /// Entries: 1 or 2.
  var count = 0
  /// Block or entries go on beyond their layout: 1; and such a message was taken, since somebody last asked.
  private(set) var isLonger: UInt8 = 0
  var tookLonger: UInt8 = 0
  /// Of the block and of an entry, as far as they are known.
  private let blockLength: Int
  private let entryLength: Int
  /// Bytes of the message; at first more than any has.
  var length = 1 << 20
  /// A day of the venue's, from its first millisecond on.
  var day: UInt64 = 0
  /// Of an event that buys, of a change's last part; and what one that goes on has besides.
  let lastHead: UInt64
  let partialFlag: UInt64
  /// The venue's, at hand: which place an id has, what its everyday changes take, how far its chain is.
  let lookup: IdentifierTable.Lookup
  let instruments: UnsafeMutablePointer<DeribitEverydayInstrument>
  let chain: InstrumentJoin.Chain

  /// - Parameter head: venue and channel, as the word of an event's head.
  init(head: UInt64, venue: UnsafeMutablePointer<DeribitVenue>) {
    lookup = venue.pointee.placeLookup
    instruments = venue.pointee.everyday.base
    chain = venue.pointee.join.chain
    guard let layout = DeribitLayouts.description.layout(ofCode: 1001), let entry = layout.groups.first else {
      preconditionFailure("Deribit's book changes have entries")
    }
    blockLength = layout.length - DeribitMessage.headerLength
    entryLength = entry.length
    lastHead = head | EverydayTables.head(.setLevel, type: 1, isSell: false)
    partialFlag = UInt64(BookEvent.Flags.isPartial.rawValue) << BookEvent.Head.flagsShift
  }

  /// Whether a message is a 1001 of one group and no string, with block and entries as they are known.
  @inline(__always)
  func areExact(for message: DeribitMessage) -> Bool {
    // SAFETY: the head is here, and the group's where the head says that there is one.
    message.templateId == 1001 && message.schema == DeribitMessage.schemaId && message.blockLength == blockLength
      && message.bytes.littleEndian(UInt32.self, at: 8) == 1
      && Int(message.bytes.littleEndian(UInt16.self, at: DeribitMessage.headerLength + blockLength)) == entryLength
  }

  /// - Parameters:
  ///   - head, dimension, group, length: as above.
  ///   - block, stride: bytes of the root block and of an entry.
  mutating func set(head: UInt64, dimension: UInt64, group: Int, length: Int, block: Int, stride: Int) {
    (self.head, self.dimension, self.group, self.length) = (head, dimension, group, length)
    count = Int(dimension >> 16)
    isLonger = block > blockLength || stride > entryLength ? 1 : 0
  }
}

extension UnsafeMutablePointer<BookEvent> {
  /// A level's event.
  ///
  /// - Parameter level: price and, above it, quantity, as they stand in an event.
  @inline(__always)
  func writeLevel(_ head: UInt64, _ instrument: UInt32, _ exchangeNanoseconds: UInt64, _ level: Int64) {
    // SAFETY: eight bytes each, which are the event's head, and its price and quantity.
    UnsafeMutableRawPointer(self).storeBytes(of: head, toByteOffset: BookEvent.headOffset, as: UInt64.self)
    UnsafeMutableRawPointer(self).storeBytes(of: level, toByteOffset: BookEvent.numbersOffset, as: Int64.self)
    pointee.reference = 0
    pointee.second = 0
    pointee.exchangeNanoseconds = exchangeNanoseconds
    pointee.instrument = instrument
  }
}
