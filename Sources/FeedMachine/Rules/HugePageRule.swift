/// Huge pages are reserved for DPDK's packet memory, on the ports' node.
enum HugePageRule: TuningRule {
  static let name = "huge-pages"
  private static let reason = """
    DPDK keeps its packets in reserved huge pages. They are best reserved soon after the start: later, memory may be \
    too scattered to give so many.
    """

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    guard let bytes = goal.hugePageBytes else {
      return [.information(name, "machine", text(machine), "No port with a PCI address asks for them. \(reason)")]
    }
    guard let node = machine.nodes.first(where: { $0.number == goal.node }) ?? machine.nodes.first,
      let pages = node.hugePages.first
    else { return [.unknown(name, "machine", reason)] }
    let size = pages.pageKilobytes << 10
    let wanted = (bytes + size - 1) / size
    let subject = "node \(node.number)"
    let current = "\(pages.total) of \(pages.pageKilobytes) kB, \(pages.free) free"
    // Pages of a larger size serve as well.
    let free = node.hugePages.reduce(0) { sum, each in
      sum.addingReportingOverflow(each.free.multipliedReportingOverflow(by: each.pageKilobytes << 10).partialValue)
        .partialValue
    }
    if pages.total >= wanted || free >= bytes { return [.good(name, subject, current, reason)] }
    return [
      .change(
        name, subject, is: current, wanted: "\(wanted) of \(pages.pageKilobytes) kB", reason,
        [.file(path: pages.countPath, value: "\(wanted)", previous: "\(pages.total)")])
    ]
  }

  private static func text(_ machine: Machine) -> String {
    let pages = machine.nodes.flatMap { node in
      node.hugePages.filter { $0.total > 0 }.map { "\($0.total) of \($0.pageKilobytes) kB on node \(node.number)" }
    }
    return pages.isEmpty ? "none" : pages.joined(separator: ", ")
  }
}
