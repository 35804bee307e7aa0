/* Rows of a score and a target as sorted tagged keys (kernels/roc). */
#ifndef SDR_METRICS_RANK_ROWS_H
#define SDR_METRICS_RANK_ROWS_H

#include "kernels/roc/roc.h"
#include "metrics/common/samples.h"
#include "simdrift/roc.h"

/* What is read of a row, chosen once for all groups. */
typedef struct sdr_rank_source {
    const sdr_column *target, *score;
    sdr_binary binary;
    sdr_domain domain; /* of the scores */
} sdr_rank_source;

/* SDR_INVALID_ARGUMENT, SDR_NOT_SUPPORTED: columns that are no numbers, or of unequal
 * length. `call`: the function that was called. */
sdr_code sdr_rank_source_init(sdr_rank_source *out, const sdr_ranked *rows,
                              const char *call, const sdr_context *context,
                              sdr_error *error);

/* Keys of the rows that take part, ascending; memory that grows, a worker's own. */
typedef struct sdr_rank_rows {
    sdr_key *keys;
    int64_t n, positives;
    sdr_key *memory;
    int64_t capacity;
} sdr_rank_rows;

/* Rows [start, stop) of the source, on all threads of the context. */
sdr_code sdr_rank_rows_sort(sdr_rank_rows *out, const sdr_rank_source *source,
                            int64_t start, int64_t stop, const sdr_context *context,
                            sdr_error *error);
void sdr_rank_rows_reset(sdr_rank_rows *rows);
/* Those of so many workers. */
sdr_code sdr_rank_rows_new(sdr_rank_rows **out, int workers, sdr_error *error);
void sdr_rank_rows_free(sdr_rank_rows *rows, int workers);

/* The end of keys[i]'s tie group: keys i ... end - 1 differ in their labels alone. */
int64_t sdr_tie_end(const sdr_key *keys, int64_t i, int64_t n);
/* The first positive of keys i ... end - 1, a tie group. */
int64_t sdr_tie_positives(const sdr_key *keys, int64_t i, int64_t end);

#endif
