// Deribit's binary64 numbers, price and amount of a level side by side, straight in the units that books keep them in.
//
// The scalar twin is in Swift: `DeribitReal.scaled8`, then `PriceScale.stored` and `QuantityScale.stored`. It also reads
// greater numbers.
#ifndef FEEDH_CSIMD_REAL_H
#define FEEDH_CSIMD_REAL_H
#include <stdint.h>
#include <string.h>

/// What a price and an amount are counted in. 32 bytes, aligned to 16.
typedef struct {
  /// 10^8 / units, rounded.
  double per_one[2];
  /// Steps of 10^-8 in a stored unit: whole numbers, 1 ... 2^53.
  double units[2];
} feedh_stored_scale;

/// Price and amount at `bytes`, binary64 both, in stored units: the price in the low 32 bits, the amount above. With a
/// `change` of 2 the amount is taken for 0; at most 2. Negative where the price is no whole number of units or has more
/// than 32 bits, the amount is none, is negative or has more than 31, or either is not below 22,517,998 or no number:
/// the twin reads those.
///
/// What is found is multiplied back and compared, so a guess that rounding made wrong finds nothing. Below the limit no
/// other decimal of eight places reads back to the same number (`DeribitReal`).
static inline int64_t feedh_stored_pair(const void *_Nonnull bytes, uint32_t change,
                                        const feedh_stored_scale *_Nonnull scale) {
// Each step is rounded by itself.
#pragma clang fp contract(off)
  const double unit = 1e8, limit = 22517998.0;
#if defined(__SSE2__)
  typedef double pair __attribute__((vector_size(16)));
  typedef int64_t words __attribute__((vector_size(16)));
  typedef int32_t quarters __attribute__((vector_size(16)));
  static const words kept[3] = {{-1, -1}, {-1, -1}, {-1, 0}};
  const pair *aligned = (const pair *)__builtin_assume_aligned(scale, 16);
  pair x;
  memcpy(&x, bytes, 16);
  x = (pair)((words)x & kept[change]);
  // To the nearest; what does not fit becomes -2^31, which is not what was read, or is.
  const quarters stored = __builtin_ia32_cvtpd2dq(x * aligned[0]);
  const pair whole = {(double)stored[0], (double)stored[1]};
  const words holds = (whole * aligned[1] / unit == x) & ((pair)((words)x & INT64_MAX) < limit);
  if (__builtin_expect(__builtin_ia32_movmskpd((pair)holds) != 3, 0)) return -1;
  return ((words)stored)[0];
#else
  double x[2];
  memcpy(x, bytes, 16);
  if (change == 2) x[1] = 0;
  int32_t stored[2];
  for (int index = 0; index < 2; index++) {
    const double guess = __builtin_rint(x[index] * scale->per_one[index]);
    if (!(__builtin_fabs(x[index]) < limit && guess >= INT32_MIN && guess <= INT32_MAX)) return -1;
    stored[index] = (int32_t)guess;
    if (guess * scale->units[index] / unit != x[index]) return -1;
  }
  return (int64_t)((uint64_t)(uint32_t)stored[1] << 32 | (uint32_t)stored[0]);
#endif
}

#endif
