import Foundation
import Glibc
import Testing

@testable import FeedIO

/// Two kernel interfaces joined back to back, removed with the last user. Root's.
final class VethPair {
  let one: String
  let other: String

  init() throws {
    let tag = UUID().uuidString.prefix(6).lowercased()
    (one, other) = ("fh\(tag)a", "fh\(tag)b")
    try Self.ip("link", "add", one, "type", "veth", "peer", "name", other)
    for name in [one, other] {
      // What the kernel sends by itself (neighbours, MLD) is no part of a test.
      try? "1".write(toFile: "/proc/sys/net/ipv6/conf/\(name)/disable_ipv6", atomically: false, encoding: .ascii)
      try Self.ip("link", "set", name, "up")
    }
  }

  deinit { remove() }

  func remove() { try? Self.ip("link", "del", one) }

  static func ip(_ words: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Program.path("ip")))
    process.arguments = words
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw VethError(words: words) }
  }

  struct VethError: Error { var words: [String] }
}

/// A socket for all frames of an interface: the test's own side of a veth pair.
final class RawSocket {
  private let descriptor: Int32

  init(_ interface: String) throws {
    // ETH_P_ALL, in network byte order.
    descriptor = socket(AF_PACKET, Int32(SOCK_RAW.rawValue | SOCK_NONBLOCK.rawValue), Int32(UInt16(3).bigEndian))
    try #require(descriptor >= 0)
    // sockaddr_ll, which is not imported: family, protocol, interface, then the hardware's type and address.
    let address = UnsafeMutableRawBufferPointer.allocate(byteCount: 20, alignment: 8)
    defer { address.deallocate() }
    address.initializeMemory(as: UInt8.self, repeating: 0)
    address.storeBytes(of: UInt16(AF_PACKET), toByteOffset: 0, as: UInt16.self)
    address.storeBytes(of: UInt16(3).bigEndian, toByteOffset: 2, as: UInt16.self)
    address.storeBytes(of: Int32(if_nametoindex(interface)), toByteOffset: 4, as: Int32.self)
    try #require(bind(descriptor, address.baseAddress!.assumingMemoryBound(to: sockaddr.self), 20) == 0)
  }

  deinit { close(descriptor) }

  @discardableResult
  func send(_ frame: [UInt8]) -> Bool { Glibc.send(descriptor, frame, frame.count, 0) == frame.count }

  /// The next frame that has arrived, nil: none now.
  func receive() -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let length = recv(descriptor, &bytes, bytes.count, 0)
    return length > 0 ? Array(bytes[..<length]) : nil
  }
}
