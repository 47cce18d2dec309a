// Declarations of the few types of libraries that feedh finds at run time (dlopen), so that the product
// builds and starts on a machine without their development packages. Nothing is linked.
#ifndef FEEDH_CDYNAMIC_H
#define FEEDH_CDYNAMIC_H
#include <stdint.h>
#include <stddef.h>
#endif
