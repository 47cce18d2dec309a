import FeedCore

/// One line that a capture is sent by: which packets it takes, and what happens to them on the way.
public struct TransmitLine: Sendable, Equatable {
  /// "A".
  public var name: String
  /// Share of its packets that are lost.
  public var loss = Probability.never
  /// Share that leaves twice, the second copy 1 to 50 µs of capture time behind the first.
  public var duplicate = Probability.never
  /// Share that leaves 5 to 205 µs of capture time late, so that others overtake it.
  public var reorder = Probability.never
  /// What it takes: packets that any of these names. Empty: every packet.
  public var takes: [PacketChoice] = []

  public init(name: String) { self.name = name }
}

/// Names packets of captures.
public enum PacketChoice: Sendable, Equatable {
  /// All of one capture, by its position on the command line, from 0.
  case file(UInt16)
  /// UDP sent there; nil: to any port.
  case destination(IPAddress, port: UInt16?)
}
