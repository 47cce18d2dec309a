// The machine, where Swift has no word for it: the time-stamp counter, prefetch hints, spin-wait hints,
// thread affinity and CPU features. Each function is the thinnest call that works.
#ifndef FEEDH_CPLATFORM_H
#define FEEDH_CPLATFORM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

/// Ticks of the constant-rate counter of this CPU (TSC on x86-64, CNTVCT on arm64). Not serialising: a stamp
/// may move by a few instructions, which is below what it is used to measure.
static inline uint64_t feedh_ticks(void) {
#if defined(__x86_64__)
  return __rdtsc();
#elif defined(__aarch64__)
  uint64_t value;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
#else
#error "feedh needs a time-stamp counter: x86-64 or arm64"
#endif
}

/// Asks for the cache line of `address` for reading and writing; never faults.
static inline void feedh_prefetch(const void *_Nullable address) { __builtin_prefetch(address, 1, 3); }

/// Asks for the cache line of `address` for reading only: mapped files. Never faults.
static inline void feedh_prefetch_read(const void *_Nullable address) { __builtin_prefetch(address, 0, 3); }

/// The same, into the second-level cache: code, which the first level for data has no room for. Never faults.
static inline void feedh_prefetch_code(const void *_Nullable address) { __builtin_prefetch(address, 0, 2); }

/// `value`, of which the compiler knows nothing: comparisons on both sides of it stay branches of their own, where it
/// would make one jump by a table of them.
static inline uint8_t feedh_unknown(uint8_t value) {
  __asm__("" : "+r"(value));
  return value;
}

/// Tells the core that this is a spin-wait loop.
static inline void feedh_pause(void) {
#if defined(__x86_64__)
  _mm_pause();
#else
  __asm__ volatile("yield");
#endif
}

/// Pins the calling thread to `cpu`. Returns 0 or an errno value (EINVAL: no such CPU).
int feedh_pin_thread(int cpu);
/// The CPU the calling thread runs on, or -1.
int feedh_current_cpu(void);
/// Number of CPUs that the calling thread may run on.
int feedh_allowed_cpu_count(void);
/// The `n`th (0-based) CPU the calling thread may run on, or -1.
int feedh_allowed_cpu(int n);
/// Anonymous resident memory of this process in bytes (RssAnon of /proc/self/status), 0 if unknown.
uint64_t feedh_anonymous_resident_bytes(void);
/// Memory of this machine in bytes, or what its container may have of it; 0 if unknown.
uint64_t feedh_memory_limit_bytes(void);
/// Writes what it read to each page of `bytes` bytes from `start` on, so that all are there: for kernels before 5.14,
/// which do not know MADV_POPULATE_WRITE.
void feedh_touch(void *_Nonnull start, size_t bytes);

/// Page faults of the calling thread since it began: memory touched for the first time, or read from a disk.
uint64_t feedh_thread_page_faults(void);

/// A pointer of the calling thread's own, NULL until it is set: see StorageOwner.swift.
void *_Nullable feedh_storage_owner(void);
void feedh_set_storage_owner(void *_Nullable owner);

/// Instruction sets this machine and build can run; bit 0 AVX2, bit 1 AVX-512 (F, BW, VL, VBMI), bit 2 NEON.
uint32_t feedh_cpu_features(void);

#include "CPlatformCode.h"
#include "CPlatformHotPath.h"

#endif
