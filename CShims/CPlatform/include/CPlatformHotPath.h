// Where a thread's hot path begins and ends, for the run-time trap of Scripts/check-hot-path --trap. Outside of it the
// two marks are one predictable branch each.
//
// The runner calls them once per duty cycle, around its poll and outside of it, so that the poll itself stays free of
// calls through pointers:
//
//   feedh_hot_path_find_trap()              // once at start, before the cores' threads are made
//   while … {
//     feedh_hot_path_begin()
//     hotPathPoll(…)
//     feedh_hot_path_end()
//     // commands, journal, sleeping when idle: whatever may allocate
//   }
#ifndef FEEDH_CPLATFORM_HOT_PATH_H
#define FEEDH_CPLATFORM_HOT_PATH_H

/// NULL unless the trap is preloaded. Written once, by `feedh_hot_path_find_trap`.
extern void (*_Nullable feedh_hot_path_trap_enter)(void);
extern void (*_Nullable feedh_hot_path_trap_leave)(void);

/// Looks for a preloaded trap library's `feedh_hot_path_enter` and `feedh_hot_path_leave`.
void feedh_hot_path_find_trap(void);

/// From here on the calling thread may neither allocate nor lock.
static inline void feedh_hot_path_begin(void) {
  if (__builtin_expect(feedh_hot_path_trap_enter != 0, 0)) feedh_hot_path_trap_enter();
}

/// From here on it may again.
static inline void feedh_hot_path_end(void) {
  if (__builtin_expect(feedh_hot_path_trap_leave != 0, 0)) feedh_hot_path_trap_leave();
}

#endif
