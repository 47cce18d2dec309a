// Puts a target's tables back to what they were before its first input.
//
// Tables (`Storage`, and what is allocated beside it) live as long as the process and cannot be freed. So that an input
// finds the same state whatever came before it, the tables made between feedh_fuzz_tables_begin and _end are laid into
// one range of address space, or noted, and feedh_fuzz_tables_restore gives each its first content again. The linker
// sends the calls of mmap and swift_slowAlloc here (--wrap).
#define _GNU_SOURCE
#include <sanitizer/asan_interface.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *__real_mmap(void *address, size_t length, int protection, int flags, int file, off_t offset);
void *__real_swift_slowAlloc(size_t size, size_t alignmentMask);
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int file, off_t offset);
void *__wrap_swift_slowAlloc(size_t size, size_t alignmentMask);
void feedh_fuzz_tables_begin(void);
void feedh_fuzz_tables_end(void);
void feedh_fuzz_tables_restore(void);

enum { page = 4096, blocks_max = 65536, runs_max = 4096 };

// Pages that hold something from the start are copied back; the others are given back to the system, which makes them
// zero again.
struct block { uint8_t *start; size_t length; uint8_t *copy; };
struct range { uint8_t *start; size_t length; };

static uint8_t *arena;
static const size_t arena_length = (size_t)16 << 30;
static size_t used;
static int recording;
static struct block blocks[blocks_max];
static size_t block_count;
static struct range zeros[runs_max];
static size_t zero_count;

static void fail(const char *what) {
  fprintf(stderr, "fuzz tables: %s\n", what);
  abort();
}

static void note(uint8_t *start, size_t length) {
  if (block_count == blocks_max) fail("too many blocks");
  blocks[block_count++] = (struct block){start, length, NULL};
}

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  if (!recording || address != NULL || file != -1) {
    return __real_mmap(address, length, protection, flags, file, offset);
  }
  size_t rounded = (length + page - 1) & ~(size_t)(page - 1);
  // A page nobody may touch behind each table.
  if (used + rounded + page > arena_length) fail("the arena is full");
  uint8_t *start = arena + used;
  used += rounded + page;
  __asan_poison_memory_region(start + rounded, page);
  return start;
}

void *__wrap_swift_slowAlloc(size_t size, size_t alignmentMask) {
  void *start = __real_swift_slowAlloc(size, alignmentMask);
  if (recording) {
    memset(start, 0, size);
    note(start, size);
  }
  return start;
}

void feedh_fuzz_tables_begin(void) {
  if (arena != NULL) fail("tables are made once");
  arena = __real_mmap(NULL, arena_length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (arena == MAP_FAILED) fail("no address space");
  recording = 1;
}

static int is_zero(const uint8_t *start) {
  const uint64_t *words = (const uint64_t *)start;
  for (size_t index = 0; index < page / sizeof *words; index++) {
    if (words[index] != 0) return 0;
  }
  return 1;
}

void feedh_fuzz_tables_end(void) {
  recording = 0;
  size_t pages = used / page;
  unsigned char *resident = malloc(pages + 1);
  if (resident == NULL || mincore(arena, used, resident) != 0) fail("mincore");
  for (size_t index = 0; index < pages; index++) {
    uint8_t *start = arena + index * page;
    int holds = (resident[index] & 1) && !__asan_address_is_poisoned(start) && !is_zero(start);
    struct block *last = block_count > 0 ? &blocks[block_count - 1] : NULL;
    struct range *zero = zero_count > 0 ? &zeros[zero_count - 1] : NULL;
    if (holds && last != NULL && last->start + last->length == start) {
      last->length += page;
    } else if (holds) {
      note(start, page);
    } else if (zero != NULL && zero->start + zero->length == start) {
      zero->length += page;
    } else {
      if (zero_count == runs_max) fail("too many ranges");
      zeros[zero_count++] = (struct range){start, page};
    }
  }
  free(resident);
  for (size_t index = 0; index < block_count; index++) {
    blocks[index].copy = malloc(blocks[index].length);
    if (blocks[index].copy == NULL) fail("no memory");
    memcpy(blocks[index].copy, blocks[index].start, blocks[index].length);
  }
  feedh_fuzz_tables_restore();
}

void feedh_fuzz_tables_restore(void) {
  for (size_t index = 0; index < zero_count; index++) madvise(zeros[index].start, zeros[index].length, MADV_DONTNEED);
  for (size_t index = 0; index < block_count; index++) {
    memcpy(blocks[index].start, blocks[index].copy, blocks[index].length);
  }
}
