extension FrameParser {
  /// The TCP segment of a frame for which `parse` gave no payload: connection set-up and end, acknowledgements, and
  /// segments cut before their first payload byte. Nil where the frame holds no TCP header, or a damaged one.
  ///
  /// A reassembler needs these: without a SYN a reused pair of ports looks like one stream with numbers from nowhere.
  /// Cost: a second walk through the headers, for frames without payload only.
  @inline(never)
  public func segmentWithoutPayload(_ packet: Packet) -> TCPSegment? {
    var parser = FrameParser(verifyChecksums: verifyChecksums)
    parser.keepsEmptySegments = true
    guard case .payload(let view) = parser.parseGeneral(packet), view.transport == .tcp, view.payloadLength == 0 else {
      return nil
    }
    return TCPSegment(view)
  }
}
