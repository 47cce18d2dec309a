/// Why packets cannot be recorded, or not any more: what, where, what to do, in one line.
public enum RecordingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A recording is never written over.
  case exists(path: String)
  case cannotOpen(path: String, reason: String)
  case cannotWrite(path: String, reason: String)
  case noFolder(path: String, reason: String)
  case packedName(path: String)
  case formatUnlikeName(path: String, format: RecordingFormat)
  case severalIntoOneFile(path: String, queues: Int)
  case outOfRange(what: String, value: Int64, allowed: String)
  case notAllowedCPU(Int)

  public var description: String {
    switch self {
    case .exists(let path): "\(path): exists already and is not written over; name another file, or move it away"
    case .cannotOpen(let path, let reason): "\(path): cannot be created: \(reason); name another place"
    case .cannotWrite(let path, let reason):
      "\(path): cannot be written any more: \(reason); what was recorded so far is in it; free space there or name "
        + "another place"
    case .noFolder(let path, let reason):
      "\(path): cannot be used as a folder: \(reason); name another folder, or a file that ends in .pcap or .pcapng"
    case .packedName(let path): "\(path): recordings are not packed; leave out .gz or .zst and pack the file afterwards"
    case .formatUnlikeName(let path, let format):
      "\(path): its name does not go with the format \(format.rawValue); leave out one of them"
    case .severalIntoOneFile(let path, let queues):
      "\(path): \(queues) queues cannot be recorded into one file; name a folder"
    case .outOfRange(let what, let value, let allowed): "\(what) is \(value); allowed: \(allowed)"
    case .notAllowedCPU(let cpu):
      "CPU \(cpu) is not one that the recording's thread may run on; name another (taskset -p shows them)"
    }
  }
}
