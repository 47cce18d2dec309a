import FeedIO

extension Doctor {
  /// Whether the feeds' recovery servers can be reached. Connects and closes again, which their logs will show: run
  /// only where it was asked for.
  public func serverChecks() -> [DoctorCheck] {
    let probes = ServerProbe.all(settings)
    if probes.isEmpty { return [.skipped("servers", "-", "no feed has a requestServer or snapshotServer that it asks")] }
    return probes.map { probe in
      let subject = "\(probe.feed) \(probe.server)"
      switch probe.outcome {
      case .connected: return .pass("servers", subject, "takes connections")
      case .routed(let address):
        return .pass("servers", subject, "a route leads there from \(address); UDP tells no more without a request")
      case .failed(let reason):
        return .fail("servers", subject, reason, "check address, port, route and the venue's list of allowed sources")
      }
    }
  }
}
