#include "begin.h"

#if defined(FEEDH_DPDK)
#include <stdio.h>

int feedh_dpdk_steer(
    uint16_t port, const uint8_t *group, uint16_t udp_port, uint16_t queue, char *reason, size_t reason_capacity) {
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  struct rte_flow_item_ipv4 ipv4, ipv4_mask;
  struct rte_flow_item_ipv6 ipv6, ipv6_mask;
  struct rte_flow_item_udp udp, udp_mask;
  memset(&ipv4, 0, sizeof ipv4);
  memset(&ipv4_mask, 0, sizeof ipv4_mask);
  memset(&ipv6, 0, sizeof ipv6);
  memset(&ipv6_mask, 0, sizeof ipv6_mask);
  memset(&udp, 0, sizeof udp);
  memset(&udp_mask, 0, sizeof udp_mask);
  struct rte_flow_item items[4] = {{.type = RTE_FLOW_ITEM_TYPE_ETH}};
  if (memcmp(group, mapped, sizeof mapped) == 0) {
    memcpy(&ipv4.hdr.dst_addr, group + 12, 4);
    ipv4_mask.hdr.dst_addr = RTE_BE32(0xffffffff);
    items[1] = (struct rte_flow_item){.type = RTE_FLOW_ITEM_TYPE_IPV4, .spec = &ipv4, .mask = &ipv4_mask};
  } else {
    memcpy(&ipv6.hdr.dst_addr, group, 16);
    memset(&ipv6_mask.hdr.dst_addr, 0xff, 16);
    items[1] = (struct rte_flow_item){.type = RTE_FLOW_ITEM_TYPE_IPV6, .spec = &ipv6, .mask = &ipv6_mask};
  }
  items[2] = (struct rte_flow_item){.type = RTE_FLOW_ITEM_TYPE_UDP};
  if (udp_port != 0) {
    udp.hdr.dst_port = rte_cpu_to_be_16(udp_port);
    udp_mask.hdr.dst_port = RTE_BE16(0xffff);
    items[2].spec = &udp;
    items[2].mask = &udp_mask;
  }
  items[3] = (struct rte_flow_item){.type = RTE_FLOW_ITEM_TYPE_END};
  struct rte_flow_action_queue target = {.index = queue};
  const struct rte_flow_action actions[2] = {
      {.type = RTE_FLOW_ACTION_TYPE_QUEUE, .conf = &target}, {.type = RTE_FLOW_ACTION_TYPE_END}};
  const struct rte_flow_attr attributes = {.ingress = 1};
  struct rte_flow_error error;
  memset(&error, 0, sizeof error);
  int result = rte_flow_validate(port, &attributes, items, actions, &error);
  if (result == 0 && rte_flow_create(port, &attributes, items, actions, &error) == NULL) {
    result = rte_errno > 0 ? -rte_errno : -EINVAL;
  }
  if (reason_capacity > 0) {
    reason[0] = 0;
    if (result != 0) snprintf(reason, reason_capacity, "%s", error.message == NULL ? strerror(-result) : error.message);
  }
  return result;
}

int feedh_dpdk_unsteer(uint16_t port) {
  struct rte_flow_error error;
  return rte_flow_flush(port, &error);
}

#else
int feedh_dpdk_steer(
    uint16_t port, const uint8_t *group, uint16_t udp_port, uint16_t queue, char *reason, size_t reason_capacity) {
  (void)port, (void)group, (void)udp_port, (void)queue;
  if (reason_capacity > 0) reason[0] = 0;
  return -ENOTSUP;
}
int feedh_dpdk_unsteer(uint16_t port) { return (void)port, -ENOTSUP; }
#endif

#include "end.h"
