/// What a scalar (or a list of integers) of the configuration means, in the unit that `Settings` keeps.
enum ConfigurationValue: Equatable, Sendable {
  /// `null`, where a key may have no value.
  case none
  case boolean(Bool)
  /// A count, nanoseconds, nanodollars, or quanta of a fraction: see `ConfigurationKind`.
  case integer(Int64)
  case text(String)
  case integers([Int64])
}
