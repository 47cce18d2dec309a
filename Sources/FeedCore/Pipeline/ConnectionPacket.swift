/// Bytes of a recovery's TCP connection, as a packet: the seam on which a server's answers come back.
extension Packet {
  /// - Parameters:
  ///   - channel, service, connection: of the `RecoveryOutput` that opened the connection.
  ///   - bytes: any piece of what the server sent, in order; stays valid until the burst is worked off.
  ///   - isEnd: the connection is closed behind these bytes.
  public static func connection(
    channel: UInt8, service: RecoveryService, connection: UInt32, bytes: UnsafeRawPointer, length: Int,
    isEnd: Bool = false, captureNanoseconds: UInt64
  ) -> Packet {
    let place = UInt64(connection) | UInt64(service.rawValue) << 32 | (isEnd ? 1 << 40 : 0)
    return Packet(
      bytes: bytes, captureNanoseconds: captureNanoseconds, capturedLength: UInt32(clamping: length),
      wireLength: UInt32(clamping: length), recordIndex: place, fileIndex: UInt16(channel), linkType: .connection)
  }

  /// No bytes of no connection: lets the capture clock go on.
  public static func clock(_ bytes: UnsafeRawPointer, captureNanoseconds: UInt64) -> Packet {
    connection(
      channel: .max, service: .messages, connection: 0, bytes: bytes, length: 0,
      captureNanoseconds: captureNanoseconds)
  }

  var connectionNumber: UInt32 { UInt32(truncatingIfNeeded: recordIndex) }
  var connectionService: RecoveryService { recordIndex >> 32 & 1 == 0 ? .messages : .snapshots }
  var isConnectionEnd: Bool { recordIndex >> 40 & 1 != 0 }
}
