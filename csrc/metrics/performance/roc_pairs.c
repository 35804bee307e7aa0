/*
 * Two scores of the same rows: covariance of their AUCs by DeLong's placements.
 *
 * Each score is sorted with the numbers of its rows; then the placements of roc.c, twice
 * a and twice c, lie row by row, and their products are summed as integers.
 */
#include "core/parallel.h"
#include "metrics/common/exact.h"
#include "metrics/groups/groups.h"
#include "metrics/performance/placements.h"
#include "metrics/performance/rank_records.h"

#include <math.h>
#include <string.h>

enum { SORT_BYTES = 512 }; /* about what a row costs */

/* --- placements --- */

/* A row's placement, by its number from 1 on; above 0 as a record's weight is for a
 * positive. */
typedef struct placed {
    int64_t row, placement;
    bool is_positive;
} placed;

typedef void (*visit)(void *user, const placed *row);

static void place_group(visit add, void *user, const sdr_rank_records *records,
                        int64_t from, int64_t to, int64_t a, int64_t c) {
    for (int64_t i = from; i < to; i++) {
        const double weight = records->all[i].weight;
        const bool is_positive = weight > 0.0;
        const placed row = {(int64_t)fabs(weight), is_positive ? a : c, is_positive};
        add(user, &row);
    }
}

static void place(visit add, void *user, const sdr_rank_records *records,
                  int64_t positives) {
    const sdr_rank_record *all = records->all;
    int64_t below = 0, above = positives;
    for (int64_t i = 0, end; i < records->n; i = end) {
        int64_t p = 0;
        for (end = i; end < records->n && all[end].key == all[i].key; end++)
            p += all[end].weight > 0.0;
        const int64_t m = end - i - p;
        place_group(add, user, records, i, end, 2 * below + m, 2 * above - p);
        below += m;
        above -= p;
    }
}

/* --- sums --- */

/* Of one label. */
typedef struct products {
    int64_t n;
    sdr_int128 x, y, xx, yy, xy;
} products;

typedef struct pair {
    int64_t first;       /* number of the group's first row */
    int64_t *placements; /* of the first score, by row */
    products positives, negatives;
} pair;

static void keep(void *user, const placed *row) {
    const pair *p = user;
    p->placements[row->row - p->first] = row->placement;
}

static void multiply(void *user, const placed *row) {
    pair *p = user;
    products *own = row->is_positive ? &p->positives : &p->negatives;
    const sdr_int128 x = p->placements[row->row - p->first], y = row->placement;
    own->n++;
    own->x += x;
    own->y += y;
    own->xx += x * x;
    own->yy += y * y;
    own->xy += x * y;
}

static double covariance_of(const products *own, int64_t others) {
    const double scale = 2.0 * (double)others;
    return sdr_central_product(own->xy, own->x, own->y, own->n) / (double)(own->n - 1) /
           (double)own->n / scale / scale;
}

static void set(sdr_roc_pair *out, const pair *s) {
    const products *p = &s->positives, *m = &s->negatives;
    *out = (sdr_roc_pair){p->n, m->n, NAN, NAN, NAN, NAN, NAN};
    if (p->n == 0 || m->n == 0) return;
    const sdr_uint128 most = 2 * (sdr_uint128)p->n * (sdr_uint128)m->n;
    out->auc = sdr_ratio((sdr_uint128)p->x, most);
    out->other_auc = sdr_ratio((sdr_uint128)p->y, most);
    if (p->n == 1 || m->n == 1) return;
    out->variance = sdr_placement_variance(p->xx, p->x, p->n, m->n) +
                    sdr_placement_variance(m->xx, m->x, m->n, p->n);
    out->other_variance = sdr_placement_variance(p->yy, p->y, p->n, m->n) +
                          sdr_placement_variance(m->yy, m->y, m->n, p->n);
    out->covariance = covariance_of(p, m->n) + covariance_of(m, p->n);
}

/* --- groups --- */

typedef struct job {
    sdr_roc_pair *out;
    sdr_rank_source sources[2];
    double *rows[2]; /* of each row its number, 0 where the other score is none */
    sdr_rank_records *records;
    const sdr_groups *groups;
} job;

static int64_t positives_of(const sdr_rank_records *records) {
    int64_t n = 0;
    for (int64_t i = 0; i < records->n; i++)
        n += records->all[i].weight > 0.0;
    return n;
}

static sdr_code group_body(void *user, const sdr_group *group,
                           const sdr_context *context, sdr_error *error) {
    const job *j = user;
    const int64_t start = j->groups->starts[group->index];
    const int64_t stop = j->groups->stops[group->index];
    sdr_rank_records *records = j->records + group->worker;
    pair sums = {.first = start + 1,
                 .placements = sdr_allocate((size_t)(stop - start) * sizeof(int64_t))};
    if (sums.placements == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld placements",
                             (long long)(stop - start));
    sdr_code code = SDR_OK;
    for (int k = 0; k < 2 && code == SDR_OK; k++) {
        code = sdr_rank_records_sort(records, &j->sources[k], j->rows[k], start, stop,
                                     context, error);
        if (code == SDR_OK)
            place(k == 0 ? keep : multiply, &sums, records, positives_of(records));
    }
    if (code == SDR_OK) set(j->out + group->index, &sums);
    sdr_release(sums.placements);
    return code;
}

/* Numbers of the rows whose score in this column is a number; else 0. */
static void number_rows(double *out, const sdr_column *column) {
    double scratch[SDR_BLOCK_ROWS];
    int64_t nulls;
    if (column->kind == SDR_KIND_NULL) {
        memset(out, 0, (size_t)column->length * sizeof *out);
        return;
    }
    for (int64_t at = 0; at < column->length; at += SDR_BLOCK_ROWS) {
        const int64_t left = column->length - at;
        const int64_t n = left < SDR_BLOCK_ROWS ? left : SDR_BLOCK_ROWS;
        const double *values = sdr_column_load_f64(column, at, n, 0, scratch, &nulls);
        for (int64_t i = 0; i < n; i++)
            out[at + i] = values[i] == values[i] ? (double)(at + i + 1) : 0.0;
    }
}

static sdr_code run(job *j, const sdr_context *context, sdr_error *error) {
    const sdr_column *column = j->sources[0].score;
    const sdr_group_pass pass = {.column = column,
                                 .groups = j->groups,
                                 .row_bytes = SORT_BYTES,
                                 .body = group_body,
                                 .user = j};
    const size_t rows = (size_t)column->length;
    const int workers = sdr_groups_workers(&pass, context);
    double *numbers = sdr_allocate(2 * rows * sizeof *numbers);
    if (numbers == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for numbers of rows");
    j->rows[0] = numbers;
    j->rows[1] = numbers + rows;
    number_rows(j->rows[0], j->sources[1].score);
    number_rows(j->rows[1], j->sources[0].score);
    sdr_code code = sdr_rank_records_new(&j->records, workers, error);
    if (code == SDR_OK) {
        code = sdr_groups_run(&pass, context, error);
        sdr_rank_records_free(j->records, workers);
    }
    sdr_release(numbers);
    return code;
}

sdr_code sdr_roc_pair_groups(sdr_roc_pair *out, const sdr_ranked *rows,
                             const sdr_column *other, const sdr_groups *groups,
                             const sdr_context *context, sdr_error *error) {
    static const char call[] = "sdr_roc_pair_groups";
    sdr_ranked second = *rows;
    second.score = other;
    job j = {.out = out, .groups = groups};
    SDR_TRY(sdr_rank_source_init(&j.sources[0], rows, call, context, error));
    SDR_TRY(sdr_rank_source_init(&j.sources[1], &second, call, context, error));
    SDR_TRY(sdr_groups_check(groups, rows->score, error));
    return run(&j, context, error);
}
