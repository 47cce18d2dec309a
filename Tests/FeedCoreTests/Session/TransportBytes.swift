@testable import FeedCore

/// Packets of the transports, written byte by byte from their sheets.
enum Wire {
  static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }
  static func big<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
  static func text(_ number: UInt64) -> [UInt8] { Array("\(number)".utf8) }

  /// IEX-TP outbound segment, session 7, channel 1, DEEP 1.0.
  static func iex(
    _ first: UInt64, _ messages: [[UInt8]], sent: UInt64, session: UInt32 = 7, channel: UInt32 = 1
  ) -> [UInt8] {
    let body = messages.flatMap { (message: [UInt8]) -> [UInt8] in little(UInt16(message.count)) + message }
    var packet: [UInt8] = [1, 0]
    packet += little(UInt16(0x8004)) + little(channel)
    packet += little(session) + little(UInt16(body.count))
    packet += little(UInt16(messages.count)) + little(UInt64(0))
    packet += little(first) + little(sent)
    return packet + body
  }

  /// Sequenced Unit Header; a message's bytes follow its length byte and a type byte 0x2D.
  static func suh(_ first: UInt32, _ bodies: [[UInt8]], unit: UInt8 = 1) -> [UInt8] {
    let body = bodies.flatMap { (message: [UInt8]) -> [UInt8] in [UInt8(message.count + 2), 0x2D] + message }
    var packet = little(UInt16(body.count + 8))
    packet += [UInt8(bodies.count), unit]
    packet += little(first)
    return packet + body
  }

  /// XDP packet; messages are `[MsgSize, MsgType, bytes]`.
  static func xdp(_ first: UInt32, _ messages: [[UInt8]], flag: UInt8 = 11, seconds: UInt32 = 100) -> [UInt8] {
    let body = messages.flatMap { $0 }
    var packet = little(UInt16(body.count + 16))
    packet += [flag, UInt8(messages.count)]
    packet += little(first) + little(seconds)
    packet += little(UInt32(5))
    return packet + body
  }
  static func xdpMessage(_ type: UInt16, _ body: [UInt8]) -> [UInt8] {
    little(UInt16(body.count + 4)) + little(type) + body
  }
  /// Sequence Number Reset: SourceTime, SourceTimeNS, ProductID, ChannelID.
  static func xdpReset(seconds: UInt32) -> [UInt8] {
    xdpMessage(1, little(seconds) + little(UInt32(0)) + [9, 3])
  }

  static func memx(_ first: UInt64, _ messages: [[UInt8]], session: UInt64 = 3) -> [UInt8] {
    var packet: [UInt8] = [2, 18]
    packet += big(session) + big(first)
    packet += big(UInt16(messages.count))
    for message in messages { packet += big(UInt16(message.count)) + message }
    return packet
  }
  static func memxControl(_ type: UInt8, _ last: UInt64, session: UInt64 = 3) -> [UInt8] {
    [type, 18] + big(session) + big(last)
  }

  static func mach(_ number: UInt64, _ message: [UInt8], type: UInt8 = 3, session: UInt8 = 1) -> [UInt8] {
    little(number) + little(UInt16(message.count + 12)) + [type, session] + message
  }

  /// CME packet of messages with an empty root block of template 32.
  static func cme(_ number: UInt32, bodies: [[UInt8]], sent: UInt64, template: UInt16 = 32) -> [UInt8] {
    var packet = little(number) + little(sent)
    for body in bodies {
      packet += little(UInt16(body.count + 10)) + little(UInt16(body.count))
      packet += little(template) + little(UInt16(1))
      packet += little(UInt16(9)) + body
    }
    return packet
  }

  static func coinbase(
    _ first: UInt64, count: UInt8, flags: UInt8 = 1, channel: UInt16 = 44, _ body: [UInt8]
  ) -> [UInt8] {
    var packet = little(UInt64(77)) + little(first)
    packet += little(channel)
    packet += [flags, count]
    packet += little(UInt32(0))
    return packet + body
  }
  /// A frame of 16 bytes: header 10, block 4, padding 2.
  static func coinbaseFrame(_ body: [UInt8]) -> [UInt8] {
    [16, 4, 21, 1_201, 2].flatMap { (word: UInt16) -> [UInt8] in little(word) } + body + [0, 0]
  }

  static func eobiHeader(segment: UInt32, time: UInt64, reset: UInt8 = 0) -> [UInt8] {
    var packet = little(UInt16(32)) + little(UInt16(13_002))
    packet += little(UInt32.max) + little(UInt32(900))
    packet += little(segment)
    packet += [1, 1, reset, 0, 0, 0, 0, 0]
    return packet + little(time)
  }
  static func eobiMessage(_ number: UInt32, _ body: [UInt8], template: UInt16 = 13_100) -> [UInt8] {
    little(UInt16(body.count + 8)) + little(template) + little(number) + body
  }

  static func deribit(_ number: UInt32, _ body: [UInt8], channel: UInt16 = 11) -> [UInt8] {
    little(UInt16(body.count)) + little(channel) + little(number) + body
  }
}
