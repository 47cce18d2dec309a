@testable import FeedCore

/// One decoder alone: bytes of a message in, its events as text out.
///
/// A text names the kind, the symbol (or `byReference`), and what is not zero: `sell`, `#` reference, `+` second,
/// quantity and price as `100x12345`, flags, `@` nanoseconds since midnight.
final class DecoderHarness {
  let context: DecoderContext
  private var decoders: Decoders
  private let event = UnsafeMutablePointer<BookEvent>.allocate(capacity: 1)
  private let packet = UnsafeMutablePointer<DeliveredPacket>.allocate(capacity: 1)
  private(set) var lastOutcome = DecodeOutcome.other

  init(
    _ feedProtocol: FeedProtocol, ownedShards: UInt64 = .max, counts: Bool = true, stream: UInt32 = 0,
    instruments: Int = 64
  ) {
    let symbols = UnsafeMutablePointer<SymbolTable>.allocate(capacity: 1)
    symbols.initialize(to: SymbolTable(capacity: instruments, shardCount: 16))
    let directory = UnsafeMutablePointer<InstrumentDirectory>.allocate(capacity: 1)
    directory.initialize(
      to: InstrumentDirectory(
        venue: 0, capacity: instruments, ownedShards: ownedShards, shardCount: 16, roundLot: 100,
        scale: .standard(of: feedProtocol), identifierCapacity: instruments))
    context = DecoderContext(
      channel: 3, venue: 0, feedProtocol: feedProtocol, directory: directory, symbols: symbols,
      counters: Counters(), countsMessages: counts ? 1 : 0, byType: Storage<UInt64>(capacity: 256).base,
      stream: stream)
    decoders = Decoders([context, context, context, context])
  }

  /// The events of one message, in memory of exactly its length.
  @discardableResult
  func decode(_ message: [UInt8], from start: Int = 0) -> [String] { rawEvents(message, from: start).map { text($0) } }

  /// - Parameter start: bytes of the packet before the message.
  func rawEvents(_ message: [UInt8], from start: Int = 0) -> [BookEvent] {
    let bytes = UnsafeMutableRawPointer.allocate(byteCount: max(1, message.count), alignment: 1)
    defer { bytes.deallocate() }
    message.withUnsafeBytes { if let first = $0.baseAddress { bytes.copyMemory(from: first, byteCount: $0.count) } }
    packet.initialize(
      to: DeliveredPacket(
        captureNanoseconds: 0, payload: UnsafeRawPointer(bytes), packetIndex: 0, fileIndex: 0))
    var delivery = Delivery(
      bytes: UnsafeRawPointer(bytes) + start, length: UInt16(message.count - start), packet: 0, channel: 3,
      kind: .message, endsPacket: true, detail: 0)
    decoders.list.pointee.removeAll()
    let taken = decoders.decodeRun(&delivery, count: 1, channel: 3, packets: packet, into: event)
    lastOutcome = taken == 1 ? .everyday : decoders.decodeOther(&delivery, packets: packet, into: event)
    let first = event.pointee
    if first.kind == .none { return [] }
    guard first.kind == .group else { return [first] }
    return (0..<Int(first.quantity)).map { decoders.list.pointee.events[Int(first.reference) + $0] }
  }

  func counted(_ counter: Counter) -> UInt64 { context.counters[counter] }
  func messages(_ type: UInt8) -> UInt64 { context.byType[Int(type)] }

  /// The counters of what cannot be read: malformed, unknown types, empty.
  var refused: [UInt64] { [counted(.malformed), counted(.unknownTypes), counted(.emptyMessages)] }

  func record(_ symbol: String) -> InstrumentRecord? {
    guard let group = context.symbols.pointee.find(Symbol(symbol)!),
      let index = context.symbols.pointee.groups[Int(group)].listing(at: 0)
    else { return nil }
    return context.directory.pointee.records[index]
  }

  private func text(_ event: BookEvent) -> String {
    var words = ["\(event.kind)"]
    switch event.kind {
    case .system, .clearChannel: break
    default:
      words.append(
        event.instrument == BookEvent.byReference
          ? "byReference" : context.directory.pointee.records[Int(event.instrument)].symbol.description)
    }
    if event.isSell { words.append("sell") }
    if event.reference != 0 { words.append("#\(event.reference)") }
    if event.second != 0 { words.append("+\(event.second)") }
    if event.quantity != 0 || event.price != 0 { words.append("\(event.quantity)x\(event.price)") }
    if event.flags.contains(.keepsPlace) { words.append("keepsPlace") }
    if event.flags.contains(.isPartial) { words.append("partial") }
    if !event.isPrintable { words.append("unprinted") }
    words.append("@\(event.exchangeNanoseconds)")
    return words.joined(separator: " ")
  }
}
