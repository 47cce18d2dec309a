// Kernel sockets that market data arrives at: UDP sockets of multicast groups, AF_PACKET rings, and what the kernel
// says of the interface behind them. C because control messages are walked by macros, requests to ioctl are variadic,
// and linux/if_packet.h describes memory that the kernel shares: none of it imports into Swift.
//
// Functions return 0, a descriptor or a count, and on failure a negative errno value, unless their line says otherwise.
// Addresses are 16 bytes in network order; of IPv4 the first four count. Ports are in host order.
#ifndef FEEDH_CSOCKET_H
#define FEEDH_CSOCKET_H
#include <linux/if_packet.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// MARK: - Interfaces (link.c)

/// An interface as it is when it is looked up.
struct feedh_link {
  uint32_t index;
  uint32_t mtu;
  /// ARPHRD_…: 1 Ethernet, 772 loopback.
  uint16_t hardware_type;
  uint8_t address[6];
  bool is_up;
  bool is_loopback;
  bool takes_multicast;
};

/// Finds an interface of the calling thread's network namespace by name. -ENODEV: there is none.
int feedh_link_find(const char *_Nonnull name, struct feedh_link *_Nonnull result);

/// Names of the interfaces, separated by a space, ended by a zero, cut where `capacity` ends. Returns their length.
int feedh_link_names(char *_Nonnull names, size_t capacity);

/// A netlink socket for `feedh_link_read`, bound to the calling thread's network namespace.
int feedh_link_open(void);

/// What an interface has counted since it was made, and its state.
struct feedh_link_state {
  bool is_up;
  /// Damaged packets: checksums, framing, lengths.
  uint64_t receive_errors;
  /// Packets that found no room: the driver's rings, or the card's memory.
  uint64_t receive_missed;
};

/// Asks the kernel anew (RTM_GETLINK). -ENODEV: the interface is gone.
int feedh_link_read(int netlink, uint32_t index, struct feedh_link_state *_Nonnull result);

/// Whether the interface still exists in the namespace of `socket`, any socket. Cheap: no lock of the kernel's.
bool feedh_link_exists(int socket, uint32_t index);

/// Has the card stamp every packet it receives (SIOCSHWTSTAMP), which outlives this program. -EPERM, -EOPNOTSUPP,
/// -ERANGE.
int feedh_link_stamp_in_hardware(const char *_Nonnull name);

// MARK: - UDP (udp.c)

/// An address and port, of either family.
struct feedh_endpoint {
  uint8_t address[16];
  uint16_t port;
  bool is_ipv6;
  bool is_multicast;
};

/// Steps of opening, to say what failed.
enum feedh_udp_step { feedh_udp_step_socket, feedh_udp_step_device, feedh_udp_step_bind };

/// A non-blocking socket that brings only datagrams sent to `endpoint` through the interface: bound to the group, other
/// sockets' groups off (IP_MULTICAST_ALL); of unicast and the wildcard address bound to the device. Joins nothing yet.
/// A multicast address and port may be shared with other programs, a unicast one may not.
int feedh_udp_open(
    const struct feedh_endpoint *_Nonnull endpoint, uint32_t interface, const char *_Nonnull interface_name,
    int *_Nonnull step);

/// A socket that receives nothing, to hold memberships.
int feedh_udp_open_for_membership(bool is_ipv6);

/// Joins a group at an interface, from any source, or from `source` alone (RFC 3678, so that both families are one
/// call). -ENOBUFS: net.ipv4.igmp_max_memberships of this socket, or igmp_max_msf of this group, are reached.
int feedh_udp_join(
    int socket, const struct feedh_endpoint *_Nonnull endpoint, uint32_t interface, const uint8_t *_Nullable source);

/// Asks for a receive buffer of `wanted` bytes, over net.core.rmem_max where the process may. Returns what it got.
int64_t feedh_socket_set_receive_buffer(int socket, int wanted);

/// Lets a poll that finds nothing poll the driver (SO_BUSY_POLL, SO_PREFER_BUSY_POLL). -EPERM: CAP_NET_ADMIN.
int feedh_socket_set_busy_poll(int socket, int microseconds);

/// Has datagrams stamped by the kernel, and by the card too where `hardware`.
int feedh_socket_stamp(int socket, bool hardware);

/// Datagrams that found the receive buffer full, modulo 2^32. (SO_RXQ_OVFL tells the same, but only with a datagram.)
int feedh_socket_read_drops(int socket, uint32_t *_Nonnull drops);

/// One received datagram: what recvmmsg and its control messages said.
struct feedh_datagram {
  /// Unix nanoseconds, 0 where nobody stamped it.
  uint64_t kernel_nanoseconds;
  /// Of the card's clock, whatever that counts; 0: none.
  uint64_t hardware_nanoseconds;
  /// Bytes that were sent; more than its buffer holds where it was cut.
  uint32_t length;
  uint16_t source_port;
  uint8_t source[16];
  /// Only of sockets that are bound to the wildcard address.
  uint8_t destination[16];
};

/// Headers for recvmmsg, all memory of it made at once.
typedef struct feedh_udp_batch feedh_udp_batch;

/// Room for `count` datagrams, NULL where there is no memory.
feedh_udp_batch *_Nullable feedh_udp_batch_make(uint32_t count);
void feedh_udp_batch_free(feedh_udp_batch *_Nonnull batch);

/// Points all datagrams of the batch to buffers that stand `stride` bytes apart, each of `capacity` bytes.
void feedh_udp_batch_place(feedh_udp_batch *_Nonnull batch, void *_Nonnull first, size_t stride, uint32_t capacity);

/// Receives into the buffers `first ..< first + count`, without waiting. Returns how many, 0 where nothing is there.
/// - Precondition: first + count <= the batch's count.
int feedh_udp_batch_receive(
    feedh_udp_batch *_Nonnull batch, int socket, uint32_t first, uint32_t count,
    struct feedh_datagram *_Nonnull datagrams);

/// A set of sockets of which `feedh_poller_wait` tells those that have datagrams (epoll).
int feedh_poller_open(void);
int feedh_poller_add(int poller, int socket, uint32_t number);
/// Numbers of sockets that have something, those that waited longest first, 64 at most; never waits.
int feedh_poller_ready(int poller, uint32_t *_Nonnull numbers, uint32_t capacity);

/// CLOCK_REALTIME, Unix nanoseconds.
uint64_t feedh_unix_nanoseconds(void);

// MARK: - Servers and their clients (peer.c)

/// A non-blocking UDP socket for requests and answers, bound to `local`; its port 0: any.
int feedh_peer_open_udp(const struct feedh_endpoint *_Nonnull local);

/// Sends one datagram. Returns its length. -EAGAIN: no room now.
int64_t feedh_peer_send_datagram(
    int socket, const struct feedh_endpoint *_Nonnull to, const void *_Nonnull bytes, size_t length);

/// Receives one datagram without waiting, and from whom. Returns the length that was sent, which may be more than
/// `capacity`. -EAGAIN: none is there.
int64_t feedh_peer_receive_datagram(
    int socket, void *_Nonnull bytes, size_t capacity, struct feedh_endpoint *_Nonnull from);

/// Where a socket is bound.
int feedh_peer_local(int socket, struct feedh_endpoint *_Nonnull local);

/// This machine's address on the way to `to`, by the routing table; nothing is sent. -ENETUNREACH: there is no way.
int feedh_peer_route(const struct feedh_endpoint *_Nonnull to, struct feedh_endpoint *_Nonnull local);

/// Begins to connect a non-blocking TCP socket: what is sent leaves at once, and a peer of whom nothing is heard for
/// `timeout_milliseconds` ends the connection, whether data is under way (TCP_USER_TIMEOUT) or not (SO_KEEPALIVE, which
/// counts in seconds). Connected once it is writable without a pending error.
int feedh_peer_connect(const struct feedh_endpoint *_Nonnull to, uint32_t timeout_milliseconds);

/// A non-blocking TCP socket that takes connections at `at`; its port 0: any.
int feedh_peer_listen(const struct feedh_endpoint *_Nonnull at);

/// Takes a connection, non-blocking. -EAGAIN: none waits.
int feedh_peer_accept(int socket, struct feedh_endpoint *_Nonnull from);

/// Sends what there is room for; never raises SIGPIPE. -EAGAIN: no room now.
int64_t feedh_peer_send(int socket, const void *_Nonnull bytes, size_t length);

/// Receives what is there. 0: the other side has closed. -EAGAIN: nothing is there.
int64_t feedh_peer_receive(int socket, void *_Nonnull bytes, size_t capacity);

// MARK: - AF_PACKET rings (packet_ring.c)

/// An AF_PACKET socket that receives nothing before it is bound. -EPERM: CAP_NET_RAW.
int feedh_ring_open(void);

/// One instruction of a socket filter, as the kernel has it (struct sock_filter).
struct feedh_filter_instruction {
  uint16_t code;
  uint8_t jump_true;
  uint8_t jump_false;
  uint32_t operand;
};
/// - Precondition: 1 ... 4,096 instructions.
int feedh_ring_set_filter(int socket, const struct feedh_filter_instruction *_Nonnull instructions, uint32_t count);

/// Makes a TPACKET_V3 receive ring and maps it; blocks that are not full retire after so many milliseconds.
/// - Parameter hardware: stamps are the card's where it gives any.
int feedh_ring_map(
    int socket, uint32_t block_size, uint32_t block_count, uint32_t timeout_milliseconds, bool hardware,
    void *_Nullable *_Nonnull memory);

/// Starts to receive from the interface.
int feedh_ring_bind(int socket, uint32_t interface);

/// Shares the interface's packets with the other sockets of the group: by flow, or by the card's receive queue.
int feedh_ring_join_fanout(int socket, uint16_t group, bool by_queue);

/// Packets for other hosts too: all of them (`promiscuous`), or all multicast.
int feedh_ring_widen(int socket, uint32_t interface, bool promiscuous);

/// Packets seen and dropped since this was last called: the kernel starts anew.
int feedh_ring_read_statistics(int socket, uint32_t *_Nonnull packets, uint32_t *_Nonnull drops);

/// The socket's pending error as a positive errno value (ENETDOWN: the interface went down), 0: none.
int feedh_socket_take_error(int socket);

/// True where the kernel has closed the block: its packets may be read. (Acquires what the kernel released.)
static inline bool feedh_block_is_ready(const void *_Nonnull block) {
  const struct tpacket_block_desc *header = (const struct tpacket_block_desc *)block;
  return (__atomic_load_n(&header->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER) != 0;
}

/// Gives the block back to the kernel: nothing of it may be read afterwards.
static inline void feedh_block_release(void *_Nonnull block) {
  struct tpacket_block_desc *header = (struct tpacket_block_desc *)block;
  __atomic_store_n(&header->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

static inline uint32_t feedh_block_packet_count(const void *_Nonnull block) {
  return ((const struct tpacket_block_desc *)block)->hdr.bh1.num_pkts;
}

/// The block's first packet; meaningless where it has none.
static inline void *_Nonnull feedh_block_first(void *_Nonnull block) {
  return (uint8_t *)block + ((const struct tpacket_block_desc *)block)->hdr.bh1.offset_to_first_pkt;
}

/// The packet behind this one; meaningless behind the last.
static inline void *_Nonnull feedh_ring_packet_next(void *_Nonnull packet) {
  return (uint8_t *)packet + ((const struct tpacket3_hdr *)packet)->tp_next_offset;
}

/// What the kernel wrote in front of a packet.
struct feedh_ring_packet {
  uint64_t nanoseconds;
  /// Its first byte.
  uint8_t *_Nonnull bytes;
  /// Its IP header, or what stands there; within the packet or right behind it.
  uint8_t *_Nonnull network;
  uint32_t captured_length;
  uint32_t wire_length;
  /// The tag that the kernel or the card took out: EtherType and tag control information, as 32 bits to put back;
  /// 0: there was none.
  uint32_t vlan_tag;
  /// Its sender left the checksum of UDP or TCP to a card, and it met none.
  bool lacks_checksum;
  bool is_stamped_in_hardware;
};

static inline struct feedh_ring_packet feedh_ring_packet_read(void *_Nonnull packet) {
  const struct tpacket3_hdr *header = (const struct tpacket3_hdr *)packet;
  const uint32_t status = header->tp_status;
  // 802.1Q where the kernel does not say: before Linux 3.14 it could not.
  const uint32_t type = (status & TP_STATUS_VLAN_TPID_VALID) ? header->hv1.tp_vlan_tpid : 0x8100;
  return (struct feedh_ring_packet){
      .nanoseconds = (uint64_t)header->tp_sec * 1000000000u + header->tp_nsec,
      .bytes = (uint8_t *)packet + header->tp_mac,
      .network = (uint8_t *)packet + header->tp_net,
      .captured_length = header->tp_snaplen,
      .wire_length = header->tp_len,
      .vlan_tag = (status & TP_STATUS_VLAN_VALID) ? type << 16 | (header->hv1.tp_vlan_tci & 0xFFFF) : 0,
      .lacks_checksum = (status & TP_STATUS_CSUMNOTREADY) != 0,
      .is_stamped_in_hardware = (status & TP_STATUS_TS_RAW_HARDWARE) != 0,
  };
}

#endif
