#if defined(FEEDH_DPDK) && defined(__x86_64__)
#pragma clang attribute pop
#endif
