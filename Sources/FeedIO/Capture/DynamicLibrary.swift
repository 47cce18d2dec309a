import Glibc

/// A shared library found at run time, so that feedh starts without it. Never closed.
struct DynamicLibrary: @unchecked Sendable {
  private let handle: UnsafeMutableRawPointer
  private let name: String
  private let package: String
  private let purpose: String

  /// - Parameters:
  ///   - names: file names by which systems know it, tried in order.
  ///   - package: Debian package that holds it, for the error.
  ///   - purpose: what needs it, for the error: "reading .gz files".
  init(names: [String], package: String, purpose: String) throws(CaptureError) {
    for name in names {
      if let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) {
        self.handle = handle
        self.name = name
        self.package = package
        self.purpose = purpose
        return
      }
    }
    throw .libraryMissing(library: names[0], package: package, purpose: purpose)
  }

  /// SAFETY: `Function` must be the `@convention(c)` type that the library's header declares for `symbol`.
  func function<Function>(_ symbol: String, as type: Function.Type) throws(CaptureError) -> Function {
    guard let address = dlsym(handle, symbol) else {
      throw .libraryMissing(library: "\(name) with \(symbol)", package: package, purpose: purpose)
    }
    return unsafeBitCast(address, to: type)
  }
}
