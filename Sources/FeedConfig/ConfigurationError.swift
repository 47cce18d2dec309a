/// A configuration that cannot be used. Its description holds all problems, one per line.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
  /// At least one, in the order of the file.
  public let problems: [ConfigurationProblem]

  public init(problems: [ConfigurationProblem]) {
    precondition(!problems.isEmpty, "a configuration error needs a problem")
    self.problems = problems
  }

  public var description: String { problems.map(\.description).joined(separator: "\n") }
}
