import FeedCore
import Glibc

/// Hands on packets of another source in memory that is overwritten as early as a live source may: a burst's bytes stay
/// for `retained` further bursts.
final class PoisonSource<Base: PacketSource>: PacketSource, RecoveryAnswering {
  private var base: Base
  private var blocks: [UnsafeMutableRawBufferPointer]
  /// Bytes that each block held last.
  private var written: [Int]
  private var bursts = 0

  init(_ base: Base, retained: Int, burstBytes: Int = 1 << 20) {
    self.base = base
    blocks = (0...retained).map { _ in .allocate(byteCount: burstBytes, alignment: 1) }
    written = blocks.map { _ in 0 }
  }

  deinit { for block in blocks { block.deallocate() } }

  var isExhausted: Bool { base.isExhausted }

  func answer(_ outbox: RecoveryOutbox) { (base as? any RecoveryAnswering)?.answer(outbox) }

  func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int {
    let count = base.receive(into: burst)
    if count == 0 { return 0 }
    let block = blocks[bursts % blocks.count]
    // What was never written needs no poison.
    memset(block.baseAddress!, 0xDB, written[bursts % blocks.count])
    var used = 0
    for index in 0..<count {
      let length = Int(burst[index].capturedLength)
      precondition(used + length <= block.count, "a burst of the test fits its block")
      let place = block.baseAddress! + used
      if length > 0 { place.copyMemory(from: burst[index].bytes, byteCount: length) }
      burst[index].bytes = UnsafeRawPointer(place)
      used += length
    }
    written[bursts % blocks.count] = used
    bursts += 1
    return count
  }
}
