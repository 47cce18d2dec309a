/// What the compiler may assume of a condition on the hot path, where the rare side is a call or a way out: it lays the
/// everyday side out in one piece, and saves and restores registers around the rare one only.
///
/// Of conditions that go one way in all but a few of a hundred messages; the others are the processor's to predict.
@_transparent
func likely(_ condition: Bool) -> Bool { _fastPath(condition) }

@_transparent
func unlikely(_ condition: Bool) -> Bool { _slowPath(condition) }
