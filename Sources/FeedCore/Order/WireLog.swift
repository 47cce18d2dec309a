/// Every order message in both directions, in the order it was sent or arrived here.
///
/// Memory is reserved up front and touched as it fills. When full, further messages are counted, not kept.
public struct WireLog {
  public struct Message {
    /// When it left or arrived here, capture time, Unix nanoseconds.
    public var captureNanoseconds: UInt64
    public var venue: VenueIndex
    public var direction: WireDirection
    public var bytes: UnsafeRawBufferPointer
  }

  /// time (8), venue (1), direction (1), length (2), then the message.
  private static let headerLength = 12
  private let storage: Storage<UInt8>
  private var used = 0
  /// Messages kept.
  public private(set) var count = 0
  /// Messages that found no room.
  public private(set) var overflow: UInt64 = 0

  init(capacityBytes: Int) { storage = Storage(capacity: max(1, capacityBytes), hugePages: false) }

  func prefaultBeginning() { storage.prefaultBeginning() }

  mutating func append(
    _ message: UnsafeRawPointer, length: Int, venue: VenueIndex, direction: WireDirection, at nanoseconds: UInt64
  ) {
    if length > Int(UInt16.max) || storage.capacity - used < Self.headerLength + length {
      overflow &+= 1
      return
    }
    let entry = UnsafeMutableRawPointer(storage.base + used)
    entry.storeBytes(of: nanoseconds, toByteOffset: 0, as: UInt64.self)
    entry.storeByte(venue, at: 8)
    entry.storeByte(direction.rawValue, at: 9)
    entry.storeBytes(of: UInt16(length), toByteOffset: 10, as: UInt16.self)
    (entry + Self.headerLength).copyMemory(from: message, byteCount: length)
    used += Self.headerLength + length
    count += 1
  }

  /// Visits the messages in order. Their bytes stay valid as long as the process.
  public func forEach(_ visit: (Message) -> Void) {
    var offset = 0
    while offset < used {
      let entry = UnsafeRawPointer(storage.base + offset)
      let length = Int(entry.loadUnaligned(fromByteOffset: 10, as: UInt16.self))
      visit(
        Message(
          captureNanoseconds: entry.loadUnaligned(fromByteOffset: 0, as: UInt64.self), venue: entry.byte(at: 8),
          direction: WireDirection(rawValue: entry.byte(at: 9)) ?? .toVenue,
          bytes: UnsafeRawBufferPointer(start: entry + Self.headerLength, count: length)))
      offset += Self.headerLength + length
    }
  }
}
