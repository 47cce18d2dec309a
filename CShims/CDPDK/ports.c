#include "begin.h"

#if defined(FEEDH_DPDK)

_Static_assert(RTE_ETH_XSTATS_NAME_SIZE == sizeof(((struct feedh_dpdk_extended_count *)0)->name), "names of 64 bytes");

/// Written by DPDK's interrupt thread, read by whoever asks.
static bool removed[RTE_MAX_ETHPORTS];

static void copy_text(char *target, size_t size, const char *source) {
  size_t length = source == NULL ? 0 : strnlen(source, size - 1);
  if (length > 0) memcpy(target, source, length);
  target[length] = 0;
}

int feedh_dpdk_next_port(uint16_t first) {
  uint64_t port = rte_eth_find_next(first);
  return port < RTE_MAX_ETHPORTS ? (int)port : -1;
}

int feedh_dpdk_port_of(const char *device) {
  struct rte_eth_dev_info info;
  uint16_t port;
  RTE_ETH_FOREACH_DEV(port) {
    if (rte_eth_dev_info_get(port, &info) != 0 || info.device == NULL) continue;
    if (strcmp(rte_dev_name(info.device), device) == 0) return port;
  }
  return rte_eth_dev_get_port_by_name(device, &port) == 0 ? port : -ENODEV;
}

int feedh_dpdk_get_port_facts(uint16_t port, struct feedh_dpdk_port_facts *facts) {
  struct rte_eth_dev_info info;
  int result = rte_eth_dev_info_get(port, &info);
  if (result != 0) return result;
  memset(facts, 0, sizeof *facts);
  copy_text(facts->device, sizeof facts->device, info.device == NULL ? NULL : rte_dev_name(info.device));
  copy_text(facts->driver, sizeof facts->driver, info.driver_name);
  struct rte_ether_addr mac;
  if (rte_eth_macaddr_get(port, &mac) == 0) memcpy(facts->mac, mac.addr_bytes, sizeof facts->mac);
  facts->interface_index = info.if_index;
  facts->node = rte_eth_dev_socket_id(port);
  facts->receive_queues_maximum = info.max_rx_queues;
  facts->transmit_queues_maximum = info.max_tx_queues;
  facts->receive_descriptors_minimum = info.rx_desc_lim.nb_min;
  facts->receive_descriptors_maximum = info.rx_desc_lim.nb_max;
  facts->transmit_descriptors_minimum = info.tx_desc_lim.nb_min;
  facts->transmit_descriptors_maximum = info.tx_desc_lim.nb_max;
  rte_eth_dev_get_mtu(port, &facts->mtu);
  facts->mtu_minimum = info.min_mtu;
  facts->mtu_maximum = info.max_mtu;
  facts->receive_buffer_minimum = info.min_rx_bufsize;
  facts->has_receive_timestamps = (info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_TIMESTAMP) != 0;
  facts->has_rss = (info.flow_type_rss_offloads & RTE_ETH_RSS_UDP) != 0;
  return 0;
}

static int on_removal(uint16_t port, enum rte_eth_event_type event, void *context, void *result) {
  (void)event, (void)context, (void)result;
  __atomic_store_n(&removed[port], true, __ATOMIC_RELEASE);
  return 0;
}

int feedh_dpdk_configure(
    uint16_t port, uint16_t receive_queues, uint16_t transmit_queues, bool rss, bool timestamps) {
  struct rte_eth_dev_info info;
  int result = rte_eth_dev_info_get(port, &info);
  if (result != 0) return result;
  struct rte_eth_conf conf;
  memset(&conf, 0, sizeof conf);
  uint16_t mtu = 0;
  // Left at 0 the port's MTU would become 1500, whatever its interface has.
  if (rte_eth_dev_get_mtu(port, &mtu) == 0 && mtu >= info.min_mtu && mtu <= info.max_mtu) conf.rxmode.mtu = mtu;
  if (rss && receive_queues > 1) {
    conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
    conf.rx_adv_conf.rss_conf.rss_hf = (RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP) & info.flow_type_rss_offloads;
  }
  if (timestamps) conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_TIMESTAMP & info.rx_offload_capa;
  __atomic_store_n(&removed[port], false, __ATOMIC_RELEASE);
  result = rte_eth_dev_configure(port, receive_queues, transmit_queues, &conf);
  if (result != 0) return result;
  rte_eth_dev_callback_unregister(port, RTE_ETH_EVENT_INTR_RMV, on_removal, NULL);
  // Drivers without the event do without it: feedh_dpdk_is_removed also asks.
  (void)rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_RMV, on_removal, NULL);
  return 0;
}

int feedh_dpdk_adjust_descriptors(uint16_t port, uint16_t *receive_descriptors, uint16_t *transmit_descriptors) {
  return rte_eth_dev_adjust_nb_rx_tx_desc(port, receive_descriptors, transmit_descriptors);
}

int feedh_dpdk_set_mtu(uint16_t port, uint16_t mtu) { return rte_eth_dev_set_mtu(port, mtu); }

int feedh_dpdk_set_up_receive(uint16_t port, uint16_t queue, uint16_t descriptors, int32_t node, void *pool) {
  unsigned socket = node < 0 ? (unsigned)SOCKET_ID_ANY : (unsigned)node;
  return rte_eth_rx_queue_setup(port, queue, descriptors, socket, NULL, pool);
}

int feedh_dpdk_set_up_transmit(uint16_t port, uint16_t queue, uint16_t descriptors, int32_t node) {
  unsigned socket = node < 0 ? (unsigned)SOCKET_ID_ANY : (unsigned)node;
  return rte_eth_tx_queue_setup(port, queue, descriptors, socket, NULL);
}

int feedh_dpdk_start_port(uint16_t port) { return rte_eth_dev_start(port); }
int feedh_dpdk_stop_port(uint16_t port) { return rte_eth_dev_stop(port); }

int feedh_dpdk_close_port(uint16_t port, bool removes) {
  struct rte_eth_dev_info info;
  rte_eth_dev_callback_unregister(port, RTE_ETH_EVENT_INTR_RMV, on_removal, NULL);
  if (removes && rte_eth_dev_info_get(port, &info) == 0 && info.device != NULL) return rte_dev_remove(info.device);
  return rte_eth_dev_close(port);
}

int feedh_dpdk_set_promiscuous(uint16_t port, bool is_on) {
  return is_on ? rte_eth_promiscuous_enable(port) : rte_eth_promiscuous_disable(port);
}

int feedh_dpdk_set_all_multicast(uint16_t port, bool is_on) {
  return is_on ? rte_eth_allmulticast_enable(port) : rte_eth_allmulticast_disable(port);
}

int feedh_dpdk_set_multicast(uint16_t port, const uint8_t *addresses, uint32_t count) {
  _Static_assert(sizeof(struct rte_ether_addr) == 6, "MAC addresses of six bytes");
  // A copy, because rte_ether_addr wants an even address.
  struct rte_ether_addr list[256];
  if (count > RTE_DIM(list)) return -ENOSPC;
  if (count > 0) memcpy(list, addresses, (size_t)count * 6);
  return rte_eth_dev_set_mc_addr_list(port, count > 0 ? list : NULL, count);
}

int feedh_dpdk_link(uint16_t port) {
  struct rte_eth_link link;
  memset(&link, 0, sizeof link);
  int result = rte_eth_link_get_nowait(port, &link);
  return result == 0 ? link.link_status == RTE_ETH_LINK_UP : result;
}

bool feedh_dpdk_is_removed(uint16_t port) {
  if (__atomic_load_n(&removed[port], __ATOMIC_ACQUIRE)) return true;
  return rte_eth_dev_is_removed(port) == 1;
}

int feedh_dpdk_get_counts(uint16_t port, struct feedh_dpdk_counts *counts) {
  struct rte_eth_stats stats;
  int result = rte_eth_stats_get(port, &stats);
  if (result != 0) return result;
  *counts = (struct feedh_dpdk_counts){
      .packets = stats.ipackets,
      .bytes = stats.ibytes,
      .missed = stats.imissed,
      .errors = stats.ierrors,
      .no_buffer = stats.rx_nombuf,
      .sent_packets = stats.opackets,
      .sent_bytes = stats.obytes,
      .send_errors = stats.oerrors,
  };
  return 0;
}

int feedh_dpdk_get_extended_counts(uint16_t port, struct feedh_dpdk_extended_count *counts, uint32_t capacity) {
  enum { most = 512 };
  static __thread struct rte_eth_xstat_name names[most];
  static __thread struct rte_eth_xstat values[most];
  int total = rte_eth_xstats_get(port, NULL, 0);
  if (total < 0 || counts == NULL || capacity == 0) return total;
  // DPDK fills nothing where not all fit.
  if (total > most) return -ENOSPC;
  int named = rte_eth_xstats_get_names(port, names, most);
  int valued = rte_eth_xstats_get(port, values, most);
  if (named < 0 || valued < 0) return named < 0 ? named : valued;
  uint32_t filled = 0;
  for (int index = 0; index < valued && filled < capacity; index++) {
    if (values[index].id >= (uint64_t)named) continue;
    copy_text(counts[filled].name, sizeof counts[filled].name, names[values[index].id].name);
    counts[filled].value = values[index].value;
    filled++;
  }
  return (int)filled;
}

int feedh_dpdk_timestamp_field(int32_t *offset, uint64_t *flag) {
  int field = rte_mbuf_dynfield_lookup(RTE_MBUF_DYNFIELD_TIMESTAMP_NAME, NULL);
  int bit = rte_mbuf_dynflag_lookup(RTE_MBUF_DYNFLAG_RX_TIMESTAMP_NAME, NULL);
  if (field < 0 || bit < 0) return -ENOENT;
  *offset = field;
  *flag = 1ULL << bit;
  return 0;
}

int feedh_dpdk_read_clock(uint16_t port, uint64_t *ticks) { return rte_eth_read_clock(port, ticks); }

int feedh_dpdk_read_time(uint16_t port, uint64_t *nanoseconds) {
  struct timespec time;
  int result = rte_eth_timesync_read_time(port, &time);
  if (result == 0 && time.tv_sec == 0 && time.tv_nsec == 0) {
    result = rte_eth_timesync_enable(port);
    if (result == 0) result = rte_eth_timesync_read_time(port, &time);
  }
  if (result != 0) return result;
  *nanoseconds = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
  return 0;
}

#else
int feedh_dpdk_next_port(uint16_t first) { return (void)first, -1; }
int feedh_dpdk_port_of(const char *device) { return (void)device, -ENOTSUP; }
int feedh_dpdk_get_port_facts(uint16_t port, struct feedh_dpdk_port_facts *facts) {
  return (void)port, (void)facts, -ENOTSUP;
}
int feedh_dpdk_configure(
    uint16_t port, uint16_t receive_queues, uint16_t transmit_queues, bool rss, bool timestamps) {
  return (void)port, (void)receive_queues, (void)transmit_queues, (void)rss, (void)timestamps, -ENOTSUP;
}
int feedh_dpdk_adjust_descriptors(uint16_t port, uint16_t *receive_descriptors, uint16_t *transmit_descriptors) {
  return (void)port, (void)receive_descriptors, (void)transmit_descriptors, -ENOTSUP;
}
int feedh_dpdk_set_mtu(uint16_t port, uint16_t mtu) { return (void)port, (void)mtu, -ENOTSUP; }
int feedh_dpdk_set_up_receive(uint16_t port, uint16_t queue, uint16_t descriptors, int32_t node, void *pool) {
  return (void)port, (void)queue, (void)descriptors, (void)node, (void)pool, -ENOTSUP;
}
int feedh_dpdk_set_up_transmit(uint16_t port, uint16_t queue, uint16_t descriptors, int32_t node) {
  return (void)port, (void)queue, (void)descriptors, (void)node, -ENOTSUP;
}
int feedh_dpdk_start_port(uint16_t port) { return (void)port, -ENOTSUP; }
int feedh_dpdk_stop_port(uint16_t port) { return (void)port, -ENOTSUP; }
int feedh_dpdk_close_port(uint16_t port, bool removes) { return (void)port, (void)removes, -ENOTSUP; }
int feedh_dpdk_set_promiscuous(uint16_t port, bool is_on) { return (void)port, (void)is_on, -ENOTSUP; }
int feedh_dpdk_set_all_multicast(uint16_t port, bool is_on) { return (void)port, (void)is_on, -ENOTSUP; }
int feedh_dpdk_set_multicast(uint16_t port, const uint8_t *addresses, uint32_t count) {
  return (void)port, (void)addresses, (void)count, -ENOTSUP;
}
int feedh_dpdk_link(uint16_t port) { return (void)port, -ENOTSUP; }
bool feedh_dpdk_is_removed(uint16_t port) { return (void)port, false; }
int feedh_dpdk_get_counts(uint16_t port, struct feedh_dpdk_counts *counts) {
  return (void)port, (void)counts, -ENOTSUP;
}
int feedh_dpdk_get_extended_counts(uint16_t port, struct feedh_dpdk_extended_count *counts, uint32_t capacity) {
  return (void)port, (void)counts, (void)capacity, -ENOTSUP;
}
int feedh_dpdk_timestamp_field(int32_t *offset, uint64_t *flag) { return (void)offset, (void)flag, -ENOTSUP; }
int feedh_dpdk_read_clock(uint16_t port, uint64_t *ticks) { return (void)port, (void)ticks, -ENOTSUP; }
int feedh_dpdk_read_time(uint16_t port, uint64_t *nanoseconds) { return (void)port, (void)nanoseconds, -ENOTSUP; }
#endif

#include "end.h"
