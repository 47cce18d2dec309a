/// A whole number of `/proc/sys` that has a right range.
struct SysctlCheck {
  var rule: String
  var name: String
  /// What to write where the number is not as it should be.
  var wanted: Int
  var reason: String
  var isGood: (Int) -> Bool

  func finding(_ machine: Machine) -> Finding {
    guard let text = machine.sysctls[name], let number = Int(text) else {
      return .unknown(rule, name, reason)
    }
    if isGood(number) { return .good(rule, name, text, reason) }
    return .change(
      rule, name, is: text, wanted: "\(wanted)", reason,
      [.file(path: SysctlName.path(of: name), value: "\(wanted)", previous: text)])
  }
}
