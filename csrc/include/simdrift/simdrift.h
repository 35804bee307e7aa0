/* The whole public C API of libsimdrift. */
#ifndef SIMDRIFT_SIMDRIFT_H
#define SIMDRIFT_SIMDRIFT_H

#include "simdrift/category.h"
#include "simdrift/context.h"
#include "simdrift/drift.h"
#include "simdrift/groups.h"
#include "simdrift/mmd.h"
#include "simdrift/profile.h"
#include "simdrift/ranks.h"
#include "simdrift/status.h"
#include "simdrift/view.h"
#include "simdrift/weighted.h"

#endif
