// What every file of the shim begins with. rte_config.h comes first: it replaces DPDK's `-include rte_config.h`. The
// pragma, ended in end.h, replaces `-march=corei7`, which DPDK's inline functions rely on.
#if defined(FEEDH_DPDK)
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
// rte_eth_read_clock.
#define ALLOW_EXPERIMENTAL_API
#include <rte_config.h>
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("sse4.2,cx16"))), apply_to = function)
#endif
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_flow.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_mempool.h>
#include <rte_version.h>
#endif
#include <errno.h>
#include <string.h>

#include "CDPDK.h"
