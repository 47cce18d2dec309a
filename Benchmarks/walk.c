// The floor under every figure: how long this machine takes to visit each message of a capture and do nothing with it.
// Maps a pcap file (Ethernet, IPv4, UDP, MoldUDP64) or a length-prefixed ITCH file, prefaults it outside of the
// measured loop as feedh does, and steps over the message lengths. Built and run by Benchmarks/run.
//
//   walk FILE   prints "messages M packets P nanoseconds N checksum C"
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint16_t be16(const uint8_t *p) { return (uint16_t)(p[0] << 8 | p[1]); }
static uint32_t le32(const uint8_t *p) {
  uint32_t v;
  memcpy(&v, p, 4);
  return v;
}

typedef struct {
  uint64_t messages, packets, checksum;
} Counts;

/// Message blocks of a MoldUDP64 payload: 20 bytes of header, then length and message, in turn.
static void walk_mold(const uint8_t *p, const uint8_t *end, Counts *counts) {
  if (end - p < 20) return;
  unsigned blocks = be16(p + 18);
  if (blocks == 0xFFFF) return;  // end of session
  p += 20;
  for (; blocks > 0 && end - p > 2; blocks--) {
    unsigned length = be16(p);
    if (end - p < 2 + (long)length) return;
    counts->checksum += p[2];
    counts->messages++;
    p += 2 + length;
  }
}

static void walk_pcap(const uint8_t *p, const uint8_t *end, Counts *counts) {
  for (p += 24; end - p >= 16;) {
    uint32_t captured = le32(p + 8);
    const uint8_t *frame = p + 16;
    if ((uint64_t)(end - frame) < captured) return;
    p = frame + captured;
    if (captured < 42 || be16(frame + 12) != 0x0800 || frame[23] != 17) continue;
    const uint8_t *udp = frame + 14 + (frame[14] & 15) * 4;
    if (p - udp < 8 || be16(udp + 4) < 8) continue;
    const uint8_t *udp_end = udp + be16(udp + 4);
    counts->packets++;
    walk_mold(udp + 8, udp_end < p ? udp_end : p, counts);
  }
}

static void walk_lengths(const uint8_t *p, const uint8_t *end, Counts *counts) {
  while (end - p > 2) {
    unsigned length = be16(p);
    if (end - p < 2 + (long)length) return;
    counts->checksum += p[2];
    counts->messages++;
    p += 2 + length;
  }
}

int main(int argc, char **argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: walk FILE\n");
    return 2;
  }
  int file = open(argv[1], O_RDONLY);
  struct stat info;
  if (file < 0 || fstat(file, &info) != 0 || info.st_size < 24) {
    perror(argv[1]);
    return 2;
  }
  size_t size = (size_t)info.st_size;
  uint8_t *base = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
  if (base == MAP_FAILED) {
    perror(argv[1]);
    return 2;
  }
  Counts counts = {0, 0, 0};
  uint32_t magic = le32(base);
  uint64_t start = now();
  if (magic == 0xa1b23c4d || magic == 0xa1b2c3d4)
    walk_pcap(base, base + size, &counts);
  else
    walk_lengths(base, base + size, &counts);
  uint64_t elapsed = now() - start;
  printf("messages %lu packets %lu nanoseconds %lu checksum %lu\n", counts.messages, counts.packets, elapsed,
         counts.checksum);
  return 0;
}
