/// The way out of one service of a channel: numbers its connections and puts what it has to say into the outbox.
struct RecoveryConnection {
  let outbox: RecoveryOutbox
  let channel: UInt8
  let service: RecoveryService
  private(set) var isOpen = false
  /// The newest connection; what comes on an older one is of no interest.
  private(set) var number: UInt32 = 0
  private(set) var counters = RecoveryCounters()

  init(outbox: RecoveryOutbox, channel: UInt8, service: RecoveryService) {
    self.outbox = outbox
    self.channel = channel
    self.service = service
  }

  mutating func open(now: UInt64) {
    number &+= 1
    isOpen = true
    counters.add(.connectionsOpened)
    put(.open, RequestBytes(), now: now)
  }

  mutating func close(now: UInt64) {
    if !isOpen { return }
    isOpen = false
    put(.close, RequestBytes(), now: now)
  }

  /// The other side closed it, or what it said was of no use.
  mutating func failed(now: UInt64) {
    counters.add(.connectionsFailed)
    close(now: now)
  }

  mutating func send(_ bytes: RequestBytes, now: UInt64) { put(.bytes, bytes, now: now) }
  mutating func datagram(_ bytes: RequestBytes, now: UInt64) { put(.datagram, bytes, now: now) }

  private mutating func put(_ action: RecoveryOutput.Action, _ bytes: RequestBytes, now: UInt64) {
    let output = RecoveryOutput(
      action: action, service: service, channel: channel, connection: number, captureNanoseconds: now, bytes: bytes)
    if !outbox.push(output) { counters.add(.outboxOverflows) }
  }
}
