/// Deals the records of reports out to frames. A record takes four bytes, its group, and its sources, in either family.
struct MembershipPacking {
  /// Bytes for records in one frame.
  let room: Int
  /// 4 or 16.
  let addressLength: Int

  /// One list a frame, as few as the records fit into, in their order. A record of more sources than a frame holds is
  /// dealt out to several.
  func frames(_ records: [MembershipRecord]) -> [[MembershipRecord]] {
    var frames: [[MembershipRecord]] = []
    var left = 0
    for part in records.flatMap(split) {
      let length = 4 + addressLength * (1 + part.sources.count)
      if length > left {
        frames.append([])
        left = room
      }
      frames[frames.count - 1].append(part)
      left -= length
    }
    return frames
  }

  private func split(_ record: MembershipRecord) -> [MembershipRecord] {
    let most = max(1, (room - 4 - addressLength) / addressLength)
    if record.sources.count <= most { return [record] }
    return stride(from: 0, to: record.sources.count, by: most).map { first in
      MembershipRecord(
        kind: record.kind, group: record.group,
        sources: Array(record.sources[first..<min(first + most, record.sources.count)]))
    }
  }
}
