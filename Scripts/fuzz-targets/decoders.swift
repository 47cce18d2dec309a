// Bytes as a script of packets of each feed, through the whole pipeline, small, with two venues: frames, sessions,
// decoders, books, detectors, risk, orders. Whatever comes, every delivered message is counted, books hold together,
// and neither the length of bursts nor sampling changes a book or a counter, nor whether the packets are everyday ones
// or, behind a tag, take the general path.
//
// First byte: bit 0, play it again, in other ways; the others which protocol, where a target serves several.
@testable import FeedCore

nonisolated(unsafe) let cmeMachines = feedMachines((.cmeMDP3, CMELayouts.description))
nonisolated(unsafe) let coinbaseMachines = feedMachines(
  (.coinbaseDerivatives, CoinbaseDerivativesLayouts.description))
nonisolated(unsafe) let deribitMachines = feedMachines((.deribit, DeribitLayouts.description))
nonisolated(unsafe) let eobiMachines = feedMachines(
  (.eobi, EOBILayouts.release60), (.eobi, EOBILayouts.release30), (.eobi, EOBILayouts.before25))
nonisolated(unsafe) let iexMachines = feedMachines(
  (.tops15, IEXLayouts.tops15), (.tops16, IEXLayouts.tops16), (.deep10, IEXLayouts.deep),
  (.deepPlus, IEXLayouts.deepPlus))
nonisolated(unsafe) let itchMachines = feedMachines((.itch50, ITCH50Layouts.description))
nonisolated(unsafe) let memxMachines = feedMachines((.memxDepth, MEMXLayouts.description))
nonisolated(unsafe) let miaxMachines = feedMachines((.miaxPearlDepth, MIAXPearlLayouts.description))
nonisolated(unsafe) let nyseMachines = feedMachines((.nyseIntegrated, NYSEPillarLayouts.description))
nonisolated(unsafe) let pitchMachines = feedMachines((.pitch, CboePITCHLayouts.description))

func fuzzCMEDecoder(_ input: UnsafeRawBufferPointer) { play(input, cmeMachines) }
func fuzzCoinbaseDecoder(_ input: UnsafeRawBufferPointer) { play(input, coinbaseMachines) }
func fuzzDeribitDecoder(_ input: UnsafeRawBufferPointer) { play(input, deribitMachines) }
func fuzzEOBIDecoder(_ input: UnsafeRawBufferPointer) { play(input, eobiMachines) }
func fuzzIEXDecoder(_ input: UnsafeRawBufferPointer) { play(input, iexMachines) }
func fuzzITCHDecoder(_ input: UnsafeRawBufferPointer) { play(input, itchMachines) }
func fuzzMEMXDecoder(_ input: UnsafeRawBufferPointer) { play(input, memxMachines) }
func fuzzMIAXDecoder(_ input: UnsafeRawBufferPointer) { play(input, miaxMachines) }
func fuzzNYSEDecoder(_ input: UnsafeRawBufferPointer) { play(input, nyseMachines) }
func fuzzPITCHDecoder(_ input: UnsafeRawBufferPointer) { play(input, pitchMachines) }

func feedMachines(
  recovery: FeedMachine.Recovery = .none, _ kinds: (FeedProtocol, ProtocolDescription)...
) -> UnsafeMutableBufferPointer<FeedMachine> {
  tables {
    let machines = UnsafeMutableBufferPointer<FeedMachine>.allocate(capacity: kinds.count)
    for (index, kind) in kinds.enumerated() {
      machines.initializeElement(at: index, to: FeedMachine(kind.0, kind.1, recovery: recovery))
    }
    return machines
  }.pointee
}

func play(_ input: UnsafeRawBufferPointer, _ machines: UnsafeMutableBufferPointer<FeedMachine>) {
  guard let first = input.first else { return }
  let machine = Int(first >> 1) % machines.count
  let script = Script(UnsafeRawBufferPointer(rebasing: input[1...]))
  restoreTables()
  let digest = machines[machine].play(script, burst: 64, isSampled: false)
  guard first & 1 == 1 else { return }
  let state = machines[machine].state
  for (burst, isTagged) in [(1, false), (7, true)] {
    restoreTables()
    if machines[machine].play(script, burst: burst, isSampled: burst == 1, isTagged: isTagged) == digest { continue }
    let parted = zip(state, machines[machine].state).filter { $0 != $1 }
    preconditionFailure("books or counters depend on bursts of \(burst)\(isTagged ? " or tags" : ""): \(parted)")
  }
}

/// A packet of each message, alone and with the ones before it, with two sets of values.
func decoderSeeds(_ machines: UnsafeMutableBufferPointer<FeedMachine>) -> [[UInt8]] {
  var seeds: [[UInt8]] = []
  for place in machines.indices {
    let maker = machines[place].maker
    let head = UInt8(place << 1 | 1)
    var together = [head]
    for template in 0..<maker.count {
      var alone = [head]
      for value in 1...2 as ClosedRange<UInt8> { alone += [0] + maker.script(template, value: value) + [1] }
      seeds.append(alone)
      together += [0x10] + maker.script(template, value: 1) + [1]
    }
    seeds.append(together)
  }
  return seeds
}
