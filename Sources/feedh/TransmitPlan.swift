import FeedCore
import FeedIO
import FeedSim

/// What `feedh transmit` is to do, read from its options and checked against each other: nothing is opened yet.
struct TransmitPlan {
  /// A line and the interface that it leaves through; nil: unicast, where the routing table says.
  struct Line {
    var line: TransmitLine
    var interface: String?
  }

  var lines: [Line]
  var content = TransmitContent.frames
  var pace = TransmitPace.scaled(partsPerMillion: 1_000_000)
  var ttl: UInt8?
  var loops = true

  /// - Parameters:
  ///   - interface: `--interface`.
  ///   - namedLines: `--line`.
  ///   - groups: `--group`.
  init(interface: String?, namedLines: [String], groups: [String]) throws {
    if interface != nil, !namedLines.isEmpty { throw UsageError("--interface and --line: give one of them") }
    if let interface {
      lines = [Line(line: TransmitLine(name: DPDKInterface(interface)?.name ?? interface), interface: interface)]
    } else if !namedLines.isEmpty {
      lines = []
      for text in namedLines { try addLine(text) }
    } else if groups.isEmpty {
      throw UsageError(
        "nothing says where to send: give --interface I for the frames, or --group G:P for the payloads; no interface "
          + "is guessed")
    } else {
      lines = [Line(line: TransmitLine(name: "udp"), interface: nil)]
    }
    if !groups.isEmpty { content = .payloads(try routes(groups)) }
    if !groups.isEmpty, let port = lines.compactMap(\.interface).first(where: { DPDKInterface($0) != nil }) {
      throw UsageError("--group sends datagrams through the kernel, and \(port) is DPDK's; leave one of them out")
    }
  }

  private mutating func addLine(_ text: String) throws {
    guard let (name, interface) = Self.split(text), !interface.isEmpty else {
      throw UsageError("--line \(text): write NAME:INTERFACE, such as A:eth1")
    }
    if lines.contains(where: { $0.line.name == name }) {
      throw UsageError("--line \(text): there is a line \(name) already; give each a name of its own")
    }
    if lines.count == 64 { throw UsageError("--line \(text): more than 64 lines; leave some out") }
    lines.append(Line(line: TransmitLine(name: name), interface: String(interface)))
  }

  // MARK: - Where payloads go

  private func routes(_ groups: [String]) throws -> DatagramRoutes {
    var routes = DatagramRoutes()
    for text in groups {
      if text == "own" {
        routes.keepsOthers = true
      } else if let equals = text.firstIndex(of: "=") {
        guard let from = EndpointText.parseWithPort(text[..<equals]),
          let to = EndpointText.parseWithPort(text[text.index(after: equals)...])
        else { throw Self.badGroup(text) }
        let address = DatagramRoutes.Address(from.address, from.port)
        if routes.moved[address] != nil { throw UsageError("--group \(text): that destination is moved already") }
        routes.moved[address] = DatagramRoutes.Address(to.address, to.port)
      } else {
        guard let to = EndpointText.parseWithPort(text) else { throw Self.badGroup(text) }
        if routes.everythingElse != nil {
          throw UsageError("--group \(text): only one can take everything; use FROM=TO")
        }
        routes.everythingElse = DatagramRoutes.Address(to.address, to.port)
      }
    }
    if routes.keepsOthers, routes.everythingElse != nil {
      throw UsageError("--group own and --group G:P: each would take all payloads; give one of them")
    }
    try checkInterfaces(routes)
    return routes
  }

  private static func badGroup(_ text: String) -> UsageError {
    UsageError("--group \(text): write G:P, FROM=TO with an address and a port on both sides, or own")
  }

  /// Multicast leaves through a named interface only.
  private func checkInterfaces(_ routes: DatagramRoutes) throws {
    guard lines.contains(where: { $0.interface == nil }) else { return }
    if routes.keepsOthers {
      throw UsageError("--group own sends to the capture's own groups; say through which --interface or --line")
    }
    for target in Self.targets(routes) where target.address.isMulticast {
      throw TransmitError.multicastNeedsInterface(
        group: FlowKey(destination: target.address, destinationPort: target.port, fileIndex: 0).description)
    }
  }

  private static func targets(_ routes: DatagramRoutes) -> [DatagramRoutes.Address] {
    let moved = routes.moved.sorted { $0.key.port < $1.key.port }.map(\.value)
    return moved + (routes.everythingElse.map { [$0] } ?? [])
  }

  // MARK: - Lines

  /// `--take NAME:CHOICE`: a capture by its number, or a destination.
  mutating func take(_ text: String, captureCount: Int) throws {
    guard let (name, choice) = Self.split(text), let index = index(of: name) else { throw unknown("--take", text) }
    if choice.hasPrefix("file=") {
      guard let number = Int(choice.dropFirst(5)), (1...captureCount).contains(number) else {
        throw UsageError("--take \(text): captures are numbered from 1 to \(captureCount), as on the command line")
      }
      lines[index].line.takes.append(.file(UInt16(number - 1)))
    } else if let (address, port) = EndpointText.parse(choice) {
      lines[index].line.takes.append(.destination(address, port: port))
    } else {
      throw UsageError("--take \(text): write NAME:G:P, NAME:G, or NAME:file=N")
    }
  }

  /// `--lose`, `--duplicate`, `--reorder`: of all lines, or NAME:SHARE of one.
  mutating func setFault(_ text: String, _ option: String, _ fault: WritableKeyPath<TransmitLine, Probability>) throws {
    var share = text[...]
    var chosen = Array(lines.indices)
    if let (name, rest) = Self.split(text) {
      guard let index = index(of: name) else { throw unknown(option, text) }
      chosen = [index]
      share = rest
    }
    guard let value = FixedPoint.parse(share), (0...Probability.one).contains(value) else {
      throw UsageError("\(option) \(text): a share of the packets is 0 to 1, such as 0.01")
    }
    for index in chosen { lines[index].line[keyPath: fault] = Probability(billionths: value) }
  }

  private func index(of name: String) -> Int? { lines.firstIndex { $0.line.name == name } }

  private func unknown(_ option: String, _ text: String) -> UsageError {
    let names = lines.map(\.line.name).joined(separator: ", ")
    return UsageError("\(option) \(text): begins with none of the lines: \(names); write NAME:…")
  }

  private static func split(_ text: String) -> (name: String, rest: Substring)? {
    guard let colon = text.firstIndex(of: ":"), colon != text.startIndex else { return nil }
    return (String(text[..<colon]), text[text.index(after: colon)...])
  }

  // MARK: - Pace

  mutating func setPace(speed: String?, rate: UInt64?) throws {
    if speed != nil, rate != nil { throw UsageError("--speed and --rate: give one of them") }
    if let rate {
      guard (1...100_000_000).contains(rate) else {
        throw UsageError("--rate \(rate): packets per second, 1 to 100000000")
      }
      pace = .rate(packetsPerSecond: rate)
    } else if let speed {
      switch try Speed.parse(speed) {
      case .maximum: pace = .maximum
      case .paced(let parts): pace = .scaled(partsPerMillion: parts)
      }
    }
  }

  var paceText: String {
    switch pace {
    case .maximum: return "as fast as the interfaces take it"
    case .scaled(1_000_000): return "the capture's own pace"
    case .scaled(let parts): return "\(FixedPoint.format(Int64(clamping: parts) * 1_000)) times the capture's pace"
    case .rate(let packets): return "\(packets) packets of the capture per second"
    }
  }

  // MARK: - Sinks

  /// Opens what each line leaves through.
  func openSinks() throws -> [any FrameSink] {
    var sinks: [any FrameSink] = []
    do {
      // DPDK starts once, for all its ports.
      var ports = try DPDKFrameSink.open(lines.compactMap { $0.interface.flatMap { DPDKInterface($0) } })
      for line in lines {
        if line.interface.flatMap({ DPDKInterface($0) }) != nil {
          sinks.append(ports.removeFirst())
        } else {
          sinks.append(try openSink(line))
        }
      }
    } catch {
      for sink in sinks { sink.close() }
      throw error
    }
    return sinks
  }

  private func openSink(_ line: Line) throws(TransmitError) -> any FrameSink {
    guard case .payloads(let routes) = content else { return try PacketSocketSink(interface: line.interface ?? "") }
    var options = DatagramSink.Options()
    options.interface = line.interface
    options.ttl = ttl
    options.loops = loops
    let targets = Self.targets(routes)
    if routes.keepsOthers {
      // The captures' own addresses are known packet by packet; a system without IPv6 does without.
      if let both = try? DatagramSink(options, ipv4: true, ipv6: true) { return both }
      return try DatagramSink(options, ipv4: true, ipv6: targets.contains { !$0.address.isIPv4 })
    }
    return try DatagramSink(
      options, ipv4: targets.contains { $0.address.isIPv4 }, ipv6: targets.contains { !$0.address.isIPv4 })
  }
}
