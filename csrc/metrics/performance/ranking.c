/*
 * Rankings: means over the queries of each group, and sums of squares about them.
 *
 * A group's rows are put together by query, in order of the query's first row in the
 * group, so a group has the bits that it has alone. Values are of 64 queries at a time,
 * whose means are merged pairwise in order (metrics/common/blocks.h): the same bits for
 * any number of threads.
 *
 * Time O(rows log(rows of a query)), memory O(rows of a group) a thread; rows that lie
 * together by query in two columns of float64 are ranked where they are.
 */
#include <math.h>
#include <string.h>

#include "metrics/common/blocks.h"
#include "metrics/groups/groups.h"
#include "metrics/performance/ranking_query.h"

enum {
    BLOCK_QUERIES = 64,
    ROW_BYTES = 256 /* about what a row costs, as bytes read */
};

/* What a worker keeps from group to group. */
typedef struct worker {
    int32_t *places; /* of a code among the group's queries; -1: not met */
    sdr_discounts discounts;
} worker;

typedef struct job {
    sdr_ranking *out;
    const int32_t *codes;
    const double *weights; /* or NULL */
    const sdr_ranking_options *options;
    const sdr_groups *groups;
    int64_t n_codes;
    worker *workers;
    int n_workers;
} job;

/* The rows of a group that take part. */
typedef struct items {
    void *memory;
    const double *relevance, *score;            /* where they are, or of `memory` */
    double *own_relevance, *own_score, *weight; /* weight: NULL without */
    int32_t *query;
    int64_t n;
    int32_t *codes; /* of each query */
    int64_t *ends;  /* of each query's rows, once they lie together */
    int64_t queries, runs;
} items;

/* --- rows ------------------------------------------------------------------------- */

static sdr_code items_new(items *out, int64_t rows, bool weighted, sdr_error *error) {
    const size_t doubles = weighted ? 3 : 2, n = (size_t)rows;
    *out = (items){0};
    const size_t size =
        doubles * sizeof(double) + sizeof(int64_t) + 2 * sizeof(int32_t);
    out->memory = sdr_allocate(n * size);
    if (out->memory == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory to rank %lld rows",
                             (long long)rows);
    out->relevance = out->own_relevance = out->memory;
    out->score = out->own_score = out->own_relevance + n;
    out->weight = weighted ? out->own_score + n : NULL;
    out->ends = (int64_t *)(void *)(out->own_relevance + doubles * n);
    out->query = (int32_t *)(void *)(out->ends + n);
    out->codes = out->query + n;
    return SDR_OK;
}

/* The place of a code among the queries of the group. */
static int32_t place_of(items *it, int32_t *places, int32_t code) {
    if (places[code] < 0) {
        it->codes[it->queries] = code;
        it->ends[it->queries] = 0;
        places[code] = (int32_t)it->queries++;
    }
    it->runs++;
    return places[code];
}

typedef struct block {
    const double *relevance, *score, *weights;
    const int32_t *codes;
    int64_t n_codes, n;
} block;

/* Adds the rows that take part; ends[i] counts those of query i. */
static void add_block(items *it, int32_t *places, const block *b, int32_t *last,
                      int32_t *place) {
    for (int64_t i = 0; i < b->n; i++) {
        const double relevance = b->relevance[i], score = b->score[i];
        const int32_t code = b->codes[i];
        if (!(fabs(relevance) < INFINITY) || score != score) continue;
        if (code < 0 || code >= b->n_codes) continue;
        if (b->weights != NULL) {
            if (!(b->weights[i] > 0.0)) continue;
            it->weight[it->n] = b->weights[i];
        }
        if (code != *last) {
            *place = place_of(it, places, code);
            *last = code;
        }
        it->own_relevance[it->n] = relevance;
        it->own_score[it->n] = score;
        it->query[it->n++] = *place;
        it->ends[*place]++;
    }
}

static void add_rows(items *it, const job *j, const sdr_group *group) {
    double relevance[SDR_BLOCK_ROWS], score[SDR_BLOCK_ROWS];
    int32_t *places = j->workers[group->worker].places, last = -1, place = -1;
    const int64_t first = j->groups->starts[group->index], rows = group->rows->length;
    int64_t nulls;
    for (int64_t start = 0; start < rows; start += SDR_BLOCK_ROWS) {
        const int64_t n = rows - start < SDR_BLOCK_ROWS ? rows - start : SDR_BLOCK_ROWS;
        const block b = {
            sdr_column_load_f64(group->rows, start, n, 0, relevance, &nulls),
            sdr_column_load_f64(group->other, start, n, 0, score, &nulls),
            j->weights == NULL ? NULL : j->weights + first + start,
            j->codes + first + start,
            j->n_codes,
            n};
        add_block(it, places, &b, &last, &place);
    }
}

/* Whether relevance and score of all rows of a block take part. */
static bool is_complete(const block *b) {
    enum { LANES = 8 };
    double lanes[LANES] = {0}, sum = 0.0; /* 0 times what takes part, else NaN */
    int64_t i = 0;
    for (; i + LANES <= b->n; i += LANES)
        for (int lane = 0; lane < LANES; lane++) {
            const double score = b->score[i + lane];
            lanes[lane] += b->relevance[i + lane] * 0.0;
            lanes[lane] += score == score ? 0.0 : NAN;
        }
    for (; i < b->n; i++)
        sum += b->relevance[i] * 0.0 + (b->score[i] == b->score[i] ? 0.0 : NAN);
    for (int lane = 0; lane < LANES; lane++)
        sum += lanes[lane];
    return sum == 0.0;
}

/* Memory that holds all rows as float64, or NULL. */
static const double *memory_of(const sdr_column *column) {
    double scratch[SDR_BLOCK_ROWS];
    if (column->n_chunks != 1 || column->null_count != 0 || column->length == 0)
        return NULL;
    const int64_t n = column->length < SDR_BLOCK_ROWS ? column->length : SDR_BLOCK_ROWS;
    int64_t nulls;
    const double *values = sdr_column_load_f64(column, 0, n, 0, scratch, &nulls);
    return values == scratch ? NULL : values;
}

/* Takes the rows where they are: all take part, and lie together by query; else false,
 * and nothing is taken. */
static bool take_rows(items *it, const job *j, const sdr_group *group) {
    const int64_t first = j->groups->starts[group->index], rows = group->rows->length;
    const double *relevance = memory_of(group->rows), *score = memory_of(group->other);
    const int32_t *codes = j->codes + first;
    int32_t *places = j->workers[group->worker].places, last = -1;
    if (relevance == NULL || score == NULL || j->weights != NULL) return false;
    for (int64_t start = 0; start < rows; start += SDR_BLOCK_ROWS) {
        const int64_t n = rows - start < SDR_BLOCK_ROWS ? rows - start : SDR_BLOCK_ROWS;
        const block b = {relevance + start, score + start, NULL,
                         codes + start,     j->n_codes,    n};
        if (!is_complete(&b)) return false;
        for (int64_t i = start; i < start + n; i++) {
            const int32_t code = codes[i];
            if (code == last) continue;
            if (code < 0 || code >= j->n_codes || places[code] >= 0) return false;
            if (it->queries > 0) it->ends[it->queries - 1] = i;
            place_of(it, places, code);
            last = code;
        }
    }
    it->relevance = relevance;
    it->score = score;
    it->n = rows;
    it->ends[it->queries - 1] = rows;
    return true;
}

static void forget_places(items *it, int32_t *places) {
    for (int64_t i = 0; i < it->queries; i++)
        places[it->codes[i]] = -1;
}

/* Counts become ends. */
static void sum_ends(items *it) {
    int64_t sum = 0;
    for (int64_t i = 0; i < it->queries; i++)
        it->ends[i] = sum += it->ends[i];
}

/* The rows of the longest query. */
static int64_t longest(const items *it) {
    int64_t most = 0;
    for (int64_t i = 0; i < it->queries; i++) {
        const int64_t n = it->ends[i] - (i == 0 ? 0 : it->ends[i - 1]);
        most = n > most ? n : most;
    }
    return most;
}

/* Puts the rows of each query together, in their order. */
static sdr_code gather(items *it, sdr_error *error) {
    const size_t doubles = it->weight == NULL ? 2 : 3, n = (size_t)it->n;
    double *to = sdr_allocate(doubles * n * sizeof *to);
    if (to == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory to rank %lld rows",
                             (long long)it->n);
    for (int64_t i = it->n - 1; i >= 0; i--) {
        const int64_t at = --it->ends[it->query[i]];
        to[at] = it->relevance[i];
        to[it->n + at] = it->score[i];
        if (it->weight != NULL) to[2 * it->n + at] = it->weight[i];
    }
    /* ends are starts now: the next one's start is an end */
    for (int64_t i = 0; i + 1 < it->queries; i++)
        it->ends[i] = it->ends[i + 1];
    it->ends[it->queries - 1] = it->n;
    memcpy(it->own_relevance, to, n * sizeof *to);
    memcpy(it->own_score, to + n, n * sizeof *to);
    if (it->weight != NULL) memcpy(it->weight, to + 2 * n, n * sizeof *to);
    sdr_release(to);
    return SDR_OK;
}

/* --- queries ---------------------------------------------------------------------- */

/* Blocks of queries, each with a result. */
typedef struct blocks {
    const items *it;
    const sdr_ranking_options *options;
    const double *discounts;
    sdr_ranking *results;
    char *scratch; /* a part a worker */
    size_t scratch_size;
} blocks;

static double weight_of(const items *it, int64_t start, int64_t end) {
    if (it->weight == NULL) return 1.0;
    double sum = 0.0;
    for (int64_t i = start; i < end; i++)
        sum += it->weight[i];
    return sum / (double)(end - start);
}

/* Values of a block's queries. */
typedef struct values {
    double weight[BLOCK_QUERIES];
    double of[SDR_RANKING_VALUES][BLOCK_QUERIES];
} values;

static void summarise(sdr_ranking *out, const values *v) {
    const int64_t n = out->queries;
    double weight = 0.0, squares = 0.0;
    for (int64_t i = 0; i < n; i++) {
        weight += v->weight[i];
        squares += v->weight[i] * v->weight[i];
    }
    out->weight = weight;
    out->weight_squares = squares;
    for (int k = 0; k < SDR_RANKING_VALUES; k++) {
        double sum = 0.0, m2 = 0.0;
        for (int64_t i = 0; i < n; i++)
            sum += v->weight[i] * v->of[k][i];
        const double mean = sum / weight;
        for (int64_t i = 0; i < n; i++) {
            const double d = v->of[k][i] - mean;
            m2 += v->weight[i] * (d * d);
        }
        out->mean[k] = mean;
        out->m2[k] = m2;
    }
}

static sdr_code run_block(const blocks *b, int64_t index, void *scratch,
                          sdr_error *error) {
    const items *it = b->it;
    const int64_t first = index * BLOCK_QUERIES;
    const int64_t last =
        first + BLOCK_QUERIES < it->queries ? first + BLOCK_QUERIES : it->queries;
    sdr_ranking *out = &b->results[index];
    *out = (sdr_ranking){.queries = last - first};
    values v;
    for (int64_t i = first; i < last; i++) {
        const int64_t start = i == 0 ? 0 : it->ends[i - 1], end = it->ends[i];
        sdr_ranking_query query = {.relevance = it->relevance + start,
                                   .score = it->score + start,
                                   .n = end - start};
        SDR_TRY(
            sdr_ranking_query_run(&query, b->options, b->discounts, scratch, error));
        out->rows += query.n;
        out->irrelevant += query.relevant == 0;
        out->negative += query.negative;
        v.weight[i - first] = weight_of(it, start, end);
        for (int k = 0; k < SDR_RANKING_VALUES; k++)
            v.of[k][i - first] = query.values[k];
    }
    summarise(out, &v);
    return SDR_OK;
}

static sdr_code run_blocks(void *user, int64_t begin, int64_t end, int worker,
                           sdr_error *error) {
    const blocks *b = user;
    for (int64_t i = begin; i < end; i++)
        SDR_TRY(run_block(b, i, b->scratch + (size_t)worker * b->scratch_size, error));
    return SDR_OK;
}

/* Chan's update: as if one had held the queries of both. */
static void merge(void *out, const void *left, const void *right) {
    const sdr_ranking l = *(const sdr_ranking *)left, r = *(const sdr_ranking *)right;
    sdr_ranking *o = out;
    o->rows = l.rows + r.rows;
    o->queries = l.queries + r.queries;
    o->irrelevant = l.irrelevant + r.irrelevant;
    o->negative = l.negative + r.negative;
    o->weight = l.weight + r.weight;
    o->weight_squares = l.weight_squares + r.weight_squares;
    const double share = r.weight / o->weight;
    for (int k = 0; k < SDR_RANKING_VALUES; k++) {
        const double d = r.mean[k] - l.mean[k];
        o->mean[k] = l.mean[k] + d * share;
        o->m2[k] = (l.m2[k] + r.m2[k]) + d * d * (l.weight * share);
    }
}

static void merge_blocks(sdr_ranking *out, const sdr_ranking *results, int64_t n) {
    sdr_ranking nodes[SDR_TREE_NODES];
    sdr_tree tree = {.nodes = (char *)nodes, .size = sizeof *nodes, .merge = merge};
    for (int64_t i = 0; i < n; i++)
        sdr_tree_push(&tree, &results[i]);
    sdr_tree_result(&tree, out);
}

static sdr_code rank(sdr_ranking *out, const items *it, const job *j, worker *w,
                     const sdr_context *context, sdr_error *error) {
    const int64_t n = (it->queries + BLOCK_QUERIES - 1) / BLOCK_QUERIES;
    const int64_t most = longest(it), k = j->options->k;
    const int64_t ranks = k == 0 || k > most ? most : k;
    const size_t cost = (size_t)(it->n / n) * ROW_BYTES;
    const size_t workers = (size_t)sdr_parallel_workers(context, n, cost);
    SDR_TRY(sdr_discounts_reach(&w->discounts, ranks, error));
    blocks b = {.it = it,
                .options = j->options,
                .discounts = w->discounts.values,
                .scratch_size = sdr_ranking_scratch(most)};
    b.results = sdr_allocate((size_t)n * sizeof *b.results + workers * b.scratch_size);
    if (b.results == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld queries",
                             (long long)it->queries);
    b.scratch = (char *)(b.results + n);
    sdr_code code = sdr_parallel_for(context, n, cost, run_blocks, &b, error);
    if (code == SDR_OK) merge_blocks(out, b.results, n);
    sdr_release(b.results);
    return code;
}

/* --- groups ----------------------------------------------------------------------- */

static sdr_code rank_group(void *user, const sdr_group *group,
                           const sdr_context *context, sdr_error *error) {
    const job *j = user;
    sdr_ranking *out = &j->out[group->index];
    *out = (sdr_ranking){0};
    items it;
    SDR_TRY(items_new(&it, group->rows->length, j->weights != NULL, error));
    worker *w = &j->workers[group->worker];
    sdr_code code = SDR_OK;
    if (!take_rows(&it, j, group)) {
        forget_places(&it, w->places);
        it.queries = it.runs = 0;
        add_rows(&it, j, group);
        sum_ends(&it);
        if (it.runs > it.queries) code = gather(&it, error);
    }
    forget_places(&it, w->places);
    if (code == SDR_OK && it.queries > 0) code = rank(out, &it, j, w, context, error);
    sdr_release(it.memory);
    return code;
}

static sdr_code check(const sdr_column *relevance, const sdr_column *score,
                      const sdr_ranking_options *options, sdr_error *error) {
    SDR_TRY(sdr_require_numeric(relevance, "sdr_ranking_groups", error));
    SDR_TRY(sdr_require_numeric(score, "sdr_ranking_groups", error));
    if (relevance->length != score->length)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "sdr_ranking_groups: expected columns of equal length, "
                             "found %lld and %lld rows",
                             (long long)relevance->length, (long long)score->length);
    if (options->k < 0)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "k: expected 0 (all ranks) or more, found %lld",
                             (long long)options->k);
    if (!(options->beta > 0.0 && options->beta < INFINITY))
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "beta: expected a finite number above 0, found %g",
                             options->beta);
    return SDR_OK;
}

/* One more than the largest code. */
static int64_t codes_of(const int32_t *codes, int64_t n) {
    int32_t most = -1;
    for (int64_t i = 0; i < n; i++)
        most = codes[i] > most ? codes[i] : most;
    return (int64_t)most + 1;
}

static sdr_code workers_new(job *j, sdr_error *error) {
    const size_t n = (size_t)j->n_workers, codes = (size_t)j->n_codes;
    j->workers = sdr_allocate(n * sizeof *j->workers + n * codes * sizeof(int32_t));
    if (j->workers == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld queries",
                             (long long)j->n_codes);
    int32_t *places = (int32_t *)(void *)(j->workers + n);
    memset(places, 0xff, n * codes * sizeof *places); /* -1 */
    for (size_t i = 0; i < n; i++)
        j->workers[i] = (worker){.places = places + i * codes};
    return SDR_OK;
}

static void workers_free(job *j) {
    for (int i = 0; i < j->n_workers; i++)
        sdr_release(j->workers[i].discounts.values);
    sdr_release(j->workers);
}

sdr_code sdr_ranking_groups(sdr_ranking *out, const sdr_column *relevance,
                            const sdr_column *score, const int32_t *codes,
                            const double *weights, const sdr_ranking_options *options,
                            const sdr_groups *groups, const sdr_context *context,
                            sdr_error *error) {
    SDR_TRY(check(relevance, score, options, error));
    job j = {.out = out,
             .codes = codes,
             .weights = weights,
             .options = options,
             .groups = groups};
    const sdr_group_pass pass = {.column = relevance,
                                 .other = score,
                                 .groups = groups,
                                 .row_bytes = ROW_BYTES,
                                 .body = rank_group,
                                 .user = &j};
    SDR_TRY(sdr_groups_check(groups, relevance, error));
    if (relevance->kind == SDR_KIND_NULL || score->kind == SDR_KIND_NULL) {
        memset(out, 0, (size_t)groups->n * sizeof *out);
        return SDR_OK;
    }
    j.n_codes = codes_of(codes, relevance->length);
    j.n_workers = sdr_groups_workers(&pass, context);
    SDR_TRY(workers_new(&j, error));
    sdr_code code = sdr_groups_run(&pass, context, error);
    workers_free(&j);
    return code;
}
