/// Deliveries that are no live messages: trust, sessions, and snapshots, each applied before the next is looked at.
extension Core {
  mutating func control(
    _ delivery: UnsafeMutablePointer<Delivery>, packets: UnsafeMutablePointer<DeliveredPacket>, now: UInt64
  ) {
    let channel = delivery.pointee.channel
    // Behind a message beyond the time nothing of the channel is applied.
    if channelsPastMaximum & (1 << UInt64(channel & 63)) != 0 { return }
    switch delivery.pointee.kind {
    case .message: break
    case .channelState:
      books.setState(BookState(closed: delivery.pointee.detail), channel: channel)
      trustChanged(of: channelVenues[Int(channel)], now: now)
    case .sessionRestart:
      if exchangeNanosecondsMaximum != .max {
        restartsWaiting |= 1 << UInt64(channel & 63)
        directMaximum = 0
      } else {
        restart(channel: channel, now: now)
      }
    case .messagesLost:
      guard let joined = decoders.joined[Int(channel)] else { return }
      joined.pointee.lose(now: now)
      books.suspect(channel: channel, venue: channelVenues[Int(channel)])
      trustChanged(of: channelVenues[Int(channel)], now: now)
    case .snapshotBegan:
      books.beginSnapshot(channel: channel)
      trustChanged(of: channelVenues[Int(channel)], now: now)
    case .snapshotMessage: applySnapshotMessage(delivery, packets: packets, now: now)
    case .snapshotEnded: books.endSnapshot(channel: channel)
    case .snapshotPacket: applySnapshotPacket(delivery, packets: packets, now: now)
    }
  }

  /// Content of a snapshot: read by the channel's own decoder, applied at once.
  private mutating func applySnapshotMessage(
    _ delivery: UnsafeMutablePointer<Delivery>, packets: UnsafeMutablePointer<DeliveredPacket>, now: UInt64
  ) {
    if countsMessages { books.counters.add(.snapshotMessages) }
    decoders.list.pointee.removeAll()
    let event = events.base
    _ = decodeOther(delivery, packets, into: event)
    guard event.pointee.exchangeNanoseconds <= directMaximum || isWithinTime(event, now: now) else { return }
    books.apply(
      event,
      place: Place(delivery: packets + Int(delivery.pointee.packet), bytes: delivery.pointee.bytes))
    if event.pointee.kind == .system { applySystemEvent(event, now: now) }
    books.takeDepartures(desk: &desk)
  }
}
