/// Second walk: which strands are lines of one feed.
extension FlowDiscovery {
  /// For each strand the strand it joins (itself when none).
  func joinLines(_ makeSource: () -> some PacketSource) -> [Int] {
    var leader = Array(strands.indices)
    func root(_ strand: Int) -> Int { leader[strand] == strand ? strand : root(leader[strand]) }
    let candidates = strands.indices.filter { strands[$0].flow >= 0 && isOpenToJoin(strands[$0]) }
    // Pairs with a session in common whose first messages are still to be compared, by each of both.
    var open: [Int: Set<Int>] = [:]
    var pairs: Set<[Int]> = []
    for (position, a) in candidates.enumerated() {
      for b in candidates[(position + 1)...] where mayJoin(strands[a], strands[b]) {
        pairs.insert([a, b])
        open[a, default: []].insert(b)
        open[b, default: []].insert(a)
      }
    }
    if pairs.isEmpty { return leader }
    let mayContinue = pairs.filter {
      let (a, b) = (flows[strands[$0[0]].flow].key, flows[strands[$0[1]].flow].key)
      return a.destination == b.destination && a.destinationPort == b.destinationPort
    }
    Self.walk(makeSource(), verifyChecksums: settings.verifyChecksums, whileTrue: { packet, view in
      guard let view, let position = index[FlowKey(view, fileIndex: packet.fileIndex)],
        let transport = flows[position].protocol?.transport, view.transport == .udp,
        let sequenced = Self.sequenced(packet, view, transport), sequenced.wholeCount > 0,
        // What stands outside of the channel's numbers has others.
        sequenced.kind != .outOfBand,
        let strand = flows[position].strands[transport.hasStreams ? sequenced.stream : 0],
        let others = open[strand]
      else { return true }
      for other in others where sequenced.session == strands[other].session {
        for probe in strands[other].probe {
          guard let agree = transport.layout.agree(sequenced, probe) else { continue }
          open[strand]?.remove(other)
          open[other]?.remove(strand)
          pairs.remove([min(strand, other), max(strand, other)])
          if agree { leader[root(max(strand, other))] = root(min(strand, other)) }
          break
        }
      }
      return !pairs.isEmpty
    })
    for pair in mayContinue.sorted(by: { $0.lexicographicallyPrecedes($1) }) where pairs.contains(pair) {
      leader[root(max(pair[0], pair[1]))] = root(min(pair[0], pair[1]))
    }
    return strands.indices.map(root)
  }

  private func isOpenToJoin(_ strand: Strand) -> Bool {
    let flow = flows[strand.flow]
    return flow.isNumbered && !strand.probe.isEmpty && configured(flow, stream: strand.stream) == nil
  }

  private func mayJoin(_ a: Strand, _ b: Strand) -> Bool {
    flows[a.flow].protocol == flows[b.flow].protocol && a.stream == b.stream && a.flow != b.flow
      && (a.session == b.session || a.laterSessions.contains(b.session) || b.laterSessions.contains(a.session))
  }
}
