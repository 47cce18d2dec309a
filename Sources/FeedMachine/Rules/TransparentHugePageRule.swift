/// Tables that ask for huge pages get them, and nothing else does.
enum TransparentHugePageRule: TuningRule {
  static let name = "transparent-huge-pages"
  private static let folder = "/sys/kernel/mm/transparent_hugepage"
  private static let reason = """
    feedh asks for huge pages where it wants them (madvise), which saves look-ups of orders and levels a TLB miss \
    each. never refuses them; always gives them to everything and lets khugepaged rearrange memory behind its back.
    """
  private static let stallReason = """
    always makes every page fault wait until memory is compacted; madvise and defer+madvise do it only for those that \
    ask, when the tables are made.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    [
      finding("enabled", machine.memory.transparentHugePages, good: ["madvise"], reason),
      finding(
        "defrag", machine.memory.transparentHugePageDefragmentation, good: ["madvise", "defer+madvise"], stallReason),
    ]
  }

  private static func finding(_ file: String, _ value: String?, good: [String], _ reason: String) -> Finding {
    guard let value else { return .unknown(name, file, reason) }
    if good.contains(value) { return .good(name, file, value, reason) }
    return .change(
      name, file, is: value, wanted: "madvise", reason,
      [.file(path: "\(folder)/\(file)", value: "madvise", previous: value)])
  }
}
