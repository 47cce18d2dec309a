// Declarations of the few types of libraries that feedh finds at run time (dlopen), so that the product
// builds and starts on a machine without their development packages. Nothing is linked; FeedIO looks the
// functions up by name and calls them through pointers. Layouts are those of the libraries' stable ABIs on
// 64-bit Linux, asserted in dynamic.c.
#ifndef FEEDH_CDYNAMIC_H
#define FEEDH_CDYNAMIC_H
#include <stddef.h>
#include <stdint.h>

/// zlib's z_stream (libz.so.1).
typedef struct feedh_z_stream {
  const uint8_t *_Nullable next_in;
  uint32_t avail_in;
  unsigned long total_in;
  uint8_t *_Nullable next_out;
  uint32_t avail_out;
  unsigned long total_out;
  const char *_Nullable msg;
  void *_Nullable state;
  void *_Nullable zalloc;
  void *_Nullable zfree;
  void *_Nullable opaque;
  int data_type;
  unsigned long adler;
  unsigned long reserved;
} feedh_z_stream;

/// zstd's ZSTD_inBuffer (libzstd.so.1).
typedef struct feedh_zstd_in {
  const void *_Nullable src;
  size_t size;
  size_t pos;
} feedh_zstd_in;

/// zstd's ZSTD_outBuffer.
typedef struct feedh_zstd_out {
  void *_Nullable dst;
  size_t size;
  size_t pos;
} feedh_zstd_out;

/// libpcap's struct bpf_program (libpcap.so.0.8).
typedef struct feedh_bpf_program {
  uint32_t length;
  void *_Nullable instructions;
} feedh_bpf_program;

/// libpcap's struct pcap_pkthdr, its struct timeval spelled out.
typedef struct feedh_pcap_pkthdr {
  long seconds;
  long microseconds;
  uint32_t captured_length;
  uint32_t wire_length;
} feedh_pcap_pkthdr;

#endif
