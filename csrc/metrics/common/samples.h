/*
 * What two columns are compared as: float64 values, or 64-bit integers where float64
 * cannot hold them; and loading a column into memory as either.
 *
 * Everything is float64, except where both sides are integers (or both times of one
 * unit) and some value lies beyond 2^53: then, if all values lie within 2^53 of a
 * common base, float64 after subtracting it; else int64 (uint64: minus 2^63). An
 * integer column against a column of floats is compared as float64, rounded to nearest.
 */
#ifndef SDR_METRICS_SAMPLES_H
#define SDR_METRICS_SAMPLES_H

#include "metrics/common/exact.h"
#include "simdrift/view.h"

typedef struct sdr_domain {
    bool integer; /* compare as 64-bit integers */
    int64_t base; /* not integer: float64 holds value - base, exactly */
} sdr_domain;

/* Values of a column that are neither null nor NaN, in the order of its rows. */
typedef struct sdr_sample {
    int64_t n;
    double *values;   /* float64 domain, else NULL */
    int64_t *keys;    /* integer domain, else NULL */
    bool is_unsigned; /* keys are value - 2^63 */
} sdr_sample;

/* A column over n float64 values, which must outlive it. */
sdr_code sdr_column_over(sdr_column *out, const double *values, int64_t n,
                         sdr_error *error);
/* Whether the column holds numbers or times that can be ordered. */
bool sdr_column_is_ordered(const sdr_column *column);
/* OK, NOT_APPLICABLE (one side is no number), TYPE_CHANGED (times of other units, or
 * a time against a number). */
sdr_status sdr_samples_agree(const sdr_column *a, const sdr_column *b);
/* The domain of one column, or (b not NULL) of two. */
sdr_code sdr_domain_choose(sdr_domain *out, const sdr_column *a, const sdr_column *b,
                           const sdr_context *context, sdr_error *error);
/* Whether integers from min to max are float64 less min. */
bool sdr_domain_has_base(sdr_int128 min, sdr_int128 max);
sdr_code sdr_sample_load(sdr_sample *out, const sdr_column *column, sdr_domain domain,
                         const sdr_context *context, sdr_error *error);
enum { SDR_SAMPLES_SORTED = 2 };
/* Sorts up to SDR_SAMPLES_SORTED samples in place, on all threads of the context. */
sdr_code sdr_samples_sort(sdr_sample *const *samples, int n, const sdr_context *context,
                          sdr_error *error);
sdr_code sdr_sample_sort(sdr_sample *sample, const sdr_context *context,
                         sdr_error *error);
/* Both. */
sdr_code sdr_samples_load_sorted(sdr_sample *x, sdr_sample *y, const sdr_column *a,
                                 const sdr_column *b, sdr_domain domain,
                                 const sdr_context *context, sdr_error *error);
sdr_code sdr_sample_load_sorted(sdr_sample *out, const sdr_column *column,
                                sdr_domain domain, const sdr_context *context,
                                sdr_error *error);
void sdr_sample_reset(sdr_sample *sample);
/* The exact value behind key i. */
static inline sdr_int128 sdr_sample_integer(const sdr_sample *sample, int64_t i) {
    sdr_int128 bias = sample->is_unsigned ? (sdr_int128)1 << 63 : 0;
    return sample->keys[i] + bias;
}

#endif
