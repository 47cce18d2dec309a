// Questions to the kernel that have no file: network devices through SIOCETHTOOL, the state of the system clock.
// C because ioctl is variadic and linux/ethtool.h ends its structures in flexible arrays; neither imports into Swift.
#ifndef FEEDH_CMACHINE_H
#define FEEDH_CMACHINE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Words of a network device that can be read, and those of them that can be set. Names as in NICSetting.swift.
enum feedh_nic_setting {
  feedh_nic_ring_rx,
  feedh_nic_ring_rx_maximum,
  feedh_nic_ring_tx,
  feedh_nic_ring_tx_maximum,
  feedh_nic_coalesce_rx_microseconds,
  feedh_nic_coalesce_rx_frames,
  feedh_nic_coalesce_adaptive_rx,
  feedh_nic_coalesce_tx_microseconds,
  feedh_nic_channels_combined,
  feedh_nic_channels_combined_maximum,
  feedh_nic_channels_rx,
  feedh_nic_channels_rx_maximum,
  feedh_nic_pause_autonegotiation,
  feedh_nic_pause_rx,
  feedh_nic_pause_tx,
  feedh_nic_timestamping,
  feedh_nic_clock,
  feedh_nic_setting_count
};

/// Reads one word. Returns 0 or an errno value (ENODEV: no such device; EOPNOTSUPP: the driver has no such thing).
int feedh_nic_get(const char *_Nonnull interface, int setting, uint32_t *_Nonnull value);
/// Sets one word and leaves its neighbours. Returns 0 or an errno value (EINVAL: not a word that can be set).
int feedh_nic_set(const char *_Nonnull interface, int setting, uint32_t value);

/// Texts of ETHTOOL_GDRVINFO, each ended by a zero. Returns 0 or an errno value.
struct feedh_nic_driver {
  char driver[33];
  char version[33];
  char firmware[33];
  char bus[33];
};
int feedh_nic_get_driver(const char *_Nonnull interface, struct feedh_nic_driver *_Nonnull result);

/// State of one offload, by the kernel's name for it ("rx-gro"): bit 0 on, bit 1 can be changed.
/// Returns 0 or an errno value (ENOENT: the kernel knows no such offload).
int feedh_nic_get_feature(const char *_Nonnull interface, const char *_Nonnull name, uint32_t *_Nonnull state);
int feedh_nic_set_feature(const char *_Nonnull interface, const char *_Nonnull name, bool is_on);

/// adjtimex(2) without changing anything.
struct feedh_clock_state {
  /// True: the kernel holds the clock for unsynchronised (TIME_ERROR or STA_UNSYNC).
  bool is_unsynchronised;
  /// Maximum and estimated error in microseconds.
  int64_t maximum_error_microseconds;
  int64_t estimated_error_microseconds;
};
int feedh_get_clock_state(struct feedh_clock_state *_Nonnull result);

/// A card's clock against the system's, nanoseconds: the card's of its own epoch, the system's since 1970.
struct feedh_ptp_reading {
  int64_t system_before;
  int64_t card;
  int64_t system_after;
};
/// Compares the clock of `path` (/dev/ptpN) with the system's: once where the card does it in hardware
/// (PTP_SYS_OFFSET_PRECISE, `*is_precise`; before and after are then one time), else `count` times, 1 to 25, between two
/// looks at the system's (PTP_SYS_OFFSET_EXTENDED). Returns how many readings there are, or minus an errno value (EACCES:
/// no permission; EOPNOTSUPP, ENOTTY: neither way).
int feedh_ptp_read(const char *_Nonnull path, int count, struct feedh_ptp_reading *_Nonnull readings,
                   bool *_Nonnull is_precise);

/// Waits until a child process has ended, for `milliseconds` at most; it stays to be waited for by waitpid(2).
/// True: it has ended.
bool feedh_wait_for_end(int process, int milliseconds);

#endif
