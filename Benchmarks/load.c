// Traffic whose size is told, one number at a time: ITCH 5.0 over MoldUDP64 in a nanosecond pcap, one line, with a
// given number of live orders, stocks and price levels a side. First the orders come, then each step adds one and takes
// one of them at random, so the books stay as they are. Prices never cross, on several venues either: each stock has
// the same middle everywhere. Built and run by Benchmarks/scaling; same arguments, same bytes.
//
//   load -n MESSAGES -l ORDERS -k STOCKS -p LEVELS -s SEED -v VENUE -o FILE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  uint64_t reference;
  uint32_t shares;
  uint16_t stock;
} Order;

static uint64_t state;
static uint64_t next_random(void) {  // splitmix64
  uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}
static uint64_t below(uint64_t n) { return (uint64_t)(((__uint128_t)next_random() * n) >> 64); }

static FILE *file;
static uint64_t messages_written, sequence = 1, nanoseconds = 34200000000000u;  // 09:30
static uint64_t venue;
static uint8_t packet[1500];
static unsigned packet_length, packet_messages, packet_room;

static void be(uint8_t *p, uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; i--, value >>= 8) p[i] = (uint8_t)value;
}

static void put32(uint32_t value) { fwrite(&value, 4, 1, file); }

static uint32_t sum(const uint8_t *p, unsigned length, uint32_t from) {
  for (unsigned i = 0; i < length; i++) from += i & 1 ? p[i] : (uint32_t)p[i] << 8;
  while (from >> 16) from = (from & 0xFFFF) + (from >> 16);
  return from;
}

static void flush_packet(void) {
  if (packet_messages == 0) return;
  const unsigned payload = packet_length - 42;
  static const uint8_t ethernet[14] = {1, 0, 0x5E, 0x36, 12, 0, 2, 0, 0, 0, 0, 1, 8, 0};
  memcpy(packet, ethernet, 14);
  uint8_t *ip = packet + 14, *udp = packet + 34, *mold = packet + 42;
  memset(ip, 0, 28);
  ip[0] = 0x45;
  be(ip + 2, 28 + payload, 2);
  ip[8] = 64;
  ip[9] = 17;
  be(ip + 12, 0x0A000001, 4);
  be(ip + 16, 0xE9360C00 + venue, 4);  // 233.54.12.venue
  be(ip + 10, ~sum(ip, 20, 0) & 0xFFFF, 2);
  be(udp, 40000, 2);
  be(udp + 2, 26400 + venue, 2);
  be(udp + 4, 8 + payload, 2);
  memcpy(mold, "LOAD      ", 10);
  mold[4] = (uint8_t)('0' + venue);
  be(mold + 10, sequence, 8);
  be(mold + 18, packet_messages, 2);
  const uint32_t checksum = ~sum(udp, 8 + payload, sum(ip + 12, 8, 17 + 8 + payload)) & 0xFFFF;
  be(udp + 6, checksum ? checksum : 0xFFFF, 2);
  // 2026-01-05 00:00 in New York.
  const uint64_t time = 1767589200u * 1000000000u + nanoseconds;
  put32((uint32_t)(time / 1000000000u));
  put32((uint32_t)(time % 1000000000u));
  put32(packet_length);
  put32(packet_length);
  fwrite(packet, packet_length, 1, file);
  sequence += packet_messages;
  packet_messages = 0;
  nanoseconds += 500 + below(2000);
}

/// Room for a message of `length` bytes, its head written.
static uint8_t *message(char type, uint16_t stock, unsigned length) {
  if (packet_messages == 0) {
    packet_length = 62;
    packet_room = 1 + (unsigned)below(8);
  }
  uint8_t *p = packet + packet_length;
  be(p, length, 2);
  p += 2;
  memset(p, 0, length);
  p[0] = (uint8_t)type;
  be(p + 1, stock, 2);
  be(p + 5, nanoseconds, 6);
  packet_length += 2 + length;
  packet_messages++;
  messages_written++;
  return p;
}
static void end_message(void) {
  if (packet_messages == packet_room || packet_length > 1400) flush_packet();
}

static void symbol(uint8_t *p, unsigned stock) {
  char text[9];
  snprintf(text, sizeof text, "S%-7u", stock);
  memcpy(p, text, 8);
}

static void system_event(char code) {
  message('S', 0, 12)[11] = (uint8_t)code;
  end_message();
}

int main(int count, char **arguments) {
  uint64_t messages = 1000000, orders = 100000, stocks = 1000, levels = 20, seed = 1;
  const char *path = NULL;
  for (int i = 1; i + 1 < count; i += 2) {
    const uint64_t number = strtoull(arguments[i + 1], NULL, 10);
    switch (arguments[i][0] == '-' ? arguments[i][1] : 0) {
    case 'n': messages = number; break;
    case 'l': orders = number; break;
    case 'k': stocks = number; break;
    case 'p': levels = number; break;
    case 's': seed = number; break;
    case 'v': venue = number; break;
    case 'o': path = arguments[i + 1]; break;
    default: fprintf(stderr, "load: what is %s?\n", arguments[i]); return 2;
    }
  }
  if (!path || stocks < 1 || stocks > 65000 || levels < 1 || levels > 100000 || orders < 1 || venue > 9) {
    fprintf(stderr, "load: -o FILE, 1 to 65000 stocks, 1 to 100000 levels, 1 order or more, venue 0 to 9\n");
    return 2;
  }
  if (!(file = fopen(path, "wb"))) {
    perror(path);
    return 2;
  }
  Order *live = malloc(orders * sizeof *live);
  if (!live) return 2;
  state = seed + venue * 1000003;
  put32(0xA1B23C4D);  // nanoseconds
  put32(2 | 4 << 16);
  put32(0);
  put32(0);
  put32(65535);
  put32(1);
  system_event('O');
  for (uint64_t stock = 1; stock <= stocks; stock++) {
    uint8_t *p = message('R', (uint16_t)stock, 39);
    symbol(p + 11, (unsigned)stock);
    memcpy(p + 19, "QN", 2);
    be(p + 21, 100, 4);
    memcpy(p + 25, "NCZ PNN1NN", 10);
    p[38] = 'N';
    end_message();
    p = message('H', (uint16_t)stock, 25);
    symbol(p + 11, (unsigned)stock);
    p[19] = 'T';
    end_message();
  }
  system_event('Q');
  uint64_t reference = 0, standing = 0;
  while (messages_written < messages) {
    if (standing == orders) {
      // One leaves, or loses a part.
      const uint64_t which = below(standing);
      Order *order = live + which;
      if (below(8) == 0 && order->shares > 100) {
        uint8_t *p = message('X', order->stock, 23);
        be(p + 11, order->reference, 8);
        be(p + 19, 100, 4);
        order->shares -= 100;
        end_message();
        continue;
      }
      uint8_t *p = message('D', order->stock, 19);
      be(p + 11, order->reference, 8);
      *order = live[--standing];
      end_message();
    }
    // The activity of stocks falls off with the square of their number.
    const double skew = (double)(next_random() >> 11) / 9007199254740992.0;
    Order *order = live + standing++;
    order->stock = (uint16_t)(1 + (uint64_t)(skew * skew * (double)stocks));
    order->reference = ++reference * 2 + (below(4) == 0);
    order->shares = 100 * (uint32_t)(1 + below(10));
    const int sells = (int)(below(2));
    const uint64_t cents = 100000 + order->stock % 1000, away = 1 + below(levels);
    uint8_t *p = message('A', order->stock, 36);
    be(p + 11, order->reference, 8);
    p[19] = sells ? 'S' : 'B';
    be(p + 20, order->shares, 4);
    symbol(p + 24, order->stock);
    be(p + 32, (sells ? cents + 1000 + away : cents + 1000 - (away < cents ? away : cents)) * 100, 4);
    end_message();
  }
  flush_packet();
  free(live);
  return fclose(file) == 0 ? 0 : 2;
}
