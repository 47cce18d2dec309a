import Glibc

let temporaryFolder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"

/// A file without a name, for what reads files by their path: "/proc/self/fd/" and its number. Below 0: none.
func temporaryFile() -> Int32 {
  var template = Array("\(temporaryFolder)/feedh-fuzz-XXXXXX".utf8CString)
  let descriptor = mkstemp(&template)
  if descriptor >= 0 { unlink(template) }
  return descriptor
}
