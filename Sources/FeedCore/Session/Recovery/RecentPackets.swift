/// Tells copies of packets from several lines of a flow that has no numbers to arbitrate by: a loop that begins anew
/// with each turn, packets numbered like another stream's. First arrival wins.
///
/// Packets are known by their headers (numbers and send time), the head of their first message and their length, the
/// last 256 of each channel.
struct RecentPackets {
  private static var reach: Int { 256 }
  private let hashes: Storage<UInt64>
  private let counts: Storage<UInt64>

  init(channels: Int) {
    hashes = Storage(capacity: max(1, channels) * Self.reach, hugePages: false)
    counts = Storage(capacity: max(1, channels), hugePages: false)
  }

  /// True for a copy; anything else is remembered.
  func isCopy(_ packet: UnsafeRawPointer, headerLength: Int, length: Int, channel: Int) -> Bool {
    var hash = Mix.fold(UInt64(truncatingIfNeeded: length), 1, 2)
    // SAFETY: the packet holds `length` bytes.
    for offset in 0..<min(headerLength + 12, length) { hash = Mix.fold(hash, UInt64(packet.byte(at: offset)), 3) }
    // 0 stands for no packet.
    hash |= 1
    let ring = hashes.base + channel * Self.reach
    for position in 0..<Self.reach where ring[position] == hash { return true }
    ring[Int(truncatingIfNeeded: counts.base[channel]) & (Self.reach - 1)] = hash
    counts.base[channel] &+= 1
    return false
  }
}
