import Glibc

/// Runs a call into DPDK on a thread of ordinary scheduling (SCHED_OTHER), whatever the calling thread's is.
///
/// A thread inherits the scheduling of its maker, so where feedh was started as a real-time program (`chrt -f`), DPDK's
/// own threads would be such threads, too, and DPDK waits for each of them in sleeps of a microsecond
/// (rte_ctrl_thread_create of 22.11). A real-time thread's sleep has no slack: it is over before the thread has left the
/// CPU, which another thread of the same priority then never gets. On a single CPU the EAL's start waited for its
/// interrupt thread for as long as the kernel let it.
enum OrdinaryThread {
  /// Waits for the end of `work` and gives what it returned.
  ///
  /// - Throws: no thread could be made.
  static func run(_ work: () -> Int32) throws(DPDKError) -> Int32 {
    let result = withoutActuallyEscaping(work) { work -> Result<Int32, DPDKError> in
      let job = Job(work)
      let made = start(job)
      if made != 0 { return .failure(.thread(reason: String(cString: strerror(made)))) }
      return .success(job.result)
    }
    return try result.get()
  }

  /// What the thread works on; the one that made it waits.
  private final class Job {
    let work: () -> Int32
    var result: Int32 = 0
    init(_ work: @escaping () -> Int32) { self.work = work }
  }

  /// Returns when the job is done: 0, or why there is no thread, an errno value.
  private static func start(_ job: Job) -> Int32 {
    var attributes = pthread_attr_t()
    let refused = pthread_attr_init(&attributes)
    if refused != 0 { return refused }
    defer { pthread_attr_destroy(&attributes) }
    // The attributes' own policy, which is SCHED_OTHER as long as nobody sets another.
    pthread_attr_setinheritsched(&attributes, Int32(PTHREAD_EXPLICIT_SCHED))
    var thread = pthread_t()
    let made = pthread_create(&thread, &attributes, main, Unmanaged.passRetained(job).toOpaque())
    if made != 0 {
      Unmanaged.passUnretained(job).release()
      return made
    }
    pthread_join(thread, nil)
    return 0
  }

  private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { context in
    // SAFETY: `start` retains the job for this thread.
    let job = Unmanaged<Job>.fromOpaque(context!).takeRetainedValue()
    job.result = job.work()
    return nil
  }
}
