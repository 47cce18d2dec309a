// DPDK behind plain C types: its headers end structures in flexible arrays and bit fields, and hide the receive path in
// inline functions that want instruction sets of their own, none of which imports into Swift. Built only with the
// package trait DPDK; without it the version is NULL and every function answers -ENOTSUP (or none, or 0).
//
// Functions that can fail return 0 or a negative errno value, as DPDK's do. What DPDK logs is kept, not printed:
// feedh_dpdk_take_log.
#ifndef FEEDH_CDPDK_H
#define FEEDH_CDPDK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// "DPDK 22.11.11", or NULL when built without the trait DPDK.
const char *_Nullable feedh_dpdk_version(void);

// MARK: Environment (EAL)

/// rte_eal_init with these arguments, the program's name first. Once a process, on a thread of its own: the calling
/// thread becomes the main lcore. What it prints on standard output and error goes into the log.
int feedh_dpdk_start(int count, const char *_Nonnull const *_Nonnull arguments);
/// Copies the end of what DPDK has logged since the last call, ended by a zero, and forgets it. Returns the length.
size_t feedh_dpdk_take_log(char *_Nonnull text, size_t capacity);
/// Probes one device: "net_pcap0,rx_pcap=F", "0000:3b:00.0".
int feedh_dpdk_attach(const char *_Nonnull device);
/// Makes the calling thread known to DPDK, which gives it a cache of every pool, until it ends. Idempotent.
int feedh_dpdk_adopt_thread(void);

// MARK: Ports

/// What a port is and can do.
struct feedh_dpdk_port_facts {
  /// "net_pcap0", "0000:3b:00.0".
  char device[64];
  /// "net_pcap", "mlx5_pci".
  char driver[64];
  uint8_t mac[6];
  /// The kernel's number of its interface, 0: the kernel has none.
  uint32_t interface_index;
  /// Memory node, -1 where there is none.
  int32_t node;
  uint16_t receive_queues_maximum;
  uint16_t transmit_queues_maximum;
  uint16_t receive_descriptors_minimum;
  uint16_t receive_descriptors_maximum;
  uint16_t transmit_descriptors_minimum;
  uint16_t transmit_descriptors_maximum;
  uint16_t mtu;
  uint16_t mtu_minimum;
  uint16_t mtu_maximum;
  /// Bytes that a receive buffer must have at least.
  uint32_t receive_buffer_minimum;
  bool has_receive_timestamps;
  /// Spreads UDP packets over queues by their addresses and ports.
  bool has_rss;
};

/// The first port from `first` on, or -1.
int feedh_dpdk_next_port(uint16_t first);
/// The port of a device, by the device's name, or a negative errno value.
int feedh_dpdk_port_of(const char *_Nonnull device);
int feedh_dpdk_get_port_facts(uint16_t port, struct feedh_dpdk_port_facts *_Nonnull facts);
/// - rss: spread over queues; - timestamps: ask for the device's; each only where the facts say that it has it.
int feedh_dpdk_configure(
    uint16_t port, uint16_t receive_queues, uint16_t transmit_queues, bool rss, bool timestamps);
/// Rounds both counts as the device wants them, within its limits.
int feedh_dpdk_adjust_descriptors(
    uint16_t port, uint16_t *_Nonnull receive_descriptors, uint16_t *_Nonnull transmit_descriptors);
int feedh_dpdk_set_mtu(uint16_t port, uint16_t mtu);
int feedh_dpdk_set_up_receive(
    uint16_t port, uint16_t queue, uint16_t descriptors, int32_t node, void *_Nonnull pool);
int feedh_dpdk_set_up_transmit(uint16_t port, uint16_t queue, uint16_t descriptors, int32_t node);
int feedh_dpdk_start_port(uint16_t port);
int feedh_dpdk_stop_port(uint16_t port);
/// Ends a stopped port and frees what its queues hold. - removes: its device too, so that one of the same name can be
/// attached again.
int feedh_dpdk_close_port(uint16_t port, bool removes);
int feedh_dpdk_set_promiscuous(uint16_t port, bool is_on);
int feedh_dpdk_set_all_multicast(uint16_t port, bool is_on);
/// Multicast MAC addresses to let in, six bytes each, instead of those before.
int feedh_dpdk_set_multicast(uint16_t port, const uint8_t *_Nullable addresses, uint32_t count);
/// 1: up, 0: down, or a negative errno value.
int feedh_dpdk_link(uint16_t port);
/// True once the device has gone: its driver said so, or says so now.
bool feedh_dpdk_is_removed(uint16_t port);

/// rte_eth_stats.
struct feedh_dpdk_counts {
  uint64_t packets;
  uint64_t bytes;
  /// Dropped by the device: no descriptor was free.
  uint64_t missed;
  /// Received damaged.
  uint64_t errors;
  /// Receive buffers that could not be had: the pool was empty.
  uint64_t no_buffer;
  uint64_t sent_packets;
  uint64_t sent_bytes;
  uint64_t send_errors;
};
int feedh_dpdk_get_counts(uint16_t port, struct feedh_dpdk_counts *_Nonnull counts);

struct feedh_dpdk_extended_count {
  char name[64];
  uint64_t value;
};
/// Up to `capacity` counters of the driver's own. Returns how many there are, or a negative errno value.
int feedh_dpdk_get_extended_counts(
    uint16_t port, struct feedh_dpdk_extended_count *_Nullable counts, uint32_t capacity);

/// Sends packets to this group (16 bytes, an IPv4 address mapped) and UDP port (0: any) to `queue`, by rte_flow.
/// `reason` takes the driver's words when it refuses.
int feedh_dpdk_steer(
    uint16_t port, const uint8_t *_Nonnull group, uint16_t udp_port, uint16_t queue, char *_Nonnull reason,
    size_t reason_capacity);
/// Takes all rules of feedh_dpdk_steer back.
int feedh_dpdk_unsteer(uint16_t port);

// MARK: Clocks of devices

/// Where the drivers keep a packet's receive time: offset in the mbuf, and the bit of its flags that says it is there.
/// -ENOENT: no driver of this process does.
int feedh_dpdk_timestamp_field(int32_t *_Nonnull offset, uint64_t *_Nonnull flag);
/// The device's counter now, of whatever rate.
int feedh_dpdk_read_clock(uint16_t port, uint64_t *_Nonnull ticks);
/// The device's PTP clock now, in nanoseconds; switched on by the first call.
int feedh_dpdk_read_time(uint16_t port, uint64_t *_Nonnull nanoseconds);

// MARK: Memory

/// A pool of `count` packet buffers with `room` bytes each, of which the first 128 are left free for headers.
/// - node: -1: any. NULL: `error` holds a negative errno value.
void *_Nullable feedh_dpdk_make_pool(
    const char *_Nonnull name, uint32_t count, uint32_t cache, uint16_t room, int32_t node, int *_Nonnull error);
/// Bytes that a pool takes.
uint64_t feedh_dpdk_pool_bytes(uint32_t count, uint16_t room);
uint32_t feedh_dpdk_pool_size(const void *_Nonnull pool);
/// Buffers that nobody holds.
uint32_t feedh_dpdk_pool_available(const void *_Nonnull pool);
void feedh_dpdk_free_pool(void *_Nonnull pool);

// MARK: Packets

/// The part of rte_mbuf that a receiver reads: plain loads, no call per packet. Offsets are asserted in packets.c.
struct feedh_dpdk_mbuf {
  uint8_t *_Nonnull buffer;
  uint64_t unused;
  uint16_t data_offset;
  uint16_t references;
  uint16_t segment_count;
  uint16_t port;
  uint64_t flags;
  uint32_t packet_type;
  uint32_t packet_length;
  uint16_t data_length;
};

/// Up to `count` packets that have arrived, 0: none.
uint16_t feedh_dpdk_receive(
    uint16_t port, uint16_t queue, struct feedh_dpdk_mbuf *_Nullable *_Nonnull packets, uint16_t count);
/// Gives packets back to their pools.
void feedh_dpdk_free(struct feedh_dpdk_mbuf *_Nullable *_Nonnull packets, uint32_t count);
/// Moves a packet's segments into its first one. False: they do not fit there, the packet is as it was.
bool feedh_dpdk_linearise(struct feedh_dpdk_mbuf *_Nonnull packet);
/// Empty packets to be sent. 0, or a negative errno value: the pool has not so many.
int feedh_dpdk_take(void *_Nonnull pool, struct feedh_dpdk_mbuf *_Nullable *_Nonnull packets, uint32_t count);
/// Copies a frame into an empty packet. False: it is longer than the packet's room.
bool feedh_dpdk_fill(struct feedh_dpdk_mbuf *_Nonnull packet, const void *_Nonnull bytes, uint32_t length);
/// Hands packets to the device and returns how many it took, the first ones.
uint16_t feedh_dpdk_transmit(
    uint16_t port, uint16_t queue, struct feedh_dpdk_mbuf *_Nullable *_Nonnull packets, uint16_t count);

#endif
