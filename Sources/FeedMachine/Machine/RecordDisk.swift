/// The disk of the folder that packets are recorded to.
public struct RecordDisk: Equatable, Sendable {
  public var folder: String
  /// Nil: the folder is not there.
  public var freeBytes: UInt64?
  public var totalBytes: UInt64?
  public var isWritable = false
  /// Block device, "nvme0n1"; nil where the file system has none or it is unknown.
  public var device: String?
  public var isRotational: Bool?
}
