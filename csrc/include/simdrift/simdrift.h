/* The whole public C API of libsimdrift. */
#ifndef SIMDRIFT_SIMDRIFT_H
#define SIMDRIFT_SIMDRIFT_H

#include "simdrift/categories.h"
#include "simdrift/context.h"
#include "simdrift/correlation.h"
#include "simdrift/counts.h"
#include "simdrift/drift.h"
#include "simdrift/groups.h"
#include "simdrift/performance.h"
#include "simdrift/quality.h"
#include "simdrift/roc.h"
#include "simdrift/rows.h"
#include "simdrift/sort.h"
#include "simdrift/states.h"
#include "simdrift/status.h"
#include "simdrift/streams.h"
#include "simdrift/table.h"
#include "simdrift/view.h"
#include "simdrift/weighted.h"

#endif
