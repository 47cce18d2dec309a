#include "begin.h"

#if defined(FEEDH_DPDK)

#define SAME(ours, theirs) \
  _Static_assert( \
      offsetof(struct feedh_dpdk_mbuf, ours) == offsetof(struct rte_mbuf, theirs) && \
          sizeof(((struct feedh_dpdk_mbuf *)0)->ours) == sizeof(((struct rte_mbuf *)0)->theirs), \
      "feedh_dpdk_mbuf." #ours " does not lie where rte_mbuf." #theirs " does")
SAME(buffer, buf_addr);
SAME(data_offset, data_off);
SAME(references, refcnt);
SAME(segment_count, nb_segs);
SAME(port, port);
SAME(flags, ol_flags);
SAME(packet_type, packet_type);
SAME(packet_length, pkt_len);
SAME(data_length, data_len);

void *feedh_dpdk_make_pool(
    const char *name, uint32_t count, uint32_t cache, uint16_t room, int32_t node, int *error) {
  struct rte_mempool *pool = rte_pktmbuf_pool_create(name, count, cache, 0, room, node < 0 ? SOCKET_ID_ANY : node);
  *error = pool == NULL ? -rte_errno : 0;
  return pool;
}

uint64_t feedh_dpdk_pool_bytes(uint32_t count, uint16_t room) {
  return (uint64_t)count * rte_mempool_calc_obj_size((uint32_t)sizeof(struct rte_mbuf) + room, 0, NULL);
}

uint32_t feedh_dpdk_pool_size(const void *pool) { return ((const struct rte_mempool *)pool)->size; }

uint32_t feedh_dpdk_pool_available(const void *pool) { return rte_mempool_avail_count(pool); }

void feedh_dpdk_free_pool(void *pool) { rte_mempool_free(pool); }

uint16_t feedh_dpdk_receive(uint16_t port, uint16_t queue, struct feedh_dpdk_mbuf **packets, uint16_t count) {
  return rte_eth_rx_burst(port, queue, (struct rte_mbuf **)packets, count);
}

void feedh_dpdk_free(struct feedh_dpdk_mbuf **packets, uint32_t count) {
  rte_pktmbuf_free_bulk((struct rte_mbuf **)packets, count);
}

bool feedh_dpdk_linearise(struct feedh_dpdk_mbuf *packet) {
  return rte_pktmbuf_linearize((struct rte_mbuf *)packet) == 0;
}

int feedh_dpdk_take(void *pool, struct feedh_dpdk_mbuf **packets, uint32_t count) {
  return rte_pktmbuf_alloc_bulk(pool, (struct rte_mbuf **)packets, count);
}

bool feedh_dpdk_fill(struct feedh_dpdk_mbuf *packet, const void *bytes, uint32_t length) {
  struct rte_mbuf *mbuf = (struct rte_mbuf *)packet;
  if (length > rte_pktmbuf_tailroom(mbuf)) return false;
  memcpy(rte_pktmbuf_mtod(mbuf, void *), bytes, length);
  mbuf->data_len = (uint16_t)length;
  mbuf->pkt_len = length;
  return true;
}

uint16_t feedh_dpdk_transmit(uint16_t port, uint16_t queue, struct feedh_dpdk_mbuf **packets, uint16_t count) {
  return rte_eth_tx_burst(port, queue, (struct rte_mbuf **)packets, count);
}

#else
void *feedh_dpdk_make_pool(
    const char *name, uint32_t count, uint32_t cache, uint16_t room, int32_t node, int *error) {
  (void)name, (void)count, (void)cache, (void)room, (void)node;
  *error = -ENOTSUP;
  return NULL;
}
uint64_t feedh_dpdk_pool_bytes(uint32_t count, uint16_t room) { return (void)count, (void)room, 0; }
uint32_t feedh_dpdk_pool_size(const void *pool) { return (void)pool, 0; }
uint32_t feedh_dpdk_pool_available(const void *pool) { return (void)pool, 0; }
void feedh_dpdk_free_pool(void *pool) { (void)pool; }
uint16_t feedh_dpdk_receive(uint16_t port, uint16_t queue, struct feedh_dpdk_mbuf **packets, uint16_t count) {
  return (void)port, (void)queue, (void)packets, (void)count, 0;
}
void feedh_dpdk_free(struct feedh_dpdk_mbuf **packets, uint32_t count) { (void)packets, (void)count; }
bool feedh_dpdk_linearise(struct feedh_dpdk_mbuf *packet) { return (void)packet, false; }
int feedh_dpdk_take(void *pool, struct feedh_dpdk_mbuf **packets, uint32_t count) {
  return (void)pool, (void)packets, (void)count, -ENOTSUP;
}
bool feedh_dpdk_fill(struct feedh_dpdk_mbuf *packet, const void *bytes, uint32_t length) {
  return (void)packet, (void)bytes, (void)length, false;
}
uint16_t feedh_dpdk_transmit(uint16_t port, uint16_t queue, struct feedh_dpdk_mbuf **packets, uint16_t count) {
  return (void)port, (void)queue, (void)packets, (void)count, 0;
}
#endif

#include "end.h"
