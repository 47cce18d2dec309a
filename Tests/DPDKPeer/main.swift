import FeedIO
import Glibc

// A process of its own for tests of DPDK: its environment starts once a process, with settings of its own, and some
// devices join two processes.
//
//   DPDKPeer start [KEY=VALUE]…             starts the environment, opens `open=DEVICE` if given, says how it went
//   DPDKPeer send DEVICE COUNT LENGTH       sends numbered frames, then waits for its standard input to end
//   DPDKPeer loop DEVICE COUNT              receives so many packets, sent by itself where the device is a loop
//
// KEY: memory=huge|ordinary|automatic, megabytes=N, pci=ADDRESS, extra=WORD, open=pci:ADDRESS|DEVICE,ARGUMENTS.
// One line on standard output: "ok …" (exit 0), or the error (exit 1).

exit(Peer.run(Array(CommandLine.arguments.dropFirst())))
