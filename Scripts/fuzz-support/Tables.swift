// Tables.c: tables made inside of `tables(_:)` are put back to their first content by `restoreTables()`.
@_silgen_name("feedh_fuzz_tables_begin") private func begin()
@_silgen_name("feedh_fuzz_tables_end") private func end()
@_silgen_name("feedh_fuzz_tables_restore") func restoreTables()

/// Makes the tables of a target, once in a process. What changes from input to input has to lie in them, or in memory
/// that `UnsafeMutablePointer.allocate` gave inside of `make`.
func tables<Result>(_ make: () -> Result) -> UnsafeMutablePointer<Result> {
  begin()
  let made = UnsafeMutablePointer<Result>.allocate(capacity: 1)
  made.initialize(to: make())
  end()
  return made
}
