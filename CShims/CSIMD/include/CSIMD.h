// Vector code that Swift can't spell. One routine per instruction set, all with the same results; the scalar one says
// what they do.
//
// - Changes of one price level among the eight best of a side, which stand in one cache line. No branch depends on
//   prices: whether a level is there already, where it stands and how many move is as good as random, and a
//   mispredicted branch costs more than moving all eight.
// - Checksums of a datagram: no branch on its length up to 256 bytes, for the same reason.
#ifndef FEEDH_CSIMD_H
#define FEEDH_CSIMD_H
#include <stdint.h>

/// A level as it lies in memory: key in the low half, quantity in the high one (`Level`). Greater keys are better.
typedef uint64_t feedh_level;

/// No level: a quantity of zero behind the least key. No level has that key.
#define FEEDH_NO_LEVEL 0x80000000u

/// What a change did. The low bits are the position of the level, 0 the best.
#define FEEDH_LEVEL_POSITION 0x0Fu
/// Add: all eight are taken and the level is not among them. Take: the level is not among them. Nothing was changed.
#define FEEDH_LEVEL_ELSEWHERE 0x10u
/// Add: the quantity would pass 2^32 - 1. Nothing was changed.
#define FEEDH_LEVEL_OVERFLOW 0x20u
/// Take: no level is left.
#define FEEDH_LEVEL_NONE_LEFT 0x40u

/// The instruction sets that there are routines for.
typedef enum { FEEDH_ISA_SCALAR = 0, FEEDH_ISA_AVX2 = 1, FEEDH_ISA_AVX512 = 2, FEEDH_ISA_NEON = 3 } feedh_isa;

/// 1 where this CPU and its operating system run an instruction set.
int feedh_isa_runs(feedh_isa isa);
/// The widest instruction set that runs here.
feedh_isa feedh_isa_best(void);
/// What this process uses: the best one, unless another was chosen.
feedh_isa feedh_isa_chosen(void);
/// Chooses one that runs here. Once, before anything is made that uses it.
void feedh_isa_choose(feedh_isa isa);

/// Adds `quantity` to the level `key` among the eight at `levels`, best first, or inserts that level.
///
/// `levels` is aligned to 64 bytes; the eight bytes before it are readable. `key` is not that of `FEEDH_NO_LEVEL`.
uint32_t feedh_level_add_scalar(feedh_level *_Nonnull levels, int32_t key, uint32_t quantity);
/// Takes `quantity` off the level `key`; one with nothing left is removed, those behind it move up.
///
/// `levels` is aligned to 64 bytes; the eight bytes behind all eight are readable.
uint32_t feedh_level_take_scalar(feedh_level *_Nonnull levels, int32_t key, uint32_t quantity);

#if defined(__x86_64__)
uint32_t feedh_level_add_avx2(feedh_level *_Nonnull levels, int32_t key, uint32_t quantity);
uint32_t feedh_level_take_avx2(feedh_level *_Nonnull levels, int32_t key, uint32_t quantity);
uint32_t feedh_level_add_avx512(feedh_level *_Nonnull levels, int32_t key, uint32_t quantity);
uint32_t feedh_level_take_avx512(feedh_level *_Nonnull levels, int32_t key, uint32_t quantity);
#elif defined(__aarch64__)
uint32_t feedh_level_add_neon(feedh_level *_Nonnull levels, int32_t key, uint32_t quantity);
uint32_t feedh_level_take_neon(feedh_level *_Nonnull levels, int32_t key, uint32_t quantity);
#endif

/// The routine of an instruction set that runs here. A branch, always the same one, and a direct call.
static inline uint32_t feedh_level_add(feedh_isa isa, feedh_level *_Nonnull levels, int32_t key, uint32_t quantity) {
#if defined(__x86_64__)
  if (isa == FEEDH_ISA_AVX512) return feedh_level_add_avx512(levels, key, quantity);
  if (isa == FEEDH_ISA_AVX2) return feedh_level_add_avx2(levels, key, quantity);
#elif defined(__aarch64__)
  if (isa == FEEDH_ISA_NEON) return feedh_level_add_neon(levels, key, quantity);
#endif
  return feedh_level_add_scalar(levels, key, quantity);
}

static inline uint32_t feedh_level_take(feedh_isa isa, feedh_level *_Nonnull levels, int32_t key, uint32_t quantity) {
#if defined(__x86_64__)
  if (isa == FEEDH_ISA_AVX512) return feedh_level_take_avx512(levels, key, quantity);
  if (isa == FEEDH_ISA_AVX2) return feedh_level_take_avx2(levels, key, quantity);
#elif defined(__aarch64__)
  if (isa == FEEDH_ISA_NEON) return feedh_level_take_neon(levels, key, quantity);
#endif
  return feedh_level_take_scalar(levels, key, quantity);
}

/// 1 where the checksums of an Ethernet frame hold that has no tag, 20 bytes of IPv4 header and a whole UDP datagram of
/// `length` bytes: IPv4's, and UDP's where there is one (RFC 768) and the sending host did not leave it to its NIC, that
/// is, the field does not hold the sum over the pseudo header alone.
///
/// Reads no byte behind `frame + 34 + length`. `length`: 8 ... 65,515.
uint32_t feedh_udp_checksums_hold_scalar(const uint8_t *_Nonnull frame, uint32_t length);

#if defined(__x86_64__)
uint32_t feedh_udp_checksums_hold_avx2(const uint8_t *_Nonnull frame, uint32_t length);
uint32_t feedh_udp_checksums_hold_avx512(const uint8_t *_Nonnull frame, uint32_t length);
#elif defined(__aarch64__)
uint32_t feedh_udp_checksums_hold_neon(const uint8_t *_Nonnull frame, uint32_t length);
#endif

static inline uint32_t feedh_udp_checksums_hold(feedh_isa isa, const uint8_t *_Nonnull frame, uint32_t length) {
#if defined(__x86_64__)
  if (isa == FEEDH_ISA_AVX512) return feedh_udp_checksums_hold_avx512(frame, length);
  if (isa == FEEDH_ISA_AVX2) return feedh_udp_checksums_hold_avx2(frame, length);
#elif defined(__aarch64__)
  if (isa == FEEDH_ISA_NEON) return feedh_udp_checksums_hold_neon(frame, length);
#endif
  return feedh_udp_checksums_hold_scalar(frame, length);
}

#include "CSIMDITCH50.h"
#include "CSIMDReal.h"

#endif
