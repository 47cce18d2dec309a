#define _GNU_SOURCE
#include "CMachine.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/ptp_clock.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Every request begins with its command, and every word named here is a __u32 of a structure that fits this.
union request {
  __u32 command;
  unsigned char bytes[256];
};

struct word {
  __u32 get, set;
  size_t offset;
};

// In the order of enum feedh_nic_setting.
static const struct word words[feedh_nic_setting_count] = {
    {ETHTOOL_GRINGPARAM, ETHTOOL_SRINGPARAM, offsetof(struct ethtool_ringparam, rx_pending)},
    {ETHTOOL_GRINGPARAM, 0, offsetof(struct ethtool_ringparam, rx_max_pending)},
    {ETHTOOL_GRINGPARAM, ETHTOOL_SRINGPARAM, offsetof(struct ethtool_ringparam, tx_pending)},
    {ETHTOOL_GRINGPARAM, 0, offsetof(struct ethtool_ringparam, tx_max_pending)},
    {ETHTOOL_GCOALESCE, ETHTOOL_SCOALESCE, offsetof(struct ethtool_coalesce, rx_coalesce_usecs)},
    {ETHTOOL_GCOALESCE, ETHTOOL_SCOALESCE, offsetof(struct ethtool_coalesce, rx_max_coalesced_frames)},
    {ETHTOOL_GCOALESCE, ETHTOOL_SCOALESCE, offsetof(struct ethtool_coalesce, use_adaptive_rx_coalesce)},
    {ETHTOOL_GCOALESCE, ETHTOOL_SCOALESCE, offsetof(struct ethtool_coalesce, tx_coalesce_usecs)},
    {ETHTOOL_GCHANNELS, ETHTOOL_SCHANNELS, offsetof(struct ethtool_channels, combined_count)},
    {ETHTOOL_GCHANNELS, 0, offsetof(struct ethtool_channels, max_combined)},
    {ETHTOOL_GCHANNELS, ETHTOOL_SCHANNELS, offsetof(struct ethtool_channels, rx_count)},
    {ETHTOOL_GCHANNELS, 0, offsetof(struct ethtool_channels, max_rx)},
    {ETHTOOL_GPAUSEPARAM, ETHTOOL_SPAUSEPARAM, offsetof(struct ethtool_pauseparam, autoneg)},
    {ETHTOOL_GPAUSEPARAM, ETHTOOL_SPAUSEPARAM, offsetof(struct ethtool_pauseparam, rx_pause)},
    {ETHTOOL_GPAUSEPARAM, ETHTOOL_SPAUSEPARAM, offsetof(struct ethtool_pauseparam, tx_pause)},
    {ETHTOOL_GET_TS_INFO, 0, offsetof(struct ethtool_ts_info, so_timestamping)},
    {ETHTOOL_GET_TS_INFO, 0, offsetof(struct ethtool_ts_info, phc_index)},
};

_Static_assert(sizeof(struct ethtool_coalesce) <= sizeof(union request), "a request must hold every structure");
_Static_assert(sizeof(struct ethtool_drvinfo) <= sizeof(union request), "a request must hold every structure");

static int ethtool(const char *interface, void *request) {
  struct ifreq name;
  size_t length = strlen(interface);
  if (length == 0 || length >= sizeof name.ifr_name) return ENODEV;
  int handle = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (handle < 0) return errno;
  memset(&name, 0, sizeof name);
  memcpy(name.ifr_name, interface, length);
  name.ifr_data = request;
  int error = ioctl(handle, SIOCETHTOOL, &name) < 0 ? errno : 0;
  close(handle);
  return error;
}

int feedh_nic_get(const char *interface, int setting, uint32_t *value) {
  if (setting < 0 || setting >= feedh_nic_setting_count) return EINVAL;
  union request request = {.command = words[setting].get};
  int error = ethtool(interface, &request);
  if (error == 0) memcpy(value, request.bytes + words[setting].offset, sizeof *value);
  return error;
}

int feedh_nic_set(const char *interface, int setting, uint32_t value) {
  if (setting < 0 || setting >= feedh_nic_setting_count || words[setting].set == 0) return EINVAL;
  union request request = {.command = words[setting].get};
  int error = ethtool(interface, &request);
  if (error != 0) return error;
  request.command = words[setting].set;
  memcpy(request.bytes + words[setting].offset, &value, sizeof value);
  return ethtool(interface, &request);
}

int feedh_nic_get_driver(const char *interface, struct feedh_nic_driver *result) {
  union {
    struct ethtool_drvinfo info;
    union request request;
  } driver;
  memset(&driver, 0, sizeof driver);
  memset(result, 0, sizeof *result);
  driver.info.cmd = ETHTOOL_GDRVINFO;
  int error = ethtool(interface, &driver);
  if (error != 0) return error;
  memcpy(result->driver, driver.info.driver, 32);
  memcpy(result->version, driver.info.version, 32);
  memcpy(result->firmware, driver.info.fw_version, 32);
  memcpy(result->bus, driver.info.bus_info, 32);
  return 0;
}

// Position of an offload among the kernel's, or -1 with *error set. *count is how many there are.
static int feature_index(const char *interface, const char *name, __u32 *count, int *error) {
  union {
    struct ethtool_sset_info info;
    unsigned char bytes[sizeof(struct ethtool_sset_info) + sizeof(__u32)];
  } set;
  memset(&set, 0, sizeof set);
  set.info.cmd = ETHTOOL_GSSET_INFO;
  set.info.sset_mask = 1ULL << ETH_SS_FEATURES;
  *error = ethtool(interface, &set);
  if (*error != 0) return -1;
  memcpy(count, set.bytes + sizeof(struct ethtool_sset_info), sizeof *count);
  if (*count == 0 || *count > 4096) {
    *error = ENOENT;
    return -1;
  }
  struct ethtool_gstrings *strings = calloc(1, sizeof *strings + (size_t)*count * ETH_GSTRING_LEN);
  if (!strings) {
    *error = ENOMEM;
    return -1;
  }
  strings->cmd = ETHTOOL_GSTRINGS;
  strings->string_set = ETH_SS_FEATURES;
  strings->len = *count;
  *error = ethtool(interface, strings);
  int found = -1;
  for (__u32 i = 0; *error == 0 && found < 0 && i < *count; i++)
    if (strncmp((const char *)strings->data + (size_t)i * ETH_GSTRING_LEN, name, ETH_GSTRING_LEN) == 0) found = (int)i;
  if (*error == 0 && found < 0) *error = ENOENT;
  free(strings);
  return found;
}

int feedh_nic_get_feature(const char *interface, const char *name, uint32_t *state) {
  __u32 count = 0;
  int error = 0;
  int index = feature_index(interface, name, &count, &error);
  if (index < 0) return error;
  __u32 blocks = (count + 31) / 32;
  struct ethtool_gfeatures *features = calloc(1, sizeof *features + blocks * sizeof features->features[0]);
  if (!features) return ENOMEM;
  features->cmd = ETHTOOL_GFEATURES;
  features->size = blocks;
  error = ethtool(interface, features);
  if (error == 0) {
    const struct ethtool_get_features_block *block = &features->features[index / 32];
    __u32 bit = 1U << (index % 32);
    *state = ((block->active & bit) ? 1u : 0u) | ((block->available & bit) && !(block->never_changed & bit) ? 2u : 0u);
  }
  free(features);
  return error;
}

int feedh_nic_set_feature(const char *interface, const char *name, bool is_on) {
  __u32 count = 0;
  int error = 0;
  int index = feature_index(interface, name, &count, &error);
  if (index < 0) return error;
  __u32 blocks = (count + 31) / 32;
  struct ethtool_sfeatures *features = calloc(1, sizeof *features + blocks * sizeof features->features[0]);
  if (!features) return ENOMEM;
  features->cmd = ETHTOOL_SFEATURES;
  features->size = blocks;
  features->features[index / 32].valid = 1U << (index % 32);
  features->features[index / 32].requested = is_on ? 1U << (index % 32) : 0;
  error = ethtool(interface, features);
  free(features);
  return error;
}

int feedh_get_clock_state(struct feedh_clock_state *result) {
  struct timex state = {.modes = 0};
  int status = adjtimex(&state);
  if (status < 0) return errno;
  result->is_unsynchronised = status == TIME_ERROR || (state.status & STA_UNSYNC) != 0;
  result->maximum_error_microseconds = state.maxerror;
  result->estimated_error_microseconds = state.esterror;
  return 0;
}

// As the kernel has had them since 4.20; another layout would read other words.
_Static_assert(sizeof(struct ptp_clock_time) == 16, "seconds, nanoseconds and a reserve");
_Static_assert(offsetof(struct ptp_clock_time, nsec) == 8, "nanoseconds stand behind eight bytes of seconds");
_Static_assert(sizeof(struct ptp_sys_offset_extended) == 16 + 25 * 3 * 16, "25 times three");
_Static_assert(offsetof(struct ptp_sys_offset_extended, ts) == 16, "behind the count and three reserves");
_Static_assert(sizeof(struct ptp_sys_offset_precise) == 64, "three times and a reserve");
_Static_assert(offsetof(struct ptp_sys_offset_precise, sys_realtime) == 16, "behind the card's");
_Static_assert(PTP_SYS_OFFSET_PRECISE == 0xC0403D08, "_IOWR('=', 8, 64 bytes)");
_Static_assert(PTP_SYS_OFFSET_EXTENDED == 0xC4C03D09, "_IOWR('=', 9, 1,216 bytes)");

static int64_t nanoseconds_of(struct ptp_clock_time time) { return time.sec * 1000000000 + time.nsec; }

int feedh_ptp_read(const char *path, int count, struct feedh_ptp_reading *readings, bool *is_precise) {
  if (count < 1 || count > PTP_MAX_SAMPLES) return -EINVAL;
  int handle = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (handle < 0) return -errno;
  struct ptp_sys_offset_precise precise;
  memset(&precise, 0, sizeof precise);
  *is_precise = ioctl(handle, PTP_SYS_OFFSET_PRECISE, &precise) == 0;
  int result = 1;
  if (*is_precise) {
    readings[0].card = nanoseconds_of(precise.device);
    readings[0].system_before = readings[0].system_after = nanoseconds_of(precise.sys_realtime);
  } else {
    struct ptp_sys_offset_extended extended;
    memset(&extended, 0, sizeof extended);
    extended.n_samples = (unsigned)count;
    result = ioctl(handle, PTP_SYS_OFFSET_EXTENDED, &extended) < 0 ? -errno : count;
    for (int i = 0; i < result; i++) {
      readings[i].system_before = nanoseconds_of(extended.ts[i][0]);
      readings[i].card = nanoseconds_of(extended.ts[i][1]);
      readings[i].system_after = nanoseconds_of(extended.ts[i][2]);
    }
  }
  close(handle);
  return result;
}

// The caller's clock is not disturbed by interruptions: what is left of the time is asked for again.
static int64_t now_milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

bool feedh_wait_for_end(int process, int milliseconds) {
  const int64_t end = now_milliseconds() + milliseconds;
  const int descriptor = (int)syscall(SYS_pidfd_open, process, 0);
  int ready = 0;
  do {
    const int64_t left = end - now_milliseconds();
    struct pollfd waiting = {.fd = descriptor, .events = POLLIN};
    // A kernel before 5.3 has no such descriptor (poll passes over a negative one): it is asked every 10 ms.
    const int64_t turn = left < 0 ? 0 : descriptor < 0 && left > 10 ? 10 : left;
    ready = poll(&waiting, 1, (int)turn);
    if (descriptor < 0) {
      siginfo_t information = {0};
      ready = waitid(P_PID, (id_t)process, &information, WEXITED | WNOHANG | WNOWAIT) == 0 && information.si_pid != 0;
    }
  } while (ready <= 0 && now_milliseconds() < end);
  if (descriptor >= 0) close(descriptor);
  return ready > 0;
}
