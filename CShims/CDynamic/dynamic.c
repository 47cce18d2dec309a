#include "CDynamic.h"

#if defined(__LP64__)
_Static_assert(sizeof(feedh_z_stream) == 112, "zlib's z_stream on LP64");
_Static_assert(offsetof(feedh_z_stream, next_out) == 24, "zlib's z_stream on LP64");
_Static_assert(offsetof(feedh_z_stream, adler) == 96, "zlib's z_stream on LP64");
_Static_assert(sizeof(feedh_zstd_in) == 24 && sizeof(feedh_zstd_out) == 24, "zstd's buffers on LP64");
_Static_assert(sizeof(feedh_bpf_program) == 16, "libpcap's bpf_program on LP64");
_Static_assert(sizeof(feedh_pcap_pkthdr) == 24, "libpcap's pcap_pkthdr on LP64");
#else
#error "feedh needs a 64-bit system"
#endif
