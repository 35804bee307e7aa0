/*
 * The one way to run in parallel: fixed blocks on OpenMP, fork-safe, cancellable.
 *
 * `body(user, begin, end, worker)` is called for disjoint ranges that cover [0,
 * n_items); worker < sdr_parallel_workers(...). Which worker gets which range is not
 * fixed, so a body writes results per item (or per fixed group of items), never sums
 * per worker - except integers, whose sums do not depend on order. The first code that
 * is not SDR_OK is returned, the rest of the range is skipped.
 *
 * context->poll is called by the calling thread between slices of some 50 ms (the slice
 * is measured, not guessed). Serial where n_items * cost_bytes is below 1 MiB:
 * cost_bytes is about how many bytes an item reads.
 */
#ifndef SDR_CORE_PARALLEL_H
#define SDR_CORE_PARALLEL_H

#include "simdrift/context.h"

typedef sdr_code (*sdr_parallel_body)(void *user, int64_t begin, int64_t end,
                                      int worker, sdr_error *error);

/* How many workers sdr_parallel_for will use at most for these arguments (>= 1). */
int sdr_parallel_workers(const sdr_context *context, int64_t n_items,
                         size_t cost_bytes);

sdr_code sdr_parallel_for(const sdr_context *context, int64_t n_items,
                          size_t cost_bytes, sdr_parallel_body body, void *user,
                          sdr_error *error);

/* The same of groups of rows, or of a law for each, which take long: on threads that end
 * with the work. */
sdr_code sdr_parallel_groups(const sdr_context *context, int64_t n_items,
                             size_t cost_bytes, sdr_parallel_body body, void *user,
                             sdr_error *error);

/* Asks the caller, where it wants to be asked: SDR_CANCELLED where it wants to stop.
 * For serial loops, about every 10 ms. */
sdr_code sdr_poll(const sdr_context *context, int64_t done, int64_t total,
                  sdr_error *error);

/* For tests: behave as a forked child whose OpenMP library can't
 * release its threads. */
void sdr_parallel_lose_pool(bool lost);

#endif
