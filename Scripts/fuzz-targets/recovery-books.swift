// Bytes as a script of packets of feeds that recover, through the whole pipeline: losses, answers on lines of their own
// and over connections, snapshots of channels and of single instruments. Whatever comes, books hold together, the end
// of the input leaves nothing open, requests are bounded, and neither the length of bursts nor sampling nor a tag on
// the frames changes a book or a counter.
//
// First byte: bit 0, play it again, in other ways; the others which protocol.
@testable import FeedCore

nonisolated(unsafe) let askingMachines = feedMachines(
  recovery: .asks, (.itch50, ITCH50Layouts.description), (.pitch, CboePITCHLayouts.description),
  (.nyseIntegrated, NYSEPillarLayouts.description), (.memxDepth, MEMXLayouts.description),
  (.deepPlus, IEXLayouts.deepPlus))
nonisolated(unsafe) let joiningMachines = feedMachines(
  recovery: .joins, (.cmeMDP3, CMELayouts.description), (.nyseIntegrated, NYSEPillarLayouts.description),
  (.coinbaseDerivatives, CoinbaseDerivativesLayouts.description), (.eobi, EOBILayouts.release60))

func fuzzRecoveryAsking(_ input: UnsafeRawBufferPointer) { play(input, askingMachines) }
func fuzzRecoveryJoining(_ input: UnsafeRawBufferPointer) { play(input, joiningMachines) }

/// Live messages, a hole, time for requests, what servers say to them, and more live messages; of each service.
func recoveryAskingSeeds() -> [[UInt8]] {
  decoderSeeds(askingMachines) + askingMachines.indices.flatMap { place -> [[UInt8]] in
    let machine = askingMachines[place]
    let head = [UInt8(place << 1 | 1)]
    let live = [0x00] + machine.maker.script(0, value: 1) + [1]
    let hole: [UInt8] = [0x20, 3 << 3 | 2]
    // 200 ms go on.
    let later: [UInt8] = [0x60, 7 << 3, 200]
    func says(_ service: UInt8, _ frames: [[UInt8]]) -> [UInt8] {
      [0x20, service << 3, UInt8(frames.count - 1) << 4 | 1] + frames.flatMap { $0 } + [1]
    }
    let message = machine.maker.script(0, value: 2)
    let again: [UInt8] = [0x20, 4 << 3, 3] + (0..<4).flatMap { _ in message } + [1]
    let ended: [UInt8] = [0x20, 3 << 3, 0x11, 1]
    let snapshot: [[UInt8]] =
      switch machine.feedProtocol {
      case .itch50: [[0, 0], [4 + 1, 0] + message, [2, 0], [1, 0], [3, 0]]
      case .pitch: [[0, 0], [1, 1], [2, 1], [6, 0] + message, [3, 1]]
      case .memxDepth: [[0, 0], [1, 0], [0xA2, 0], [6, 0] + message, [4, 1], [3, 0]]
      default: [[0x10, 0], [2, 0] + message, [1, 1]]
      }
    let replay: [[UInt8]] =
      switch machine.feedProtocol {
      case .pitch: [[0, 0], [4, 4], [0x84, 4], [5, 0]]
      case .nyseIntegrated: [[0, 0], [1, 4], [0x81, 4]]
      default: [[0, 0], [1, 0], [0x22, 4], [6, 0] + message, [3, 0]]
      }
    return [
      head + live + hole + live + later + later + again + live,
      head + live + hole + live + later + says(1, replay) + again + live + later,
      head + hole + live + later + says(2, snapshot) + live + ended + later + says(2, snapshot) + live,
    ]
  }
}

/// Each message live, the first of them again in a snapshot packet, then all behind one another.
func recoveryJoiningSeeds() -> [[UInt8]] {
  decoderSeeds(joiningMachines) + joiningMachines.indices.flatMap { place -> [[UInt8]] in
    let machine = joiningMachines[place]
    let head = [UInt8(place << 1 | 1)]
    func snapshot(_ template: Int, _ how: UInt8) -> [UInt8] {
      [0x20, 1 << 3] + machine.maker.script(template, value: 1) + [how, 1]
    }
    func live(_ template: Int) -> [UInt8] { [0x00] + machine.maker.script(template, value: 1) + [1] }
    let each = 0..<machine.maker.count
    return each.map { head + live($0) + [0x20, 2, 0x20, 2 | 2 << 3] + live($0) + snapshot($0, 1) + live($0) }
      + [head + each.flatMap { snapshot($0, 1) + live(0) }]
  }
}
