#include "begin.h"

#if defined(FEEDH_DPDK)
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

const char *feedh_dpdk_version(void) { return rte_version(); }

// MARK: Log

static struct {
  pthread_mutex_t lock;
  size_t length;
  char text[16384];
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

/// Keeps the end: what failed is said last.
static void keep(const char *bytes, size_t size) {
  pthread_mutex_lock(&kept.lock);
  if (size > sizeof kept.text) {
    bytes += size - sizeof kept.text;
    size = sizeof kept.text;
  }
  if (kept.length + size > sizeof kept.text) {
    size_t surplus = kept.length + size - sizeof kept.text;
    memmove(kept.text, kept.text + surplus, kept.length - surplus);
    kept.length -= surplus;
  }
  memcpy(kept.text + kept.length, bytes, size);
  kept.length += size;
  pthread_mutex_unlock(&kept.lock);
}

static ssize_t keep_stream(void *cookie, const char *bytes, size_t size) {
  (void)cookie;
  keep(bytes, size);
  return (ssize_t)size;
}

size_t feedh_dpdk_take_log(char *text, size_t capacity) {
  if (capacity == 0) return 0;
  pthread_mutex_lock(&kept.lock);
  size_t length = kept.length < capacity - 1 ? kept.length : capacity - 1;
  memcpy(text, kept.text + kept.length - length, length);
  text[length] = 0;
  kept.length = 0;
  pthread_mutex_unlock(&kept.lock);
  return length;
}

// MARK: Start

/// Sends a descriptor's output into a file in memory; the original, or -1.
static int divert(int descriptor, int file) {
  int original = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  if (original >= 0 && dup2(file, descriptor) < 0) {
    close(original);
    original = -1;
  }
  return original;
}

static void restore(int descriptor, int original) {
  if (original < 0) return;
  dup2(original, descriptor);
  close(original);
}

int feedh_dpdk_start(int count, const char *const *arguments) {
  static char texts[4096];
  static char *pointers[129];
  size_t used = 0;
  if (count < 1 || count > 128) return -E2BIG;
  // rte_eal_init permutes the vector and may keep pointers into its texts.
  for (int index = 0; index < count; index++) {
    size_t size = strlen(arguments[index]) + 1;
    if (size > sizeof texts - used) return -E2BIG;
    pointers[index] = memcpy(texts + used, arguments[index], size);
    used += size;
  }
  static const cookie_io_functions_t functions = {.write = keep_stream};
  FILE *stream = fopencookie(NULL, "w", functions);
  if (stream == NULL) return -ENOMEM;
  setlinebuf(stream);
  rte_openlog_stream(stream);
  // Some words of rte_eal_init go past its log to standard error; its usage, a hundred lines, to standard output, where
  // a report may be read: those are dropped.
  fflush(stdout);
  fflush(stderr);
  int file = memfd_create("feedh-dpdk-start", MFD_CLOEXEC);
  int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  int output = nowhere < 0 ? -1 : divert(STDOUT_FILENO, nowhere);
  int errors = file < 0 ? -1 : divert(STDERR_FILENO, file);
  int result = rte_eal_init(count, pointers);
  int error = rte_errno;
  fflush(stdout);
  fflush(stderr);
  restore(STDOUT_FILENO, output);
  restore(STDERR_FILENO, errors);
  fflush(stream);
  if (file >= 0) {
    char said[4096];
    ssize_t length = pread(file, said, sizeof said, 0);
    if (length > 0) keep(said, (size_t)length);
    close(file);
  }
  if (nowhere >= 0) close(nowhere);
  if (result >= 0) return 0;
  return error > 0 ? -error : -EIO;
}

// MARK: Devices and threads

int feedh_dpdk_attach(const char *device) { return rte_dev_probe(device); }

static pthread_key_t adopted;
static pthread_once_t adopted_once = PTHREAD_ONCE_INIT;

/// A thread that ended without this would keep one of DPDK's 128 thread numbers.
static void release_thread(void *unused) {
  (void)unused;
  rte_thread_unregister();
}

static void make_key(void) { pthread_key_create(&adopted, release_thread); }

int feedh_dpdk_adopt_thread(void) {
  if (rte_lcore_id() != LCORE_ID_ANY) return 0;
  pthread_once(&adopted_once, make_key);
  if (rte_thread_register() != 0) return -rte_errno;
  pthread_setspecific(adopted, &adopted);
  return 0;
}

#else
const char *feedh_dpdk_version(void) { return NULL; }
int feedh_dpdk_start(int count, const char *const *arguments) { return (void)count, (void)arguments, -ENOTSUP; }
size_t feedh_dpdk_take_log(char *text, size_t capacity) {
  if (capacity > 0) *text = 0;
  return 0;
}
int feedh_dpdk_attach(const char *device) { return (void)device, -ENOTSUP; }
int feedh_dpdk_adopt_thread(void) { return -ENOTSUP; }
#endif

#include "end.h"
