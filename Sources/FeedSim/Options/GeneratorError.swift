/// Why the generator cannot run or could not write: one line that names the option or file, what is allowed, and
/// the remedy.
public struct GeneratorError: Error, Equatable, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}
