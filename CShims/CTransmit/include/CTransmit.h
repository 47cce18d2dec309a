// Sending: AF_PACKET and UDP sockets, many packets a system call. C because sockaddr_ll, msghdr with its iovecs, ioctl
// (variadic) and sendmmsg do not import into Swift as one value each.
#ifndef FEEDH_CTRANSMIT_H
#define FEEDH_CTRANSMIT_H
#include <stdbool.h>
#include <stdint.h>

/// Packets that one call takes at most.
enum { feedh_outgoing_maximum = 64 };

/// One frame, or one datagram's payload and where it goes.
struct feedh_outgoing {
  const void *_Nullable bytes;
  uint32_t length;
  uint16_t port;
  /// Network order; an IPv4 address in the first four.
  uint8_t address[16];
};

/// A socket that sends whole frames through `interface` and receives nothing. Returns the descriptor, or an errno value
/// negated: ENODEV no such interface, ENETDOWN it is down, EPFNOSUPPORT it is no Ethernet, EPERM not permitted.
int feedh_open_frames(const char *_Nonnull interface);

/// A UDP socket. Multicast leaves through `interface` with `ttl`, and comes back to this machine where `loops`; unicast
/// leaves through `interface` too, where one is named. Returns the descriptor, or an errno value negated.
///
/// is_ipv6: IPv6 instead of IPv4. interface: NULL = where the routing table says. ttl: -1 = the system's.
int feedh_open_datagrams(bool is_ipv6, const char *_Nullable interface, int ttl, bool loops);

/// Sends frames without waiting. Returns how many the kernel took, or, where it did not take the first, an errno value
/// negated.
int feedh_send_frames(int descriptor, const struct feedh_outgoing *_Nonnull frames, unsigned count);

/// The same for datagrams, each to its own address.
int feedh_send_datagrams(int descriptor, bool is_ipv6, const struct feedh_outgoing *_Nonnull datagrams, unsigned count);

#endif
