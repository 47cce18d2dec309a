#include "CSIMDITCH50.h"

#include <string.h>

_Static_assert(sizeof(feedh_delivery) == 16 && sizeof(feedh_event) == 48 && sizeof(feedh_itch50_shape) == 128, "");

#if defined(__x86_64__)
#include <immintrin.h>

enum { FIRST = 4, SELL_SHIFT = 24, PRINTABLE_SHIFT = 32 };

/// Everything but the event's first 32 bytes. NULL where the message is no everyday one.
static inline __attribute__((always_inline)) const feedh_itch50_shape *
decode_head(const feedh_itch50_tables *tables, const feedh_delivery *delivery, uint16_t mark, feedh_event *event,
            uint32_t *surplus) {
  const uint32_t length = delivery->length;
  if (delivery->mark != mark || length == 0) return NULL;
  // One byte is here; every further read stands behind the length check below, which is that of the type.
  const uint8_t *message = delivery->bytes;
  const uint32_t type = message[0];
  const feedh_itch50_shape *shape = tables->shapes + type;
  if (length < shape->length) return NULL;
  *surplus |= length - shape->length;
  const uint32_t instrument = tables->locates[(uint32_t)message[1] << 8 | message[2]] - 1;
  if ((int32_t)instrument < 0) return NULL;
  // B is 0x42 and S is 0x53: what a side differs from B is 0 or 0x11. Computed: comparisons become branches.
  const uint32_t side = message[shape->side] ^ 'B';
  const uint32_t sells = side & 1;
  if ((side - sells * 0x11) & shape->side_mask) return NULL;
  tables->by_type[type] += tables->counts;
  uint64_t head = shape->head | (uint64_t)sells << SELL_SHIFT;
  if (__builtin_expect(shape->printable != 0, 0))
    head &= ~((uint64_t)(message[shape->printable] == 'N') << PRINTABLE_SHIFT);
  event->instrument = instrument;
  event->head = head;
  return shape;
}

#define AVX512VBMI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vbmi,avx2,bmi,bmi2")))

AVX512VBMI uint32_t feedh_itch50_decode_avx512(const feedh_itch50_tables *pointer, const feedh_delivery *deliveries,
                                               uint32_t count, uint16_t mark, feedh_event *events,
                                               uint32_t *surplus) {
  const feedh_itch50_tables tables = *pointer;
  uint32_t beyond = *surplus;
  uint32_t index = 0;
  for (; index < count; index++) {
    const feedh_itch50_shape *shape = decode_head(&tables, deliveries + index, mark, events + index, &beyond);
    if (!shape) break;
    // What is masked is not read.
    const __m256i message = _mm256_maskz_loadu_epi8(shape->readable, deliveries[index].bytes + FIRST);
    const __m256i places = _mm256_load_si256((const __m256i *)shape->places);
    _mm256_storeu_si256((__m256i *)(events + index), _mm256_maskz_permutexvar_epi8(shape->has, places, message));
  }
  *surplus = beyond;
  return index;
}

/// The 32 bytes at `bytes`, of which `readable` are there; the others are anything.
///
/// A load that does not pass the page's end reads nothing that is not mapped; what it reads behind the message is
/// dropped. The address sanitizer cannot know that.
__attribute__((target("avx2"), no_sanitize("address"))) static inline __m256i load_most(const uint8_t *bytes,
                                                                                      uint32_t readable) {
  if (__builtin_expect(((uintptr_t)bytes & 4095) <= 4096 - 32, 1)) return _mm256_loadu_si256((const __m256i *)bytes);
  uint8_t copy[32] = {0};
  memcpy(copy, bytes, 32 - (uint32_t)__builtin_clz(readable));
  return _mm256_loadu_si256((const __m256i *)copy);
}

__attribute__((target("avx2,bmi,bmi2"), no_sanitize("address"))) uint32_t
feedh_itch50_decode_avx2(const feedh_itch50_tables *pointer, const feedh_delivery *deliveries, uint32_t count,
                         uint16_t mark, feedh_event *events, uint32_t *surplus) {
  const feedh_itch50_tables tables = *pointer;
  uint32_t beyond = *surplus;
  uint32_t index = 0;
  for (; index < count; index++) {
    const feedh_itch50_shape *shape = decode_head(&tables, deliveries + index, mark, events + index, &beyond);
    if (!shape) break;
    const __m256i message = load_most(deliveries[index].bytes + FIRST, shape->readable);
    // A shuffle stays within its half.
    const __m256i here = _mm256_shuffle_epi8(message, _mm256_load_si256((const __m256i *)shape->here));
    const __m256i there = _mm256_shuffle_epi8(_mm256_permute4x64_epi64(message, 0x4E),
                                              _mm256_load_si256((const __m256i *)shape->there));
    _mm256_storeu_si256((__m256i *)(events + index), _mm256_or_si256(here, there));
  }
  *surplus = beyond;
  return index;
}
#endif
