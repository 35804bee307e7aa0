/* Sorting float64 values in place, on all threads. */
#ifndef SIMDRIFT_SORT_H
#define SIMDRIFT_SORT_H

#include "simdrift/context.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Sorts float64 in place, ascending, NaN not allowed (infinities are). -0.0 and 0.0 are
 * equal and become 0.0. On all threads of the context; memory: n more float64. A sort
 * that is cancelled leaves some of the values, some of them twice. */
SDR_API sdr_code sdr_sort_f64(double *values, int64_t n, const sdr_context *context,
                              sdr_error *error);

#ifdef __cplusplus
}
#endif
#endif
