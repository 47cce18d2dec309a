/// How a venue writes the kind of a US security behind its root. The canonical form is Nasdaq's.
public enum Symbology: String, CaseIterable, Sendable, BitwiseCopyable {
  /// By the venue's protocol.
  case auto
  /// Nasdaq Integrated Platform suffixes, `BRK.B` `AA-A` `XYZ+`: the canonical form, taken as it is.
  case nasdaq
  /// Root, space, letters: `BRK B`, `AA PRA`, `XYZ WS`.
  case cms
  /// Consolidated tape: `BRK.B` or `BRK/B`, `AApA`, `XYZ.WS`.
  case cqs
  /// Taken as it is: futures, crypto.
  case verbatim
}
