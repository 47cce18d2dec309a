/// Live messages kept while a snapshot comes: copies, in lists, within a fixed number of messages and bytes.
///
/// Bytes are taken one after another and are free again when nothing is kept any more; recovery is rare and short, so
/// that this serves it without the bookkeeping of holes. Memory is reserved once and touched when first used. A copy of
/// the value shares the memory: a join has one owner.
struct RecoveryBuffer: @unchecked Sendable {
  struct Entry: BitwiseCopyable {
    var number: UInt64 = 0
    /// What the message continues: `number - 1`, or the instrument's change before it.
    var previous: UInt64 = 0
    var captureNanoseconds: UInt64 = 0
    var offset: UInt64 = 0
    var length: UInt32 = 0
    /// False: more parts of the same change follow.
    var isLast = true
    var next: Int32 = -1
  }

  /// Messages in order of arrival. All zero while empty, so that lists in fresh memory need no set-up.
  struct List: BitwiseCopyable {
    private var headLink: Int32 = 0
    private var tailLink: Int32 = 0
    fileprivate(set) var count: UInt32 = 0
    fileprivate(set) var head: Int32 {
      get { headLink - 1 }
      set { headLink = newValue + 1 }
    }
    fileprivate var tail: Int32 {
      get { tailLink - 1 }
      set { tailLink = newValue + 1 }
    }
    var isEmpty: Bool { headLink == 0 }
  }

  private let entries: Storage<Entry>
  private let bytes: Storage<UInt8>
  /// First of the entries that were used and are free.
  private var free: Int32 = -1
  /// Entries never used yet begin here.
  private var fresh = 0
  private var used = 0
  private var bytesUsed = 0

  init(messages: Int, bytes byteCount: Int) {
    entries = Storage(capacity: max(1, min(messages, Int(Int32.max))), hugePages: false)
    bytes = Storage(capacity: max(1, byteCount), hugePages: false)
  }

  /// Several buffers of the same size, in two pieces of memory.
  static func parts(_ count: Int, messages: Int, bytes: Int) -> [RecoveryBuffer] {
    let whole = RecoveryBuffer(messages: count * max(1, messages), bytes: count * max(1, bytes))
    return (0..<count).map {
      RecoveryBuffer(
        entries: whole.entries.part(from: $0 * max(1, messages), count: max(1, messages)),
        bytes: whole.bytes.part(from: $0 * max(1, bytes), count: max(1, bytes)))
    }
  }

  private init(entries: Storage<Entry>, bytes: Storage<UInt8>) {
    self.entries = entries
    self.bytes = bytes
  }

  var isEmpty: Bool { used == 0 }

  /// Copies a message to the end of a list; false, and nothing changed, when it does not fit.
  mutating func append(_ message: UnsafeRawBufferPointer, _ described: Entry, to list: inout List) -> Bool {
    if used == 0 { removeAll() }
    guard message.count <= bytes.capacity - bytesUsed, free >= 0 || fresh < entries.capacity else { return false }
    var index = free
    if index >= 0 {
      free = entries[Int(index)].next
    } else {
      index = Int32(fresh)
      fresh += 1
    }
    if let source = message.baseAddress, message.count > 0 {
      // SAFETY: the guard above leaves room for `message.count` bytes behind `bytesUsed`.
      UnsafeMutableRawPointer(bytes.base + bytesUsed).copyMemory(from: source, byteCount: message.count)
    }
    var entry = described
    entry.offset = UInt64(bytesUsed)
    entry.length = UInt32(truncatingIfNeeded: message.count)
    entry.next = -1
    entries[Int(index)] = entry
    bytesUsed += message.count
    used += 1
    if list.tail >= 0 { entries[Int(list.tail)].next = index } else { list.head = index }
    list.tail = index
    list.count &+= 1
    return true
  }

  func first(of list: List) -> Entry? { list.head >= 0 ? entries[Int(list.head)] : nil }

  /// The bytes stay as they are until the next `append`.
  mutating func removeFirst(of list: inout List) -> (entry: Entry, bytes: UnsafeRawBufferPointer)? {
    guard list.head >= 0 else { return nil }
    let index = list.head
    let entry = entries[Int(index)]
    list.head = entry.next
    if list.head < 0 { list.tail = -1 }
    list.count &-= 1
    entries[Int(index)].next = free
    free = index
    used -= 1
    // SAFETY: `append` copied these bytes there.
    return (entry, UnsafeRawBufferPointer(start: bytes.base + Int(entry.offset), count: Int(entry.length)))
  }

  mutating func removeAll(of list: inout List) {
    while removeFirst(of: &list) != nil {}
  }

  /// Forgets everything. Every list of it has to be forgotten as well.
  mutating func removeAll() {
    free = -1
    fresh = 0
    used = 0
    bytesUsed = 0
  }
}
