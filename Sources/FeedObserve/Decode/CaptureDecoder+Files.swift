import FeedCore
import FeedIO

extension CaptureDecoder {
  static let burstPackets = 64
  /// Rows are handed on when this many bytes have gathered.
  static let outputLength = 256 << 10

  /// Decodes a capture file from its beginning, and hands the rows to `write` as they gather. Checksums are not
  /// looked at: a packet is shown as it was captured.
  ///
  /// - Parameter set: of one file. Each file is walked on its own, so that rows come in the order of the command line
  ///   and of the file, and files of different kinds can be decoded in one run.
  /// - Returns: what the capture reader and the frame parser counted, a line each; foreign traffic is no fault.
  /// - Throws: what `write` throws.
  public mutating func decode(
    _ set: CaptureSet, write: (UnsafeRawBufferPointer) throws -> Void
  ) throws -> [String] {
    precondition(set.files.count == 1, "files are decoded one by one, never merged")
    let file = set.files[0]
    beginFile(named: file.baseName)
    func take(_ output: inout RowBuffer, from length: Int) throws {
      if output.count < length || output.count == 0 { return }
      try write(output.bytes)
      output.removeAll()
    }
    if file.kind == .soupBinTCP {
      try decode(soupStream: file.bytes) { output in try take(&output, from: Self.outputLength) }
      try take(&output, from: 0)
      return []
    }

    let source = set.makeSource()
    let parser = FrameParser(verifyChecksums: false)
    var wire = [WireCounter: (count: UInt64, record: UInt64)]()
    let burst = UnsafeMutableBufferPointer<Packet>.allocate(capacity: Self.burstPackets)
    defer { burst.deallocate() }
    while !source.isExhausted, !isDone {
      let count = source.receive(into: burst)
      for index in 0..<count where !isDone {
        let packet = burst[index]
        if packet.linkType == .message {
          decode(message: UnsafeRawBufferPointer(start: packet.bytes, count: Int(packet.capturedLength)))
          continue
        }
        switch parser.parse(packet) {
        case .payload(let view): decode(view, at: packet.captureNanoseconds)
        case .discarded(let reason):
          if reason == .emptyPayload || reason == .shortFrame, let segment = parser.segmentWithoutPayload(packet) {
            decode(segment, at: packet.captureNanoseconds)
          }
          wire[reason, default: (0, packet.recordIndex)].count += 1
        }
      }
      try take(&output, from: Self.outputLength)
    }
    finishFile()
    try take(&output, from: 0)
    let reader = source.readings.filter { $0.counter != .timeWentBack }.map {
      "\($0.name) \($0.count), first in \(file.baseName), offset \($0.firstOffset)"
    }
    let frames = WireCounter.allCases.filter(\.isFault).compactMap { reason in
      wire[reason].map { "\(reason.name) \($0.count), first in \(file.baseName), record \($0.record)" }
    }
    return reader + frames
  }
}
