import FeedCore

/// Merges the cursors of several files by effective time: a binary heap of files, keyed by the time of each one's next
/// packet and then by its position, over a small buffer of packets per file, so that a file is walked in bursts too.
struct CaptureMerge {
  private static let bufferCapacity = 32

  private struct Lane {
    /// Time of the next packet; while the buffer is empty, a bound no later packet of the file goes below.
    var time: UInt64 = 0
    var fileIndex = 0
    var next = 0
    var count = 0
  }

  private let cursors: UnsafeMutablePointer<FileCursor>
  /// `bufferCapacity` packets per file.
  private let buffers: UnsafeMutablePointer<Packet>
  /// The heap: `lanes[0]` goes first. Files that ended are beyond `laneCount`.
  private let lanes: UnsafeMutablePointer<Lane>
  private var laneCount: Int

  var isFinished: Bool { laneCount == 0 }

  init(_ cursors: UnsafeMutablePointer<FileCursor>, fileCount: Int) {
    self.cursors = cursors
    buffers = .allocate(capacity: fileCount * Self.bufferCapacity)
    lanes = .allocate(capacity: fileCount)
    // Equal times, in file order: a heap. Each lane is filled when it first comes to the top.
    for index in 0..<fileCount { (lanes + index).initialize(to: Lane(fileIndex: index)) }
    laneCount = fileCount
  }

  func deallocate() {
    buffers.deallocate()
    lanes.deallocate()
  }

  mutating func fill(_ out: UnsafeMutablePointer<Packet>, limit: Int) -> Int {
    var count = 0
    while count < limit && laneCount > 0 {
      // SAFETY: `next < count ≤ bufferCapacity` within the lane's own part of `buffers`.
      let top = lanes
      let buffer = buffers + top.pointee.fileIndex &* Self.bufferCapacity
      if top.pointee.next == top.pointee.count {
        if !refill(buffer) { return count }
        continue
      }
      (out + count).initialize(to: buffer[top.pointee.next])
      count &+= 1
      top.pointee.next &+= 1
      // An empty lane stays on top with its old time, to be refilled next.
      if top.pointee.next < top.pointee.count {
        top.pointee.time = buffer[top.pointee.next].captureNanoseconds
        siftDown()
      }
    }
    // Whoever asks `isFinished` next should not need another call to learn it.
    while laneCount > 0 && lanes.pointee.next == lanes.pointee.count {
      if cursors[lanes.pointee.fileIndex].isFinished { removeTop() } else { break }
    }
    return count
  }

  /// Fills the top lane, or takes it out where its file ended. False: a filter left out all that was looked at.
  @inline(never)
  private mutating func refill(_ buffer: UnsafeMutablePointer<Packet>) -> Bool {
    let top = lanes
    let cursor = cursors + top.pointee.fileIndex
    top.pointee.next = 0
    top.pointee.count = cursor.pointee.fill(buffer, limit: Self.bufferCapacity)
    if top.pointee.count > 0 {
      top.pointee.time = buffer.pointee.captureNanoseconds
      siftDown()
      return true
    }
    if !cursor.pointee.isFinished { return false }
    removeTop()
    return true
  }

  private mutating func removeTop() {
    laneCount &-= 1
    lanes.pointee = lanes[laneCount]
    siftDown()
  }

  /// Puts the top lane where it belongs. Without work while it stays the smallest.
  @inline(__always)
  private func siftDown() {
    var index = 0
    let lane = lanes.pointee
    while true {
      var child = 2 &* index &+ 1
      if child >= laneCount { break }
      if child &+ 1 < laneCount && Self.goesBefore(lanes[child &+ 1], lanes[child]) { child &+= 1 }
      if !Self.goesBefore(lanes[child], lane) { break }
      lanes[index] = lanes[child]
      index = child
    }
    lanes[index] = lane
  }

  @inline(__always)
  private static func goesBefore(_ a: Lane, _ b: Lane) -> Bool {
    a.time < b.time || (a.time == b.time && a.fileIndex < b.fileIndex)
  }
}
