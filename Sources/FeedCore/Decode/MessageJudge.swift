/// Judges messages of one protocol as `ProtocolDescription.judge` does, behind one reference and with what most
/// protocols need in tables of its own: a description taken out of an array or a class for every message is copied,
/// and counts a reference for each array that it has.
public final class MessageJudge {
  /// Of protocols whose type byte tells everything: the layout of each type, -1 for unknown ones; else empty.
  private let indexByType: [Int16]
  private let lengths: [(fewest: Int, most: Int)]
  private let description: ProtocolDescription

  public init(_ description: ProtocolDescription) {
    self.description = description
    indexByType = description.isPlain
      ? (0...UInt8.max).map { Int16(description.layoutIndex(ofType: $0)) } : []
    lengths = description.layouts.indices.map { (description.plan($0).fewest, description.plan($0).most) }
  }

  public func judge(_ message: UnsafeRawBufferPointer) -> MessageJudgement {
    if indexByType.isEmpty { return judgeWhole(message) }
    guard let type = message.first else { return MessageJudgement(.empty) }
    let index = Int(indexByType[Int(type)])
    if index < 0 { return MessageJudgement(.unknownType) }
    let length = lengths[index]
    if message.count < length.fewest { return MessageJudgement(.short, index) }
    return MessageJudgement(message.count > length.most ? .longer : .exact, index)
  }

  @inline(never)
  private func judgeWhole(_ message: UnsafeRawBufferPointer) -> MessageJudgement { description.judge(message) }
}
