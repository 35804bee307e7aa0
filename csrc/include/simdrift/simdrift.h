/* The whole public C API of libsimdrift. */
#ifndef SIMDRIFT_SIMDRIFT_H
#define SIMDRIFT_SIMDRIFT_H

#include "category.h"
#include "context.h"
#include "drift.h"
#include "groups.h"
#include "mmd.h"
#include "profile.h"
#include "ranks.h"
#include "status.h"
#include "view.h"
#include "weighted.h"

#endif
