/// Generates traffic of order-based US equities feeds: same options, same packets, on any machine.
///
/// ```swift
/// var options = GeneratorOptions()
/// options.messageCount = 10_000
/// let result = try TrafficGenerator.run(options, into: MemorySink())
/// ```
public enum TrafficGenerator {
  /// Runs the whole simulation, handing packets to `sink` in capture order.
  ///
  /// - Throws: the first bad option, or what `sink` throws.
  public static func run(
    _ options: GeneratorOptions, into sink: any CaptureSink
  ) throws(GeneratorError) -> GeneratorResult {
    try options.validate()
    return try Simulation(options, sink: sink).run()
  }
}
