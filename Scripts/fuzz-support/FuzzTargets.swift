import Glibc

/// What a target does with one input. It crashes, by a failed check if need be, where something is wrong.
typealias FuzzTarget = (UnsafeRawBufferPointer) -> Void

/// All targets by name. FEEDH_FUZZ_TARGET names the one that this process is.
private func target(named name: String) -> FuzzTarget? {
  let targets: [String: FuzzTarget] = [
    "capture-reader": fuzzCaptureReader,
    "configuration": fuzzConfiguration,
    "decoder-cme": fuzzCMEDecoder,
    "decoder-coinbase": fuzzCoinbaseDecoder,
    "decoder-deribit": fuzzDeribitDecoder,
    "decoder-eobi": fuzzEOBIDecoder,
    "decoder-iex": fuzzIEXDecoder,
    "decoder-itch": fuzzITCHDecoder,
    "decoder-memx": fuzzMEMXDecoder,
    "decoder-miax": fuzzMIAXDecoder,
    "decoder-nyse": fuzzNYSEDecoder,
    "decoder-pitch": fuzzPITCHDecoder,
    "control-socket": fuzzControlSocket,
    "everyday": fuzzEveryday,
    "fixed-point": fuzzFixedPoint,
    "frame-parser": fuzzFrameParser,
    "latency-histogram": fuzzLatencyHistogram,
    "layouts": fuzzLayouts,
    "order-entry": fuzzOrderEntry,
    "membership": fuzzMembership,
    "ouch-decoder": fuzzOUCHDecoder,
    "planted-crash": fuzzPlantedCrash,
    "recording": fuzzRecording,
    "recovery-asking": fuzzRecoveryAsking,
    "recovery-channel": fuzzRecoveryChannel,
    "recovery-clients": fuzzRecoveryClients,
    "recovery-joining": fuzzRecoveryJoining,
    "recovery-readers": fuzzRecoveryReaders,
    "recovery-refresh": fuzzRecoveryRefresh,
    "recovery-state": fuzzRecoveryState,
    "session": fuzzSession,
    "transports": fuzzTransports,
  ]
  return targets[name]
}

/// Inputs that targets encode themselves, to begin a corpus with.
private func seeds(of name: String) -> [[UInt8]] {
  switch name {
  case "decoder-cme": decoderSeeds(cmeMachines)
  case "decoder-coinbase": decoderSeeds(coinbaseMachines)
  case "decoder-deribit": decoderSeeds(deribitMachines)
  case "decoder-eobi": decoderSeeds(eobiMachines)
  case "decoder-iex": decoderSeeds(iexMachines)
  case "decoder-itch": decoderSeeds(itchMachines)
  case "decoder-memx": decoderSeeds(memxMachines)
  case "decoder-miax": decoderSeeds(miaxMachines)
  case "decoder-nyse": decoderSeeds(nyseMachines)
  case "decoder-pitch": decoderSeeds(pitchMachines)
  case "everyday": everydaySeeds()
  case "membership": membershipSeeds()
  case "recording": recordingSeeds()
  case "control-socket": controlSocketSeeds()
  case "recovery-asking": recoveryAskingSeeds()
  case "recovery-channel": recoveryChannelSeeds()
  case "recovery-clients": recoveryClientSeeds()
  case "recovery-joining": recoveryJoiningSeeds()
  case "recovery-readers": recoveryReaderSeeds()
  case "recovery-refresh": recoveryRefreshSeeds()
  case "transports": transportSeeds()
  default: []
  }
}

nonisolated(unsafe) private var chosen: FuzzTarget = { _ in }

private func environment(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

@_cdecl("LLVMFuzzerInitialize")
public func initializeFuzzer(_ count: UnsafeMutableRawPointer?, _ arguments: UnsafeMutableRawPointer?) -> CInt {
  let name = environment("FEEDH_FUZZ_TARGET") ?? ""
  guard let target = target(named: name) else {
    print("FEEDH_FUZZ_TARGET names no target: '\(name)'")
    exit(2)
  }
  chosen = target
  // Tables are made before the clock of the first input runs.
  withUnsafeBytes(of: UInt8(0)) { target($0) }
  guard let folder = environment("FEEDH_FUZZ_SEEDS") else { return 0 }
  for (index, seed) in seeds(of: name).enumerated() {
    guard let file = fopen("\(folder)/\(index)", "w") else { exit(2) }
    fwrite(seed, 1, seed.count, file)
    fclose(file)
  }
  exit(0)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  chosen(UnsafeRawBufferPointer(start: start, count: count))
  return 0
}
