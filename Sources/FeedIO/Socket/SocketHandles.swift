import Glibc

/// File descriptors that are closed together, at the latest when nobody holds the list any more: an opening that fails
/// half-way leaks none.
final class SocketHandles {
  private(set) var handles: [Int32] = []

  func append(_ handle: Int32) { handles.append(handle) }

  func closeAll() {
    for handle in handles { Glibc.close(handle) }
    handles.removeAll()
  }

  deinit { closeAll() }
}
