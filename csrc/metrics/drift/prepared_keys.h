/* A prepared reference of integers beyond 2^53 against a large column, by cells. */
#ifndef SDR_METRICS_PREPARED_KEYS_H
#define SDR_METRICS_PREPARED_KEYS_H

#include "two_sample.h"

/* *done false: the values of both sides lie too far apart for float64 less a base. */
sdr_code sdr_two_sample_keys_by_cells(bool *done, sdr_two_sample *out,
                                      sdr_picture *picture, const sdr_sample *reference,
                                      const sdr_column *current, int flags,
                                      const sdr_context *context, sdr_error *error);

#endif
