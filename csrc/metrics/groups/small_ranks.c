/*
 * Rank statistics of a small group: the sums of rank_walk.c, value of the group by value
 * of the group. With i of x and j of y below a value that tx and ty rows have,
 *   U2         sum of ty (2 i + tx)
 *   squares_x  sum of tx (2 j + ty)^2, and a third of the ties of x
 *   squares_y  sum of ty (2 i + tx)^2, and a third of the ties of y
 * Between two values of the group j is constant, so the rows of x there count at once;
 * their ties are those of the reference as a whole. Time O(m log m) and the search.
 */
#include "metrics/groups/small_ranks.h"

#include <math.h>

#include "metrics/drift/ranks.h"

static sdr_int128 cubed(sdr_int128 t) {
    return t * t * t - t;
}

sdr_small_ties sdr_small_ties_of(const sdr_small_index *index) {
    sdr_small_ties own = {0};
    if (index->reference == NULL) return own;
    const sdr_sample *sample = &index->reference->sample;
    for (int64_t i = 0, first = 0; i < sample->n; i++) {
        const bool is_last =
            i + 1 == sample->n || sample->values[i + 1] != sample->values[i];
        if (!is_last) continue;
        own.distinct++;
        if (i > first) own.ties += cubed(i + 1 - first);
        first = i + 1;
    }
    return own;
}

typedef struct sums {
    int64_t n, m, passed_x; /* x up to the value before */
    int64_t distinct;
    sdr_int128 ties, ties_y, u2, plus, minus, squares_x, squares_y;
} sums;

static void note(sums *s, sdr_int128 a) {
    if (a > s->plus) s->plus = a;
    if (-a > s->minus) s->minus = -a;
}

/* The value that rows [j, j + ty) of y and [i, i + tx) of x have. */
static void add_value(sums *s, int64_t i, int64_t tx, int64_t j, int64_t ty) {
    const sdr_int128 across_x = 2 * (sdr_int128)i + tx, across_y = 2 * j + ty;
    s->squares_x += (sdr_int128)(i - s->passed_x) * (2 * j) * (2 * j);
    s->squares_x += tx * across_y * across_y;
    s->squares_y += ty * across_x * across_x;
    s->u2 += ty * across_x;
    s->ties += cubed(tx + ty) - cubed(tx);
    s->ties_y += cubed(ty);
    s->distinct += tx == 0;
    note(s, (sdr_int128)i * s->m - (sdr_int128)j * s->n);
    s->passed_x = i + tx;
    note(s, (sdr_int128)s->passed_x * s->m - (sdr_int128)(j + ty) * s->n);
}

static void add_values(sums *s, const double *y, const uint32_t *below,
                       const uint32_t *upto) {
    for (int64_t j = 0; j < s->m;) {
        const int64_t first = j;
        while (j < s->m && y[j] == y[first])
            j++;
        add_value(s, below[first], upto[first] - (int64_t)below[first], first,
                  j - first);
    }
    s->squares_x += (sdr_int128)(s->n - s->passed_x) * (2 * s->m) * (2 * s->m);
}

static sdr_integer integer_of(sdr_int128 value) {
    return (sdr_integer){(int64_t)(value >> 64), (uint64_t)value};
}

static void set(sdr_rank_statistics *out, const sums *s, const sdr_small_ties *ties) {
    const sdr_int128 squares_x = s->squares_x + ties->ties / 3;
    const sdr_int128 squares_y = s->squares_y + s->ties_y / 3;
    out->n = out->finite_n = s->n;
    out->m = out->finite_m = s->m;
    out->distinct = ties->distinct + s->distinct;
    out->ties = integer_of(ties->ties + s->ties);
    out->ties_x = integer_of(ties->ties);
    out->ties_y = integer_of(s->ties_y);
    out->u2 = integer_of(s->u2);
    out->plus = integer_of(s->plus);
    out->minus = integer_of(s->minus);
    out->cramer_von_mises = integer_of(s->n * squares_x + s->m * squares_y);
}

sdr_code sdr_small_ranks(bool *done, sdr_rank_statistics *out,
                         const sdr_small_index *index, const sdr_small_ties *ties,
                         const sdr_column *rows, sdr_small_scratch *scratch,
                         sdr_error *error) {
    *done = false;
    if (!sdr_small_serves(index, rows)) return SDR_OK;
    sdr_column like = sdr_prepared_like(index->reference);
    sdr_ranks_begin(out, &like, rows);
    if (out->status != SDR_STATUS_OK) return SDR_OK;
    int64_t m;
    SDR_TRY(sdr_small_load(&m, NULL, NULL, rows, scratch, error));
    if (m == 0) return SDR_OK;
    const double *y = scratch->values;
    const bool tied =
        sdr_small_index_locate(scratch->below, scratch->upto, index, y, m);
    sums s = {.n = index->reference->sample.n, .m = m};
    add_values(&s, y, scratch->below, tied ? scratch->upto : scratch->below);
    set(out, &s, ties);
    *done = true;
    return SDR_OK;
}
