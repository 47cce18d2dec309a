import Glibc

/// Writes everything `feedh generate` leaves behind: captures, truth, expectations, configuration.
public enum FileOutput {
  /// Captures into one file or, split, into one per venue and line.
  private final class Sink: CaptureSink {
    let writers: [[PcapWriter]]

    init(_ writers: [[PcapWriter]]) { self.writers = writers }

    func write(frame: [UInt8], captureNanoseconds: UInt64, venue: Int, line: Int) throws(GeneratorError) {
      try writers[venue][line].write(frame, captureNanoseconds: captureNanoseconds)
    }

    func flush() throws(GeneratorError) {
      for writer in writers.joined() { try writer.flush() }
    }
  }

  /// Runs the generator and writes `PREFIX.pcap` (split: `PREFIX.VENUE.LINE.pcap`), `PREFIX.truth.tsv`,
  /// `PREFIX.expect.tsv` and `PREFIX.yaml`. Returns the result and the paths written.
  ///
  /// - Throws: a bad option, or the first file that cannot be written and why.
  public static func generate(
    _ options: GeneratorOptions, prefix: String, split: Bool = false
  ) throws(GeneratorError) -> (result: GeneratorResult, paths: [String]) {
    try options.validate()
    var paths: [String] = []
    var writers: [[PcapWriter]] = []
    let common = split ? nil : try PcapWriter(path: prefix + ".pcap")
    if !split { paths.append(prefix + ".pcap") }
    for venue in 0..<options.venueCount {
      var ofVenue: [PcapWriter] = []
      for line in 0..<options.lineCount {
        if let common {
          ofVenue.append(common)
        } else {
          let name = ConfigurationText.captureName(
            prefix: prefix, venueName: options.name(ofVenue: venue), line: line)
          ofVenue.append(try PcapWriter(path: name))
          paths.append(name)
        }
      }
      writers.append(ofVenue)
    }
    let sink = Sink(writers)
    let result = try TrafficGenerator.run(options, into: sink)
    try sink.flush()
    for (suffix, text) in [
      (".truth.tsv", result.truthText), (".expect.tsv", result.expectationText),
      (".yaml", ConfigurationText.yaml(options)),
    ] {
      try write(text, to: prefix + suffix)
      paths.append(prefix + suffix)
    }
    return (result, paths)
  }

  static func failure(_ path: String) -> GeneratorError {
    GeneratorError("cannot write \(path): \(String(cString: strerror(errno))); use another --output")
  }

  private static func write(_ text: String, to path: String) throws(GeneratorError) {
    guard let file = fopen(path, "wb") else { throw failure(path) }
    let bytes = Array(text.utf8)
    let isWhole = fwrite(bytes, 1, bytes.count, file) == bytes.count
    if fclose(file) != 0 || !isWhole { throw failure(path) }
  }
}
