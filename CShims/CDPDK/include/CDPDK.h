// DPDK behind plain C types: its headers do not import into Swift. Built only with the package trait DPDK;
// without it every function says so.
#ifndef FEEDH_CDPDK_H
#define FEEDH_CDPDK_H

/// "DPDK 22.11.11", or NULL when built without the trait DPDK.
const char *_Nullable feedh_dpdk_version(void);

#endif
