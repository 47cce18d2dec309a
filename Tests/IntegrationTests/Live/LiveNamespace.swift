import Foundation

/// A network namespace of a test's own with pairs of virtual Ethernet interfaces: t0 → r0, t1 → r1. It vanishes with
/// the script that ran in it.
enum LiveNamespace {
  /// Whether this user may make one: root, with `unshare` and `ip`.
  static let isPossible: Bool = {
    guard let run = try? shell(["unshare", "--net", "ip", "link", "add", "t0", "type", "veth", "peer", "name", "r0"])
    else { return false }
    return run.status == 0
  }()

  static let requirement = "needs root, unshare and ip: network namespaces"

  /// Two pairs that are up, silent (no IPv6), and take any packet for what it is.
  private static let prelude = """
    ip link set lo up
    for n in 0 1; do
      ip link add t$n type veth peer name r$n
      for i in t$n r$n; do
        echo 1 > /proc/sys/net/ipv6/conf/$i/disable_ipv6
        echo 0 > /proc/sys/net/ipv4/conf/$i/rp_filter
        ip link set $i up
      done
    done
    echo 0 > /proc/sys/net/ipv4/conf/all/rp_filter
    # Starts feedh record with these arguments; returns once it receives. Its report goes to $1.
    start_recording() {
      report=$1; shift
      rm -f "$report.fifo"; mkfifo "$report.fifo"
      "$FEEDH" record "$@" --json > "$report" 2> "$report.fifo" &
      recorder=$!
      exec 3< "$report.fifo"
      while read -r line <&3; do
        case $line in "feedh: recording") return 0 ;; esac
        echo "$line" >&2
      done
      echo "feedh record did not start" >&2; exit 9
    }
    stop_recording() { kill -TERM $recorder; wait $recorder; }

    """

  /// Runs a script in a new namespace: `$FEEDH` is the command, the working folder is `folder`.
  ///
  /// - Throws: what the script wrote to standard error, where it failed.
  static func run(_ script: String, in folder: CommandFolder) throws {
    // What hangs is ended, with all that it started.
    let run = try shell(
      ["timeout", "-s", "KILL", "300", "unshare", "--net", "sh", "-euc", "cd \"$FOLDER\"\n" + prelude + script],
      folder: folder)
    guard run.status == 0 else { throw CommandFailure("status \(run.status): \(run.errors)") }
  }

  private static func shell(_ arguments: [String], folder: CommandFolder? = nil) throws -> CommandRun {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = arguments
    var environment = ProcessInfo.processInfo.environment
    environment["FEEDH"] = CommandRun.program.path
    environment["FOLDER"] = folder?.root
    process.environment = environment
    let errors = Pipe()
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = errors
    try process.run()
    let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return CommandRun(status: process.terminationStatus, output: "", errors: text)
  }
}
