// Where functions' machine code lies, so that what is seldom run can be kept near (WarmCode.swift).
#ifndef FEEDH_CPLATFORM_CODE_H
#define FEEDH_CPLATFORM_CODE_H
#include <stddef.h>

enum { FEEDH_CODE_MARKS = 16 };

/// An address within the function that marked the place; NULL: it has not run yet. Read and written at any time.
extern const void *_Nullable feedh_code_marks[FEEDH_CODE_MARKS];

/// Notes an address within the function that this is inlined into, at `place`, 0 ... 15.
static inline void feedh_mark_code(unsigned place) {
  if (__builtin_expect(__atomic_load_n(&feedh_code_marks[place], __ATOMIC_RELAXED) != NULL, 1)) return;
  const void *here;
#if defined(__x86_64__)
  __asm__ volatile("leaq (%%rip), %0" : "=r"(here));
#elif defined(__aarch64__)
  __asm__ volatile("adr %0, ." : "=r"(here));
#else
  here = NULL;
#endif
  __atomic_store_n(&feedh_code_marks[place], here, __ATOMIC_RELAXED);
}

static inline const void *_Nullable feedh_code_mark(unsigned place) {
  return __atomic_load_n(&feedh_code_marks[place], __ATOMIC_RELAXED);
}

/// Bytes of the function around `address`, and where it begins, by the tables that unwinding uses (`.eh_frame_hdr`, Linux
/// Standard Base, "Exception Frames"). What lies between two functions counts with the first. 0: they do not know it.
size_t feedh_function_at(const void *_Nonnull address, const void *_Nullable *_Nonnull begin);

#endif
