/// A packet source that carries recoveries' requests to servers, and hands out what they answer, in order of time.
///
/// A replay gives it the outbox of the core that reads from it, once, before the first packet. To keep results
/// repeatable it hands out one packet at a time, and where the outbox's `nextDue` comes before the next packet a
/// `Packet.clock` of that time.
public protocol RecoveryAnswering: AnyObject {
  func answer(_ outbox: RecoveryOutbox)
}
