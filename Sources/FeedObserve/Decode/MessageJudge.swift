import FeedCore

/// A protocol's judge behind one reference: taking a description out of an array for every message counts a reference
/// for each array that it has.
final class MessageJudge {
  private let description: ProtocolDescription

  init(_ description: ProtocolDescription) { self.description = description }

  func judge(_ message: UnsafeRawBufferPointer) -> MessageJudgement { description.judge(message) }
}
