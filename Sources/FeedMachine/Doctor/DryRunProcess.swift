import CMachine
import Glibc

/// A program run to its end, its standard output read: for what must not happen in this process.
enum DryRunProcess {
  enum Ending: Equatable {
    case exited(Int32)
    case died(signal: Int32)
    /// It took longer than it may, and was killed.
    case tooLong
    case notStarted(reason: String)
  }

  /// - Parameters:
  ///   - words: the program's path, then its arguments.
  ///   - milliseconds: how long it may take.
  static func run(_ words: [String], milliseconds: Int32) -> (ending: Ending, output: String) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return (.notStarted(reason: text(errno)), "") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var child: pid_t = 0
    let result = posix_spawn(&child, words[0], &actions, nil, &arguments, environ)
    close(ends[1])
    if result != 0 { return (.notStarted(reason: text(result)), "") }
    let end = now() + Int64(milliseconds)
    let (output, isWhole) = read(ends[0], until: end)
    // It may have closed its output and go on.
    let isInTime = isWhole && feedh_wait_for_end(child, Int32(clamping: max(0, end - now())))
    if !isInTime { kill(child, SIGKILL) }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    if !isInTime { return (.tooLong, output) }
    let signal = status & 0x7F
    return (signal == 0 ? .exited((status >> 8) & 0xFF) : .died(signal: signal), output)
  }

  /// All of a pipe; false: its writer did not come to its end in time.
  private static func read(_ descriptor: Int32, until end: Int64) -> (String, Bool) {
    var bytes: [UInt8] = []
    while true {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let left = end - now()
      if left <= 0 { return (String(decoding: bytes, as: UTF8.self), false) }
      let ready = poll(&waiting, 1, Int32(clamping: left))
      if ready < 0 && errno == EINTR { continue }
      if ready <= 0 { return (String(decoding: bytes, as: UTF8.self), false) }
      var chunk = [UInt8](repeating: 0, count: 4_096)
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      if count <= 0 { return (String(decoding: bytes, as: UTF8.self), true) }
      bytes += chunk[..<count]
    }
  }

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }

  private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
