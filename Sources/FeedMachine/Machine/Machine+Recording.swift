extension Machine {
  /// Reads everything that matters of a machine.
  ///
  /// - Parameter recordFolder: where packets are to be recorded; nil: nowhere.
  public static func read(_ root: MachineRoot, recordFolder: String? = nil) -> Machine {
    MachineReader.read(root, recordFolder: recordFolder)
  }

  /// Writes what was read to reach this machine as a folder that `--root` takes, the facts of its network cards in
  /// `feedh/nic`. The root must have been made with `isRecording`.
  ///
  /// - Throws: where the folder is there already, or cannot be written.
  public func record(_ root: MachineRoot, to path: String) throws(MachineError) {
    guard let recording = root.recording else { return }
    var facts: [String: [UInt8]] = [:]
    for nic in nics { facts[NICFacts.path(of: nic.interface)] = Array(nic.facts.text.utf8) }
    try recording.write(to: path, adding: facts)
  }
}
