import CDPDK
import Glibc

/// Libraries that are found at run time. They belong to this machine, also where another one is judged.
extension Doctor {
  public func libraryChecks() -> [DoctorCheck] {
    let libraries: [(name: String, files: [String], package: String, use: String)] = [
      ("zlib", ["libz.so.1"], "zlib1g", "captures in .gz"), ("zstd", ["libzstd.so.1"], "libzstd1", "captures in .zst"),
      ("libpcap", ["libpcap.so.0.8", "libpcap.so.1", "libpcap.so"], "libpcap0.8", "--filter"),
    ]
    let found: [DoctorCheck] = libraries.map { library in
      if let file = library.files.first(where: Self.isThere) { return .pass("libraries", library.name, file) }
      return .warn(
        "libraries", library.name, "\(library.files[0]) is missing: no \(library.use)",
        "apt-get install \(library.package)")
    }
    return found + [dpdkCheck()]
  }

  private func dpdkCheck() -> DoctorCheck {
    if let version = feedh_dpdk_version() { return .pass("libraries", "DPDK", String(cString: version)) }
    if settings.live.ports.contains(where: { $0.pciAddress != nil && $0.interface == nil }) {
      return .fail(
        "libraries", "DPDK", "built without it, and a port has a PCI address only", "swift build --traits DPDK")
    }
    return .skipped("libraries", "DPDK", "built without it", "swift build --traits DPDK")
  }

  /// Opened to see that all it needs is there too; never closed, as when it is used.
  private static func isThere(_ file: String) -> Bool { dlopen(file, RTLD_NOW | RTLD_LOCAL) != nil }
}
