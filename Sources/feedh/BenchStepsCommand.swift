import ArgumentParser
import FeedCore
import FeedObserve

/// `feedh bench-steps`: what single steps cost.
struct BenchStepsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench-steps",
    abstract: "Measure single steps: symbols, encoding of orders, access to the configuration.",
    discussion: """
      Nanoseconds of one call among many of its kind, the least of seven batches. Benchmarks/headline puts them beside \
      published figures of others.

      Example:
        feedh bench-steps
      """)

  func run() throws {
    let output = TextOutput.standardOutput()
    for step in StepMeasurement.all(settings: Settings()) {
      let hundredths = step.picoseconds / 10
      let fraction = hundredths % 100
      output.write(
        "\(step.name) \(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) ns, checksum "
          + "0x\(String(step.checksum, radix: 16)): \(step.description)\n")
    }
    try output.finish()
  }
}
