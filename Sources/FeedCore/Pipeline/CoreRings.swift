/// Who frames and who owns shards, and the rings between them: one for each core that frames, read by every core with
/// shards.
struct CoreRings: @unchecked Sendable {
  /// Cores that read packets, ascending.
  let ingestCores: [Int]
  /// Cores that own shards, ascending.
  let shardCores: [Int]
  /// A ring for each of `ingestCores`.
  let all: [BatchRing]

  /// - Parameter owners: nil: core 0 reads all packets.
  init(_ threads: ThreadSettings, _ owners: ChannelOwners?) {
    let ingest = owners?.ingestCores ?? [0]
    ingestCores = ingest
    let shardCores = threads.shardCores(ingest: ingest)
    precondition(!ingest.isEmpty && !shardCores.isEmpty, "somebody frames, and somebody owns the shards")
    self.shardCores = shardCores
    all = ingest.map { _ in BatchRing(consumers: shardCores.count) }
  }

  func isIngest(_ core: Int) -> Bool { ingestCores.contains(core) }

  /// - Precondition: the core reads packets.
  func ring(ofIngest core: Int) -> BatchRing { all[ingestCores.firstIndex(of: core)!] }

  /// Which consumer of every ring the core is; nil: it owns no shards.
  func consumer(ofCore core: Int) -> Int? { shardCores.firstIndex(of: core) }
}
