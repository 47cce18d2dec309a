/// Same-page merging does not run.
enum PageMergingRule: TuningRule {
  static let name = "page-merging"
  private static let reason =
    "Merged pages are copied again on the first write, and the scan itself takes memory bandwidth."

  static func findings(_ machine: Machine, _ goal: TuningGoal) -> [Finding] {
    guard let run = machine.memory.pageMerging else { return [] }
    if run != 1 { return [.good(name, "machine", "off", reason)] }
    return [
      // 0 stops the scan; 2 would also unmerge, which writing 0 again does not take back.
      .change(
        name, "machine", is: "running", wanted: "off", reason,
        [.file(path: "/sys/kernel/mm/ksm/run", value: "0", previous: "1")])
    ]
  }
}
