/*
 * Kernel family "buckets": a monotone map of float64 values onto 32,768 buckets, and
 * the values themselves in modular fixed point.
 *
 *   t = (x - center) * inverse,  w = min(|t| + 1, last),
 *   bucket = 16384 + the leading bits of w, less those of 1 (t >= 0), mirrored where
 *          t < 0.
 *
 * The bits of w >= 1 are a piecewise linear logarithm: 2,048 buckets an octave, eight
 * octaves a side, so buckets are narrow in the middle and wide in the tails, as
 * densities want them. Every step is one correctly rounded, monotone operation, hence
 * x <= y implies bucket(x) <= bucket(y), and the counts at a border of buckets are
 * exact values of the ECDF. Infinities and what lies beyond 255 / inverse land in the
 * end buckets, NaN in a bucket of its own.
 *
 *   fixed = x * 2^quantum mod 2^64: the mantissa, shifted.
 *
 * Sums of it wrap and are still right, as long as the true sum of a bucket is known to
 * within 2^63 from elsewhere (its place and its count). Values that are no multiple of
 * 2^-quantum give anything.
 */
#ifndef SDR_KERNELS_BUCKETS_H
#define SDR_KERNELS_BUCKETS_H

#include <stdint.h>

enum {
    SDR_BUCKETS = 32768,
    SDR_BUCKET_FIRST = 1,      /* from -infinity */
    SDR_BUCKET_MIDDLE = 16384, /* the first with t >= 0 */
    SDR_BUCKET_LAST = 32766,   /* to +infinity */
    SDR_BUCKET_MISSING = 32767,
    SDR_BUCKET_SHIFT = 41, /* 52 bits of mantissa less 11: 2,048 buckets an octave */
    SDR_BUCKET_BIAS = 1023 << 11,
    SDR_BUCKET_MOST_BITS = 12 /* further bits of w may be rounding of x - center */
};

typedef struct sdr_bucket_map {
    double center, inverse; /* inverse: finite, positive */
    int quantum;
} sdr_bucket_map;

/* Buckets low, ..., low + width. */
typedef struct sdr_bucket_run {
    uint16_t low, width;
} sdr_bucket_run;

enum { SDR_BUCKET_RUNS = 16 }; /* at most; a compare of a batch of ids each */

/* Values low <= x <= high. */
typedef struct sdr_value_run {
    double low, high;
} sdr_value_run;

enum { SDR_SELECT_SLACK = 8 };

typedef struct sdr_buckets_kernels {
    /* ids[i] = bucket of values[i]; any n >= 0 */
    void (*map)(uint16_t *ids, const double *values, int64_t n,
                const sdr_bucket_map *map);
    /* and fixed[i] = values[i] in fixed point */
    void (*map_fixed)(uint16_t *ids, uint64_t *fixed, const double *values, int64_t n,
                      const sdr_bucket_map *map);
    /* parts[i] = bucket * 2^bits + the next `bits` <= SDR_BUCKET_MOST_BITS bits of w:
     * buckets cut finer, in order. Values are not NaN. */
    void (*parts)(uint32_t *parts, const double *values, int64_t n,
                  const sdr_bucket_map *map, int bits);
    /* places[i] = windows[i] + how many of codes[windows[i], windows[i] + window) are
     * before the last 16 bits of parts[i]: less by less than 2^15, modulo 2^16.
     * window: 8, 16 or 32. */
    void (*place)(uint32_t *places, const uint16_t *codes, const uint32_t *windows,
                  const uint32_t *parts, int64_t n, int64_t window);
    /* Copies the values whose bucket lies in a run to out (room for n), in order; how
     * many. */
    int64_t (*select)(double *out, const uint16_t *ids, const double *values, int64_t n,
                      const sdr_bucket_run *runs, int n_runs);
    /* The same by value: needs no ids. Room for SDR_SELECT_SLACK more than n. */
    int64_t (*between)(double *out, const double *values, int64_t n, sdr_value_run run);
} sdr_buckets_kernels;

void sdr_buckets_fill_scalar(sdr_buckets_kernels *kernels);
void sdr_buckets_fill_avx2(sdr_buckets_kernels *kernels);
void sdr_buckets_fill_avx512(sdr_buckets_kernels *kernels);
void sdr_buckets_fill_neon(sdr_buckets_kernels *kernels);

#endif
