/*
 * Categories of groups: the rows of all groups are encoded once, in the order of the
 * column, whatever the groups' order and overlap; then each group counts its codes.
 *
 * Time O(rows encoded + rows of all groups + groups * categories); memory 4 bytes a row
 * between the first and the last row of any group.
 */
#include <stdlib.h>
#include <string.h>

#include "metrics/categories/category_table.h"
#include "metrics/groups/groups.h"

enum { CODE_BYTES = 16 }; /* about what counting a code costs */

struct sdr_group_codes {
    int64_t first, stop; /* rows of the column */
    int64_t known, size; /* labels of the table before, and after */
    int32_t *codes;      /* of those rows; not set where no group has the row */
};

typedef struct stretch {
    int64_t start, stop;
} stretch;

static int by_start(const void *a, const void *b) {
    const stretch *x = a, *y = b;
    return (x->start > y->start) - (x->start < y->start);
}

/* The rows of all groups as ascending stretches that do not touch; how many. */
static int64_t join(stretch *out, const sdr_groups *groups) {
    int64_t n = 0, joined = 0;
    for (int64_t i = 0; i < groups->n; i++)
        if (groups->starts[i] < groups->stops[i])
            out[n++] = (stretch){groups->starts[i], groups->stops[i]};
    qsort(out, (size_t)n, sizeof *out, by_start);
    for (int64_t i = 0; i < n; i++) {
        if (joined > 0 && out[i].start <= out[joined - 1].stop) {
            if (out[i].stop > out[joined - 1].stop) out[joined - 1].stop = out[i].stop;
        } else {
            out[joined++] = out[i];
        }
    }
    return joined;
}

static sdr_code encode(sdr_group_codes *codes, sdr_categories *categories,
                       bool *overflow, const sdr_column *column, stretch rows,
                       const sdr_context *context, sdr_error *error) {
    sdr_column cut;
    SDR_TRY(sdr_column_slice(&cut, column, rows.start, rows.stop, error));
    sdr_code code =
        sdr_categories_encode(categories, codes->codes + (rows.start - codes->first),
                              overflow, &cut, context, error);
    sdr_column_reset(&cut);
    return code;
}

static sdr_code encode_all(sdr_group_codes *codes, sdr_categories *categories,
                           bool *overflow, const sdr_column *column,
                           const stretch *rows, int64_t n, const sdr_context *context,
                           sdr_error *error) {
    if (n == 0) return SDR_OK;
    codes->first = rows[0].start;
    codes->stop = rows[n - 1].stop;
    size_t length = (size_t)(codes->stop - codes->first);
    codes->codes = sdr_allocate(length * sizeof *codes->codes);
    if (codes->codes == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for codes of groups");
    for (int64_t i = 0; i < n && !*overflow; i++)
        SDR_TRY(encode(codes, categories, overflow, column, rows[i], context, error));
    return SDR_OK;
}

sdr_code sdr_group_codes_new(sdr_group_codes **out, sdr_categories *categories,
                             bool *overflow, const sdr_column *column,
                             const sdr_groups *groups, const sdr_context *context,
                             sdr_error *error) {
    *out = NULL;
    *overflow = false;
    SDR_TRY(sdr_groups_check(groups, column, error));
    stretch *rows = sdr_allocate((size_t)groups->n * sizeof *rows);
    sdr_group_codes *codes = sdr_allocate(sizeof *codes);
    sdr_code code = SDR_OK;
    if (codes != NULL)
        *codes = (sdr_group_codes){.known = sdr_categories_size(categories)};
    if (rows == NULL || codes == NULL) {
        code = sdr_error_set(error, SDR_NO_MEMORY, "no memory for codes of groups");
    } else {
        code = encode_all(codes, categories, overflow, column, rows, join(rows, groups),
                          context, error);
        codes->size = sdr_categories_size(categories);
    }
    sdr_release(rows);
    if (code != SDR_OK) {
        sdr_group_codes_free(codes);
        return code;
    }
    *out = codes;
    return SDR_OK;
}

void sdr_group_codes_free(sdr_group_codes *codes) {
    if (codes == NULL) return;
    sdr_release(codes->codes);
    sdr_release(codes);
}

typedef struct count_job {
    int64_t *counts, *nulls, *first;
    const sdr_group_codes *codes;
    const sdr_groups *groups;
} count_job;

/* The first row of each new code. */
static void note_first(int64_t *first, const int32_t *codes, int64_t n, int64_t known,
                       int64_t n_new) {
    memset(first, -1, (size_t)n_new * sizeof *first); /* -1 in every byte is -1 */
    for (int64_t i = n - 1; i >= 0; i--)
        if (codes[i] >= known) first[codes[i] - known] = i;
}

static void count_group(const count_job *j, int64_t i) {
    const sdr_group_codes *c = j->codes;
    int64_t *counts = j->counts + i * c->size, n_new = c->size - c->known, nulls = 0;
    int64_t n = j->groups->stops[i] - j->groups->starts[i];
    const int32_t *codes = n > 0 ? c->codes + (j->groups->starts[i] - c->first) : NULL;
    memset(counts, 0, (size_t)c->size * sizeof *counts);
    for (int64_t row = 0; row < n; row++) {
        if (codes[row] < 0)
            nulls++;
        else
            counts[codes[row]]++;
    }
    j->nulls[i] = nulls;
    if (n_new > 0) note_first(j->first + i * n_new, codes, n, c->known, n_new);
}

static sdr_code count_groups(void *user, int64_t begin, int64_t end, int worker,
                             sdr_error *error) {
    (void)worker, (void)error;
    for (int64_t i = begin; i < end; i++)
        count_group(user, i);
    return SDR_OK;
}

sdr_code sdr_group_codes_count(int64_t *counts, int64_t *nulls, int64_t *first,
                               const sdr_group_codes *codes, const sdr_groups *groups,
                               const sdr_context *context, sdr_error *error) {
    count_job j = {counts, nulls, first, codes, groups};
    if (groups->n == 0) return SDR_OK;
    int64_t rows = (codes->stop - codes->first) / groups->n;
    size_t cost = (size_t)(rows * CODE_BYTES + codes->size * (int64_t)sizeof *counts);
    return sdr_parallel_groups(context, groups->n, cost, count_groups, &j, error);
}
