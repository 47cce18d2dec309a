// Vector code that Swift can't spell: small inline routines over the instruction set that every CPU of the
// architecture has (SSE2, NEON), so that they are inlined into their Swift callers. Each has a scalar twin.
#ifndef FEEDH_CSIMD_H
#define FEEDH_CSIMD_H
#include <stdint.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

/// How many of the first `valid` (0 ... 8) of eight ascending price levels have a key of at most `key`. A level is two
/// 32-bit words: key, quantity. All eight are read: 64 bytes must be there.
static inline int32_t feedh_levels_at_most_scalar(const int32_t *_Nonnull levels, int32_t key, int32_t valid) {
  int32_t count = 0;
  for (int32_t index = 0; index < valid; index++) count += levels[2 * index] <= key;
  return count;
}

static inline int32_t feedh_levels_at_most(const int32_t *_Nonnull levels, int32_t key, int32_t valid) {
#if defined(__x86_64__)
  const __m128i wanted = _mm_set1_epi32(key);
  const __m128 a = _mm_loadu_ps((const float *)levels), b = _mm_loadu_ps((const float *)(levels + 4));
  const __m128 c = _mm_loadu_ps((const float *)(levels + 8)), d = _mm_loadu_ps((const float *)(levels + 12));
  const __m128i first = _mm_castps_si128(_mm_shuffle_ps(a, b, 0x88));
  const __m128i second = _mm_castps_si128(_mm_shuffle_ps(c, d, 0x88));
  const uint32_t greater = (uint32_t)_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpgt_epi32(first, wanted))) |
                           (uint32_t)_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpgt_epi32(second, wanted))) << 4;
  // The levels ascend, so the first greater one ends the count; what is not valid counts as greater.
  return __builtin_ctz(greater | 1u << valid);
#elif defined(__aarch64__)
  const int32x4x2_t first = vld2q_s32(levels), second = vld2q_s32(levels + 8);
  const int32x4_t wanted = vdupq_n_s32(key);
  const uint16x4_t low = vmovn_u32(vcgtq_s32(first.val[0], wanted)), high = vmovn_u32(vcgtq_s32(second.val[0], wanted));
  // One byte per level, all ones where it is greater.
  const uint64_t greater = vget_lane_u64(vreinterpret_u64_u8(vmovn_u16(vcombine_u16(low, high))), 0);
  const int32_t count = greater == 0 ? 8 : __builtin_ctzll(greater) / 8;
  return count < valid ? count : valid;
#else
  return feedh_levels_at_most_scalar(levels, key, valid);
#endif
}

#endif
