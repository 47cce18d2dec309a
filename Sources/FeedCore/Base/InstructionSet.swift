import CSIMD

/// The vector instructions that routines are chosen by: changes of price levels, checksums. Results are equal with all.
public enum InstructionSet: String, CaseIterable, Sendable {
  case scalar, avx2, avx512, neon

  /// This CPU and its operating system run it.
  public var isAvailable: Bool { feedh_isa_runs(code) != 0 }

  public static var available: [InstructionSet] { allCases.filter(\.isAvailable) }

  /// What this process uses: the widest one, unless another was chosen.
  public static var chosen: InstructionSet { InstructionSet(feedh_isa_chosen()) }

  /// Has all that is made from now on use it. For the whole process: call it before the first pipeline is made.
  ///
  /// - Throws: `InstructionSetError` where this CPU does not run it.
  public static func choose(_ set: InstructionSet) throws(InstructionSetError) {
    guard set.isAvailable else { throw InstructionSetError(wanted: set) }
    feedh_isa_choose(set.code)
  }

  var code: feedh_isa {
    switch self {
    case .scalar: FEEDH_ISA_SCALAR
    case .avx2: FEEDH_ISA_AVX2
    case .avx512: FEEDH_ISA_AVX512
    case .neon: FEEDH_ISA_NEON
    }
  }

  private init(_ code: feedh_isa) {
    switch code {
    case FEEDH_ISA_AVX2: self = .avx2
    case FEEDH_ISA_AVX512: self = .avx512
    case FEEDH_ISA_NEON: self = .neon
    default: self = .scalar
    }
  }
}

/// An instruction set that this CPU does not run.
public struct InstructionSetError: Error, CustomStringConvertible {
  public let wanted: InstructionSet
  public var description: String {
    "this CPU does not run \(wanted.rawValue); it runs \(InstructionSet.available.map(\.rawValue).joined(separator: ", "))"
  }
}
