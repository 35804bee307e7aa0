/*
 * The third stage of two_sample/columns.c: the values of the buckets to walk, sorted
 * once no finer table can leave any of them out.
 */
#include "metrics/common/sort.h"
#include "metrics/drift/two_sample/stages.h"

enum { FEW_SHARE = 16 /* less than 1 / 16 of the rows */ };

static sdr_code collect_side(sdr_collected_side *out, int64_t n,
                             const sdr_counted_side *s, const sdr_counted *c,
                             const sdr_choice *choice, const sdr_context *context,
                             sdr_error *error) {
    out->n = n;
    if (s->sorted != NULL) return SDR_OK;
    out->values = sdr_allocate((size_t)n * sizeof *out->values);
    if (out->values == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld values",
                             (long long)n);
    if (n == 0) return SDR_OK;
    bool few = n < s->rows / FEW_SHARE;
    return sdr_buckets_collect(out->values, n, &choice->wanted, few, &s->source,
                               &c->map, context, error);
}

sdr_code sdr_collect(sdr_collected *out, const sdr_counted *c, const sdr_choice *choice,
                     const sdr_context *context, sdr_error *error) {
    SDR_TRY(collect_side(&out->x, choice->x_rows, &c->x, c, choice, context, error));
    return collect_side(&out->y, choice->y_rows, &c->y, c, choice, context, error);
}

/* The room that sorting needs is given back before the other side takes its. */
static sdr_code sort_side(sdr_collected_side *s, const sdr_context *context,
                          sdr_error *error) {
    if (s->values == NULL || s->n == 0) return SDR_OK;
    sdr_key *scratch = sdr_allocate((size_t)s->n * sizeof *scratch);
    if (scratch == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory to sort");
    sdr_code code = sdr_sort_doubles(s->values, scratch, s->n, context, error);
    sdr_release(scratch);
    return code;
}

sdr_code sdr_collected_sort(sdr_collected *values, const sdr_context *context,
                            sdr_error *error) {
    SDR_TRY(sort_side(&values->x, context, error));
    return sort_side(&values->y, context, error);
}

static bool has_infinity(const sdr_collected_side *s,
                         const sdr_buckets_sorted *sorted) {
    const double *values = sorted != NULL ? sorted->values : s->values;
    int64_t n = sorted != NULL ? sorted->n : s->n;
    return n > 0 && (isinf(values[0]) || isinf(values[n - 1]));
}

bool sdr_collected_infinite(const sdr_collected *values, const sdr_counted *c) {
    return has_infinity(&values->x, c->x.sorted) ||
           has_infinity(&values->y, c->y.sorted);
}

void sdr_collected_reset(sdr_collected *values) {
    sdr_release(values->x.values);
    sdr_release(values->y.values);
}
