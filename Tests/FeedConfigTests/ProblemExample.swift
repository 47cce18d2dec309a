import Testing

@testable import FeedConfig

/// A text with exactly one problem, and that problem as it is printed, without the name of the file.
struct ProblemExample: Sendable, CustomTestStringConvertible {
  var yaml: String
  var line: String
  var testDescription: String { yaml }

  /// All examples. Lines that begin with "> " are the text; the next ones the problem, joined by one space; "␁" and
  /// "→" stand for U+0001 and a tab.
  static let all: [ProblemExample] = source.split(separator: "\n\n").compactMap { block in
    let lines = block.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("# ") }
    if lines.isEmpty { return nil }
    let yaml = lines.filter { $0.hasPrefix("> ") }.map { String($0.dropFirst(2)) }.joined(separator: "\n")
    let problem = lines.filter { !$0.hasPrefix("> ") }.map { String($0.drop { $0 == " " }) }.joined(separator: " ")
    return ProblemExample(
      yaml: yaml.replacing("␁", with: "\u{1}").replacing("→", with: "\t"), line: problem)
  }

  private static let source = #"""
    # Keys.

    > sesion: {}
    1:1: unknown key "sesion" in the top level; allowed: the keys venues, feeds, symbols, session, recovery,
      detect, risk, orders, shards, threads, capacity, latency, verifyChecksums, live; did you mean "session"?

    > session:
    >   silense: 5s
    2:3: unknown key "silense" in session; allowed: the keys reorderWindow, reorderWindowPackets, silence,
      sequenceJumpMaximum; did you mean "silence"?

    > session: { sampleEvery: 5 }
    1:12: unknown key "sampleEvery" in session; allowed: the keys reorderWindow, reorderWindowPackets, silence,
      sequenceJumpMaximum; did you mean latency.sampleEvery?

    > session: { qqq: 5 }
    1:12: unknown key "qqq" in session; allowed: the keys reorderWindow, reorderWindowPackets, silence,
      sequenceJumpMaximum; remove it

    > session:
    >   silence: 5s
    >   silence: 6s
    3:3: key "silence" stands twice in session; allowed: each key once; remove it here or on line 2

    > session: {}
    > "session": {}
    2:1: key "session" stands twice in the top level; allowed: each key once; remove it here or on line 1

    > session: { [1]: 2 }
    1:12: a list as a key in session; allowed: the keys reorderWindow, reorderWindowPackets, silence,
      sequenceJumpMaximum; write a plain key

    > latency: &x { sampleEvery: 5 }
    > session: { <<: *x }
    2:12: merge key "<<" in session; allowed: the keys reorderWindow, reorderWindowPackets, silence,
      sequenceJumpMaximum; repeat the keys, or give a whole section as an alias

    > venues: [ { tick: "0.01" } ]
    1:11: venues[0] has no name; allowed: 1 ... 16 characters of A-Z a-z 0-9 _ . -; add name:

    > venues: [ { nmae: x } ]
    1:13: unknown key "nmae" in venues[0]; allowed: the keys name, fees, symbology, orderLatency, replyLatency,
      roundLot, tick, tickBelowDollar; did you mean "name"?

    # Types.

    > session: 5
    1:10: session is "5", not a mapping; allowed: the keys reorderWindow, reorderWindowPackets, silence,
      sequenceJumpMaximum; write it as "key: value" lines

    > session: [5]
    1:10: session is a list, not a mapping; allowed: the keys reorderWindow, reorderWindowPackets, silence,
      sequenceJumpMaximum; write it as "key: value" lines

    > - a
    1:1: the top level is a list, not a mapping; allowed: the keys venues, feeds, symbols, session, recovery,
      detect, risk, orders, shards, threads, capacity, latency, verifyChecksums, live; write it as "key: value" lines

    > hello
    1:1: the top level is "hello", not a mapping; allowed: the keys venues, feeds, symbols, session, recovery,
      detect, risk, orders, shards, threads, capacity, latency, verifyChecksums, live; write it as "key: value" lines

    > venues: { name: x }
    1:9: venues is a mapping, not a list; allowed: a list of at most 8 entries; begin each entry with "- "

    > shards: [1]
    1:9: shards is a list, not one value; allowed: a whole number, 1 ... 64; write one value

    > shards: { a: 1 }
    1:9: shards is a mapping, not one value; allowed: a whole number, 1 ... 64; write one value

    > shards:
    1:8: shards has no value; allowed: a whole number, 1 ... 64; write a value, or remove the key

    > shards: !!float 5
    1:9: tag "tag:yaml.org,2002:float" in shards; allowed: values without tags; remove the tag

    > threads: { cpus: 3 }
    1:18: threads.cpus is "3", not a list; allowed: a list of whole numbers, at most 64 of 0 ... 1023; write it like
      [1, 2]

    > threads: { cpus: [0, x] }
    1:22: threads.cpus[1] is "x", not a whole number; allowed: a list of whole numbers, at most 64 of 0 ... 1023;
      write a whole number

    > verifyChecksums: yes
    1:18: verifyChecksums is "yes", not a boolean; allowed: true or false; write true or false

    > detect: { imbalance: }
    1:22: detect.imbalance has no value; allowed: a mapping; write {} for the defaults, or remove the key

    # Numbers.

    > shards: 0
    1:9: shards is "0", out of range; allowed: a whole number, 1 ... 64; write 1 or more

    > shards: 65
    1:9: shards is "65", out of range; allowed: a whole number, 1 ... 64; write 64 or less

    > shards: -1
    1:9: shards is "-1", out of range; allowed: a whole number, 1 ... 64; write 1 or more

    > shards: 99999999999999999999
    1:9: shards is "99999999999999999999", out of range; allowed: a whole number, 1 ... 64; write a value inside the
      range

    > shards: 16.0
    1:9: shards is "16.0", not a whole number; allowed: a whole number, 1 ... 64; write a whole number

    > shards: .nan
    1:9: shards is ".nan", not a whole number; allowed: a whole number, 1 ... 64; write a whole number

    > shards: 010
    1:9: shards is "010", which YAML reads as octal; allowed: a whole number, 1 ... 64; write it without the leading
      zero

    > session: { silence: 5 }
    1:21: session.silence is "5", without a unit; allowed: a duration such as 1ms (units ns, us, ms, s, min, h), 1ms
      ... 1h; add the unit, such as 1ms

    > session: { silence: 1us }
    1:21: session.silence is "1us", out of range; allowed: a duration such as 1ms (units ns, us, ms, s, min, h), 1ms
      ... 1h; write 1ms or more

    > session: { silence: 61min }
    1:21: session.silence is "61min", out of range; allowed: a duration such as 1ms (units ns, us, ms, s, min, h), 1ms
      ... 1h; write 1h or less

    > session: { silence: soon }
    1:21: session.silence is "soon", not a duration; allowed: a duration such as 1ms (units ns, us, ms, s, min, h),
      1ms ... 1h; write a duration

    > session: { silence: 5.0000000001s }
    1:21: session.silence is "5.0000000001s", finer than a nanosecond; allowed: a duration such as 1ms (units ns, us,
      ms, s, min, h), 1ms ... 1h; round it

    > venues: [ { name: v, tick: 1e-2 } ]
    1:28: venues[0].tick is "1e-2", not a decimal number; allowed: a decimal with at most 9 decimals, 0.000000001 ...
      1000; write a decimal number

    > venues: [ { name: v, tick: .NaN } ]
    1:28: venues[0].tick is ".NaN", not a decimal number; allowed: a decimal with at most 9 decimals, 0.000000001 ...
      1000; write a decimal number

    > venues: [ { name: v, tick: "0.0000000001" } ]
    1:28: venues[0].tick is "0.0000000001", finer than nine decimals; allowed: a decimal with at most 9 decimals,
      0.000000001 ... 1000; round it

    > venues: [ { name: v, tick: -0.01 } ]
    1:28: venues[0].tick is "-0.01", out of range; allowed: a decimal with at most 9 decimals, 0.000000001 ... 1000;
      write 0.000000001 or more

    > risk: { priceCollar: 0.0000005 }
    1:22: risk.priceCollar is "0.0000005", finer than is kept; allowed: a decimal with at most 6 decimals, 0 ... 1;
      round it to six decimals

    # Texts.

    > venues: [ { name: "a b" } ]
    1:19: venues[0].name is "a b"; allowed: 1 ... 16 characters of A-Z a-z 0-9 _ . -; choose another name

    > venues: [ { name: abcdefghijklmnopq } ]
    1:19: venues[0].name is "abcdefghijklmnopq"; allowed: 1 ... 16 characters of A-Z a-z 0-9 _ . -; choose another
      name

    > threads: { layout: ring }
    1:20: threads.layout is "ring"; allowed: walk, rings, spread; did you mean "rings"?

    > orders: { firm: acme }
    1:17: orders.firm is "acme"; allowed: 0 ... 4 characters of A-Z 0-9; write the MPID, or ""

    > venues: [ { name: v } ]
    > feeds: [ { name: f, venue: v, lines: [ { name: A, group: 1.2.3 } ] } ]
    2:58: feeds[0].lines[0].group is "1.2.3", not an address; allowed: IPv4 or IPv6 address, multicast or unicast;
      write it like 233.54.12.111 or ff15::1

    > venues: [ { name: v } ]
    > feeds: [ { name: f, venue: v, lines: [ { name: A, port: 0 } ] } ]
    2:57: feeds[0].lines[0].port is "0", out of range; allowed: a whole number, 1 ... 65_535; write 1 or more

    > venues: [ { name: v } ]
    > feeds: [ { name: f, venue: v, lines: [ { name: A, file: d/a.pcap } ] } ]
    2:57: feeds[0].lines[0].file is "d/a.pcap", which names a folder; allowed: 1 ... 255 bytes, no folder; write the
      part after the last /

    > venues: [ { name: v } ]
    > feeds: [ { name: f, venue: v, protocol: fix, lines: [ { name: A, port: 1 } ] } ]
    2:41: feeds[0].protocol is "fix"; allowed: auto, itch50, tops15, tops16, deep10, deepPlus, pitch, nyseIntegrated,
      memxDepth, cmeMDP3, miaxPearlDepth, coinbaseDerivatives, eobi, deribit; write one of them

    # References, names, sums, overlaps.

    > venues:
    >   - name: v
    >   - name: w
    >   - name: v
    4:11: venues[2].name is "v", the name of another venue; allowed: each name once; rename it here or on line 2

    > feeds:
    > - { name: f, lines: [ { name: A, port: 1 } ] }
    > - { name: f, lines: [ { name: A, port: 2 } ] }
    3:11: feeds[1].name is "f", the name of another feed; allowed: each name once; rename it here or on line 2

    > feeds:
    > - name: f
    >   lines:
    >   - { name: A, port: 1 }
    >   - { name: A, port: 2 }
    5:13: feeds[0].lines[1].name is "A", the name of another line of its feed; allowed: each name once; rename it here
      or on line 4

    > venues: [ { name: nasdaq } ]
    > feeds: [ { name: f, venue: nasdac, lines: [ { name: A, port: 1 } ] } ]
    2:28: feeds[0].venue is "nasdac", which is no venue; allowed: nasdaq; did you mean "nasdaq"?

    > feeds: [ { name: live, lines: [ { name: A, port: 1 } ] },
    >   { name: s, role: snapshot, of: liev, lines: [ { name: A, port: 2 } ] } ]
    2:34: feeds[1].of is "liev", which is no live feed; allowed: live; did you mean "live"?

    > feeds: [ { name: live, lines: [ { name: A, port: 1 } ] }, { name: s, of: live, lines: [ { name: A, port: 2 } ] } ]
    1:74: feeds[1].of is "live", but its role is live; allowed: null; add role: snapshot, or remove the key

    > feeds: [ { name: f, venue: x, lines: [ { name: A, port: 1 } ] } ]
    1:28: feeds[0].venue is "x", which is no venue; allowed: a name under venues: (there is none); add it under
      venues:, or name one of them

    > venues: [ { name: nyse } ]
    > symbols: { overrides: [ { venue: nysse, symbol: AA PRA, canonical: AA-A } ] }
    2:34: symbols.overrides[0].venue is "nysse", which is no venue; allowed: nyse; did you mean "nyse"?

    > symbols: { overrides: [ { venue: x, symbol: A, canonical: B } ] }
    1:34: symbols.overrides[0].venue is "x", which is no venue; allowed: a name under venues: (there is none); add it
      under venues:, or name one of them

    > venues: [ { name: nyse } ]
    > symbols: { overrides: [ { venue: nyse, symbol: " A", canonical: B } ] }
    2:48: symbols.overrides[0].symbol is " A"; allowed: 1 ... 32 printable ASCII characters, no space at an end; write
      the symbol as the feed has it, without its padding

    > venues: [ { name: nyse } ]
    > symbols: { overrides: [ { venue: nyse, symbol: A } ] }
    2:25: symbols.overrides[0] has no canonical; allowed: 1 ... 32 printable ASCII characters, no space at an end; add
      canonical:

    > venues: [ { name: v }, { name: w } ]
    > symbols:
    >   overrides:
    >   - { venue: v, symbol: A, canonical: B }
    >   - { venue: w, symbol: A, canonical: B }
    >   - { venue: v, symbol: A, canonical: C }
    6:25: symbols.overrides[2].symbol "A" of v has an override already; allowed: each once at a venue; remove it here
      or on line 4

    > venues: [ { name: v } ]
    > symbols:
    >   overrides:
    >   - { venue: v, symbol: A, canonical: B }
    >   - { venue: v, symbol: C, canonical: B }
    5:39: symbols.overrides[1].canonical "B" stands for another symbol of v already; allowed: each once at a venue;
      remove it here or on line 4

    > symbols: { override: [] }
    1:12: unknown key "override" in symbols; allowed: the keys overrides; did you mean "overrides"?

    > venues: [ { name: v, symbology: nyse } ]
    1:33: venues[0].symbology is "nyse"; allowed: auto, nasdaq, cms, cqs, verbatim; write one of them

    > feeds: [ { name: f } ]
    1:10: feeds[0] has no lines; allowed: a list of at most 16 entries; add lines:

    > feeds: [ { name: f, lines: [] } ]
    1:28: feeds[0].lines is empty; allowed: at least one line; add a line with a file, or a group, a port or both

    > feeds: [ { name: f, lines: [ { name: A, file: null } ] } ]
    1:30: feeds[0].lines[0] says nothing about where its packets come from; allowed: a file, or a group, a port or
      both; add file:, group: or port:

    > feeds:
    > - { name: f, lines: [ { name: A, group: 233.0.0.1, port: 1 } ] }
    > - { name: g, lines: [ { name: A, group: 233.0.0.1 } ] }
    3:41: feeds[1].lines[0] overlaps feeds[0].lines[0]: one packet could belong to both; allowed: lines that differ in
      file, group, port or livePort; tell them apart here or on line 2

    > shards: 2
    > risk: { shardAllotment: [1] }
    2:25: risk.shardAllotment has 1 entries for 2 shards; allowed: one entry per shard; give 2 entries, or change
      shards

    > shards: 2
    > risk: { shardAllotment: [600_000, 400_001] }
    2:25: risk.shardAllotment adds up to 1_000_001; allowed: at most 1_000_000 in all; take 1 away

    > risk: { orderBurst: 15 }
    1:21: risk.orderBurst 15 leaves 0 for shard 0; allowed: at least 16 with this allotment; raise it, or use fewer
      shards

    > shards: 2
    > threads: { cores: 3 }
    2:19: threads.cores is 3 for 2 shards; allowed: 1 ... 2; use fewer cores or more shards

    > threads: { cores: 2, cpus: [3] }
    1:28: threads.cpus names 1 CPUs for 2 cores; allowed: at least one CPU per core; add CPUs, or write [] for the
      first ones allowed

    > threads: { cores: 2, cpus: [3, 3] }
    1:32: CPU 3 stands twice in threads.cpus; allowed: each CPU once; name another CPU

    # Live.

    > live: { ports: [ { name: a } ] }
    1:18: live.ports[0] says nothing about where the port is; allowed: an interface, a pciAddress, or both; or a vdev;
      add interface:, pciAddress: or vdev:

    > live: { ports: [ { name: a, vdev: "" } ] }
    1:35: live.ports[0].vdev is ""; allowed: 1 ... 255 printable ASCII characters; write it as DPDK's --vdev wants it

    > live: { ports: [ { name: a, interface: eth1, reception: promiscuous } ] }
    1:57: live.ports[0].reception is nothing that driver socket does; allowed: groups; set driver: packet, or leave it
      out

    > live: { ports: [ { name: a, interface: eth1, driver: libpcap, timestamps: card } ] }
    1:75: live.ports[0].timestamps is nothing that driver libpcap does; allowed: auto, host; set driver: packet, or
      leave it out

    > live: { ports: [ { name: a, interface: eth1, driver: packet, vlan: 7 } ] }
    1:68: live.ports[0].vlan is nothing that driver packet does; allowed: null; set driver: dpdk, or leave it out

    > live: { ports: [ { name: a, vdev: net_ring0, address: "233.1.1.1" } ] }
    1:55: live.ports[0].address is "233.1.1.1", which no report comes from; allowed: an IPv4 address of a host; write
      the port's own

    > live: { controlSocket: "" }
    1:24: live.controlSocket is ""; allowed: 1 ... 107 bytes; write a shorter path

    > live: { ports: [ { name: a, interface: "eth0/1" } ] }
    1:40: live.ports[0].interface is "eth0/1"; allowed: 1 ... 15 characters, no / : or space; write a name that
      `ip link` shows

    > live: { ports: [ { name: a, interface: abcdefghijklmnop } ] }
    1:40: live.ports[0].interface is "abcdefghijklmnop"; allowed: 1 ... 15 characters, no / : or space; write a name
      that `ip link` shows

    > live: { ports: [ { name: a, pciAddress: "3b:00.0" } ] }
    1:41: live.ports[0].pciAddress is "3b:00.0"; allowed: dddd:bb:dd.f in digits 0-9 a-f; write an address that
      `lspci -D` shows

    > live: { ports: [ { name: a, interface: e1 }, { name: a, interface: e2 } ] }
    1:54: live.ports[1].name is "a", the name of another port; allowed: each name once; rename it here or on line 1

    > threads: { cores: 2, layout: spread }
    > live: { ports: [ { name: a, interface: e1, queueCores: [0] }, { name: b, interface: e2, queueCores: [1] } ] }
    > feeds: [ { name: f, lines: [ { name: A, group: 239.0.0.1, port: 1, livePort: a },
    >   { name: B, group: 239.0.0.2, port: 1, livePort: b } ] } ]
    4:11: line A of feed f at port a (core 0) and line B of feed f at port b (core 1) would be polled by different
      cores; allowed: one core for all lines of a channel, of feeds that share a flow, and of a feed and its snapshots;
      give both ports a queue of one core with live.ports[].queueCores, or name one port as livePort

    > live: { ports: [ { name: a, interface: e1, queues: 2, queueCores: [0] } ] }
    1:67: port a has 2 queues, and queueCores names 1 cores; allowed: one core for each queue; name 2 cores, or set
      queues: 1

    > live: { recordFolder: "" }
    1:23: live.recordFolder is ""; allowed: 1 ... 4095 bytes; write the path of a folder

    # YAML.

    > a: [1, 2
    2:1: YAML syntax: did not find expected ',' or ']', while parsing a flow sequence at 1:4; allowed: one YAML
      document; correct the YAML here

    > session:
    > →silence: 5s
    2:1: YAML syntax: found character that cannot start any token, while scanning for the next token at 2:1; allowed:
      one YAML document; indent with spaces: YAML allows no tabs there

    > shards: 1
    > ---
    > shards: 2
    2:1: a second YAML document begins; allowed: one YAML document; keep one document: remove this line and what
      follows

    > session: *nothing
    1:10: alias of an anchor that is not defined above; allowed: one YAML document; define the anchor first, or repeat
      the keys

    > shards: 1
    > sh␁ards: 2
    2:3: character U+0001; allowed: printable text; remove it
    """#
}
