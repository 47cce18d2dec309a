/// Latency of one core by stage, in ticks. Stages run on bursts: a stamped burst records what each stage took for it.
public struct StageHistograms: Sendable {
  public enum Stage: Int, CaseIterable, Sendable {
    /// Burst received → its packets framed and arbitrated.
    case framed
    /// → its messages decoded.
    case decoded
    /// → books changed.
    case applied
    /// → publish points looked at by the detectors (orders included).
    case detected
    /// Intent admitted by risk and encoded; per order pair.
    case encoded
    /// Packet received (paced: due) → order pair encoded; per order pair, always stamped.
    case packetToOrder
    /// Of a paced run: how late the core notices a probe that is due each microsecond that it waits for a packet. What
    /// the machine takes from the core, whatever the handler does.
    case jitter

    public var name: String { String(describing: self) }
  }

  private let histograms: [LatencyHistogram]
  // One handle per stage outside the array, so that recording reads no array.
  let framed: LatencyHistogram
  let decoded: LatencyHistogram
  let applied: LatencyHistogram
  let detected: LatencyHistogram
  let encoded: LatencyHistogram
  let packetToOrder: LatencyHistogram
  let jitter: LatencyHistogram

  public init() {
    histograms = Stage.allCases.map { _ in LatencyHistogram() }
    framed = histograms[Stage.framed.rawValue]
    decoded = histograms[Stage.decoded.rawValue]
    applied = histograms[Stage.applied.rawValue]
    detected = histograms[Stage.detected.rawValue]
    encoded = histograms[Stage.encoded.rawValue]
    packetToOrder = histograms[Stage.packetToOrder.rawValue]
    jitter = histograms[Stage.jitter.rawValue]
  }

  public subscript(stage: Stage) -> LatencyHistogram { histograms[stage.rawValue] }
}
