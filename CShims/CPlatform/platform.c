#define _GNU_SOURCE
#include "CPlatform.h"
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

int feedh_pin_thread(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

int feedh_current_cpu(void) { return sched_getcpu(); }

int feedh_allowed_cpu_count(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return CPU_COUNT(&set);
}

int feedh_allowed_cpu(int n) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return -1;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
    if (CPU_ISSET(cpu, &set) && n-- == 0) return cpu;
  return -1;
}

uint64_t feedh_anonymous_resident_bytes(void) {
  FILE *file = fopen("/proc/self/status", "r");
  if (!file) return 0;
  char line[256];
  uint64_t kilobytes = 0;
  while (fgets(line, sizeof line, file))
    if (strncmp(line, "RssAnon:", 8) == 0) {
      kilobytes = strtoull(line + 8, NULL, 10);
      break;
    }
  fclose(file);
  return kilobytes * 1024;
}

uint32_t feedh_cpu_features(void) {
  uint32_t features = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) features |= 1;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512vbmi"))
    features |= 2;
#elif defined(__aarch64__)
  features |= 4;
#endif
  return features;
}

static _Thread_local void *storage_owner;

void *feedh_storage_owner(void) { return storage_owner; }

void feedh_set_storage_owner(void *owner) { storage_owner = owner; }

/// The number that a file of the kernel's begins with; where there is none, `otherwise`.
static uint64_t read_number(const char *path, uint64_t otherwise) {
  FILE *file = fopen(path, "re");
  if (!file) return otherwise;
  unsigned long long number;
  if (fscanf(file, "%llu", &number) != 1) number = otherwise;
  fclose(file);
  return number;
}

uint64_t feedh_memory_limit_bytes(void) {
  const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
  uint64_t limit = pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
  // A container's own, control groups of version 2 and 1.
  static const char *const groups[] = {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
  for (size_t index = 0; index < sizeof groups / sizeof *groups; index++) {
    const uint64_t allowed = read_number(groups[index], limit);
    if (allowed < limit) limit = allowed;
  }
  return limit;
}

uint64_t feedh_thread_page_faults(void) {
  struct rusage usage;
  return getrusage(RUSAGE_THREAD, &usage) == 0 ? (uint64_t)usage.ru_minflt + (uint64_t)usage.ru_majflt : 0;
}

void feedh_touch(void *start, size_t bytes) {
  // Volatile: a compiler may leave out the store of what is there already.
  volatile char *page = start;
  for (size_t offset = 0; offset < bytes; offset += 4096) page[offset] = page[offset];
}
