#define _GNU_SOURCE
#include "CPlatform.h"
#include <dlfcn.h>

void (*feedh_hot_path_trap_enter)(void);
void (*feedh_hot_path_trap_leave)(void);

void feedh_hot_path_find_trap(void) {
  void *enter = dlsym(RTLD_DEFAULT, "feedh_hot_path_enter");
  void *leave = dlsym(RTLD_DEFAULT, "feedh_hot_path_leave");
  if (!enter || !leave) return;
  // Through the object representation: ISO C has no conversion from an object to a function pointer.
  *(void **)&feedh_hot_path_trap_enter = enter;
  *(void **)&feedh_hot_path_trap_leave = leave;
}
