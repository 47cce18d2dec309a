import CDynamic

/// The functions of libpcap that live capture takes, found at run time. libpcap 1.5 and later (2013): packets at once
/// (immediate mode) and nanoseconds.
struct PcapLibrary: @unchecked Sendable {
  typealias Handle = OpaquePointer
  /// The user's pointer, the packet's header, its bytes.
  typealias Handler = @convention(c) (
    UnsafeMutableRawPointer?, UnsafePointer<feedh_pcap_pkthdr>?, UnsafePointer<UInt8>?
  ) -> Void
  typealias SetInteger = @convention(c) (Handle, Int32) -> Int32
  typealias Create = @convention(c) (UnsafePointer<CChar>, UnsafeMutablePointer<CChar>) -> Handle?
  typealias Ask = @convention(c) (Handle) -> Int32
  typealias SetNonblocking = @convention(c) (Handle, Int32, UnsafeMutablePointer<CChar>) -> Int32
  typealias Compile = @convention(c) (
    Handle, UnsafeMutablePointer<feedh_bpf_program>, UnsafePointer<CChar>, Int32, UInt32
  ) -> Int32
  typealias SetFilter = @convention(c) (Handle, UnsafeMutablePointer<feedh_bpf_program>) -> Int32
  typealias FreeCode = @convention(c) (UnsafeMutablePointer<feedh_bpf_program>) -> Void
  typealias Dispatch = @convention(c) (Handle, Int32, Handler, UnsafeMutableRawPointer?) -> Int32
  typealias Statistics = @convention(c) (Handle, UnsafeMutablePointer<UInt32>) -> Int32
  typealias ErrorText = @convention(c) (Handle) -> UnsafePointer<CChar>
  typealias Close = @convention(c) (Handle) -> Void

  let create: Create
  let setSnapLength: SetInteger
  let setPromiscuous: SetInteger
  let setImmediateMode: SetInteger
  let setBufferSize: SetInteger
  let setTimeout: SetInteger
  let setTimestampPrecision: SetInteger
  let activate: Ask
  let timestampPrecision: Ask
  let setDirection: SetInteger
  let setNonblocking: SetNonblocking
  let dataLink: Ask
  let compile: Compile
  let setFilter: SetFilter
  let freeCode: FreeCode
  let dispatch: Dispatch
  /// Three 32-bit counts: received, dropped for want of room, dropped by the interface.
  let statistics: Statistics
  let errorText: ErrorText
  let close: Close

  /// - Throws: libpcap is not there, or too old.
  init() throws(CaptureError) {
    let library = try DynamicLibrary(
      names: ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so"], package: "libpcap0.8", purpose: "driver libpcap")
    // SAFETY: the types are those of pcap/pcap.h.
    create = try library.function("pcap_create", as: Create.self)
    setSnapLength = try library.function("pcap_set_snaplen", as: SetInteger.self)
    setPromiscuous = try library.function("pcap_set_promisc", as: SetInteger.self)
    setImmediateMode = try library.function("pcap_set_immediate_mode", as: SetInteger.self)
    setBufferSize = try library.function("pcap_set_buffer_size", as: SetInteger.self)
    setTimeout = try library.function("pcap_set_timeout", as: SetInteger.self)
    setTimestampPrecision = try library.function("pcap_set_tstamp_precision", as: SetInteger.self)
    activate = try library.function("pcap_activate", as: Ask.self)
    timestampPrecision = try library.function("pcap_get_tstamp_precision", as: Ask.self)
    setDirection = try library.function("pcap_setdirection", as: SetInteger.self)
    setNonblocking = try library.function("pcap_setnonblock", as: SetNonblocking.self)
    dataLink = try library.function("pcap_datalink", as: Ask.self)
    compile = try library.function("pcap_compile", as: Compile.self)
    setFilter = try library.function("pcap_setfilter", as: SetFilter.self)
    freeCode = try library.function("pcap_freecode", as: FreeCode.self)
    dispatch = try library.function("pcap_dispatch", as: Dispatch.self)
    statistics = try library.function("pcap_stats", as: Statistics.self)
    errorText = try library.function("pcap_geterr", as: ErrorText.self)
    close = try library.function("pcap_close", as: Close.self)
  }
}
