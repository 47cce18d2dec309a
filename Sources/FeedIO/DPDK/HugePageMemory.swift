import Glibc

/// Huge pages of this machine.
enum HugePageMemory {
  /// Megabytes in huge pages that nobody uses, over all sizes and nodes; 0 where the system has none.
  static func freeMegabytes(root: String = "/sys/kernel/mm/hugepages") -> Int {
    guard let folder = opendir(root) else { return 0 }
    defer { closedir(folder) }
    var kilobytes = 0
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      // "hugepages-2048kB"
      guard name.hasPrefix("hugepages-"), name.hasSuffix("kB"),
        let size = Int(name.dropFirst(10).dropLast(2)), let count = number("\(root)/\(name)/free_hugepages")
      else { continue }
      let (product, overflow) = size.multipliedReportingOverflow(by: count)
      if !overflow { kilobytes += product }
    }
    return kilobytes / 1_024
  }

  private static func number(_ path: String) -> Int? {
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var text = [CChar](repeating: 0, count: 32)
    guard fgets(&text, Int32(text.count), file) != nil else { return nil }
    let digits = text.prefix { $0 >= 48 && $0 <= 57 }.map { UInt8(bitPattern: $0) }
    return Int(String(decoding: digits, as: UTF8.self))
  }
}
