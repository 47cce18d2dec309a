#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CPlatform.h"

#include <link.h>
#include <string.h>

const void *feedh_code_marks[FEEDH_CODE_MARKS];

typedef struct {
  uintptr_t address;
  uintptr_t begin;
  size_t size;
} search;

/// The header as linkers write it: version, encodings of what follows, then a table sorted by where functions begin.
typedef struct {
  uint8_t version, frame_encoding, count_encoding, table_encoding;
  int32_t frames;
  uint32_t count;
  struct {
    int32_t begin, description;
  } table[];
} eh_frame_header;

enum { FOUR_BYTES = 0x03, FOUR_SIGNED_FROM_HEADER = 0x3B };

static int look_in(struct dl_phdr_info *object, size_t size, void *argument) {
  (void)size;
  search *wanted = argument;
  const eh_frame_header *header = NULL;
  uintptr_t end = 0;
  for (int index = 0; index < object->dlpi_phnum; index++) {
    const ElfW(Phdr) *part = &object->dlpi_phdr[index];
    const uintptr_t begin = object->dlpi_addr + part->p_vaddr;
    if (part->p_type == PT_GNU_EH_FRAME) header = (const eh_frame_header *)begin;
    if (part->p_type == PT_LOAD && wanted->address >= begin && wanted->address < begin + part->p_memsz)
      end = begin + part->p_memsz;
  }
  if (end == 0) return 0;
  // It is this object's, whatever comes of it.
  if (!header || header->version != 1 || header->count_encoding != FOUR_BYTES ||
      header->table_encoding != FOUR_SIGNED_FROM_HEADER)
    return 1;
  const uintptr_t base = (uintptr_t)header;
  uint32_t low = 0, high = header->count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (base + (intptr_t)header->table[middle].begin <= wanted->address) low = middle + 1;
    else high = middle;
  }
  if (low == 0) return 1;
  if (low < header->count) end = base + (intptr_t)header->table[low].begin;
  wanted->begin = base + (intptr_t)header->table[low - 1].begin;
  wanted->size = end - wanted->begin;
  return 1;
}

size_t feedh_function_at(const void *address, const void **begin) {
  search wanted = {.address = (uintptr_t)address};
  dl_iterate_phdr(look_in, &wanted);
  *begin = (const void *)wanted.begin;
  return wanted.size;
}
