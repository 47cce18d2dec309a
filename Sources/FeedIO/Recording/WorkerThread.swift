import CPlatform
import Glibc

/// A thread beside the polling cores: the recording's writer, a command's sender or receiver.
public final class WorkerThread: @unchecked Sendable {
  private var thread = pthread_t()
  private var body: (@Sendable () -> Void)?
  private let cpu: Int?

  /// Starts it.
  ///
  /// - Parameter cpu: pinned to it; nil: not pinned. Ask `isAllowed` first: a CPU that may not be used is ignored.
  public init(cpu: Int? = nil, _ body: @escaping @Sendable () -> Void) {
    self.cpu = cpu
    self.body = body
    let result = pthread_create(&thread, nil, Self.main, Unmanaged.passRetained(self).toOpaque())
    guard result == 0 else { fatalError("cannot start a thread: \(String(cString: strerror(result)))") }
  }

  /// Waits for its end. Call once.
  public func join() {
    pthread_join(thread, nil)
    body = nil
  }

  /// Whether the calling thread, and those it makes, may run on this CPU.
  public static func isAllowed(cpu: Int) -> Bool {
    (0..<feedh_allowed_cpu_count()).contains { feedh_allowed_cpu($0) == Int32(clamping: cpu) }
  }

  private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
    let worker = Unmanaged<WorkerThread>.fromOpaque(context!).takeRetainedValue()
    if let cpu = worker.cpu { feedh_pin_thread(Int32(clamping: cpu)) }
    worker.body?()
    return nil
  }
}
