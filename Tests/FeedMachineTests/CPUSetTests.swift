import Testing

@testable import FeedMachine

struct CPUSetTests {
  @Test func listsOfTheKernelReadAndWrite() {
    #expect(CPUSet(list: "0-3,8")?.members == [0, 1, 2, 3, 8])
    #expect(CPUSet(list: "")?.members == [])
    #expect(CPUSet(list: "7")?.members == [7])
    // isolcpus: of each group of eight the first two (kernel-parameters, "cpu lists").
    #expect(CPUSet(list: "0-15:2/8")?.members == [0, 1, 8, 9])
    #expect(CPUSet([8, 1, 0, 2, 3, 3]).list == "0-3,8")
    #expect(CPUSet([]).list == "")
  }

  @Test func masksOfTheKernelReadAndWrite() {
    #expect(CPUSet(mask: "f")?.members == [0, 1, 2, 3])
    #expect(CPUSet(mask: "00000001,80000000")?.members == [31, 32])
    #expect(CPUSet(mask: "0")?.members == [])
    #expect(CPUSet([31, 32]).mask == "1,80000000")
    #expect(CPUSet([]).mask == "0")
    #expect(CPUSet([64]).mask == "1,00000000,00000000")
  }

  @Test func setsAreCombined() {
    let a = CPUSet([0, 63, 64, 200])
    let b = CPUSet([63, 200, 8_191])
    #expect(a.intersection(b).members == [63, 200] && a.union(b).members == [0, 63, 64, 200, 8_191])
    #expect(a.subtracting(b).members == [0, 64] && b.subtracting(b) == CPUSet([]))
    #expect(CPUSet([0]).isSubset(of: a) && !b.isSubset(of: a) && a.count == 4 && b.first == 63)
    #expect(!a.contains(-1) && !a.contains(9_999) && CPUSet([-1, 8_192]) == [])
    #expect(a.subtracting([200]) == CPUSet([0, 63, 64]))
  }

  @Test(arguments: [
    "-1", "3-1", "a", "1,,2", "1-", "0-99999999999999999999", "0-8192", "1:2", "0-7:0/4", "0-7:5/4", "0-7:1/4/2", " 1",
    "+1", "1,",
  ])
  func whatIsNoListIsNil(_ text: String) { #expect(CPUSet(list: text) == nil) }

  @Test(arguments: ["", "g", "1,", "123456789", "-1", "1,,1"])
  func whatIsNoMaskIsNil(_ text: String) { #expect(CPUSet(mask: text) == nil) }

  @Test func commandLineWordsAreFound() {
    let line = KernelCommandLine("root=/dev/sda1 isolcpus=managed_irq,domain,2-5,8 nohz_full=all quiet isolcpux=7")
    let all: CPUSet = [0, 1, 2, 3, 4, 5, 6, 7, 8]
    #expect(line.cpus(of: "isolcpus", all: all)?.list == "2-5,8")
    #expect(line.isolationFlags == ["managed_irq", "domain"])
    #expect(line.cpus(of: "nohz_full", all: all) == all)
    #expect(line.cpus(of: "rcu_nocbs", all: all) == [])
    #expect(line.value(of: "quiet") == "")
    #expect(line.value(of: "debug") == nil)
    #expect(KernelCommandLine("isolcpus=5-2").cpus(of: "isolcpus", all: all) == nil)
  }

  @Test func numberedNamesStandInTheirOrder() {
    let names = ["cpu10", "cpu2", "cpufreq", "cpu1", "cpu"]
    #expect(names.sorted(by: MachineRoot.numberedOrder) == ["cpu", "cpu1", "cpu2", "cpu10", "cpufreq"])
  }
}
