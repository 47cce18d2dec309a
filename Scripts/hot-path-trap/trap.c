// A library to preload: it stands in for the allocator and the lock functions, and notes each call that a thread makes
// between feedh_hot_path_enter and feedh_hot_path_leave. Built and used by Scripts/check-hot-path --trap.
//
// FEEDH_HOT_TRAP=count (default): goes on, names the first calls with their stacks, and makes the program end with
// status 86 when there was one, or when no thread ever entered a hot path (then nothing was tested).
// FEEDH_HOT_TRAP=abort: the first such call aborts the program.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// glibc's allocator under its own names: asking dlsym for malloc would itself call malloc.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

enum { STACKS_MAX = 16, DEPTH_MAX = 32, STATUS_FOUND = 86 };

// Initial-exec: the plain model would allocate the variable on first use, inside malloc.
static __thread int hot __attribute__((tls_model("initial-exec")));
static _Atomic unsigned long entered, found;
static int abort_at_once;

static int (*real_mutex_lock)(pthread_mutex_t *);
static int (*real_rwlock_rdlock)(pthread_rwlock_t *);
static int (*real_rwlock_wrlock)(pthread_rwlock_t *);

static void say(const char *text) {
  if (write(STDERR_FILENO, text, strlen(text)) < 0) return;
}

static void note(const char *function) {
  int before = hot;
  hot = 0;  // what follows may allocate
  unsigned long number = atomic_fetch_add(&found, 1);
  if (number < STACKS_MAX) {
    void *frames[DEPTH_MAX];
    char line[128];
    snprintf(line, sizeof line, "hot path trap: %s called inside the hot path\n", function);
    say(line);
    int depth = backtrace(frames, DEPTH_MAX);
    backtrace_symbols_fd(frames + 2, depth > 2 ? depth - 2 : 0, STDERR_FILENO);
  }
  if (abort_at_once) abort();
  hot = before;
}

#define NOTE() \
  if (__builtin_expect(hot, 0)) note(__func__)

void feedh_hot_path_enter(void) {
  atomic_fetch_add_explicit(&entered, 1, memory_order_relaxed);
  hot = 1;
}

void feedh_hot_path_leave(void) { hot = 0; }

__attribute__((constructor)) static void start(void) {
  const char *mode = getenv("FEEDH_HOT_TRAP");
  abort_at_once = mode && strcmp(mode, "abort") == 0;
  // The first backtrace loads the unwinder, which allocates: let it do so now.
  void *frame;
  backtrace(&frame, 1);
  // Children of the program are not the program.
  unsetenv("LD_PRELOAD");
}

__attribute__((destructor)) static void finish(void) {
  unsigned long calls = atomic_load(&found), bursts = atomic_load(&entered);
  hot = 0;
  // Whoever started the program sees by it that this was reached: a program that becomes another one leaves the trap.
  const char *mark = getenv("FEEDH_HOT_TRAP_MARK");
  if (mark) close(open(mark, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  char line[160];
  snprintf(line, sizeof line, "hot path trap: %lu calls of the allocator or of a lock in %lu passes of the hot path\n",
           calls, bursts);
  say(line);
  if (bursts == 0) say("hot path trap: no thread entered a hot path: nothing was tested\n");
  if (calls > 0 || bursts == 0) {
    fflush(NULL);
    _exit(STATUS_FOUND);
  }
}

void *malloc(size_t size) {
  NOTE();
  return __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
  NOTE();
  return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size) {
  NOTE();
  return __libc_realloc(block, size);
}

void free(void *block) {
  NOTE();
  __libc_free(block);
}

void *memalign(size_t alignment, size_t size) {
  NOTE();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  NOTE();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size) {
  NOTE();
  if (alignment % sizeof(void *) || (alignment & (alignment - 1)) || alignment == 0) return EINVAL;
  void *made = __libc_memalign(alignment, size);
  if (!made) return ENOMEM;
  *block = made;
  return 0;
}

// Locks are looked up on their first use, which may come before any constructor has run.
#define REAL(pointer, name) \
  if (__builtin_expect(!pointer, 0)) *(void **)&pointer = dlsym(RTLD_NEXT, name)

int pthread_mutex_lock(pthread_mutex_t *mutex) {
  NOTE();
  REAL(real_mutex_lock, "pthread_mutex_lock");
  return real_mutex_lock(mutex);
}

int pthread_rwlock_rdlock(pthread_rwlock_t *lock) {
  NOTE();
  REAL(real_rwlock_rdlock, "pthread_rwlock_rdlock");
  return real_rwlock_rdlock(lock);
}

int pthread_rwlock_wrlock(pthread_rwlock_t *lock) {
  NOTE();
  REAL(real_rwlock_wrlock, "pthread_rwlock_wrlock");
  return real_rwlock_wrlock(lock);
}
