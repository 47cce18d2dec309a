#include "CDynamic.h"
