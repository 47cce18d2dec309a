/// The plan as a shell script: what can be changed at run time is done, the rest stands as comments.
///
/// `sh tune.sh` applies, `sh tune.sh undo` takes it back to what was when the script was made. Both may run again and
/// again. `FEEDH_ROOT` names a recorded machine's folder instead of this machine; network cards are then left alone.
public struct TuningScript {
  private let plan: TuningPlan

  public init(plan: TuningPlan) { self.plan = plan }

  public var text: String {
    let hasCards = plan.changes.contains { if case .file = $0 { false } else { true } }
    let parts =
      [Self.heading] + (hasCards ? [Self.card] : [])
      + [functions("apply", { $0 }), functions("undo", { $0.reversed().map(\.reversed) }), comments, Self.ending]
    return parts.joined(separator: "\n")
  }

  private static let heading = #"""
    #!/bin/sh
    # Tunes a machine for feedh. Made by `feedh tune --script`; read it before it runs, as root.
    #
    #   sh THIS          makes the changes
    #   sh THIS undo     restores what was when this script was made
    #
    # What is as it should be is left alone, so either may run again. Kernel command line, services and the like, which
    # a script should not decide, stand as comments below. Exit status: 0, or 1 where the kernel refused something.
    set -eu
    root=${FEEDH_ROOT-}
    refused=0

    # The chosen word of "always [madvise] never", else the first line.
    current() {
      sed -n '1{s/.*\[\([^]]*\)\].*/\1/;p;}' "$1"
    }

    # put VALUE FILE
    put() {
      if [ ! -e "$root$2" ]; then
        echo "left out: $2 is not here" >&2
        return 0
      fi
      if [ "$(current "$root$2")" = "$1" ]; then
        return 0
      fi
      if printf '%s\n' "$1" 2>/dev/null > "$root$2"; then
        echo "$2: $1"
      else
        echo "refused: $1 > $2" >&2
        refused=1
      fi
    }

    """#

  /// Only where there is something for it: a function that nobody calls makes a reviewer wonder.
  private static let card = #"""
    # card OPTION INTERFACE WORDS…: ethtool, whose exit status 80 says that nothing had to change
    card() {
      if [ -n "$root" ]; then
        return 0
      fi
      if ! command -v ethtool > /dev/null; then
        echo "refused: ethtool $*: not installed (apt-get install ethtool)" >&2
        refused=1
        return 0
      fi
      status=0
      ethtool "$@" > /dev/null 2>&1 || status=$?
      if [ "$status" -eq 0 ]; then
        echo "ethtool $*"
      elif [ "$status" -ne 80 ]; then
        echo "refused: ethtool $*" >&2
        refused=1
      fi
    }

    """#

  private static let ending = #"""

    case ${1-apply} in
      apply) apply ;;
      undo) undo ;;
      *)
        echo "usage: $0 [apply | undo]" >&2
        exit 2
        ;;
    esac
    exit "$refused"

    """#

  private func functions(_ name: String, _ order: ([MachineChange]) -> [MachineChange]) -> String {
    let findings = plan.findings.filter { !$0.changes.isEmpty }
    var lines = ["\(name)() {"]
    for finding in name == "undo" ? findings.reversed() : findings {
      lines.append("  # \(finding.rule), \(Self.comment(finding.subject)): \(Self.comment(finding.current))")
      lines += order(finding.changes).map { "  " + Self.command($0) }
    }
    // An empty function body is no shell.
    if findings.isEmpty { lines.append("  :") }
    return (lines + ["}", ""]).joined(separator: "\n")
  }

  private static func command(_ change: MachineChange) -> String {
    switch change {
    case .file(let path, let value, _): "put \(ShellCommands.quoted(value)) \(ShellCommands.quoted(path))"
    case .nic(let interface, let setting, let value, _):
      "card \(setting.ethtoolArguments(interface: interface, value: value) ?? "")"
    case .feature(let interface, let name, let isOn, _):
      "card -K \(ShellCommands.quoted(interface)) \(name) \(isOn ? "on" : "off")"
    }
  }

  /// What needs a decision.
  private var comments: String {
    var lines: [String] = []
    if !plan.bootWords.isEmpty {
      lines.append("# With the next start: add to GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub:")
      lines.append("#   \(Self.comment(plan.bootWords.joined(separator: " ")))")
    }
    for finding in plan.findings where finding.verdict == .change && finding.application == .byHand {
      lines.append("# By hand: \(finding.rule), \(Self.comment(finding.subject)): \(Self.comment(finding.reason))")
      lines += finding.commands.map { "#   \(Self.comment($0))" }
    }
    return lines.joined(separator: "\n")
  }

  /// Text of the machine's files stays on its line.
  private static func comment(_ text: String) -> String {
    String(text.map { $0.isNewline || $0.asciiValue.map { $0 < 0x20 } == true ? " " : $0 })
  }
}
