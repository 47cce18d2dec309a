// swift-tools-version: 6.1
//
// Layers, each allowed to import only those below it:
//
//   feedh → FeedMachine → FeedConfig, FeedObserve, FeedSim → FeedIO → FeedCore → CShims
//
// Everything that runs once per message lives in the one module FeedCore, so that the compiler sees the whole
// hot path; module borders are crossed once per burst of packets (Docs/decisions/0001-one-hot-module.md).
import PackageDescription

/// True where the trait DPDK is on. The symbolic links in CShims/CDPDK/sys lead to Debian's header folders,
/// because SwiftPM cannot read Debian's libdpdk.pc; a dangling link is harmless while the trait is off.
let dpdk: BuildSettingCondition = .when(platforms: [.linux], traits: ["DPDK"])

let package = Package(
  name: "feedh",
  products: [
    .executable(name: "feedh", targets: ["feedh"]),
    .library(name: "FeedCore", targets: ["FeedCore"]),
    .library(name: "FeedIO", targets: ["FeedIO"]),
  ],
  traits: [
    .trait(
      name: "DPDK",
      description: "Receive and send through DPDK: links it (Debian: libdpdk-dev) and compiles its shim.")
  ],
  dependencies: [
    // The product's only two: the command line, and YAML with line marks.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    // Tests only: the oracle for our latency histograms.
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: [
    // Thin C: what Swift cannot say (time-stamp counter, prefetch, thread affinity) or would mis-inline.
    .target(name: "CPlatform", path: "CShims/CPlatform"),
    // Vector routines over the baseline instruction set, inlined into their callers.
    .target(name: "CSIMD", path: "CShims/CSIMD"),
    // ABI declarations of libraries that are found at run time with dlopen: zlib, zstd, libpcap.
    .target(name: "CDynamic", path: "CShims/CDynamic"),
    // Questions to the kernel that have no file: network devices, the state of the clock.
    .target(name: "CMachine", path: "CShims/CMachine"),
    // Sending through packet and UDP sockets, many packets a system call.
    .target(name: "CTransmit", path: "CShims/CTransmit"),
    // Kernel sockets that packets arrive at: recvmmsg with control messages, AF_PACKET rings, interfaces.
    .target(name: "CSocket", path: "CShims/CSocket"),
    .target(
      name: "CDPDK", path: "CShims/CDPDK", exclude: ["sys"],
      cSettings: [
        .define("FEEDH_DPDK", dpdk),
        .headerSearchPath("sys/dpdk", dpdk),
        .headerSearchPath("sys/x86_64", dpdk),
        .headerSearchPath("sys/aarch64", dpdk),
      ],
      linkerSettings: ["rte_ethdev", "rte_mbuf", "rte_mempool", "rte_ring", "rte_eal"].map { .linkedLibrary($0, dpdk) }),

    .target(name: "FeedCore", dependencies: ["CPlatform", "CSIMD"]),
    .target(name: "FeedIO", dependencies: ["FeedCore", "CDynamic", "CDPDK", "CSocket", "CTransmit"]),
    .target(name: "FeedSim", dependencies: ["FeedIO", "CSocket"]),
    .target(name: "FeedObserve", dependencies: ["FeedIO"]),
    .target(name: "FeedConfig", dependencies: ["FeedIO", .product(name: "Yams", package: "Yams")]),
    .target(name: "FeedMachine", dependencies: ["FeedConfig", "FeedObserve", "CMachine"]),
    .executableTarget(
      name: "feedh",
      dependencies: [
        "FeedConfig", "FeedMachine", "FeedObserve", "FeedSim",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .testTarget(name: "FeedCoreTests", dependencies: ["FeedCore", "CSIMD"]),
    .testTarget(name: "FeedIOTests", dependencies: ["FeedIO", "DPDKPeer"]),
    // A process of its own for tests of DPDK, whose environment starts once a process.
    .executableTarget(name: "DPDKPeer", dependencies: ["FeedIO"], path: "Tests/DPDKPeer"),
    .testTarget(name: "FeedSimTests", dependencies: ["FeedSim", "FeedObserve"]),
    .testTarget(
      name: "FeedObserveTests",
      dependencies: ["FeedObserve", .product(name: "Histogram", package: "hdrhistogram-swift")]),
    .testTarget(name: "FeedConfigTests", dependencies: ["FeedConfig"]),
    .testTarget(name: "FeedMachineTests", dependencies: ["FeedMachine"]),
    // Live queues on loopback and veth pairs, in network namespaces of their own.
    .testTarget(name: "SocketTests", dependencies: ["FeedIO", "FeedSim", "CPlatform", "CSocket"]),
    // Runs the built `feedh` as its users do.
    .testTarget(name: "IntegrationTests", dependencies: ["feedh", "FeedSim", "FeedObserve"]),
  ]
)
