#define _GNU_SOURCE
#include "CSocket.h"
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/net_tstamp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert(sizeof(struct feedh_filter_instruction) == sizeof(struct sock_filter), "the kernel's layout");
_Static_assert(offsetof(struct feedh_filter_instruction, operand) == offsetof(struct sock_filter, k), "the kernel's layout");
_Static_assert(offsetof(struct feedh_filter_instruction, jump_true) == offsetof(struct sock_filter, jt), "the kernel's layout");

int feedh_ring_open(void) {
  // Protocol 0: no packet comes before the filter, the ring and the interface are set.
  int handle = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  return handle < 0 ? -errno : handle;
}

int feedh_ring_set_filter(int handle, const struct feedh_filter_instruction *instructions, uint32_t count) {
  struct sock_fprog program = {.len = (unsigned short)count, .filter = (struct sock_filter *)instructions};
  return setsockopt(handle, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0 ? -errno : 0;
}

int feedh_ring_map(
    int handle, uint32_t block_size, uint32_t block_count, uint32_t timeout_milliseconds, bool hardware, void **memory) {
  int version = TPACKET_V3;
  if (setsockopt(handle, SOL_PACKET, PACKET_VERSION, &version, sizeof version) < 0) return -errno;
  // Room in front of each packet for the VLAN tag that is put back.
  int reserve = 4;
  if (setsockopt(handle, SOL_PACKET, PACKET_RESERVE, &reserve, sizeof reserve) < 0) return -errno;
  if (hardware) {
    int stamps = SOF_TIMESTAMPING_RAW_HARDWARE;
    if (setsockopt(handle, SOL_PACKET, PACKET_TIMESTAMP, &stamps, sizeof stamps) < 0) return -errno;
  }
  struct tpacket_req3 request;
  memset(&request, 0, sizeof request);
  request.tp_block_size = block_size;
  request.tp_block_nr = block_count;
  // Version 3 packs packets; of the frame size it only wants that it divides the block.
  request.tp_frame_size = 2048;
  request.tp_frame_nr = block_size / 2048 * block_count;
  request.tp_retire_blk_tov = timeout_milliseconds;
  if (setsockopt(handle, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) < 0) return -errno;
  void *mapped = mmap(NULL, (size_t)block_size * block_count, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
  if (mapped == MAP_FAILED) return -errno;
  *memory = mapped;
  return 0;
}

int feedh_ring_bind(int handle, uint32_t interface) {
  struct sockaddr_ll address;
  memset(&address, 0, sizeof address);
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(ETH_P_ALL);
  address.sll_ifindex = (int)interface;
  return bind(handle, (struct sockaddr *)&address, sizeof address) < 0 ? -errno : 0;
}

int feedh_ring_join_fanout(int handle, uint16_t group, bool by_queue) {
  int argument = group | (by_queue ? PACKET_FANOUT_QM : PACKET_FANOUT_HASH) << 16;
  return setsockopt(handle, SOL_PACKET, PACKET_FANOUT, &argument, sizeof argument) < 0 ? -errno : 0;
}

int feedh_ring_widen(int handle, uint32_t interface, bool promiscuous) {
  struct packet_mreq request;
  memset(&request, 0, sizeof request);
  request.mr_ifindex = (int)interface;
  request.mr_type = promiscuous ? PACKET_MR_PROMISC : PACKET_MR_ALLMULTI;
  return setsockopt(handle, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &request, sizeof request) < 0 ? -errno : 0;
}

int feedh_ring_read_statistics(int handle, uint32_t *packets, uint32_t *drops) {
  struct tpacket_stats_v3 statistics;
  socklen_t length = sizeof statistics;
  memset(&statistics, 0, sizeof statistics);
  if (getsockopt(handle, SOL_PACKET, PACKET_STATISTICS, &statistics, &length) < 0) return -errno;
  *packets = statistics.tp_packets;
  *drops = statistics.tp_drops;
  return 0;
}
