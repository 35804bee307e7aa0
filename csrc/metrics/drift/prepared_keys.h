/* A prepared reference of integers beyond 2^53 against a large column, by buckets. */
#ifndef SDR_METRICS_PREPARED_KEYS_H
#define SDR_METRICS_PREPARED_KEYS_H

#include "metrics/drift/two_sample/two_sample.h"

/* *done false: the values of both sides lie too far apart for float64 less a base. */
sdr_code sdr_two_sample_keys_by_buckets(bool *done, sdr_two_sample *out,
                                        sdr_two_sample_more more,
                                        const sdr_sample *reference,
                                        const sdr_column *current, int flags,
                                        const sdr_context *context, sdr_error *error);

#endif
