#define _GNU_SOURCE
#include "CTransmit.h"
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

// Room for bursts; the system may grant less.
static const int send_buffer_bytes = 8 << 20;

static int failed(int descriptor) {
  int error = errno;
  close(descriptor);
  return -error;
}

static int name_interface(const char *interface, struct ifreq *request) {
  size_t length = strlen(interface);
  if (length == 0 || length >= sizeof request->ifr_name) return ENODEV;
  memset(request, 0, sizeof *request);
  memcpy(request->ifr_name, interface, length);
  return 0;
}

int feedh_open_frames(const char *interface) {
  struct ifreq request;
  if (name_interface(interface, &request)) return -ENODEV;
  // Protocol 0: nothing is received, so that no queue fills up behind us.
  int handle = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  if (handle < 0) return -errno;
  if (ioctl(handle, SIOCGIFFLAGS, &request) < 0) return failed(handle);
  if (!(request.ifr_flags & IFF_UP)) {
    close(handle);
    return -ENETDOWN;
  }
  if (ioctl(handle, SIOCGIFHWADDR, &request) < 0) return failed(handle);
  if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER && request.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK) {
    close(handle);
    return -EPFNOSUPPORT;
  }
  if (ioctl(handle, SIOCGIFINDEX, &request) < 0) return failed(handle);
  struct sockaddr_ll address;
  memset(&address, 0, sizeof address);
  address.sll_family = AF_PACKET;
  address.sll_ifindex = request.ifr_ifindex;
  if (bind(handle, (struct sockaddr *)&address, sizeof address) < 0) return failed(handle);
  setsockopt(handle, SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes, sizeof send_buffer_bytes);
  return handle;
}

static int set(int handle, int level, int option, int value) {
  return setsockopt(handle, level, option, &value, sizeof value);
}

static int choose_interface(int handle, bool is_ipv6, int index) {
  // The unicast options take the index in network order.
  int unicast = (int)htonl((uint32_t)index);
  if (is_ipv6) {
    if (set(handle, IPPROTO_IPV6, IPV6_MULTICAST_IF, index) < 0) return -1;
    return set(handle, IPPROTO_IPV6, IPV6_UNICAST_IF, unicast);
  }
  struct ip_mreqn request;
  memset(&request, 0, sizeof request);
  request.imr_ifindex = index;
  if (setsockopt(handle, IPPROTO_IP, IP_MULTICAST_IF, &request, sizeof request) < 0) return -1;
  return set(handle, IPPROTO_IP, IP_UNICAST_IF, unicast);
}

static int choose_ttl(int handle, bool is_ipv6, int ttl) {
  if (is_ipv6) {
    if (set(handle, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, ttl) < 0) return -1;
    // 0 is a multicast's affair: unicast must leave the host at all.
    return ttl == 0 ? 0 : set(handle, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl);
  }
  if (set(handle, IPPROTO_IP, IP_MULTICAST_TTL, ttl) < 0) return -1;
  return ttl == 0 ? 0 : set(handle, IPPROTO_IP, IP_TTL, ttl);
}

int feedh_open_datagrams(bool is_ipv6, const char *interface, int ttl, bool loops) {
  int handle = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (handle < 0) return -errno;
  if (interface) {
    struct ifreq request;
    if (name_interface(interface, &request)) {
      close(handle);
      return -ENODEV;
    }
    if (ioctl(handle, SIOCGIFINDEX, &request) < 0) return failed(handle);
    int index = request.ifr_ifindex;
    if (ioctl(handle, SIOCGIFFLAGS, &request) < 0) return failed(handle);
    if (!(request.ifr_flags & IFF_UP)) {
      close(handle);
      return -ENETDOWN;
    }
    if (choose_interface(handle, is_ipv6, index) < 0) return failed(handle);
  }
  if (ttl >= 0 && choose_ttl(handle, is_ipv6, ttl) < 0) return failed(handle);
  int level = is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
  if (set(handle, level, is_ipv6 ? IPV6_MULTICAST_LOOP : IP_MULTICAST_LOOP, loops) < 0) return failed(handle);
  setsockopt(handle, SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes, sizeof send_buffer_bytes);
  return handle;
}

static int send_all(int handle, struct mmsghdr *messages, unsigned count) {
  for (;;) {
    int sent = sendmmsg(handle, messages, count, MSG_DONTWAIT);
    if (sent >= 0) return sent;
    if (errno != EINTR) return -errno;
  }
}

int feedh_send_frames(int descriptor, const struct feedh_outgoing *frames, unsigned count) {
  struct mmsghdr messages[feedh_outgoing_maximum];
  struct iovec parts[feedh_outgoing_maximum];
  if (count > feedh_outgoing_maximum) count = feedh_outgoing_maximum;
  memset(messages, 0, count * sizeof messages[0]);
  for (unsigned i = 0; i < count; i++) {
    parts[i] = (struct iovec){(void *)frames[i].bytes, frames[i].length};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  return send_all(descriptor, messages, count);
}

int feedh_send_datagrams(int descriptor, bool is_ipv6, const struct feedh_outgoing *datagrams, unsigned count) {
  struct mmsghdr messages[feedh_outgoing_maximum];
  struct iovec parts[feedh_outgoing_maximum];
  union {
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
  } addresses[feedh_outgoing_maximum];
  if (count > feedh_outgoing_maximum) count = feedh_outgoing_maximum;
  memset(messages, 0, count * sizeof messages[0]);
  memset(addresses, 0, count * sizeof addresses[0]);
  for (unsigned i = 0; i < count; i++) {
    const struct feedh_outgoing *datagram = &datagrams[i];
    parts[i] = (struct iovec){(void *)datagram->bytes, datagram->length};
    if (is_ipv6) {
      addresses[i].ipv6.sin6_family = AF_INET6;
      addresses[i].ipv6.sin6_port = htons(datagram->port);
      memcpy(&addresses[i].ipv6.sin6_addr, datagram->address, 16);
    } else {
      addresses[i].ipv4.sin_family = AF_INET;
      addresses[i].ipv4.sin_port = htons(datagram->port);
      memcpy(&addresses[i].ipv4.sin_addr, datagram->address, 4);
    }
    messages[i].msg_hdr.msg_name = &addresses[i];
    messages[i].msg_hdr.msg_namelen = is_ipv6 ? sizeof addresses[i].ipv6 : sizeof addresses[i].ipv4;
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  return send_all(descriptor, messages, count);
}
