import FeedIO

extension Doctor {
  /// Whether the groups of the feeds' lines can be joined, and whether anything comes there. Joins and leaves again,
  /// which switches see as of any receiver.
  ///
  /// - Parameter nanoseconds: how long to listen; 0: not.
  public func lineChecks(listening nanoseconds: UInt64) -> [DoctorCheck] {
    LineProbe.all(settings, listening: nanoseconds).map { probe in
      let subject = "\(probe.feed):\(probe.line) \(probe.port)"
      switch probe.outcome {
      case .skipped(let reason): return .skipped("lines", subject, reason)
      case .failed(let reason): return .fail("lines", subject, reason, "")
      case .joined(packets: 0):
        if nanoseconds == 0 { return .pass("lines", subject, "\(probe.subscription) can be joined") }
        let detail = "\(probe.subscription) joined, nothing heard in \(nanoseconds / 1_000_000) ms"
        if !probe.isLive { return .pass("lines", subject, "\(detail), as may be where nobody asked") }
        return .warn(
          "lines", subject, detail,
          "does the venue send now? else check group, port and source, cable and VLAN, and the switch's IGMP snooping")
      case .joined(let packets):
        return .pass("lines", subject, "\(probe.subscription) is heard: \(packets) packets")
      }
    }
  }
}
