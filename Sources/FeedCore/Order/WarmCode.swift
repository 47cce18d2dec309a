import CPlatform

/// Keeps the code of the order path in the second-level cache while nothing is to be done.
///
/// An order pair comes once in thousands of packets. Meanwhile its code, some 15 KB, leaves the caches as its data does,
/// and coming from memory it takes longer than the rest of the path. Where it lies the functions tell when they run for
/// the first time: nothing is kept near before the first pair.
struct WarmCode {
  /// Lines asked for at once: a turn of an idle core shall stay short.
  private static var step: Int { 4 }
  private static var lineCapacity: Int { 1_024 }
  /// A function longer than that is not one of these.
  private static var functionLengthMaximum: Int { 16 << 10 }

  private let table = Storage<UInt>(capacity: WarmCode.lineCapacity, hugePages: false)
  /// Lines in the table; 0: no pair has left yet.
  private var count = 0
  private var next = 0
  private var isSearched = false

  /// Asks for the next lines.
  @inline(__always)
  mutating func ask() {
    if count == 0 {
      if !isSearched, OrderCode.schedule.address != nil { search() }
      return
    }
    for _ in 0..<Self.step {
      feedh_prefetch_code(UnsafeRawPointer(bitPattern: table.base[next]))
      next = next &+ 1 < count ? next &+ 1 : 0
    }
  }

  /// Cold, once: looks up how long the functions are.
  @inline(never)
  mutating func search() {
    isSearched = true
    var begins: [UnsafeRawPointer] = []
    for function in OrderCode.allCases {
      var begin: UnsafeRawPointer?
      guard let address = function.address else { continue }
      let length = feedh_function_at(address, &begin)
      guard let begin, length > 0, length <= Self.functionLengthMaximum, !begins.contains(begin) else { continue }
      begins.append(begin)
      let first = UInt(bitPattern: begin)
      // Where two functions meet in a line, it is asked for twice.
      for line in stride(from: first & ~63, to: first + UInt(length), by: 64) where count < table.capacity {
        table[count] = line
        count += 1
      }
    }
  }

  /// Addresses of the cache lines that are asked for. For tests.
  var lines: Set<UInt> { Set((0..<count).map { table[$0] }) }
}
