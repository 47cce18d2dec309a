#define _GNU_SOURCE
#include "CSocket.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static socklen_t to_socket_address(const struct feedh_endpoint *endpoint, struct sockaddr_storage *result) {
  memset(result, 0, sizeof *result);
  if (!endpoint->is_ipv6) {
    struct sockaddr_in *ipv4 = (struct sockaddr_in *)result;
    ipv4->sin_family = AF_INET;
    ipv4->sin_port = htons(endpoint->port);
    memcpy(&ipv4->sin_addr, endpoint->address, 4);
    return sizeof *ipv4;
  }
  struct sockaddr_in6 *ipv6 = (struct sockaddr_in6 *)result;
  ipv6->sin6_family = AF_INET6;
  ipv6->sin6_port = htons(endpoint->port);
  memcpy(&ipv6->sin6_addr, endpoint->address, 16);
  return sizeof *ipv6;
}

static void from_socket_address(const struct sockaddr_storage *address, struct feedh_endpoint *result) {
  memset(result, 0, sizeof *result);
  if (address->ss_family == AF_INET6) {
    const struct sockaddr_in6 *ipv6 = (const struct sockaddr_in6 *)address;
    memcpy(result->address, &ipv6->sin6_addr, 16);
    result->port = ntohs(ipv6->sin6_port);
    result->is_ipv6 = true;
    return;
  }
  const struct sockaddr_in *ipv4 = (const struct sockaddr_in *)address;
  memcpy(result->address, &ipv4->sin_addr, 4);
  result->port = ntohs(ipv4->sin_port);
}

static int set(int handle, int level, int option, int value) {
  return setsockopt(handle, level, option, &value, sizeof value) < 0 ? -errno : 0;
}

static int open_socket(const struct feedh_endpoint *endpoint, int type) {
  int handle = socket(endpoint->is_ipv6 ? AF_INET6 : AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (handle < 0) return -errno;
  // An IPv6 socket that takes IPv4 too would be in the way of one for IPv4 at the same port.
  if (endpoint->is_ipv6) set(handle, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  return handle;
}

static int closed(int handle, int error) {
  close(handle);
  return error;
}

static int bind_socket(int handle, const struct feedh_endpoint *local) {
  struct sockaddr_storage address;
  socklen_t length = to_socket_address(local, &address);
  return bind(handle, (struct sockaddr *)&address, length) < 0 ? -errno : 0;
}

int feedh_peer_open_udp(const struct feedh_endpoint *local) {
  int handle = open_socket(local, SOCK_DGRAM);
  if (handle < 0) return handle;
  int error = bind_socket(handle, local);
  return error < 0 ? closed(handle, error) : handle;
}

int64_t feedh_peer_send_datagram(int handle, const struct feedh_endpoint *to, const void *bytes, size_t length) {
  struct sockaddr_storage address;
  socklen_t address_length = to_socket_address(to, &address);
  ssize_t sent = sendto(handle, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&address, address_length);
  return sent < 0 ? -errno : sent;
}

int64_t feedh_peer_receive_datagram(int handle, void *bytes, size_t capacity, struct feedh_endpoint *from) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  memset(&address, 0, sizeof address);
  // MSG_TRUNC: the length is the one that was sent, not the one that fits.
  ssize_t received =
      recvfrom(handle, bytes, capacity, MSG_DONTWAIT | MSG_TRUNC, (struct sockaddr *)&address, &length);
  if (received < 0) return -errno;
  from_socket_address(&address, from);
  return received;
}

int feedh_peer_local(int handle, struct feedh_endpoint *local) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  memset(&address, 0, sizeof address);
  if (getsockname(handle, (struct sockaddr *)&address, &length) < 0) return -errno;
  from_socket_address(&address, local);
  return 0;
}

int feedh_peer_route(const struct feedh_endpoint *to, struct feedh_endpoint *local) {
  int handle = open_socket(to, SOCK_DGRAM);
  if (handle < 0) return handle;
  struct sockaddr_storage address;
  socklen_t length = to_socket_address(to, &address);
  int error = connect(handle, (struct sockaddr *)&address, length) < 0 ? -errno : feedh_peer_local(handle, local);
  return closed(handle, error);
}

int feedh_peer_connect(const struct feedh_endpoint *to, uint32_t timeout_milliseconds) {
  int handle = open_socket(to, SOCK_STREAM);
  if (handle < 0) return handle;
  int error;
  if ((error = set(handle, IPPROTO_TCP, TCP_NODELAY, 1)) < 0) return closed(handle, error);
  // Data without an answer ends the connection by the first; where nothing is under way, the kernel asks from half of
  // that time on whether the peer is there, and ends it by the same limit. Both in seconds.
  int timeout = (int)timeout_milliseconds;
  if ((error = set(handle, IPPROTO_TCP, TCP_USER_TIMEOUT, timeout)) < 0 ||
      (error = set(handle, IPPROTO_TCP, TCP_KEEPIDLE, timeout < 2000 ? 1 : timeout / 2000)) < 0 ||
      (error = set(handle, IPPROTO_TCP, TCP_KEEPINTVL, timeout < 10000 ? 1 : timeout / 10000)) < 0 ||
      (error = set(handle, SOL_SOCKET, SO_KEEPALIVE, 1)) < 0)
    return closed(handle, error);
  struct sockaddr_storage address;
  socklen_t length = to_socket_address(to, &address);
  if (connect(handle, (struct sockaddr *)&address, length) < 0 && errno != EINPROGRESS) return closed(handle, -errno);
  return handle;
}

int feedh_peer_listen(const struct feedh_endpoint *at) {
  int handle = open_socket(at, SOCK_STREAM);
  if (handle < 0) return handle;
  // A server that comes back meets connections of its former life that have not quite ended.
  int error = set(handle, SOL_SOCKET, SO_REUSEADDR, 1);
  if (error < 0 || (error = bind_socket(handle, at)) < 0) return closed(handle, error);
  return listen(handle, 16) < 0 ? closed(handle, -errno) : handle;
}

int feedh_peer_accept(int handle, struct feedh_endpoint *from) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  memset(&address, 0, sizeof address);
  int accepted = accept4(handle, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (accepted < 0) return -errno;
  from_socket_address(&address, from);
  set(accepted, IPPROTO_TCP, TCP_NODELAY, 1);
  return accepted;
}

int64_t feedh_peer_send(int handle, const void *bytes, size_t length) {
  ssize_t sent = send(handle, bytes, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent < 0 ? -errno : sent;
}

int64_t feedh_peer_receive(int handle, void *bytes, size_t capacity) {
  ssize_t received = recv(handle, bytes, capacity, MSG_DONTWAIT);
  return received < 0 ? -errno : received;
}
