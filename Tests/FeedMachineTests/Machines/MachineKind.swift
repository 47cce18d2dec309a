/// The machines of the tests.
enum MachineKind: String, CaseIterable, Sendable {
  case server, laptop, virtualMachine, arm

  func make() -> MachineFolder {
    switch self {
    case .server: .server()
    case .laptop: .laptop()
    case .virtualMachine: .virtualMachine()
    case .arm: .arm()
    }
  }

  /// The configuration that goes with it.
  var yaml: String? { self == .server ? MachineFolder.serverYAML : nil }
}
