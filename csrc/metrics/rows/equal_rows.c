/* Rows in which two columns have the same value, by group: rows.h. One read of both. */
#include "metrics/groups/groups.h"
#include "metrics/rows/row_values.h"
#include "simdrift/rows.h"

typedef struct job {
    int64_t *out;
    const sdr_row_column *x, *y;
    const sdr_groups *groups;
} job;

static int64_t count_block(const sdr_row_values *x, const sdr_row_values *y,
                           bool is_text, int64_t n) {
    int64_t equal = 0;
    for (int64_t i = 0; i < n; i++) {
        bool is_same = x->missing[i] == y->missing[i];
        if (is_same && !x->missing[i])
            is_same = is_text ? sdr_texts_are_equal(x->texts[i], y->texts[i])
                              : x->words[i] == y->words[i];
        equal += is_same;
    }
    return equal;
}

static sdr_code count_groups(void *user, int64_t begin, int64_t end, int worker,
                             sdr_error *error) {
    (void)worker;
    const job *j = user;
    sdr_row_values *values = sdr_allocate(2 * sizeof *values);
    if (values == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for rows");
    for (int64_t g = begin; g < end; g++) {
        int64_t stop = j->groups->stops[g];
        j->out[g] = 0;
        for (int64_t i = j->groups->starts[g]; i < stop; i += SDR_ROWS_AT_ONCE) {
            int64_t n = stop - i < SDR_ROWS_AT_ONCE ? stop - i : SDR_ROWS_AT_ONCE;
            sdr_row_column_load(&values[0], j->x, i, n, false);
            sdr_row_column_load(&values[1], j->y, i, n, false);
            j->out[g] += count_block(&values[0], &values[1], j->x->is_text, n);
        }
    }
    sdr_release(values);
    return SDR_OK;
}

static sdr_code check_pair(const sdr_row_column *x, const sdr_row_column *y,
                           sdr_error *error) {
    if (x->column->length != y->column->length)
        return sdr_error_set(
            error, SDR_INVALID_ARGUMENT, "y: expected %lld rows, as x has, found %lld",
            (long long)x->column->length, (long long)y->column->length);
    if (x->is_text == y->is_text) return SDR_OK;
    return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                         "x, y: expected text in both or in neither, found it in one");
}

sdr_code sdr_equal_rows_groups(int64_t *out, const sdr_column *x, const sdr_column *y,
                               const sdr_groups *groups, const sdr_context *context,
                               sdr_error *error) {
    sdr_row_column a, b = {0};
    sdr_code code = sdr_row_column_open(&a, x, error);
    if (code == SDR_OK) code = sdr_row_column_open(&b, y, error);
    if (code == SDR_OK) code = check_pair(&a, &b, error);
    if (code == SDR_OK) code = sdr_groups_check(groups, x, error);
    job j = {out, &a, &b, groups};
    int64_t groups_or_one = groups->n > 0 ? groups->n : 1;
    size_t cost = 2 * sizeof(double) * (size_t)(x->length / groups_or_one + 1);
    if (code == SDR_OK)
        code = sdr_parallel_for(context, groups->n, cost, count_groups, &j, error);
    sdr_row_column_close(&a);
    sdr_row_column_close(&b);
    return code;
}
