/*
 * Rows to sorted tagged keys.
 *
 * Scores that have a tagged key are tagged as they are loaded, and sorted once. Others
 * (infinities, values beyond 2^510, integers that float64 cannot hold) are sorted by
 * label, merged, and tagged by the number of distinct scores below them.
 */
#include "metrics/performance/rank_rows.h"

#include "core/parallel.h"
#include "kernels/dispatch.h"
#include "metrics/common/blocks.h"
#include "metrics/common/sort.h"

#include <string.h>

enum { POLL_BLOCKS = 1024 /* some 10 ms of loading */ };

sdr_code sdr_rank_source_init(sdr_rank_source *out, const sdr_ranked *rows,
                              const char *call, const sdr_context *context,
                              sdr_error *error) {
    SDR_TRY(sdr_require_numeric(rows->target, call, error));
    SDR_TRY(sdr_require_numeric(rows->score, call, error));
    if (rows->target->length != rows->score->length)
        return sdr_error_set(
            error, SDR_INVALID_ARGUMENT,
            "%s: expected columns of equal length, found %lld and %lld rows", call,
            (long long)rows->target->length, (long long)rows->score->length);
    *out = (sdr_rank_source){.target = rows->target,
                             .score = rows->score,
                             .binary = {rows->positive, rows->low, rows->high}};
    return sdr_domain_choose(&out->domain, rows->score, NULL, context, error);
}

/* --- scores that have a key --- */

/* *fits: false where a score has none; then the keys are worth nothing. */
static sdr_code tag_rows(bool *fits, sdr_rank_rows *out, const sdr_rank_source *s,
                         int64_t start, int64_t stop, const sdr_context *context,
                         sdr_error *error) {
    double target_scratch[SDR_BLOCK_ROWS], score_scratch[SDR_BLOCK_ROWS];
    int64_t nulls, blocks = 0;
    *fits = true;
    for (int64_t at = start; at < stop && *fits; at += SDR_BLOCK_ROWS) {
        const int64_t left = stop - at,
                      n = left < SDR_BLOCK_ROWS ? left : SDR_BLOCK_ROWS;
        if (++blocks % POLL_BLOCKS == 0)
            SDR_TRY(sdr_poll(context, at - start, stop - start, error));
        const double *targets =
            sdr_column_load_f64(s->target, at, n, 0, target_scratch, &nulls);
        const double *scores =
            sdr_column_load_f64(s->score, at, n, s->domain.base, score_scratch, &nulls);
        out->n += sdr_dispatch_active()->roc.tag(out->keys + out->n, &out->positives,
                                                 fits, scores, targets, n, &s->binary);
    }
    return SDR_OK;
}

/* --- scores that have none --- */

/* Scores of positives from the front of a block of memory, of negatives from its back. */
typedef struct sides {
    sdr_key *front, *back; /* behind the positives; the first of the negatives */
} sides;

static void add_side(sides *to, sdr_key key, double target, const sdr_binary *b) {
    if (target == b->positive)
        *to->front++ = key;
    else if (target >= b->low && target <= b->high)
        *--to->back = key;
}

static void add_scores(sides *to, const sdr_rank_source *s, const double *targets,
                       int64_t at, int64_t n) {
    double scratch[SDR_BLOCK_ROWS];
    int64_t nulls;
    const double *scores =
        sdr_column_load_f64(s->score, at, n, s->domain.base, scratch, &nulls);
    for (int64_t i = 0; i < n; i++) {
        const double score = scores[i] + 0.0;
        sdr_key key;
        memcpy(&key, &score, sizeof key);
        if (score == score) add_side(to, key, targets[i], &s->binary);
    }
}

static void add_integers(sides *to, const sdr_rank_source *s, const double *targets,
                         int64_t at, int64_t n) {
    int64_t scratch[SDR_BLOCK_ROWS], nulls;
    uint8_t valid[SDR_BLOCK_ROWS];
    const int64_t *scores =
        sdr_column_load_i64(s->score, at, n, scratch, valid, &nulls);
    for (int64_t i = 0; i < n; i++)
        if (valid[i]) add_side(to, (sdr_key)scores[i], targets[i], &s->binary);
}

static void split_rows(sides *to, const sdr_rank_source *s, int64_t start,
                       int64_t stop) {
    double scratch[SDR_BLOCK_ROWS];
    int64_t nulls;
    for (int64_t at = start; at < stop; at += SDR_BLOCK_ROWS) {
        const int64_t left = stop - at,
                      n = left < SDR_BLOCK_ROWS ? left : SDR_BLOCK_ROWS;
        const double *targets =
            sdr_column_load_f64(s->target, at, n, 0, scratch, &nulls);
        (s->domain.integer ? add_integers : add_scores)(to, s, targets, at, n);
    }
}

static bool is_lesser(sdr_key a, sdr_key b, bool is_integer) {
    double x, y;
    if (is_integer) return (int64_t)a < (int64_t)b;
    memcpy(&x, &a, sizeof x);
    memcpy(&y, &b, sizeof y);
    return x < y;
}

/* Of equal scores negatives first; a score's key is the number of distinct ones below
 * it. */
static void merge_sides(sdr_key *out, const sdr_key *p, int64_t n_p, const sdr_key *n,
                        int64_t n_n, bool is_integer) {
    uint64_t rank = 0;
    sdr_key last = 0;
    for (int64_t i = 0, j = 0; i + j < n_p + n_n;) {
        const bool from_p = i < n_p && (j == n_n || is_lesser(p[i], n[j], is_integer));
        const sdr_key key = from_p ? p[i] : n[j];
        rank += i + j > 0 && key != last;
        last = key;
        out[i + j] = 2 * rank + from_p;
        i += from_p;
        j += !from_p;
    }
}

static sdr_code rank_rows(sdr_rank_rows *out, const sdr_rank_source *s, int64_t start,
                          int64_t stop, const sdr_context *context, sdr_error *error) {
    const int64_t rows = stop - start;
    sdr_key *keys = sdr_allocate(2 * (size_t)(rows + 1) * sizeof *keys);
    if (keys == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld scores",
                             (long long)rows);
    sides to = {keys, keys + rows};
    split_rows(&to, s, start, stop);
    const int64_t n_p = to.front - keys, n_n = keys + rows - to.back;
    const bool is_integer = s->domain.integer;
    const sdr_sort_job jobs[2] = {{keys, keys + rows, n_p, !is_integer, 0},
                                  {to.back, keys + rows + n_p, n_n, !is_integer, 0}};
    sdr_code code = sdr_sort_jobs(jobs, 2, context, error);
    if (code == SDR_OK) {
        merge_sides(out->keys, keys, n_p, to.back, n_n, is_integer);
        out->n = n_p + n_n;
        out->positives = n_p;
    }
    sdr_release(keys);
    return code;
}

/* --- both --- */

static sdr_code reserve(sdr_rank_rows *out, int64_t rows, sdr_error *error) {
    if (rows <= out->capacity && out->memory != NULL) return SDR_OK;
    sdr_rank_rows_reset(out);
    out->memory = sdr_allocate(2 * (size_t)(rows + 1) * sizeof *out->memory);
    if (out->memory == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld scores",
                             (long long)rows);
    out->capacity = rows;
    return SDR_OK;
}

sdr_code sdr_rank_rows_sort(sdr_rank_rows *out, const sdr_rank_source *source,
                            int64_t start, int64_t stop, const sdr_context *context,
                            sdr_error *error) {
    SDR_TRY(reserve(out, stop - start, error));
    out->keys = out->memory;
    out->n = out->positives = 0;
    if (source->target->kind == SDR_KIND_NULL || source->score->kind == SDR_KIND_NULL)
        return SDR_OK;
    bool fits = false;
    if (!source->domain.integer)
        SDR_TRY(tag_rows(&fits, out, source, start, stop, context, error));
    if (!fits) return rank_rows(out, source, start, stop, context, error);
    const sdr_sort_job job = {out->keys, out->memory + out->capacity + 1, out->n, true,
                              0};
    return sdr_sort_jobs(&job, 1, context, error);
}

void sdr_rank_rows_reset(sdr_rank_rows *rows) {
    sdr_release(rows->memory);
    *rows = (sdr_rank_rows){0};
}

sdr_code sdr_rank_rows_new(sdr_rank_rows **out, int workers, sdr_error *error) {
    *out = sdr_allocate((size_t)workers * sizeof **out);
    if (*out == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for groups of scores");
    for (int i = 0; i < workers; i++)
        (*out)[i] = (sdr_rank_rows){0};
    return SDR_OK;
}

void sdr_rank_rows_free(sdr_rank_rows *rows, int workers) {
    for (int i = 0; i < workers; i++)
        sdr_rank_rows_reset(rows + i);
    sdr_release(rows);
}

/* Steps that double, then halves between the last two. */
int64_t sdr_tie_end(const sdr_key *keys, int64_t i, int64_t n) {
    int64_t in = i, step = 1;
    while (in + step < n && sdr_is_tied(keys[in + step], keys[i])) {
        in += step;
        step *= 2;
    }
    int64_t out = in + step < n ? in + step : n;
    while (out - in > 1) {
        const int64_t middle = in + (out - in) / 2;
        *(sdr_is_tied(keys[middle], keys[i]) ? &in : &out) = middle;
    }
    return out;
}

int64_t sdr_tie_positives(const sdr_key *keys, int64_t i, int64_t end) {
    while (i < end) {
        const int64_t middle = i + (end - i) / 2;
        if (sdr_label_of(keys[middle]) == 1)
            end = middle;
        else
            i = middle + 1;
    }
    return end;
}
