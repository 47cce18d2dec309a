/// Which way an order message goes.
public enum WireDirection: UInt8, Sendable, BitwiseCopyable {
  case toVenue = 0
  case fromVenue = 1
}
