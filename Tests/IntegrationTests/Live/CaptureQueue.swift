import FeedCore
import FeedIO
import Glibc
import Synchronization

/// A live queue made of a capture: hands out its packets in memory that is overwritten as early as the contract of
/// `LiveQueue` allows. Behind the last one nothing comes, or it fails.
final class CaptureQueue: LiveQueue, @unchecked Sendable {
  enum Ending { case silence, failure }

  let name: String
  private let source: CaptureSource
  private let ending: Ending
  /// Which packets it hands out.
  private let isWanted: @Sendable (Packet) -> Bool
  private var blocks: [UnsafeMutableRawBufferPointer]
  /// Bytes that each block held last.
  private var written: [Int]
  private var bursts = 0
  private let counted = Atomic<UInt64>(0)
  private let ended = Atomic<Bool>(false)
  let closes = Atomic<Int>(0)
  let preparations = Atomic<Int>(0)
  /// Capture time of the last packet handed out.
  private let last = Atomic<UInt64>(0)
  /// Nothing comes while this is true.
  let isHeld: Atomic<Bool>
  /// Calls that bring nothing between two bursts.
  var pauses = 0
  private var pause = 0

  /// - Parameter file: only packets of this file; nil: of all.
  convenience init(
    _ set: CaptureSet, name: String = "feed-a:0", file: UInt16? = nil, ending: Ending = .silence, isHeld: Bool = false
  ) {
    self.init(set, name: name, ending: ending, isHeld: isHeld) { file == nil || $0.fileIndex == file }
  }

  init(
    _ set: CaptureSet, name: String, ending: Ending = .silence, isHeld: Bool = false,
    where isWanted: @escaping @Sendable (Packet) -> Bool
  ) {
    self.name = name
    self.isWanted = isWanted
    self.ending = ending
    self.isHeld = Atomic(isHeld)
    source = set.makeSource()
    blocks = (0...LiveSource.retainedBursts).map { _ in .allocate(byteCount: 1 << 20, alignment: 1) }
    written = blocks.map { _ in 0 }
  }

  deinit { for block in blocks { block.deallocate() } }

  /// Everything was handed out.
  var isAtEnd: Bool { ended.load(ordering: .acquiring) }
  var lastNanoseconds: UInt64 { last.load(ordering: .acquiring) }

  func prepareThread() { preparations.add(1, ordering: .relaxed) }

  func receive(into burst: UnsafeMutableBufferPointer<Packet>) -> Int {
    if isHeld.load(ordering: .acquiring) { return 0 }
    if pause > 0 {
      pause -= 1
      return 0
    }
    var count = 0
    while count == 0 {
      if source.isExhausted {
        ended.store(true, ordering: .releasing)
        return 0
      }
      let received = source.receive(into: burst)
      for index in 0..<received where isWanted(burst[index]) {
        burst[count] = burst[index]
        count += 1
      }
    }
    copy(burst, count)
    pause = pauses
    counted.add(UInt64(count), ordering: .relaxed)
    last.store(burst[count - 1].captureNanoseconds, ordering: .releasing)
    return count
  }

  private func copy(_ burst: UnsafeMutableBufferPointer<Packet>, _ count: Int) {
    let block = blocks[bursts % blocks.count]
    // What was never written needs no poison.
    memset(block.baseAddress!, 0xDB, written[bursts % blocks.count])
    var used = 0
    for index in 0..<count {
      let length = Int(burst[index].capturedLength)
      precondition(used + length <= block.count, "a burst of the test fits its block")
      (block.baseAddress! + used).copyMemory(from: burst[index].bytes, byteCount: length)
      burst[index].bytes = UnsafeRawPointer(block.baseAddress! + used)
      used += length
    }
    written[bursts % blocks.count] = used
    bursts += 1
  }

  func figures() -> LiveQueueFigures {
    var figures = LiveQueueFigures()
    figures.packets = counted.load(ordering: .relaxed)
    figures.drops = 3
    figures.timestamps = .kernel
    return figures
  }

  var failure: LiveQueueFailure? {
    ending == .failure && isAtEnd ? LiveQueueFailure("\(name): the test took it away; give it back") : nil
  }

  func close() { closes.add(1, ordering: .relaxed) }
}
