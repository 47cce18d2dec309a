// Decoding of everyday ITCH 5.0 messages, those about orders, a run at a time: one load, one permutation of bytes and one
// store make an event's numbers of a message's, whatever its type, by a table. Which type comes next is as good as
// random; so nothing branches on it.
//
// The scalar twin is `ITCH50Decoder.Everyday.decode`, in Swift.
#ifndef FEEDH_CSIMD_ITCH50_H
#define FEEDH_CSIMD_ITCH50_H
#include "CSIMD.h"

/// `Delivery`, as it lies in memory.
typedef struct {
  const uint8_t *_Nonnull bytes;
  uint16_t length;
  uint16_t packet;
  /// `Delivery.mark`: channel and kind.
  uint16_t mark;
  uint8_t ends_packet;
  uint8_t detail;
} feedh_delivery;

/// `BookEvent`, as it lies in memory.
typedef struct {
  uint64_t reference;
  uint64_t second;
  uint64_t exchange_nanoseconds;
  int32_t price;
  uint32_t quantity;
  uint32_t instrument;
  uint32_t home;
  uint64_t head;
} feedh_event;

/// Where the bytes of an event stand in the messages of one type. Two cache lines, of which AVX-512 takes the first.
typedef struct {
  /// For each of an event's first 32 bytes: which byte of the message, counted from its byte 4, 0 ... 31.
  uint8_t places[32];
  /// What is always so (`BookEvent.Head`).
  uint64_t head;
  /// Bit n: the type has byte n of the event; else it is zero.
  uint32_t has;
  /// Bit n: every message of the type has byte 4 + n.
  uint32_t readable;
  /// Least length; 65,536 for the types that have no shape.
  uint32_t length;
  /// Where the side stands, and 0xFF where the type has one.
  uint8_t side;
  uint8_t side_mask;
  /// Where the byte stands that is N for an execution which is not to be printed; 0: the type has none.
  uint8_t printable;
  uint8_t spare[9];
  /// `places` for shuffles within halves of 16 bytes: of the message, and of one with its halves exchanged. 0x80 for
  /// what is in the other half or that the type has not.
  uint8_t here[32], there[32];
} feedh_itch50_shape;

/// What decoding takes besides the messages.
typedef struct {
  /// By type: 256, aligned to 64 bytes.
  const feedh_itch50_shape *_Nonnull shapes;
  /// By stock locate, 65,536: the instrument's index plus 1; less 1 it is beyond 2^31 for an unknown or foreign one.
  const uint32_t *_Nonnull locates;
  /// By type: what is counted, and by how much.
  uint64_t *_Nonnull by_type;
  uint64_t counts;
} feedh_itch50_tables;

/// Writes the events of the first messages of `deliveries`, up to `count`, as long as their mark is `mark` and they are
/// everyday ones of known instruments; returns how many. What comes behind them is as it was, and so is every `home`.
///
/// `surplus` is not 0 any more where one of these messages, or the one behind them, is longer than its type is known to
/// be.
///
/// SAFETY: no byte behind a message changes anything. AVX-512 reads none; AVX2 may read some of the same page of memory,
/// and drops them.
#if defined(__x86_64__)
uint32_t feedh_itch50_decode_avx2(const feedh_itch50_tables *_Nonnull tables, const feedh_delivery *_Nonnull deliveries,
                                  uint32_t count, uint16_t mark, feedh_event *_Nonnull events,
                                  uint32_t *_Nonnull surplus);
uint32_t feedh_itch50_decode_avx512(const feedh_itch50_tables *_Nonnull tables,
                                    const feedh_delivery *_Nonnull deliveries, uint32_t count, uint16_t mark,
                                    feedh_event *_Nonnull events, uint32_t *_Nonnull surplus);
#endif

/// 1 where an instruction set has a routine of its own.
static inline int feedh_itch50_has(feedh_isa isa) { return isa == FEEDH_ISA_AVX2 || isa == FEEDH_ISA_AVX512; }

/// The routine of an instruction set that has one (`feedh_itch50_has`) and runs here.
static inline uint32_t feedh_itch50_decode(feedh_isa isa, const feedh_itch50_tables *_Nonnull tables,
                                           const feedh_delivery *_Nonnull deliveries, uint32_t count, uint16_t mark,
                                           feedh_event *_Nonnull events, uint32_t *_Nonnull surplus) {
#if defined(__x86_64__)
  if (isa == FEEDH_ISA_AVX512) return feedh_itch50_decode_avx512(tables, deliveries, count, mark, events, surplus);
  if (isa == FEEDH_ISA_AVX2) return feedh_itch50_decode_avx2(tables, deliveries, count, mark, events, surplus);
#endif
  return 0;
}

#endif
