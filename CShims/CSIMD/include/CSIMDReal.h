// Deribit's binary64 numbers, price and amount of a level side by side, as the decimals they were made from.
//
// The scalar twin is `DeribitReal.scaled8`, in Swift, which also reads greater numbers.
#ifndef FEEDH_CSIMD_REAL_H
#define FEEDH_CSIMD_REAL_H
#include <stdint.h>
#include <string.h>

typedef struct {
  int64_t first, second;
} feedh_scaled_pair;

/// The two numbers at `bytes`, times 10^8; with `drops_second` the second one is taken for 0. 0 where either is no
/// multiple of 10^-8, is not below 22,517,998, or is no number: then nothing was written.
///
/// Below that limit one rounding each way stays under one half (`DeribitReal`). Adding 1.5 × 2^52 rounds off, to even,
/// what has no place behind 2^0, and leaves the rest in the low bits as an integer.
static inline int feedh_scaled8_pair(const void *_Nonnull bytes, int drops_second,
                                     feedh_scaled_pair *_Nonnull scaled) {
// Each step is rounded by itself.
#pragma clang fp contract(off)
  const double unit = 1e8, limit = 22517998.0, integers_only = 6755399441055744.0;
#if defined(__SSE2__)
  typedef double pair __attribute__((vector_size(16)));
  typedef int64_t words __attribute__((vector_size(16)));
  pair x;
  memcpy(&x, bytes, 16);
  if (drops_second) x[1] = 0;
  const pair magnitude = (pair)((words)x & INT64_MAX);
  const pair shifted = x * unit + integers_only;
  const words holds = ((shifted - integers_only) / unit == x) & (magnitude < limit);
  if (__builtin_ia32_movmskpd((pair)holds) != 3) return 0;
  const pair nothing = {integers_only, integers_only};
  const words whole = (words)shifted - (words)nothing;
  *scaled = (feedh_scaled_pair){whole[0], whole[1]};
  return 1;
#else
  double x[2];
  memcpy(x, bytes, 16);
  if (drops_second) x[1] = 0;
  int64_t whole[2];
  for (int index = 0; index < 2; index++) {
    const double shifted = x[index] * unit + integers_only;
    if (!((shifted - integers_only) / unit == x[index] && __builtin_fabs(x[index]) < limit)) return 0;
    int64_t bits, nothing;
    memcpy(&bits, &shifted, 8);
    memcpy(&nothing, &integers_only, 8);
    whole[index] = bits - nothing;
  }
  *scaled = (feedh_scaled_pair){whole[0], whole[1]};
  return 1;
#endif
}

#endif
