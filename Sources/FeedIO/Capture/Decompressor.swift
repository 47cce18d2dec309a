import CDynamic
import Glibc

/// Unpacks a whole gzip or zstd file into an unlinked temporary file and maps that, so that packets stay where they
/// are for the whole run, and every core can walk them.
enum Decompressor {
  /// What was wrong with the packed data, and where in it.
  struct Fault: Sendable, Equatable {
    var counter: CaptureCounter
    var offset: Int
  }

  static func unpack(
    _ packed: UnsafeRawBufferPointer, _ compression: CaptureCompression, path: String
  ) throws(CaptureError) -> (file: MappedFile, fault: Fault?) {
    var output = try TemporaryFile(path: path)
    let fault =
      switch compression {
      case .gzip: try gunzip(packed, into: &output, path: path)
      case .zstd: try unzstd(packed, into: &output, path: path)
      case .none: Fault?.none
      }
    guard let file = try output.map() else {
      throw .nothingDecompressed(path: path, format: compression.rawValue)
    }
    return (file, fault)
  }

  /// zlib's inflate over all members of the file (RFC 1952 section 2.2). Zero bytes after the last are padding.
  private static func gunzip(
    _ packed: UnsafeRawBufferPointer, into output: inout TemporaryFile, path: String
  ) throws(CaptureError) -> Fault? {
    let library = try DynamicLibrary(names: ["libz.so.1"], package: "zlib1g", purpose: "reading the gzip file \(path)")
    typealias Stream = UnsafeMutablePointer<feedh_z_stream>
    let initialise = try library.function(
      "inflateInit2_", as: (@convention(c) (Stream, Int32, UnsafePointer<CChar>, Int32) -> Int32).self)
    let inflate = try library.function("inflate", as: (@convention(c) (Stream, Int32) -> Int32).self)
    let reset = try library.function("inflateReset", as: (@convention(c) (Stream) -> Int32).self)
    let end = try library.function("inflateEnd", as: (@convention(c) (Stream) -> Int32).self)

    var stream = feedh_z_stream()
    // 16 asks for the gzip wrapper, 15 for the largest window; the version's first digit is what zlib checks.
    let started = initialise(&stream, 16 + 15, "1.2.3", Int32(MemoryLayout<feedh_z_stream>.size))
    if started != 0 { throw .unreadable(path: path, reason: "zlib refused to start (\(started))") }
    defer { _ = end(&stream) }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: TemporaryFile.chunkLength, alignment: 4096)
    defer { buffer.deallocate() }
    let out = buffer.baseAddress!.assumingMemoryBound(to: UInt8.self)
    let input = packed.baseAddress!.assumingMemoryBound(to: UInt8.self)

    var offset = 0
    while true {
      // SAFETY: both windows lie in their buffers; zlib writes and reads no further than `avail_…`.
      let offered = min(packed.count - offset, 1 << 30)
      stream.next_in = input + offset
      stream.avail_in = UInt32(offered)
      stream.next_out = out
      stream.avail_out = UInt32(buffer.count)
      let code = inflate(&stream, 0)
      let taken = offered - Int(stream.avail_in)
      let produced = buffer.count - Int(stream.avail_out)
      offset += taken
      try output.append(UnsafeRawBufferPointer(rebasing: buffer[..<produced]))
      switch code {
      case 1:  // Z_STREAM_END: a member is whole.
        let rest = UnsafeRawBufferPointer(rebasing: packed[offset...])
        if rest.allSatisfy({ $0 == 0 }) { return nil }
        if rest.count < 2 || rest[0] != 0x1F || rest[1] != 0x8B {
          return Fault(counter: .corruptCompression, offset: offset)
        }
        _ = reset(&stream)
      case 0, -5:  // Z_OK, Z_BUF_ERROR (no progress possible).
        if offset == packed.count && produced < buffer.count {
          return Fault(counter: .truncatedCompression, offset: offset)
        }
        if taken == 0 && produced == 0 { return Fault(counter: .corruptCompression, offset: offset) }
      case -4: throw .unreadable(path: path, reason: "zlib has no memory")
      default: return Fault(counter: .corruptCompression, offset: offset)
      }
    }
  }

  /// zstd's streaming decoder, which itself goes from frame to frame and over skippable ones (RFC 8878).
  private static func unzstd(
    _ packed: UnsafeRawBufferPointer, into output: inout TemporaryFile, path: String
  ) throws(CaptureError) -> Fault? {
    let library = try DynamicLibrary(
      names: ["libzstd.so.1"], package: "libzstd1", purpose: "reading the zstd file \(path)")
    typealias Context = UnsafeMutableRawPointer
    let create = try library.function("ZSTD_createDCtx", as: (@convention(c) () -> Context?).self)
    let setParameter = try library.function(
      "ZSTD_DCtx_setParameter", as: (@convention(c) (Context, Int32, Int32) -> Int).self)
    let decompress = try library.function(
      "ZSTD_decompressStream",
      as: (@convention(c) (Context, UnsafeMutablePointer<feedh_zstd_out>, UnsafeMutablePointer<feedh_zstd_in>) -> Int)
        .self)
    let isError = try library.function("ZSTD_isError", as: (@convention(c) (Int) -> UInt32).self)
    let free = try library.function("ZSTD_freeDCtx", as: (@convention(c) (Context?) -> Int).self)

    guard let context = create() else { throw .unreadable(path: path, reason: "zstd has no memory") }
    defer { _ = free(context) }
    // ZSTD_d_windowLogMax = 100: files written with --long=31 are read too.
    _ = setParameter(context, 100, 31)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: TemporaryFile.chunkLength, alignment: 4096)
    defer { buffer.deallocate() }

    var input = feedh_zstd_in(src: packed.baseAddress, size: packed.count, pos: 0)
    while true {
      // SAFETY: zstd reads and writes within the sizes given.
      var out = feedh_zstd_out(dst: buffer.baseAddress, size: buffer.count, pos: 0)
      let before = input.pos
      let hint = decompress(context, &out, &input)
      try output.append(UnsafeRawBufferPointer(rebasing: buffer[..<out.pos]))
      if isError(hint) != 0 { return Fault(counter: .corruptCompression, offset: input.pos) }
      if input.pos == packed.count && out.pos < buffer.count {
        return hint == 0 ? nil : Fault(counter: .truncatedCompression, offset: input.pos)
      }
      if input.pos == before && out.pos == 0 { return Fault(counter: .corruptCompression, offset: input.pos) }
    }
  }
}
