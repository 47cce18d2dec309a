import FeedCore
import FeedIO
import Glibc

enum Peer {
  static func run(_ words: [String]) -> Int32 {
    do throws(DPDKError) {
      switch words.first {
      case "start": try start(words.dropFirst())
      case "send" where words.count == 4: try send(words[1], UInt64(words[2])!, Int(words[3])!)
      case "loop" where words.count == 3: try loop(words[1], UInt64(words[2])!)
      default:
        print("usage: start [KEY=VALUE]… | send DEVICE COUNT LENGTH | loop DEVICE COUNT")
        return 2
      }
      return 0
    } catch {
      print(error.description)
      return 1
    }
  }

  private static func start(_ words: ArraySlice<String>) throws(DPDKError) {
    var settings = DPDKEnvironmentSettings()
    settings.memory = .ordinary
    settings.megabytes = 128
    var device: DPDKDevice?
    for word in words {
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      switch (parts[0], parts[1]) {
      case ("memory", "huge"): settings.memory = .hugePages
      case ("memory", "automatic"): settings.memory = .automatic
      case ("memory", _): settings.memory = .ordinary
      case ("megabytes", let text): settings.megabytes = Int(text)!
      case ("pci", let text): settings.pciAddresses.append(text)
      case ("extra", let text): settings.extraArguments.append(text)
      case ("open", let text) where text.hasPrefix("pci:"): device = .pci(address: String(text.dropFirst(4)))
      case ("open", let text): device = .virtual(text)
      default: fatalError("no key \(parts[0])")
      }
    }
    let environment = try DPDKEnvironment.start(settings)
    guard let device else {
      print("ok \(environment.usesHugePages ? "huge pages" : "ordinary memory")")
      return
    }
    var port = DPDKPortSettings(name: "test", device: device)
    port.queueDepthPackets = 512
    let opened = try DPDKPort.open(port, in: environment)
    print("ok \(opened.plan.device) \(opened.plan.driver)")
    opened.close()
  }

  /// Frames carry their number, little-endian, behind a header of 14 bytes.
  private static func send(_ device: String, _ count: UInt64, _ length: Int) throws(DPDKError) {
    var settings = DPDKEnvironmentSettings()
    settings.memory = .ordinary
    settings.megabytes = 128
    let environment = try DPDKEnvironment.start(settings)
    var port = DPDKPortSettings(name: "sender", device: .virtual(device))
    port.queueDepthPackets = 512
    port.transmitQueues = 1
    let opened = try DPDKPort.open(port, in: environment)
    let queue = opened.transmitQueues[0]
    var frame = [UInt8](repeating: 0xA5, count: length)
    frame[12] = 0x88
    frame[13] = 0xB5
    // A receiver that is not there yet, or is slow, is waited for: a minute in all, so that nothing is left behind
    // where it never comes.
    let end = time(nil) + 60
    func push() {
      if queue.flush() > 0 { return }
      if time(nil) > end {
        print("nobody takes the frames: \(queue.figures().frames) of \(count) were sent")
        exit(1)
      }
      sched_yield()
    }
    for number in 0..<count {
      withUnsafeBytes(of: number.littleEndian) { frame.replaceSubrange(14..<22, with: $0) }
      while !frame.withUnsafeBytes({ queue.append($0) }) { push() }
    }
    while queue.waitingCount > 0 { push() }
    print("ok \(queue.figures().frames)")
    // The receiver still reads what lies in shared memory.
    while readLine() != nil {}
    opened.close()
  }

  /// Receives `count` packets, those that it sends itself where the device is a loop, and says what each took and
  /// whether all buffers came back.
  private static func loop(_ device: String, _ count: UInt64) throws(DPDKError) {
    var settings = DPDKEnvironmentSettings()
    settings.memory = .ordinary
    settings.megabytes = 256
    let environment = try DPDKEnvironment.start(settings)
    var wanted = DPDKPortSettings(name: "loop", device: .virtual(device))
    wanted.transmitQueues = 1
    let port = try DPDKPort.open(wanted, in: environment)
    let (queue, transmit) = (port.queues[0], port.transmitQueues[0])
    let isLoop = device.hasPrefix("net_ring")
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: 64)
    let frame = [UInt8](repeating: 0xA5, count: 64)
    queue.prepareThread()
    let begun = TickClock.now
    var (sent, received): (UInt64, UInt64) = (0, 0)
    frame.withUnsafeBytes { bytes in
      while received < count {
        if isLoop {
          for _ in 0..<64 where sent < count {
            guard transmit.append(bytes) else { break }
            sent += 1
          }
          transmit.flush()
        }
        received += UInt64(queue.receive(into: burst))
      }
    }
    let took = TickClock.calibrate().nanoseconds(ticks: TickClock.now &- begun)
    port.close()
    let account = port.bufferAccount
    print(
      "ok \(received) packets, \(took / received) ns each, \(account?.available ?? 0) of \(account?.buffers ?? 0) "
        + "buffers back")
  }
}
