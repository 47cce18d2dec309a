/// Where a port's receive times come from.
enum DPDKTimes {
  /// The core's counter, once a burst.
  case core
  /// A field of each packet, where a bit of its flags says that it is filled.
  case packet(offset: Int, flag: UInt64, unit: Unit)

  enum Unit {
    /// Unix microseconds (net_pcap).
    case microseconds
    /// Unix nanoseconds.
    case nanoseconds
    /// The card's own clock.
    case device(DeviceClock)
  }

  var isHardware: Bool {
    if case .packet = self { true } else { false }
  }

  var text: String {
    switch self {
    case .core: "the polling core's counter, once a burst"
    case .packet(_, _, .microseconds): "the capture's, whole microseconds"
    case .packet(_, _, .nanoseconds): "the driver's"
    case .packet(_, _, .device): "the card's clock"
    }
  }
}
