/* Two samples: the ways to the one answer, for two_sample/columns.c and prepared.c. */
#ifndef SDR_METRICS_TWO_SAMPLE_H
#define SDR_METRICS_TWO_SAMPLE_H

#include "metrics/common/buckets.h"
#include "metrics/common/samples.h"
#include "metrics/drift/merge.h"
#include "simdrift/drift.h"

/* Everything zero or NaN, the counts and the status that follows from them. */
void sdr_two_sample_begin(sdr_two_sample *out, const sdr_column *reference,
                          const sdr_column *current);
/* OK, or why there is nothing to compare. */
sdr_status sdr_two_sample_status(int64_t rows_reference, int64_t rows_current,
                                 int64_t n, int64_t m);
/* Fills D, its integer, place and sign from a finished walk. */
void sdr_two_sample_set_ks(sdr_two_sample *out, sdr_int128 best, double location);
/* Fills W1 = total / (n * m) and its status. */
void sdr_two_sample_set_wasserstein(sdr_two_sample *out, const sdr_wide *total,
                                    int64_t n, int64_t m);
/* Both answers from sorted samples of one domain; base is added to the location. */
void sdr_two_sample_sorted(sdr_two_sample *out, const sdr_sample *x,
                           const sdr_sample *y, int flags, int64_t base);
/* Refuses a histogram whose parameters are out of range; sets it not done. */
sdr_code sdr_two_sample_histogram_begin(sdr_two_sample_histogram *histogram,
                                        sdr_error *error);
/* Fills a histogram (NULL: none) from sorted samples of the values themselves; x NULL:
 * only of y, where the cut points are known. Not done where they can't be found. */
void sdr_histogram_count_sorted(sdr_two_sample_histogram *histogram,
                                const sdr_sample *x, const sdr_sample *y);
/* A copy of what else is wanted (NULL: nothing), checked and not done. */
sdr_code sdr_two_sample_more_begin(sdr_two_sample_more *out,
                                   const sdr_two_sample_more *more, sdr_error *error);
/* Refuses levels that are out of range; sets everything but the histogram not done. */
sdr_code sdr_order_begin(const sdr_two_sample_more *more, sdr_error *error);
/* Fills what is not done, but for the histogram, from sorted samples of the values
 * themselves. */
void sdr_order_sorted(const sdr_two_sample_more *more, const sdr_sample *x,
                      const sdr_sample *y);
/* 2 * SDR_EXTREMES of sorted values, as sdr_extremes_groups gives them. */
void sdr_ends_of_sorted(double *out, const double *values, int64_t n);
/* Both answers without a sort, for large float64 columns. *done false: left to the
 * sorted way (infinities and Wasserstein, more than 2^62 pairs). What else is
 * wanted may be done all the same. */
sdr_code sdr_two_sample_by_buckets(bool *done, sdr_two_sample *out,
                                   sdr_two_sample_more more,
                                   const sdr_column *reference,
                                   const sdr_column *current, int64_t base, int flags,
                                   const sdr_context *context, sdr_error *error);
/* The same with the reference sorted and counted before. *done false also where its map
 * does not fit the current rows. */
sdr_code sdr_two_sample_by_sorted(bool *done, sdr_two_sample *out,
                                  sdr_two_sample_more more,
                                  const sdr_buckets_sorted *reference,
                                  const sdr_column *current, int flags,
                                  const sdr_context *context, sdr_error *error);

#endif
