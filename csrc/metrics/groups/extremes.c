/*
 * The smallest and the largest finite values of groups, with their repetitions.
 *
 * Both ends are kept in ascending order; a value that is beyond the innermost one of an
 * end takes its place among them, which few rows of a sample in no order are: k log(n /
 * k) of n. Time O(rows), O(k rows) where every row is a new extreme (sorted columns).
 */
#include <math.h>
#include <string.h>

#include "metrics/common/blocks.h"
#include "metrics/groups/groups.h"

enum { K = SDR_EXTREMES };

typedef struct ends {
    double low[K], high[K]; /* ascending; +inf and -inf where there are fewer rows */
} ends;

static void add_low(double *low, double value) {
    int i = K - 1;
    for (; i > 0 && low[i - 1] > value; i--)
        low[i] = low[i - 1];
    low[i] = value;
}

static void add_high(double *high, double value) {
    int i = 0;
    for (; i < K - 1 && high[i + 1] < value; i++)
        high[i] = high[i + 1];
    high[i] = value;
}

static void add(ends *e, double value) {
    if (value < e->low[K - 1] && value > -INFINITY) add_low(e->low, value);
    if (value > e->high[0] && value < INFINITY) add_high(e->high, value);
}

/* Whether some of RUN values may be extreme: no branch a value. */
enum { RUN = 8 };
static bool is_any_beyond(const ends *e, const double *values) {
    int beyond = 0;
    for (int i = 0; i < RUN; i++)
        beyond |= (values[i] < e->low[K - 1]) | (values[i] > e->high[0]);
    return beyond != 0;
}

static void add_rows(ends *e, const double *values, int64_t n) {
    int64_t i = 0;
    for (; i + RUN <= n; i += RUN) {
        if (!is_any_beyond(e, values + i)) continue;
        for (int j = 0; j < RUN; j++)
            add(e, values[i + j]);
    }
    for (; i < n; i++)
        add(e, values[i]);
}

void sdr_extremes(double *out, const sdr_column *rows) {
    double scratch[SDR_BLOCK_ROWS];
    ends e;
    for (int i = 0; i < K; i++) {
        e.low[i] = INFINITY;
        e.high[i] = -INFINITY;
    }
    for (int64_t start = 0; start < rows->length; start += SDR_BLOCK_ROWS) {
        int64_t left = rows->length - start, nulls;
        int64_t n = left < SDR_BLOCK_ROWS ? left : SDR_BLOCK_ROWS;
        add_rows(&e, sdr_column_load_f64(rows, start, n, 0, scratch, &nulls), n);
    }
    memcpy(out, e.low, sizeof e.low);
    memcpy(out + K, e.high, sizeof e.high);
}

static sdr_code extremes_of_group(void *user, const sdr_group *group,
                                  const sdr_context *context, sdr_error *error) {
    (void)context, (void)error;
    sdr_extremes((double *)user + group->index * (2 * K), group->rows);
    return SDR_OK;
}

sdr_code sdr_extremes_groups(double *out, const sdr_column *column,
                             const sdr_groups *groups, const sdr_context *context,
                             sdr_error *error) {
    SDR_TRY(sdr_require_numeric(column, "sdr_extremes_groups", error));
    const sdr_group_pass pass = {.column = column,
                                 .groups = groups,
                                 .row_bytes = sizeof(double),
                                 .body = extremes_of_group,
                                 .user = out};
    return sdr_groups_run(&pass, context, error);
}
