/// Why `BoundedFile` read nothing; callers know what the file was for, and say the rest.
enum BoundedFileError: Error, Equatable {
  /// The system's words.
  case unreadable(String)
  case tooLong
}
