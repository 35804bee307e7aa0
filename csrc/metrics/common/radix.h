/* Sorting of unsigned keys where no vectors help, or where pivots failed. */
#ifndef SDR_METRICS_RADIX_H
#define SDR_METRICS_RADIX_H

#include "kernels/sort/sort.h"
#include "simdrift/context.h"

/* Ascending, in place. `scratch`: room for n keys. Serial; polls. */
sdr_code sdr_radix_sort(sdr_key *keys, sdr_key *scratch, int64_t n,
                        const sdr_context *context, sdr_error *error);

#endif
