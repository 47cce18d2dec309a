/// The kernel's command line, as `/proc/cmdline` has it.
public struct KernelCommandLine: Equatable, Sendable {
  public let text: String

  public init(_ text: String) { self.text = text }

  private var words: [Substring] { text.split(whereSeparator: \.isWhitespace) }

  /// The value of `name=value`, the last one where it stands several times; "" for the bare word; nil where absent.
  public func value(of name: String) -> String? {
    for word in words.reversed() {
      if word == name { return "" }
      if word.hasPrefix(name + "=") { return String(word.dropFirst(name.count + 1)) }
    }
    return nil
  }

  /// The CPUs of `isolcpus=`, `nohz_full=` or `rcu_nocbs=`. Flags before the list ("managed_irq,domain,2-5") are left
  /// out. Empty where the word is absent; nil where its list cannot be read.
  public func cpus(of name: String, all: CPUSet) -> CPUSet? {
    guard let value = value(of: name) else { return [] }
    let parts = value.split(separator: ",").drop { $0.first?.isNumber != true && $0 != "all" }
    if parts.first == "all" { return all }
    return CPUSet(list: parts.joined(separator: ","))
  }

  /// The flags of `isolcpus=`: "managed_irq", "domain", "nohz".
  public var isolationFlags: [String] {
    (value(of: "isolcpus") ?? "").split(separator: ",").prefix { $0.first?.isNumber != true }.map(String.init)
  }
}
