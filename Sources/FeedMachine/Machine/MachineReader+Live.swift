import CMachine
import Glibc

/// What only this machine itself can answer, or a recorded one in a file of its own.
extension Clock.Synchronisation {
  /// Nil where the kernel refuses to tell.
  static func live() -> Clock.Synchronisation? {
    var state = feedh_clock_state()
    if feedh_get_clock_state(&state) != 0 { return nil }
    return Clock.Synchronisation(
      isUnsynchronised: state.is_unsynchronised, maximumErrorMicroseconds: Int(state.maximum_error_microseconds),
      estimatedErrorMicroseconds: Int(state.estimated_error_microseconds))
  }
}

extension MachineReader {
  /// The disk of a folder. Of a recorded machine the folder is looked for below the root, and how full its disk is
  /// stays unknown.
  func recordDisk(_ folder: String) -> RecordDisk {
    var disk = RecordDisk(folder: folder)
    if !root.isLive { return disk }
    var space = statvfs()
    if statvfs(folder, &space) != 0 { return disk }
    disk.freeBytes = UInt64(space.f_bavail).multipliedReportingOverflow(by: UInt64(space.f_frsize)).partialValue
    disk.totalBytes = UInt64(space.f_blocks).multipliedReportingOverflow(by: UInt64(space.f_frsize)).partialValue
    disk.isWritable = access(folder, W_OK | X_OK) == 0
    var status = stat()
    if stat(folder, &status) == 0 {
      // A dev_t of Linux: twelve bits of major from bit 8, the rest from bit 44; eight bits of minor, the rest from
      // bit 20.
      let number = UInt64(status.st_dev)
      let major = (number >> 8) & 0xFFF | (number >> 32) & 0xFFFF_F000
      let minor = number & 0xFF | (number >> 12) & 0xFFFF_FF00
      let device = "/sys/dev/block/\(major):\(minor)"
      disk.device = root.linkName(device)
      // A partition has no queue of its own; the disk above it has.
      let rotational = root.integer("\(device)/queue/rotational") ?? root.integer("\(device)/../queue/rotational")
      disk.isRotational = rotational.map { $0 == 1 }
    }
    return disk
  }
}
