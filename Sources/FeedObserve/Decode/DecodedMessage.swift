/// A message to be printed. A view: nothing is copied.
public struct DecodedMessage {
  /// Position of its protocol in the list that the formatter was made with.
  public let protocolIndex: Int
  /// Position in that protocol's `layouts`.
  public let layoutIndex: Int
  /// Not shorter than the layout's `minimumLength`.
  public let bytes: UnsafeRawBufferPointer
  /// 0-based index of its packet among the file's packets with payload.
  public let packetIndex: UInt64
  /// Nil where the transport numbers no messages.
  public let sequenceNumber: UInt64?

  public init(
    protocolIndex: Int, layoutIndex: Int, bytes: UnsafeRawBufferPointer, packetIndex: UInt64, sequenceNumber: UInt64?
  ) {
    self.protocolIndex = protocolIndex
    self.layoutIndex = layoutIndex
    self.bytes = bytes
    self.packetIndex = packetIndex
    self.sequenceNumber = sequenceNumber
  }
}
