#include "CDPDK.h"

#if defined(FEEDH_DPDK)
// rte_config.h comes first: it replaces DPDK's `-include rte_config.h`. The pragma replaces `-march=corei7`.
#include <rte_config.h>
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("sse4.2,cx16"))), apply_to = function)
#endif
#include <rte_version.h>
#if defined(__x86_64__)
#pragma clang attribute pop
#endif

const char *feedh_dpdk_version(void) { return rte_version(); }
#else
const char *feedh_dpdk_version(void) { return 0; }
#endif
