#include "CSIMD.h"

#include <string.h>

// MARK: Instruction sets

static int chosen = -1;

feedh_isa feedh_isa_chosen(void) {
  const int isa = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
  return isa < 0 ? feedh_isa_best() : (feedh_isa)isa;
}

void feedh_isa_choose(feedh_isa isa) { __atomic_store_n(&chosen, (int)isa, __ATOMIC_RELAXED); }

// MARK: Price levels

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


// MARK: Checksums
//
// Ones'-complement sums (RFC 1071) of 16-bit words as they lie in memory, added into words so wide that nothing is
// carried out.

static uint32_t load32(const uint8_t *bytes) {
  uint32_t word;
  memcpy(&word, bytes, sizeof word);
  return word;
}

static uint64_t load64(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, sizeof word);
  return word;
}

static uint64_t halves(uint64_t word) { return (uint32_t)word + (word >> 32); }

/// Folded to 16 bits; only a sum of zero gives 0.
static uint32_t folded(uint64_t sum) {
  uint32_t word = (uint32_t)halves(halves(sum));
  word = (word & 0xFFFF) + (word >> 16);
  return (word & 0xFFFF) + (word >> 16);
}

/// Whether a sum that is not zero folds to all ones, which is whether 65,535 divides it: so it is where the product with
/// its inverse modulo 2^64 is no more than a quotient can be.
static uint32_t is_all_ones(uint64_t sum) { return sum * 0xFFFEFFFEFFFEFFFF <= UINT64_MAX / 0xFFFF; }

/// Sum over the header of 20 bytes at `frame + 14`.
static uint64_t ipv4_header_sum(const uint8_t *frame) {
  return halves(load64(frame + 14)) + halves(load64(frame + 22)) + load32(frame + 30);
}

/// Sum over the pseudo header (RFC 768): addresses, protocol 17, the length that stands in the UDP header.
static uint64_t pseudo_header_sum(const uint8_t *frame) {
  const uint32_t protocol_and_length = (uint32_t)frame[38] | (uint32_t)frame[39] << 8;
  return halves(load64(frame + 26)) + protocol_and_length + (17u << 8);
}

/// What the checksum field says, once the sum over all of the datagram is known.
static inline __attribute__((always_inline)) uint32_t judge(const uint8_t *frame, uint64_t pseudo, uint64_t datagram) {
  if (!is_all_ones(ipv4_header_sum(frame))) return 0;
  if (__builtin_expect(is_all_ones(pseudo + datagram), 1)) return 1;
  const uint32_t field = (uint32_t)frame[40] | (uint32_t)frame[41] << 8;
  return field == 0 || field == folded(pseudo);
}

uint32_t feedh_udp_checksums_hold_scalar(const uint8_t *frame, uint32_t length) {
  const uint8_t *bytes = frame + 34;
  uint64_t sum = 0;
  uint32_t left = length;
  for (; left >= 8; left -= 8, bytes += 8) sum += halves(load64(bytes));
  // The rest as the beginning of a word whose other bytes are zero.
  uint64_t rest = 0;
  memcpy(&rest, bytes, left);
  return judge(frame, pseudo_header_sum(frame), sum + halves(rest));
}

#if defined(__x86_64__)
#include <immintrin.h>

int feedh_isa_runs(feedh_isa isa) {
  __builtin_cpu_init();
  switch (isa) {
  case FEEDH_ISA_SCALAR: return 1;
  case FEEDH_ISA_AVX2: return __builtin_cpu_supports("avx2") != 0;
  case FEEDH_ISA_AVX512:
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni") &&
           __builtin_cpu_supports("bmi2");
  default: return 0;
  }
}

feedh_isa feedh_isa_best(void) {
  if (feedh_isa_runs(FEEDH_ISA_AVX512)) return FEEDH_ISA_AVX512;
  return feedh_isa_runs(FEEDH_ISA_AVX2) ? FEEDH_ISA_AVX2 : FEEDH_ISA_SCALAR;
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

/// Adds the halves of the 32-bit words of a block to the words of `sum`: less than 2^17 each.
AVX2 static __m256i add_halves_avx2(__m256i sum, __m256i block) {
  const __m256i low = _mm256_and_si256(block, _mm256_set1_epi32(0xFFFF));
  return _mm256_add_epi32(sum, _mm256_add_epi32(low, _mm256_srli_epi32(block, 16)));
}

AVX2 uint32_t feedh_udp_checksums_hold_avx2(const uint8_t *frame, uint32_t length) {
  if (length < 32) return feedh_udp_checksums_hold_scalar(frame, length);
  const uint8_t *bytes = frame + 34, *end = bytes + length;
  __m256i sum = _mm256_setzero_si256();
  for (; end - bytes >= 32; bytes += 32) sum = add_halves_avx2(sum, _mm256_loadu_si256((const __m256i *)bytes));
  // The last 32 bytes without those that were added. Where the length is odd, even bytes stand at odd places there:
  // the sum comes out with its bytes swapped.
  const __m256i place = _mm256_set_epi8(31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12,
                                        11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  const __m256i fresh = _mm256_cmpgt_epi8(place, _mm256_set1_epi8((char)(31 - (end - bytes))));
  const __m256i last = _mm256_and_si256(_mm256_loadu_si256((const __m256i *)(end - 32)), fresh);
  const __m256i rest = add_halves_avx2(_mm256_setzero_si256(), last);
  // 256 is as good as a swap of bytes where sums are taken modulo 65,535.
  const uint32_t weight = 1 + 255 * (length & 1);
  const __m256i odd = _mm256_mul_epu32(rest, _mm256_set1_epi64x(weight));
  const __m256i even = _mm256_mul_epu32(_mm256_srli_epi64(rest, 32), _mm256_set1_epi64x(weight));
  const __m256i wide = _mm256_add_epi64(_mm256_and_si256(sum, _mm256_set1_epi64x(0xFFFFFFFF)), _mm256_srli_epi64(sum, 32));
  const __m256i all = _mm256_add_epi64(wide, _mm256_add_epi64(odd, even));
  const __m128i two = _mm_add_epi64(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
  const uint64_t total = (uint64_t)_mm_cvtsi128_si64(_mm_add_epi64(two, _mm_unpackhi_epi64(two, two)));
  return judge(frame, pseudo_header_sum(frame), total);
}

#define AVX512VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,avx2,bmi,bmi2")))

/// Four lines at once: how many a datagram has is as good as random. Those behind its end are masked, and not read.
AVX512VNNI uint32_t feedh_udp_checksums_hold_avx512(const uint8_t *frame, uint32_t length) {
  const uint8_t *bytes = frame + 34;
  const __m256i begins = _mm256_set_epi64x(192, 128, 64, 0), ones = _mm256_set1_epi64x(-1);
  const __m512i is_low = _mm512_set1_epi16(0x0001), is_high = _mm512_set1_epi16(0x0100);
  __m512i low = _mm512_setzero_si512(), high = _mm512_setzero_si512();
  int64_t left = length;
  do {
    // How many bytes of each line there are, 0 at least, as bits of its mask: shifts by 64 and more leave none.
    const __m256i counts = _mm256_subs_epu16(_mm256_set1_epi64x(left), begins);
    uint64_t masks[4] __attribute__((aligned(32)));
    _mm256_store_si256((__m256i *)masks, _mm256_andnot_si256(_mm256_sllv_epi64(ones, counts), ones));
    for (int line = 0; line < 4; line++) {
      const __m512i block = _mm512_maskz_loadu_epi8(masks[line], bytes + 64 * line);
      low = _mm512_dpbusd_epi32(low, block, is_low);
      high = _mm512_dpbusd_epi32(high, block, is_high);
    }
    bytes += 256;
    left -= 256;
  } while (__builtin_expect(left > 0, 0));
  // Of 65,515 bytes each sum of a lane has 1,024 at most, twice 255 each; all together, by 256, less than 2^32.
  const __m512i sum = _mm512_add_epi32(low, _mm512_slli_epi32(high, 8));
  return judge(frame, pseudo_header_sum(frame), (uint32_t)_mm512_reduce_add_epi32(sum));
}
#elif defined(__aarch64__)
#include <arm_neon.h>

// Every arm64 CPU has NEON.
int feedh_isa_runs(feedh_isa isa) { return isa == FEEDH_ISA_SCALAR || isa == FEEDH_ISA_NEON; }
feedh_isa feedh_isa_best(void) { return FEEDH_ISA_NEON; }

typedef struct {
  uint64x2_t pair[4];
} line;

static line load_line(const feedh_level *levels) {
  return (line){{vld1q_u64(levels), vld1q_u64(levels + 2), vld1q_u64(levels + 4), vld1q_u64(levels + 6)}};
}

/// The keys of two pairs of levels.
static int32x4_t keys(uint64x2_t low, uint64x2_t high) {
  return vuzp1q_s32(vreinterpretq_s32_u64(low), vreinterpretq_s32_u64(high));
}

/// How many lanes of both are all ones.
static uint32_t lanes(uint32x4_t low, uint32x4_t high) {
  return 0 - vaddvq_u32(vaddq_u32(low, high));
}

/// Levels before `position` as they were, the others as `moved` has them.
static void store_moved(feedh_level *levels, line were, line moved, uint32_t position) {
  const uint64x2_t at = vdupq_n_u64(position);
  const uint64x2_t first = vcombine_u64(vcreate_u64(0), vcreate_u64(1));
  for (uint64_t index = 0; index < 4; index++) {
    const uint64x2_t place = vaddq_u64(first, vdupq_n_u64(2 * index));
    vst1q_u64(levels + 2 * index, vbslq_u64(vcltq_u64(place, at), were.pair[index], moved.pair[index]));
  }
}

uint32_t feedh_level_add_neon(feedh_level *levels, int32_t key, uint32_t quantity) {
  const line all = load_line(levels);
  const int32x4_t low = keys(all.pair[0], all.pair[1]), high = keys(all.pair[2], all.pair[3]);
  const int32x4_t wanted = vdupq_n_s32(key);
  const uint32_t position = lanes(vcgtq_s32(low, wanted), vcgtq_s32(high, wanted));
  const uint64_t exists = lanes(vceqq_s32(low, wanted), vceqq_s32(high, wanted));
  // The level at the position, or, behind all eight, another: not used then.
  const uint64_t sum = ((levels[position & 7] >> 32) & (0 - exists)) + quantity;
  if (__builtin_expect(!exists & (levels[COUNT - 1] != FEEDH_NO_LEVEL), 0)) return FEEDH_LEVEL_ELSEWHERE;
  if (__builtin_expect(sum >> 32 != 0, 0)) return position | FEEDH_LEVEL_OVERFLOW;
  // A new level moves those behind it by one: they are read from one before.
  store_moved(levels, all, load_line(levels - (1 - exists)), position);
  levels[position & 7] = (uint32_t)key | sum << 32;
  return position;
}

uint32_t feedh_level_take_neon(feedh_level *levels, int32_t key, uint32_t quantity) {
  const line all = load_line(levels);
  const int32x4_t low = keys(all.pair[0], all.pair[1]), high = keys(all.pair[2], all.pair[3]);
  const int32x4_t wanted = vdupq_n_s32(key);
  const uint32x4_t equal_low = vceqq_s32(low, wanted), equal_high = vceqq_s32(high, wanted);
  if (__builtin_expect(lanes(equal_low, equal_high) == 0, 0)) return FEEDH_LEVEL_ELSEWHERE;
  const uint32_t position = lanes(vcgtq_s32(low, wanted), vcgtq_s32(high, wanted));
  const uint64_t there = levels[position];
  const uint64_t gone = there >> 32 <= quantity;
  const uint64_t left = there - ((uint64_t)quantity << 32);
  line moved = load_line(levels + gone);
  // The level that moves in behind the last one is none.
  const uint64x2_t closed = vcombine_u64(vget_high_u64(all.pair[3]), vcreate_u64(FEEDH_NO_LEVEL));
  moved.pair[3] = vbslq_u64(vdupq_n_u64(0 - gone), closed, all.pair[3]);
  store_moved(levels, all, moved, position);
  // A mask, because a choice may become a branch.
  levels[position] = left ^ ((left ^ levels[position]) & (0 - gone));
  return position | (levels[0] == FEEDH_NO_LEVEL ? FEEDH_LEVEL_NONE_LEFT : 0);
}

uint32_t feedh_udp_checksums_hold_neon(const uint8_t *frame, uint32_t length) {
  const uint8_t *bytes = frame + 34;
  // Each lane takes two words of 16 bits a step, of which there are at most 4,095.
  uint32x4_t sums = vdupq_n_u32(0);
  uint32_t left = length;
  for (; left >= 16; left -= 16, bytes += 16) sums = vpadalq_u16(sums, vreinterpretq_u16_u8(vld1q_u8(bytes)));
  // The rest as the beginning of a block whose other bytes are zero.
  uint8_t rest[16] = {0};
  memcpy(rest, bytes, left);
  sums = vpadalq_u16(sums, vreinterpretq_u16_u8(vld1q_u8(rest)));
  return judge(frame, pseudo_header_sum(frame), vaddlvq_u32(sums));
}
#else
int feedh_isa_runs(feedh_isa isa) { return isa == FEEDH_ISA_SCALAR; }
feedh_isa feedh_isa_best(void) { return FEEDH_ISA_SCALAR; }
#endif
