#define _GNU_SOURCE
#include "CSocket.h"
#include <errno.h>
#include <time.h>
// errqueue.h needs timespec, and does not ask for it.
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <linux/sock_diag.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

// Newer than the C library's headers of some distributions we build on.
#ifndef IPV6_MULTICAST_ALL
#define IPV6_MULTICAST_ALL 29
#endif
#ifndef SO_PREFER_BUSY_POLL
#define SO_PREFER_BUSY_POLL 69
#endif

static int set(int handle, int level, int option, int value) {
  return setsockopt(handle, level, option, &value, sizeof value) < 0 ? -errno : 0;
}

static socklen_t socket_address(
    const uint8_t *address, uint16_t port, bool is_ipv6, uint32_t interface, struct sockaddr_storage *result) {
  memset(result, 0, sizeof *result);
  if (!is_ipv6) {
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)result;
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons(port);
    memcpy(&ipv4->sin_addr, address, 4);
    return sizeof *ipv4;
  }
  struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)result;
  ipv6->sin6_family = AF_INET6;
  ipv6->sin6_port = htons(port);
  memcpy(&ipv6->sin6_addr, address, 16);
  // Addresses of one link mean nothing without it: fe80::/10, and ff01::/16, ff02::/16 with any flags.
  const bool is_link_local = (address[0] == 0xFE && (address[1] & 0xC0) == 0x80) ||
                             (address[0] == 0xFF && ((address[1] & 0x0F) == 1 || (address[1] & 0x0F) == 2));
  if (is_link_local) ipv6->sin6_scope_id = interface;
  return sizeof *ipv6;
}

static bool is_wildcard(const struct feedh_endpoint *endpoint) {
  static const uint8_t zeros[16];
  return memcmp(endpoint->address, zeros, endpoint->is_ipv6 ? 16 : 4) == 0;
}

// Options that decide which datagrams come.
static int choose(int handle, const struct feedh_endpoint *endpoint) {
  int error;
  if (endpoint->is_ipv6) {
    if ((error = set(handle, IPPROTO_IPV6, IPV6_V6ONLY, 1)) < 0) return error;
    // Before Linux 4.20 there is no such option, and binding to the group has to do.
    if ((error = set(handle, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0)) < 0 && error != -ENOPROTOOPT) return error;
    if (is_wildcard(endpoint) && (error = set(handle, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)) < 0) return error;
  } else {
    if ((error = set(handle, IPPROTO_IP, IP_MULTICAST_ALL, 0)) < 0) return error;
    if (is_wildcard(endpoint) && (error = set(handle, IPPROTO_IP, IP_PKTINFO, 1)) < 0) return error;
  }
  // Of a unicast address a second receiver would take the first one's datagrams away: let binding fail instead.
  return endpoint->is_multicast ? set(handle, SOL_SOCKET, SO_REUSEADDR, 1) : 0;
}

int feedh_udp_open(
    const struct feedh_endpoint *endpoint, uint32_t interface, const char *interface_name, int *step) {
  *step = feedh_udp_step_socket;
  int handle = socket(endpoint->is_ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  if (handle < 0) return -errno;
  int error = choose(handle, endpoint);
  if (error < 0) goto failed;
  if (!endpoint->is_multicast) {
    *step = feedh_udp_step_device;
    size_t length = strlen(interface_name);
    if (setsockopt(handle, SOL_SOCKET, SO_BINDTODEVICE, interface_name, (socklen_t)length) < 0) {
      error = -errno;
      goto failed;
    }
  }
  *step = feedh_udp_step_bind;
  struct sockaddr_storage address;
  socklen_t length = socket_address(endpoint->address, endpoint->port, endpoint->is_ipv6, interface, &address);
  if (bind(handle, (struct sockaddr *)&address, length) == 0) return handle;
  error = -errno;
failed:
  close(handle);
  return error;
}

int feedh_udp_open_for_membership(bool is_ipv6) {
  // Never bound: no datagram finds it.
  int handle = socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  return handle < 0 ? -errno : handle;
}

int feedh_udp_join(int handle, const struct feedh_endpoint *endpoint, uint32_t interface, const uint8_t *source) {
  const int level = endpoint->is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP;
  if (source) {
    struct group_source_req request;
    memset(&request, 0, sizeof request);
    request.gsr_interface = interface;
    socket_address(endpoint->address, 0, endpoint->is_ipv6, interface, &request.gsr_group);
    socket_address(source, 0, endpoint->is_ipv6, interface, &request.gsr_source);
    return setsockopt(handle, level, MCAST_JOIN_SOURCE_GROUP, &request, sizeof request) < 0 ? -errno : 0;
  }
  struct group_req request;
  memset(&request, 0, sizeof request);
  request.gr_interface = interface;
  socket_address(endpoint->address, 0, endpoint->is_ipv6, interface, &request.gr_group);
  return setsockopt(handle, level, MCAST_JOIN_GROUP, &request, sizeof request) < 0 ? -errno : 0;
}

int64_t feedh_socket_set_receive_buffer(int handle, int wanted) {
  if (set(handle, SOL_SOCKET, SO_RCVBUFFORCE, wanted) < 0) {
    int error = set(handle, SOL_SOCKET, SO_RCVBUF, wanted);
    if (error < 0) return error;
  }
  int got = 0;
  socklen_t length = sizeof got;
  if (getsockopt(handle, SOL_SOCKET, SO_RCVBUF, &got, &length) < 0) return -errno;
  // The kernel doubles what is asked for, its own bookkeeping included, and tells the double (socket(7)).
  return got / 2;
}

int feedh_socket_set_busy_poll(int handle, int microseconds) {
  int error = set(handle, SOL_SOCKET, SO_BUSY_POLL, microseconds);
  // Since Linux 5.11; without it interrupts go on beside the polling.
  if (error == 0) set(handle, SOL_SOCKET, SO_PREFER_BUSY_POLL, 1);
  return error;
}

int feedh_socket_stamp(int handle, bool hardware) {
  // Not SO_TIMESTAMPING for the kernel's: that gives none to packets which came before the first such socket.
  int error = set(handle, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  if (error < 0 || !hardware) return error;
  return set(handle, SOL_SOCKET, SO_TIMESTAMPING, SOF_TIMESTAMPING_RX_HARDWARE | SOF_TIMESTAMPING_RAW_HARDWARE);
}

int feedh_socket_read_drops(int handle, uint32_t *drops) {
  uint32_t words[SK_MEMINFO_VARS];
  socklen_t length = sizeof words;
  memset(words, 0, sizeof words);
  if (getsockopt(handle, SOL_SOCKET, SO_MEMINFO, words, &length) < 0) return -errno;
  *drops = words[SK_MEMINFO_DROPS];
  return 0;
}

int feedh_socket_take_error(int handle) {
  int error = 0;
  socklen_t length = sizeof error;
  return getsockopt(handle, SOL_SOCKET, SO_ERROR, &error, &length) < 0 ? errno : error;
}

// Both stamps, and an IPv6 destination: room for one of each.
enum { control_length = CMSG_SPACE(sizeof(struct timespec)) + CMSG_SPACE(sizeof(struct scm_timestamping)) +
                        CMSG_SPACE(sizeof(struct in6_pktinfo)) };

struct control {
  _Alignas(struct cmsghdr) unsigned char bytes[control_length];
};

struct feedh_udp_batch {
  uint32_t count;
  struct mmsghdr *headers;
  struct iovec *buffers;
  struct sockaddr_in6 *names;
  struct control *controls;
};

// The kernel overwrites both lengths with what it used.
static void prepare(feedh_udp_batch *batch, uint32_t index) {
  batch->headers[index].msg_hdr.msg_namelen = sizeof batch->names[index];
  batch->headers[index].msg_hdr.msg_controllen = sizeof batch->controls[index];
}

feedh_udp_batch *feedh_udp_batch_make(uint32_t count) {
  feedh_udp_batch *batch = calloc(1, sizeof *batch);
  if (!batch) return NULL;
  batch->count = count;
  batch->headers = calloc(count, sizeof *batch->headers);
  batch->buffers = calloc(count, sizeof *batch->buffers);
  batch->names = calloc(count, sizeof *batch->names);
  batch->controls = calloc(count, sizeof *batch->controls);
  if (!batch->headers || !batch->buffers || !batch->names || !batch->controls) {
    feedh_udp_batch_free(batch);
    return NULL;
  }
  for (uint32_t i = 0; i < count; i++) {
    struct msghdr *header = &batch->headers[i].msg_hdr;
    header->msg_iov = &batch->buffers[i];
    header->msg_iovlen = 1;
    header->msg_name = &batch->names[i];
    header->msg_control = &batch->controls[i];
    prepare(batch, i);
  }
  return batch;
}

void feedh_udp_batch_free(feedh_udp_batch *batch) {
  free(batch->headers);
  free(batch->buffers);
  free(batch->names);
  free(batch->controls);
  free(batch);
}

void feedh_udp_batch_place(feedh_udp_batch *batch, void *first, size_t stride, uint32_t capacity) {
  for (uint32_t i = 0; i < batch->count; i++)
    batch->buffers[i] = (struct iovec){.iov_base = (char *)first + i * stride, .iov_len = capacity};
}

static uint64_t nanoseconds(const struct timespec *time) {
  return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_nsec;
}

static void read_control(struct msghdr *header, struct feedh_datagram *datagram) {
  for (struct cmsghdr *control = CMSG_FIRSTHDR(header); control; control = CMSG_NXTHDR(header, control)) {
    const void *data = CMSG_DATA(control);
    const size_t length = control->cmsg_len - CMSG_LEN(0);
    if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPNS) {
      struct timespec time;
      if (length < sizeof time) continue;
      memcpy(&time, data, sizeof time);
      datagram->kernel_nanoseconds = nanoseconds(&time);
    } else if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_TIMESTAMPING) {
      struct scm_timestamping times;
      if (length < sizeof times) continue;
      memcpy(&times, data, sizeof times);
      // The third is the card's (Documentation/networking/timestamping).
      datagram->hardware_nanoseconds = nanoseconds(&times.ts[2]);
    } else if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
      struct in_pktinfo info;
      if (length < sizeof info) continue;
      memcpy(&info, data, sizeof info);
      memcpy(datagram->destination, &info.ipi_addr, 4);
    } else if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
      struct in6_pktinfo info;
      if (length < sizeof info) continue;
      memcpy(&info, data, sizeof info);
      memcpy(datagram->destination, &info.ipi6_addr, 16);
    }
  }
}

static void read_name(const struct sockaddr_in6 *name, struct feedh_datagram *datagram) {
  if (name->sin6_family == AF_INET6) {
    memcpy(datagram->source, &name->sin6_addr, 16);
    datagram->source_port = ntohs(name->sin6_port);
    return;
  }
  struct sockaddr_in ipv4;
  memcpy(&ipv4, name, sizeof ipv4);
  memcpy(datagram->source, &ipv4.sin_addr, 4);
  datagram->source_port = ntohs(ipv4.sin_port);
}

int feedh_udp_batch_receive(
    feedh_udp_batch *batch, int handle, uint32_t first, uint32_t count, struct feedh_datagram *datagrams) {
  // MSG_TRUNC: lengths are those that were sent, not those that fit.
  int received = recvmmsg(handle, batch->headers + first, count, MSG_DONTWAIT | MSG_TRUNC, NULL);
  if (received < 0) return errno == EAGAIN || errno == EINTR ? 0 : -errno;
  for (uint32_t i = first; i < first + (uint32_t)received; i++) {
    struct feedh_datagram *datagram = datagrams + (i - first);
    memset(datagram, 0, sizeof *datagram);
    datagram->length = batch->headers[i].msg_len;
    read_name(&batch->names[i], datagram);
    read_control(&batch->headers[i].msg_hdr, datagram);
    prepare(batch, i);
  }
  return received;
}

int feedh_poller_open(void) {
  int handle = epoll_create1(EPOLL_CLOEXEC);
  return handle < 0 ? -errno : handle;
}

int feedh_poller_add(int poller, int handle, uint32_t number) {
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = number};
  return epoll_ctl(poller, EPOLL_CTL_ADD, handle, &event) < 0 ? -errno : 0;
}

int feedh_poller_ready(int poller, uint32_t *numbers, uint32_t capacity) {
  struct epoll_event events[64];
  // Level-triggered: the kernel puts a socket it told of behind the others, so nobody starves.
  int count = epoll_wait(poller, events, capacity < 64 ? (int)capacity : 64, 0);
  if (count < 0) return errno == EINTR ? 0 : -errno;
  for (int i = 0; i < count; i++) numbers[i] = events[i].data.u32;
  return count;
}

uint64_t feedh_unix_nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_REALTIME, &time);
  return nanoseconds(&time);
}
