/*
 * Groups: checked, cut out of the column, shared among workers. See groups.h.
 *
 * A group that is a large part of all rows, or large by itself, is computed alone, by
 * all threads; the others are items of one parallel loop, each computed by one thread.
 * Each worker has one set of views, which it writes anew for every group: cutting costs
 * a search for the first chunk and a count of nulls, and no memory.
 */
#include "metrics/groups/groups.h"

#include <string.h>

#include "views/column.h"

enum {
    ALONE_ROWS = 1 << 20,     /* are computed by all threads */
    ALONE_SHARE_ROWS = 65536, /* or these, where they are a large share */
    GROUP_BYTES = 4096        /* what a group costs on top of its rows, as bytes read */
};

sdr_code sdr_groups_check(const sdr_groups *groups, const sdr_column *column,
                          sdr_error *error) {
    for (int64_t i = 0; i < groups->n; i++) {
        int64_t start = groups->starts[i], stop = groups->stops[i];
        if (0 <= start && start <= stop && stop <= column->length) continue;
        return sdr_error_set(
            error, SDR_INVALID_ARGUMENT,
            "starts, stops: expected 0 <= start <= stop <= %lld, found "
            "%lld and %lld (group %lld)",
            (long long)column->length, (long long)start, (long long)stop, (long long)i);
    }
    return SDR_OK;
}

/* --- cutting --- */

typedef struct window {
    sdr_view *views;
    int64_t *starts;
    sdr_column column;
} window;

static sdr_view cut_view(const sdr_view *view, int64_t from, int64_t to) {
    sdr_view cut = *view;
    cut.length = to - from;
    if (cut.type == SDR_TYPE_BOOL_BITS)
        cut.bit_offset += from;
    else if (from > 0)
        cut.data += from * cut.stride;
    if (cut.validity != NULL) cut.validity_offset += from;
    if (cut.mask != NULL) cut.mask += from * cut.mask_stride;
    if (cut.null_count != 0 && cut.length != view->length)
        cut.null_count = sdr_view_count_all_nulls(&cut);
    return cut;
}

static void add_view(window *w, sdr_view view) {
    sdr_column *column = &w->column;
    w->views[column->n_chunks++] = view;
    column->length += view.length;
    column->null_count += view.null_count;
    w->starts[column->n_chunks] = column->length;
}

/* An empty group keeps an empty chunk, and with it type and dictionary. */
static void cut(window *w, const sdr_column *in, int64_t start, int64_t stop) {
    w->column = *in;
    w->column.length = w->column.null_count = w->column.n_chunks = 0;
    w->column.chunks = w->views;
    w->column.starts = w->starts;
    w->starts[0] = 0;
    if (in->n_chunks == 0) return;
    if (start == stop) {
        add_view(w, cut_view(&in->chunks[0], 0, 0));
        return;
    }
    for (int64_t i = sdr_column_chunk(in, start); i < in->n_chunks; i++) {
        int64_t first = in->starts[i], end = in->starts[i + 1];
        if (first >= stop) return;
        int64_t from = start > first ? start - first : 0;
        int64_t to = (stop < end ? stop : end) - first;
        if (from < to) add_view(w, cut_view(&in->chunks[i], from, to));
    }
}

/* --- running --- */

typedef struct job {
    const sdr_group_pass *pass;
    window *windows; /* two a worker */
    int64_t total;   /* rows of all groups */
    int threads;
} job;

static int64_t rows_of(const sdr_groups *groups, int64_t i) {
    return groups->stops[i] - groups->starts[i];
}

static int64_t rows_of_all(const sdr_groups *groups) {
    int64_t rows = 0;
    for (int64_t i = 0; i < groups->n; i++)
        rows += rows_of(groups, i);
    return rows;
}

static bool is_alone(const job *j, int64_t i) {
    int64_t rows = rows_of(j->pass->groups, i);
    if (rows >= ALONE_ROWS) return true;
    return rows >= ALONE_SHARE_ROWS && rows > j->total / (2 * j->threads);
}

static size_t cost_of(const sdr_group_pass *pass, int64_t total) {
    int64_t n = pass->groups->n > 0 ? pass->groups->n : 1;
    return GROUP_BYTES + (size_t)(total / n) * pass->row_bytes;
}

static sdr_code run_one(const job *j, int64_t i, int worker, const sdr_context *context,
                        sdr_error *error) {
    const sdr_group_pass *pass = j->pass;
    const sdr_groups *groups = pass->groups;
    window *w = j->windows + 2 * (int64_t)worker;
    cut(&w[0], pass->column, groups->starts[i], groups->stops[i]);
    sdr_group group = {.index = i, .rows = &w[0].column, .worker = worker};
    if (pass->other != NULL) {
        cut(&w[1], pass->other, groups->starts[i], groups->stops[i]);
        group.other = &w[1].column;
    }
    return pass->body(pass->user, &group, context, error);
}

static sdr_code run_shared(void *user, int64_t begin, int64_t end, int worker,
                           sdr_error *error) {
    static const sdr_context serial = {.threads = 1};
    const job *j = user;
    for (int64_t i = begin; i < end; i++)
        if (!is_alone(j, i)) SDR_TRY(run_one(j, i, worker, &serial, error));
    return SDR_OK;
}

static sdr_code run_alone(const job *j, const sdr_context *context, sdr_error *error) {
    for (int64_t i = 0; i < j->pass->groups->n; i++)
        if (is_alone(j, i)) SDR_TRY(run_one(j, i, 0, context, error));
    return SDR_OK;
}

int sdr_groups_workers(const sdr_group_pass *pass, const sdr_context *context) {
    int64_t total = rows_of_all(pass->groups);
    return sdr_parallel_workers(context, pass->groups->n, cost_of(pass, total));
}

/* The windows of all workers in one block. */
static sdr_code windows_new(window **out, const sdr_group_pass *pass, int workers,
                            sdr_error *error) {
    int64_t chunks = pass->column->n_chunks;
    if (pass->other != NULL && pass->other->n_chunks > chunks)
        chunks = pass->other->n_chunks;
    size_t n = 2 * (size_t)workers, views = ((size_t)chunks + 1) * sizeof(sdr_view);
    size_t starts = ((size_t)chunks + 2) * sizeof(int64_t);
    char *block = sdr_allocate(n * (sizeof **out + views + starts));
    if (block == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for groups of rows");
    *out = (window *)(void *)block;
    char *memory = block + n * sizeof **out;
    for (size_t i = 0; i < n; i++, memory += views + starts) {
        (*out)[i].views = (sdr_view *)(void *)memory;
        (*out)[i].starts = (int64_t *)(void *)(memory + views);
    }
    return SDR_OK;
}

sdr_code sdr_groups_run(const sdr_group_pass *pass, const sdr_context *context,
                        sdr_error *error) {
    SDR_TRY(sdr_groups_check(pass->groups, pass->column, error));
    if (pass->groups->n == 0) return SDR_OK;
    int workers = sdr_groups_workers(pass, context);
    job j = {.pass = pass,
             .total = rows_of_all(pass->groups),
             .threads = sdr_context_threads(context)};
    SDR_TRY(windows_new(&j.windows, pass, workers, error));
    sdr_code code = run_alone(&j, context, error);
    if (code == SDR_OK)
        code = sdr_parallel_groups(context, pass->groups->n, cost_of(pass, j.total),
                                   run_shared, &j, error);
    sdr_release(j.windows);
    return code;
}
