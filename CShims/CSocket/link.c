#define _GNU_SOURCE
#include "CSocket.h"
#include <errno.h>
#include <linux/net_tstamp.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

// 0 and the request filled in, or an errno value as the name cannot be one.
static int name_request(const char *name, struct ifreq *request) {
  size_t length = strlen(name);
  memset(request, 0, sizeof *request);
  if (length == 0 || length >= sizeof request->ifr_name) return -ENODEV;
  memcpy(request->ifr_name, name, length);
  return 0;
}

int feedh_link_find(const char *name, struct feedh_link *result) {
  struct ifreq request;
  memset(result, 0, sizeof *result);
  int error = name_request(name, &request);
  if (error < 0) return error;
  int handle = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (handle < 0) return -errno;
  if (ioctl(handle, SIOCGIFINDEX, &request) < 0) goto failed;
  result->index = (uint32_t)request.ifr_ifindex;
  if (ioctl(handle, SIOCGIFFLAGS, &request) < 0) goto failed;
  result->is_up = (request.ifr_flags & IFF_UP) != 0;
  result->is_loopback = (request.ifr_flags & IFF_LOOPBACK) != 0;
  result->takes_multicast = (request.ifr_flags & IFF_MULTICAST) != 0;
  if (ioctl(handle, SIOCGIFMTU, &request) < 0) goto failed;
  result->mtu = request.ifr_mtu < 0 ? 0 : (uint32_t)request.ifr_mtu;
  if (ioctl(handle, SIOCGIFHWADDR, &request) < 0) goto failed;
  result->hardware_type = request.ifr_hwaddr.sa_family;
  memcpy(result->address, request.ifr_hwaddr.sa_data, sizeof result->address);
  close(handle);
  return 0;
failed:
  error = -errno;
  close(handle);
  return error;
}

int feedh_link_names(char *names, size_t capacity) {
  size_t length = 0;
  struct if_nameindex *list = if_nameindex();
  if (!list) return -errno;
  for (struct if_nameindex *entry = list; entry->if_index != 0; entry++) {
    size_t more = strlen(entry->if_name);
    if (length + more + 2 > capacity) break;
    if (length > 0) names[length++] = ' ';
    memcpy(names + length, entry->if_name, more);
    length += more;
  }
  if (capacity > 0) names[length] = 0;
  if_freenameindex(list);
  return (int)length;
}

int feedh_link_open(void) {
  int handle = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  return handle < 0 ? -errno : handle;
}

int feedh_link_read(int netlink, uint32_t index, struct feedh_link_state *result) {
  struct {
    struct nlmsghdr header;
    struct ifinfomsg info;
  } request;
  memset(&request, 0, sizeof request);
  memset(result, 0, sizeof *result);
  request.header.nlmsg_len = sizeof request;
  request.header.nlmsg_type = RTM_GETLINK;
  request.header.nlmsg_flags = NLM_F_REQUEST;
  request.info.ifi_family = AF_UNSPEC;
  request.info.ifi_index = (int)index;
  if (send(netlink, &request, sizeof request, 0) < 0) return -errno;
  // One interface without its virtual functions: the kernel answers within a page or two.
  union {
    struct nlmsghdr header;
    char bytes[32768];
  } answer;
  ssize_t length;
  do length = recv(netlink, &answer, sizeof answer, 0);
  while (length < 0 && errno == EINTR);
  if (length < 0) return -errno;
  if (!NLMSG_OK(&answer.header, (size_t)length)) return -EPROTO;
  if (answer.header.nlmsg_type == NLMSG_ERROR) {
    const struct nlmsgerr *refusal = NLMSG_DATA(&answer.header);
    if (answer.header.nlmsg_len < NLMSG_LENGTH(sizeof *refusal)) return -EPROTO;
    return refusal->error < 0 ? refusal->error : -EPROTO;
  }
  if (answer.header.nlmsg_type != RTM_NEWLINK || answer.header.nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg)))
    return -EPROTO;
  const struct ifinfomsg *info = NLMSG_DATA(&answer.header);
  // Running: administratively up, and a carrier where the driver can tell.
  result->is_up = (info->ifi_flags & (IFF_UP | IFF_RUNNING)) == (IFF_UP | IFF_RUNNING);
  int left = (int)IFLA_PAYLOAD(&answer.header);
  for (const struct rtattr *attribute = IFLA_RTA(info); RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
    if (attribute->rta_type != IFLA_STATS64) continue;
    struct rtnl_link_stats64 statistics;
    size_t here = RTA_PAYLOAD(attribute);
    memset(&statistics, 0, sizeof statistics);
    memcpy(&statistics, RTA_DATA(attribute), here < sizeof statistics ? here : sizeof statistics);
    result->receive_errors = statistics.rx_errors;
    result->receive_missed = statistics.rx_missed_errors;
  }
  return 0;
}

bool feedh_link_exists(int socket, uint32_t index) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  request.ifr_ifindex = (int)index;
  return ioctl(socket, SIOCGIFNAME, &request) == 0 || errno != ENODEV;
}

int feedh_link_stamp_in_hardware(const char *name) {
  struct ifreq request;
  struct hwtstamp_config stamps;
  int error = name_request(name, &request);
  if (error < 0) return error;
  int handle = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (handle < 0) return -errno;
  memset(&stamps, 0, sizeof stamps);
  request.ifr_data = (char *)&stamps;
  // What is set already is left alone: a PTP daemon's transmit stamps among it.
  if (ioctl(handle, SIOCGHWTSTAMP, &request) < 0 || stamps.rx_filter != HWTSTAMP_FILTER_ALL) {
    stamps.flags = 0;
    stamps.rx_filter = HWTSTAMP_FILTER_ALL;
    if (ioctl(handle, SIOCSHWTSTAMP, &request) < 0) error = -errno;
    // Drivers may stamp less than was asked for, and say so here.
    else if (stamps.rx_filter != HWTSTAMP_FILTER_ALL) error = -EOPNOTSUPP;
  }
  close(handle);
  return error;
}
