import CDPDK
import Testing

/// The C shim around DPDK, linked or not according to the package trait `DPDK`.
@Suite("DPDK shim")
struct DPDKShimTests {
  #if DPDK
    static let traitIsOn = true
  #else
    static let traitIsOn = false
  #endif

  @Test(.enabled(if: traitIsOn, "DPDK: trait off"))
  func linkedLibraryNamesItsVersion() throws {
    let version = String(cString: try #require(feedh_dpdk_version()))
    #expect(version.hasPrefix("DPDK "), "\(version)")
  }

  @Test(.enabled(if: !traitIsOn, "DPDK: trait on"))
  func withoutTheTraitThereIsNoVersion() {
    #expect(feedh_dpdk_version() == nil)
  }
}
