import CDynamic
import FeedCore
import Synchronization

/// A libpcap filter expression, compiled once for every link type feedh reads. Immutable afterwards: any number of
/// threads may run it.
final class PacketFilter: @unchecked Sendable {
  /// One compiled program. Trivial, so that a cursor holds it without a retain; valid while its filter lives.
  struct Program {
    fileprivate let code: UnsafeMutablePointer<feedh_bpf_program>
    fileprivate let run: Run

    /// libpcap's interpreter checks every load against `captured`, and programs are validated when compiled.
    @inline(__always)
    func matches(_ bytes: UnsafeRawPointer, captured: UInt32, wire: UInt32) -> Bool {
      var header = feedh_pcap_pkthdr(seconds: 0, microseconds: 0, captured_length: captured, wire_length: wire)
      return run(code, &header, bytes) != 0
    }
  }

  fileprivate typealias Run = @convention(c) (
    UnsafeMutablePointer<feedh_bpf_program>, UnsafeMutablePointer<feedh_pcap_pkthdr>, UnsafeRawPointer
  ) -> Int32
  private typealias Handle = OpaquePointer

  private let expression: String
  private var programs: [UInt32: Program] = [:]
  private var failures: [UInt32: String] = [:]
  private let freeCode: @convention(c) (UnsafeMutablePointer<feedh_bpf_program>) -> Void

  /// DLT numbers of the link types in `LinkType`; raw IP is 12 to libpcap on Linux.
  private static let linkNumbers: [UInt32] = [0, 1, 12, 108, 113, 228, 229, 276]
  /// Held while compiling: libpcap before 1.8 kept the state of its grammar in globals.
  static let compiling = Mutex<Void>(())

  init(expression: String) throws(CaptureError) {
    self.expression = expression
    let library = try DynamicLibrary(
      names: ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so"], package: "libpcap0.8", purpose: "--filter")
    let openDead = try library.function("pcap_open_dead", as: (@convention(c) (Int32, Int32) -> Handle?).self)
    let compile = try library.function(
      "pcap_compile",
      as: (@convention(c) (
        Handle, UnsafeMutablePointer<feedh_bpf_program>, UnsafePointer<CChar>, Int32, UInt32
      ) -> Int32).self)
    let errorText = try library.function(
      "pcap_geterr", as: (@convention(c) (Handle) -> UnsafePointer<CChar>).self)
    let close = try library.function("pcap_close", as: (@convention(c) (Handle) -> Void).self)
    let run = try library.function("pcap_offline_filter", as: Run.self)
    freeCode = try library.function(
      "pcap_freecode", as: (@convention(c) (UnsafeMutablePointer<feedh_bpf_program>) -> Void).self)

    for number in Self.linkNumbers {
      guard let handle = openDead(Int32(number), 262_144) else {
        failures[number] = "libpcap has no memory"
        continue
      }
      let code = UnsafeMutablePointer<feedh_bpf_program>.allocate(capacity: 1)
      code.initialize(to: feedh_bpf_program())
      // Optimised; no netmask, which only "ip broadcast" would want.
      let status = Self.compiling.withLock { _ in compile(handle, code, expression, 1, 0xFFFF_FFFF) }
      if status == 0 {
        programs[number] = Program(code: code, run: run)
      } else {
        failures[number] = String(cString: errorText(handle))
        code.deallocate()
      }
      close(handle)
    }
  }

  deinit {
    for program in programs.values {
      freeCode(program.code)
      program.code.deallocate()
    }
  }

  /// Nil where feedh does not read the link type, or the expression means nothing there.
  func program(linkNumber: UInt32, isSwapped: Bool) -> Program? {
    programs[Self.dltNumber(linkNumber, isSwapped: isSwapped)]
  }

  /// Throws what libpcap said when the expression did not compile for a link type that a file has.
  func check(linkNumber: UInt32, isSwapped: Bool) throws(CaptureError) {
    if let reason = failures[Self.dltNumber(linkNumber, isSwapped: isSwapped)] {
      throw .badFilter(
        expression: expression, linkType: LinkType.name(captureNumber: linkNumber), reason: reason)
    }
  }

  private static func dltNumber(_ linkNumber: UInt32, isSwapped: Bool) -> UInt32 {
    switch linkNumber {
    case 14, 101: 12
    // Loopback's address family is in the writer's byte order; a big-endian writer's is what DLT_LOOP prescribes.
    case 0 where isSwapped: 108
    default: linkNumber
    }
  }
}
