#include "CSIMD.h"

enum { COUNT = 8 };

static feedh_level level(int32_t key, uint32_t quantity) { return (uint32_t)key | (uint64_t)quantity << 32; }

uint32_t feedh_level_add_scalar(feedh_level *levels, int32_t key, uint32_t quantity) {
  uint32_t position = 0;
  while (position < COUNT && (int32_t)levels[position] > key) position++;
  if (position < COUNT && (int32_t)levels[position] == key) {
    const uint64_t sum = (levels[position] >> 32) + quantity;
    if (sum >> 32) return position | FEEDH_LEVEL_OVERFLOW;
    levels[position] = level(key, (uint32_t)sum);
    return position;
  }
  if (levels[COUNT - 1] != FEEDH_NO_LEVEL) return FEEDH_LEVEL_ELSEWHERE;
  for (uint32_t index = COUNT - 1; index > position; index--) levels[index] = levels[index - 1];
  levels[position] = level(key, quantity);
  return position;
}

uint32_t feedh_level_take_scalar(feedh_level *levels, int32_t key, uint32_t quantity) {
  uint32_t position = 0;
  while (position < COUNT && (int32_t)levels[position] > key) position++;
  if (position == COUNT || (int32_t)levels[position] != key) return FEEDH_LEVEL_ELSEWHERE;
  if (levels[position] >> 32 > quantity) {
    levels[position] -= (uint64_t)quantity << 32;
    return position;
  }
  for (uint32_t index = position; index < COUNT - 1; index++) levels[index] = levels[index + 1];
  levels[COUNT - 1] = FEEDH_NO_LEVEL;
  return position | (levels[0] == FEEDH_NO_LEVEL ? FEEDH_LEVEL_NONE_LEFT : 0);
}

#if defined(__x86_64__)
#include <immintrin.h>

feedh_isa feedh_isa_best(void) {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")) return FEEDH_ISA_AVX512;
  return __builtin_cpu_supports("avx2") ? FEEDH_ISA_AVX2 : FEEDH_ISA_SCALAR;
}

#define AVX2 __attribute__((target("avx2,bmi,popcnt")))
#define AVX512 __attribute__((target("avx512f,avx512dq,avx2,bmi,popcnt")))

// Keys are compared as the high halves of 64-bit words whose low halves are zero.

AVX2 static uint32_t bits(__m256i low, __m256i high) {
  return (uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(low)) |
         (uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(high)) << 4;
}

AVX2 uint32_t feedh_level_add_avx2(feedh_level *levels, int32_t key, uint32_t quantity) {
  const __m256i wanted = _mm256_set1_epi64x((int64_t)((uint64_t)(uint32_t)key << 32));
  const __m256i low = _mm256_load_si256((const __m256i *)levels);
  const __m256i high = _mm256_load_si256((const __m256i *)(levels + 4));
  const __m256i low_key = _mm256_slli_epi64(low, 32), high_key = _mm256_slli_epi64(high, 32);
  const uint32_t better = bits(_mm256_cmpgt_epi64(low_key, wanted), _mm256_cmpgt_epi64(high_key, wanted));
  const uint32_t equal = bits(_mm256_cmpeq_epi64(low_key, wanted), _mm256_cmpeq_epi64(high_key, wanted));
  const uint32_t position = (uint32_t)_mm_popcnt_u32(better);
  const uint64_t exists = equal != 0;
  // The level at the position, or, behind all eight, the last one: not used then.
  const uint64_t there = levels[position & 7];
  const uint64_t sum = ((there >> 32) & (0 - exists)) + quantity;
  if (__builtin_expect(!exists & (levels[COUNT - 1] != FEEDH_NO_LEVEL), 0)) return FEEDH_LEVEL_ELSEWHERE;
  if (__builtin_expect(sum >> 32 != 0, 0)) return position | FEEDH_LEVEL_OVERFLOW;
  // A new level moves those behind it by one: they are read from one before.
  const feedh_level *moved = levels - (1 - exists);
  const __m256i moved_low = _mm256_loadu_si256((const __m256i *)moved);
  const __m256i moved_high = _mm256_loadu_si256((const __m256i *)(moved + 4));
  const __m256i at = _mm256_set1_epi64x((int64_t)position);
  const __m256i keep_low = _mm256_cmpgt_epi64(at, _mm256_set_epi64x(3, 2, 1, 0));
  const __m256i keep_high = _mm256_cmpgt_epi64(at, _mm256_set_epi64x(7, 6, 5, 4));
  _mm256_store_si256((__m256i *)levels, _mm256_blendv_epi8(moved_low, low, keep_low));
  _mm256_store_si256((__m256i *)(levels + 4), _mm256_blendv_epi8(moved_high, high, keep_high));
  levels[position & 7] = (uint32_t)key | sum << 32;
  return position;
}

AVX2 uint32_t feedh_level_take_avx2(feedh_level *levels, int32_t key, uint32_t quantity) {
  const __m256i wanted = _mm256_set1_epi64x((int64_t)((uint64_t)(uint32_t)key << 32));
  const __m256i low = _mm256_load_si256((const __m256i *)levels);
  const __m256i high = _mm256_load_si256((const __m256i *)(levels + 4));
  const uint32_t equal = bits(_mm256_cmpeq_epi64(_mm256_slli_epi64(low, 32), wanted),
                              _mm256_cmpeq_epi64(_mm256_slli_epi64(high, 32), wanted));
  if (__builtin_expect(equal == 0, 0)) return FEEDH_LEVEL_ELSEWHERE;
  const uint32_t position = (uint32_t)__builtin_ctz(equal);
  const uint64_t there = levels[position];
  const uint64_t gone = there >> 32 <= quantity;
  const uint64_t left = there - ((uint64_t)quantity << 32);
  const feedh_level *moved = levels + gone;
  const __m256i moved_low = _mm256_loadu_si256((const __m256i *)moved);
  // The level that moves in behind the last one is none.
  const __m256i closed =
      _mm256_blend_epi32(_mm256_permute4x64_epi64(high, 0x39), _mm256_set1_epi64x(FEEDH_NO_LEVEL), 0xC0);
  const __m256i moved_high = _mm256_blendv_epi8(high, closed, _mm256_set1_epi64x(0 - (int64_t)gone));
  const __m256i at = _mm256_set1_epi64x((int64_t)position);
  const __m256i keep_low = _mm256_cmpgt_epi64(at, _mm256_set_epi64x(3, 2, 1, 0));
  const __m256i keep_high = _mm256_cmpgt_epi64(at, _mm256_set_epi64x(7, 6, 5, 4));
  const __m256i new_high = _mm256_blendv_epi8(moved_high, high, keep_high);
  _mm256_store_si256((__m256i *)levels, _mm256_blendv_epi8(moved_low, low, keep_low));
  _mm256_store_si256((__m256i *)(levels + 4), new_high);
  // A mask, because a choice becomes a branch.
  levels[position] = left ^ ((left ^ levels[position]) & (0 - gone));
  return position | (levels[0] == FEEDH_NO_LEVEL ? FEEDH_LEVEL_NONE_LEFT : 0);
}

AVX512 uint32_t feedh_level_add_avx512(feedh_level *levels, int32_t key, uint32_t quantity) {
  const __m512i all = _mm512_load_si512(levels);
  const __m512i keys = _mm512_slli_epi64(all, 32);
  const __m512i wanted = _mm512_set1_epi64((int64_t)((uint64_t)(uint32_t)key << 32));
  const __mmask8 better = _mm512_cmpgt_epi64_mask(keys, wanted), equal = _mm512_cmpeq_epi64_mask(keys, wanted);
  const uint32_t position = (uint32_t)_mm_popcnt_u32(better);
  const __m512i share = _mm512_set1_epi64((int64_t)((uint64_t)quantity << 32));
  const __m512i more = _mm512_mask_add_epi64(all, equal, all, share);
  const __mmask8 overflow = _mm512_mask_cmplt_epu64_mask(equal, more, share);
  const uint32_t is_full = equal == 0 && levels[COUNT - 1] != FEEDH_NO_LEVEL;
  if (__builtin_expect(is_full | overflow, 0)) return overflow ? position | FEEDH_LEVEL_OVERFLOW : FEEDH_LEVEL_ELSEWHERE;
  const __m512i fresh = _mm512_set1_epi64((int64_t)((uint32_t)key | (uint64_t)quantity << 32));
  const __m512i inserted = _mm512_mask_expand_epi64(fresh, (__mmask8)~(1u << position), all);
  _mm512_store_si512(levels, _mm512_mask_mov_epi64(inserted, (__mmask8)(0 - (equal != 0)), more));
  return position;
}

AVX512 uint32_t feedh_level_take_avx512(feedh_level *levels, int32_t key, uint32_t quantity) {
  const __m512i all = _mm512_load_si512(levels);
  const __m512i wanted = _mm512_set1_epi64((int64_t)((uint64_t)(uint32_t)key << 32));
  const __mmask8 equal = _mm512_cmpeq_epi64_mask(_mm512_slli_epi64(all, 32), wanted);
  if (__builtin_expect(equal == 0, 0)) return FEEDH_LEVEL_ELSEWHERE;
  // Gone is what has no more than `quantity`, whatever its key.
  const __m512i most = _mm512_set1_epi64((int64_t)((uint64_t)quantity << 32 | 0xFFFFFFFFu));
  const __mmask8 gone = _mm512_mask_cmple_epu64_mask(equal, all, most);
  const __m512i less =
      _mm512_mask_sub_epi64(all, equal, all, _mm512_set1_epi64((int64_t)((uint64_t)quantity << 32)));
  const __m512i left =
      _mm512_mask_compress_epi64(_mm512_set1_epi64(FEEDH_NO_LEVEL), (__mmask8)~gone, less);
  _mm512_store_si512(levels, left);
  const uint64_t best = (uint64_t)_mm_cvtsi128_si64(_mm512_castsi512_si128(left));
  return (uint32_t)__builtin_ctz(equal) | (best == FEEDH_NO_LEVEL ? FEEDH_LEVEL_NONE_LEFT : 0);
}
#else
feedh_isa feedh_isa_best(void) { return FEEDH_ISA_SCALAR; }
#endif
