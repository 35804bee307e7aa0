/*
 * Every entry point that allocates, with each of its allocations failing: once, and
 * from there on. It says so, keeps no block, and the next call gives what it always
 * gives. On one thread and on several.
 */
#include "arrow_support.h"

#include <stdatomic.h>

#include "simdrift/categories.h"
#include "simdrift/drift.h"
#include "simdrift/groups.h"
#include "simdrift/table.h"
#include "simdrift/weighted.h"

enum {
    ROWS = ASAN || TSAN ? 20000 : 150000,
    FEW = 200,
    DIGEST = 8,
    MOST_FAILURES = 4000
};

/* --- An allocator that fails, from any thread ----------------------------------------
 */

typedef struct failing {
    atomic_int calls, live;
    int first; /* the allocation that fails */
    bool for_ever;
} failing;

static void *fail_or_allocate(void *user, size_t bytes) {
    failing *f = user;
    int call = atomic_fetch_add(&f->calls, 1);
    if (call == f->first || (call > f->first && f->for_ever)) return NULL;
    void *block = aligned_alloc(64, bytes);
    if (block != NULL) atomic_fetch_add(&f->live, 1);
    return block;
}

static void release(void *user, void *block) {
    atomic_fetch_sub(&((failing *)user)->live, 1);
    free(block);
}

/* --- What the calls are given --------------------------------------------------------
 */

static double values[2][ROWS], weights[FEW], sorted[FEW];
static int64_t integers[ROWS];
static char characters[ROWS * 2];
static int32_t offsets[ROWS + 1];
static int8_t codes[ROWS];
static uint8_t labels[2 * FEW];
static sdr_column x, y, whole, tiny, text;
static sdr_prepared *prepared_x, *prepared_y;
static sdr_weighted weighted;
static sdr_context context;

static sdr_column text_column(void) {
    sdr_view view = {.type = SDR_TYPE_UTF8,
                     .length = ROWS,
                     .data = (const uint8_t *)offsets,
                     .stride = sizeof *offsets,
                     .bytes = (const uint8_t *)characters,
                     .bytes_size = sizeof characters};
    sdr_column column;
    assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
    return column;
}

static int prepare(void **state) {
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < ROWS; i++) {
        values[0][i] = random_normal(&seed);
        values[1][i] = random_normal(&seed) + 0.1;
        integers[i] = (INT64_C(1) << 60) + (int64_t)(random_bits(&seed) % 3000);
        codes[i] = (int8_t)(random_bits(&seed) % 3);
        offsets[i + 1] = offsets[i] + (int32_t)(random_bits(&seed) % 3);
    }
    for (size_t i = 0; i < sizeof characters; i++)
        characters[i] = (char)('a' + random_bits(&seed) % 4);
    for (int i = 0; i < FEW; i++)
        weights[i] = 1 + i % 3, sorted[i] = i, labels[i] = labels[FEW + i] = i % 2;
    x = column_of(values[0], ROWS);
    y = column_of(values[1], ROWS);
    whole = column_of_type(SDR_TYPE_INT64, integers, sizeof *integers, ROWS, NULL);
    tiny = column_of_type(SDR_TYPE_INT8, codes, 1, ROWS, NULL);
    text = text_column();
    assert_int_equal(sdr_prepared_new(&prepared_x, &x, NULL, NULL), SDR_OK);
    assert_int_equal(sdr_prepared_new(&prepared_y, &y, NULL, NULL), SDR_OK);
    return sdr_weighted_sort(&weighted, values[0], weights, FEW, NULL, NULL);
}

static int clean_up(void **state) {
    (void)state;
    sdr_column_reset(&x);
    sdr_column_reset(&y);
    sdr_column_reset(&whole);
    sdr_column_reset(&tiny);
    sdr_column_reset(&text);
    sdr_prepared_free(prepared_x);
    sdr_prepared_free(prepared_y);
    sdr_weighted_reset(&weighted);
    return 0;
}

/* --- The calls: each writes numbers of its answer ------------------------------------
 */

typedef sdr_code (*entry)(double *out, sdr_error *error);
static const double q[2] = {0.1, 0.5};
static const double edges[3] = {-1, 0, 1};

static sdr_code call_column_init(double *out, sdr_error *error) {
    sdr_view view;
    sdr_column column;
    SDR_TRY(sdr_view_init_strided(&view, SDR_TYPE_FLOAT64, SDR_UNIT_NONE, false,
                                  values[0], ROWS, 8, NULL, 0, error));
    SDR_TRY(sdr_column_init(&column, &view, 1, error));
    out[0] = (double)column.length;
    sdr_column_reset(&column);
    return SDR_OK;
}

static sdr_code call_slice(double *out, sdr_error *error) {
    sdr_column part;
    SDR_TRY(sdr_column_slice(&part, &x, 5, 105, error));
    out[0] = (double)part.length;
    sdr_column_reset(&part);
    return SDR_OK;
}

static sdr_code take(double *out, const sdr_column *in, sdr_error *error) {
    const int64_t rows[3] = {3, 1, 2};
    sdr_column part;
    SDR_TRY(sdr_column_take(&part, in, rows, 3, error));
    out[0] = (double)part.length;
    sdr_column_reset(&part);
    return SDR_OK;
}
static sdr_code call_take(double *out, sdr_error *error) {
    return take(out, &x, error);
}
static sdr_code call_take_text(double *out, sdr_error *error) {
    return take(out, &text, error);
}

static sdr_code call_from_arrow(double *out, sdr_error *error) {
    struct ArrowSchema schema = schema_of("c"), words = schema_of("u");
    static const int32_t ends[] = {0, 1, 2, 3};
    test_array array, dictionary;
    sdr_column column;
    schema.dictionary = &words;
    test_array_set(&dictionary, 3, 0, 3, NULL, ends, "abc");
    test_array_set(&array, ROWS, 0, 2, NULL, codes);
    array.array.dictionary = &dictionary.array;
    const struct ArrowArray *arrays[] = {&array.array};
    SDR_TRY(sdr_column_from_arrow(&column, &schema, arrays, 1, error));
    out[0] = (double)column.length;
    sdr_column_reset(&column);
    return SDR_OK;
}

static sdr_code call_from_no_arrays(double *out, sdr_error *error) {
    struct ArrowSchema schema = schema_of("c"), words = schema_of("u");
    sdr_column column;
    schema.dictionary = &words;
    SDR_TRY(sdr_column_from_arrow(&column, &schema, NULL, 0, error));
    out[0] = (double)column.n_chunks;
    sdr_column_reset(&column);
    return SDR_OK;
}

static sdr_code categories(double *out, const sdr_column *column, bool encode,
                           sdr_error *error) {
    static int64_t counts[ROWS + 1];
    static int32_t encoded[ROWS];
    sdr_categories *table = NULL;
    int64_t nulls = 0;
    bool overflow = false;
    memset(counts, 0, sizeof counts);
    SDR_TRY(sdr_categories_new(&table, ROWS, error));
    sdr_code code = encode ? sdr_categories_encode(table, encoded, &overflow, column,
                                                   &context, error)
                           : sdr_categories_count(table, counts, ROWS, &nulls,
                                                  &overflow, column, &context, error);
    if (code == SDR_OK) {
        out[0] = (double)sdr_categories_size(table);
        out[1] = encode ? encoded[ROWS - 1] : (double)counts[1];
    }
    sdr_categories_free(table);
    return code;
}
static sdr_code call_count_text(double *out, sdr_error *error) {
    return categories(out, &text, false, error);
}
static sdr_code call_encode_text(double *out, sdr_error *error) {
    return categories(out, &text, true, error);
}
static sdr_code call_count_integers(double *out, sdr_error *error) {
    return categories(out, &whole, false, error);
}
static sdr_code call_encode_integers(double *out, sdr_error *error) {
    return categories(out, &whole, true, error);
}

static sdr_code profile(double *out, const sdr_column *column, sdr_error *error) {
    sdr_profile p;
    SDR_TRY(sdr_profile_column(&p, column, &context, error));
    out[0] = p.sum, out[1] = p.m2, out[2] = p.m4, out[3] = p.max;
    return SDR_OK;
}
static sdr_code call_profile(double *out, sdr_error *error) {
    return profile(out, &x, error);
}
static sdr_code call_profile_integers(double *out, sdr_error *error) {
    return profile(out, &whole, error);
}

static sdr_code call_text_profile(double *out, sdr_error *error) {
    sdr_text_profile p;
    SDR_TRY(sdr_profile_text(&p, &text, &context, error));
    out[0] = (double)p.length_sum, out[1] = (double)p.empty;
    return SDR_OK;
}

static sdr_code distinct(double *out, const sdr_column *column, sdr_error *error) {
    int64_t n = 0;
    SDR_TRY(sdr_distinct_count(&n, &out[1], column, &context, error));
    out[0] = (double)n;
    return SDR_OK;
}
static sdr_code call_distinct(double *out, sdr_error *error) {
    return distinct(out, &x, error);
}
static sdr_code call_distinct_text(double *out, sdr_error *error) {
    return distinct(out, &text, error);
}

static sdr_code call_quantiles(double *out, sdr_error *error) {
    return sdr_quantiles(out, q, 2, &x, &context, error);
}
static sdr_code call_quantiles_of_integers(double *out, sdr_error *error) {
    return sdr_quantiles(out, q, 2, &whole, &context, error);
}
static sdr_code call_pooled_quantiles(double *out, sdr_error *error) {
    return sdr_pooled_quantiles(out, q, 2, &x, &y, &context, error);
}
static sdr_code call_median_deviation(double *out, sdr_error *error) {
    return sdr_median_deviation(out, 0.1, &x, &context, error);
}

static sdr_code call_top_values(double *out, sdr_error *error) {
    int64_t counts[3], n = 0;
    return sdr_top_values(out, counts, 3, &n, &tiny, &context, error);
}

static sdr_code call_histogram(double *out, sdr_error *error) {
    int64_t counts[4];
    SDR_TRY(sdr_histogram(counts, edges, 3, &x, &context, error));
    for (int i = 0; i < 4; i++)
        out[i] = (double)counts[i];
    return SDR_OK;
}

static sdr_code call_pair(double *out, sdr_error *error) {
    sdr_pair_profile p;
    SDR_TRY(sdr_pair_profile_columns(&p, &x, &y, &context, error));
    out[0] = p.c_xy, out[1] = p.sum_abs_error;
    return SDR_OK;
}

static void note_two_sample(double *out, const sdr_two_sample *t) {
    out[0] = t->ks, out[1] = t->wasserstein, out[2] = t->ks_location;
}

static sdr_code two_sample(double *out, const sdr_column *a, const sdr_column *b,
                           bool draws, sdr_error *error) {
    sdr_two_sample t;
    sdr_two_sample_histogram histogram = {.points = 9, .low = 0.01, .high = 0.99};
    SDR_TRY(sdr_two_sample_columns(&t, draws ? &histogram : NULL, a, b, 3, &context,
                                   error));
    note_two_sample(out, &t);
    out[3] = draws ? (double)histogram.reference[1] : 0;
    return SDR_OK;
}
static sdr_code call_two_sample(double *out, sdr_error *error) {
    return two_sample(out, &x, &y, false, error);
}
static sdr_code call_two_sample_histogram(double *out, sdr_error *error) {
    return two_sample(out, &x, &y, true, error);
}
static sdr_code call_two_sample_integers(double *out, sdr_error *error) {
    return two_sample(out, &whole, &y, false, error);
}

static sdr_code call_two_sample_prepared(double *out, sdr_error *error) {
    sdr_two_sample t;
    SDR_TRY(sdr_two_sample_prepared(&t, NULL, prepared_x, &y, 3, &context, error));
    note_two_sample(out, &t);
    return SDR_OK;
}

static sdr_code call_prepared_new(double *out, sdr_error *error) {
    sdr_prepared *p = NULL;
    SDR_TRY(sdr_prepared_new(&p, &x, &context, error));
    sdr_code code = sdr_prepared_quantiles(out, q, 2, p, error);
    sdr_prepared_free(p);
    return code;
}

static sdr_code call_prepared_both(double *out, sdr_error *error) {
    sdr_prepared *a = NULL, *b = NULL;
    SDR_TRY(sdr_prepared_both(&a, &b, &x, &y, &context, error));
    sdr_code code = sdr_prepared_pooled_quantiles(out, q, 2, a, b, error);
    sdr_prepared_free(a);
    sdr_prepared_free(b);
    return code;
}

static sdr_code call_prepared_from_sorted(double *out, sdr_error *error) {
    sdr_prepared *p = NULL;
    SDR_TRY(sdr_prepared_from_sorted(&p, sorted, FEW, false, false, &context, error));
    sdr_code code = sdr_prepared_quantiles(out, q, 2, p, error);
    sdr_prepared_free(p);
    return code;
}

static sdr_code call_ks_exact(double *out, sdr_error *error) {
    return sdr_ks_exact_p(out, 200, 300, 0, 9000, &context, error);
}

static sdr_code call_sort(double *out, sdr_error *error) {
    static double copy[ROWS];
    memcpy(copy, values[0], sizeof copy);
    SDR_TRY(sdr_sort_f64(copy, ROWS, &context, error));
    out[0] = copy[0], out[1] = copy[ROWS / 2];
    return SDR_OK;
}

static sdr_code call_mmd(double *out, sdr_error *error) {
    const sdr_mmd_rows rows = {.values = values[0],
                               .n_rows = FEW,
                               .n_features = 2,
                               .labels = labels,
                               .n_labelings = 2,
                               .gamma = 0.5};
    return sdr_mmd_quadratic(out, &rows, &context, error);
}

static void note_ranks(double *out, const sdr_rank_statistics *r) {
    out[0] = r->anderson_darling, out[1] = r->energy, out[2] = (double)r->u2.low;
}

static sdr_code call_ranks(double *out, sdr_error *error) {
    sdr_rank_statistics r;
    SDR_TRY(sdr_rank_statistics_columns(&r, &x, &y, &context, error));
    note_ranks(out, &r);
    return SDR_OK;
}
static sdr_code call_ranks_prepared(double *out, sdr_error *error) {
    sdr_rank_statistics r;
    SDR_TRY(sdr_rank_statistics_prepared(&r, prepared_x, &y, &context, error));
    note_ranks(out, &r);
    return SDR_OK;
}
static sdr_code call_ranks_sorted(double *out, sdr_error *error) {
    sdr_rank_statistics r;
    SDR_TRY(sdr_rank_statistics_sorted(&r, prepared_x, prepared_y, &context, error));
    note_ranks(out, &r);
    return SDR_OK;
}

static sdr_code call_deviations(double *out, sdr_error *error) {
    sdr_deviations d;
    SDR_TRY(sdr_deviation_profile(&d, &x, 0.1, &context, error));
    out[0] = d.mean, out[1] = d.variance;
    return SDR_OK;
}

static sdr_code call_characteristic(double *out, sdr_error *error) {
    double means[4], covariance[16];
    int64_t n = 0;
    SDR_TRY(sdr_characteristic(&n, means, covariance, &x, 0.4, 1.5, &context, error));
    memcpy(out, means, sizeof means);
    return SDR_OK;
}

static sdr_code call_weighted_sort(double *out, sdr_error *error) {
    sdr_weighted sample;
    SDR_TRY(sdr_weighted_sort(&sample, values[1], weights, FEW, &context, error));
    out[0] = sample.values[0], out[1] = sample.weights[0];
    sdr_weighted_reset(&sample);
    return SDR_OK;
}

static sdr_code call_weighted_compare(double *out, sdr_error *error) {
    sdr_weighted_side side = {weighted.values, weighted.weights, weighted.n, 100};
    sdr_weighted_statistics s;
    SDR_TRY(sdr_weighted_compare(&s, &side, &side, &context, error));
    out[0] = s.auc;
    return SDR_OK;
}

/* --- over groups: the numbers of the last one ---------------------------------------- */

enum { GROUPS = 4, LAST = GROUPS - 1 };
static const int64_t starts[GROUPS] = {0, 5000, 5100, 0};
static const int64_t stops[GROUPS] = {5000, 5010, 9000, 4000};
static const sdr_groups groups = {starts, stops, GROUPS};
static const double centers[GROUPS] = {0, 0.1, 0.2, 0.3};

static sdr_code call_profile_groups(double *out, sdr_error *error) {
    sdr_group_profile p[GROUPS];
    SDR_TRY(sdr_profile_groups(p, &x, &groups, &context, error));
    out[0] = p[LAST].sum, out[1] = p[LAST].kurtosis;
    return SDR_OK;
}

static sdr_code call_text_profile_groups(double *out, sdr_error *error) {
    sdr_text_profile p[GROUPS];
    SDR_TRY(sdr_text_profile_groups(p, &text, &groups, &context, error));
    out[0] = (double)p[LAST].length_sum, out[1] = (double)p[LAST].empty;
    return SDR_OK;
}

static sdr_code call_pair_groups(double *out, sdr_error *error) {
    sdr_pair_profile p[GROUPS];
    SDR_TRY(sdr_pair_profile_groups(p, &x, &y, &groups, &context, error));
    out[0] = p[LAST].c_xy, out[1] = p[LAST].sum_abs_error;
    return SDR_OK;
}

static sdr_code call_missing_groups(double *out, sdr_error *error) {
    int64_t missing[GROUPS];
    SDR_TRY(sdr_missing_groups(missing, &x, &groups, &context, error));
    out[0] = (double)missing[LAST];
    return SDR_OK;
}

static sdr_code call_digest_groups(double *out, sdr_error *error) {
    uint8_t digests[GROUPS * SDR_DIGEST_BYTES];
    SDR_TRY(sdr_digest_groups(digests, &x, &groups, &context, error));
    out[0] = digests[LAST * SDR_DIGEST_BYTES], out[1] = digests[0];
    return SDR_OK;
}

static sdr_code distinct_groups(double *out, const sdr_column *column,
                                sdr_error *error) {
    int64_t counts[GROUPS];
    double errors[GROUPS];
    SDR_TRY(sdr_distinct_groups(counts, errors, column, &groups, &context, error));
    out[0] = (double)counts[LAST], out[1] = errors[LAST];
    return SDR_OK;
}
static sdr_code call_distinct_groups(double *out, sdr_error *error) {
    return distinct_groups(out, &x, error);
}
static sdr_code call_distinct_text_groups(double *out, sdr_error *error) {
    return distinct_groups(out, &text, error);
}

static sdr_code quantiles_groups(double *out, const sdr_column *column,
                                 sdr_error *error) {
    return sdr_quantiles_groups(out, q, 2, column, &groups, &context, error);
}
static sdr_code call_quantiles_groups(double *out, sdr_error *error) {
    return quantiles_groups(out, &x, error);
}
static sdr_code call_quantiles_of_integers_groups(double *out, sdr_error *error) {
    return quantiles_groups(out, &whole, error);
}

static sdr_code call_median_deviation_groups(double *out, sdr_error *error) {
    return sdr_median_deviation_groups(out, centers, &x, &groups, &context, error);
}

static sdr_code call_deviation_groups(double *out, sdr_error *error) {
    sdr_deviations d[GROUPS];
    SDR_TRY(sdr_deviation_profile_groups(d, centers, &x, &groups, &context, error));
    out[0] = d[LAST].mean, out[1] = d[LAST].variance;
    return SDR_OK;
}

static sdr_code top_groups(double *out, const sdr_column *column, sdr_error *error) {
    int64_t counts[GROUPS];
    SDR_TRY(sdr_top_value_groups(out, counts, column, &groups, &context, error));
    out[GROUPS] = (double)counts[LAST];
    return SDR_OK;
}
static sdr_code call_top_groups(double *out, sdr_error *error) {
    return top_groups(out, &x, error);
}
static sdr_code call_top_of_few_groups(double *out, sdr_error *error) {
    return top_groups(out, &tiny, error);
}

static sdr_code call_histogram_groups(double *out, sdr_error *error) {
    int64_t counts[GROUPS * 4];
    SDR_TRY(sdr_histogram_groups(counts, edges, 3, &x, &groups, &context, error));
    for (int i = 0; i < 4; i++)
        out[i] = (double)counts[LAST * 4 + i];
    return SDR_OK;
}

static sdr_code two_sample_groups(double *out, sdr_group_reference reference,
                                  const sdr_column *column, sdr_error *error) {
    sdr_two_sample t[GROUPS];
    int64_t counts[GROUPS * 4];
    SDR_TRY(sdr_two_sample_groups(t, counts, edges, 3, reference, column, &groups, 3,
                                  &context, error));
    note_two_sample(out, &t[LAST]);
    out[3] = (double)counts[LAST * 4 + 1];
    return SDR_OK;
}
static sdr_code call_two_sample_groups(double *out, sdr_error *error) {
    return two_sample_groups(out, (sdr_group_reference){.prepared = prepared_x}, &y,
                             error);
}
static sdr_code call_two_sample_column_groups(double *out, sdr_error *error) {
    return two_sample_groups(out, (sdr_group_reference){.column = &tiny}, &y, error);
}
static sdr_code call_two_sample_integer_groups(double *out, sdr_error *error) {
    return two_sample_groups(out, (sdr_group_reference){.column = &whole}, &whole,
                             error);
}

static sdr_code call_ranks_groups(double *out, sdr_error *error) {
    sdr_rank_statistics r[GROUPS];
    const sdr_group_reference reference = {.prepared = prepared_x};
    SDR_TRY(sdr_rank_statistics_groups(r, reference, &y, &groups, &context, error));
    note_ranks(out, &r[LAST]);
    return SDR_OK;
}

static sdr_code call_ks_exact_groups(double *out, sdr_error *error) {
    static const int64_t n[2] = {200, 50}, m[2] = {300, 40}, high[2] = {0, 0};
    static const uint64_t low[2] = {9000, 700};
    return sdr_ks_exact_p_groups(out, n, m, high, low, 2, &context, error);
}

static sdr_code count_groups(double *out, sdr_categories *table, sdr_error *error) {
    static int64_t counts[GROUPS * ROWS], first[GROUPS * ROWS];
    int64_t nulls[GROUPS];
    sdr_group_codes *codes_of;
    bool overflow;
    SDR_TRY(sdr_group_codes_new(&codes_of, table, &overflow, &text, &groups, &context,
                                error));
    sdr_code code =
        sdr_group_codes_count(counts, nulls, first, codes_of, &groups, &context, error);
    const int64_t size = sdr_categories_size(table);
    out[0] = (double)counts[LAST * size], out[1] = (double)size;
    sdr_group_codes_free(codes_of);
    return code;
}
static sdr_code call_category_groups(double *out, sdr_error *error) {
    sdr_categories *table = NULL;
    SDR_TRY(sdr_categories_new(&table, ROWS, error));
    sdr_code code = count_groups(out, table, error);
    sdr_categories_free(table);
    return code;
}

#define ENTRY(name) {#name, call_##name}
static const struct {
    const char *name;
    entry call;
} entries[] = {
    ENTRY(column_init),
    ENTRY(slice),
    ENTRY(take),
    ENTRY(take_text),
    ENTRY(from_arrow),
    ENTRY(from_no_arrays),
    ENTRY(count_text),
    ENTRY(encode_text),
    ENTRY(count_integers),
    ENTRY(encode_integers),
    ENTRY(profile),
    ENTRY(profile_integers),
    ENTRY(text_profile),
    ENTRY(distinct),
    ENTRY(distinct_text),
    ENTRY(quantiles),
    ENTRY(quantiles_of_integers),
    ENTRY(pooled_quantiles),
    ENTRY(median_deviation),
    ENTRY(top_values),
    ENTRY(histogram),
    ENTRY(pair),
    ENTRY(two_sample),
    ENTRY(two_sample_histogram),
    ENTRY(two_sample_integers),
    ENTRY(two_sample_prepared),
    ENTRY(prepared_new),
    ENTRY(prepared_both),
    ENTRY(prepared_from_sorted),
    ENTRY(ks_exact),
    ENTRY(sort),
    ENTRY(mmd),
    ENTRY(ranks),
    ENTRY(ranks_prepared),
    ENTRY(ranks_sorted),
    ENTRY(deviations),
    ENTRY(characteristic),
    ENTRY(weighted_sort),
    ENTRY(weighted_compare),
    ENTRY(profile_groups),
    ENTRY(text_profile_groups),
    ENTRY(pair_groups),
    ENTRY(missing_groups),
    ENTRY(digest_groups),
    ENTRY(distinct_groups),
    ENTRY(distinct_text_groups),
    ENTRY(quantiles_groups),
    ENTRY(quantiles_of_integers_groups),
    ENTRY(median_deviation_groups),
    ENTRY(deviation_groups),
    ENTRY(top_groups),
    ENTRY(top_of_few_groups),
    ENTRY(histogram_groups),
    ENTRY(two_sample_groups),
    ENTRY(two_sample_column_groups),
    ENTRY(two_sample_integer_groups),
    ENTRY(ranks_groups),
    ENTRY(ks_exact_groups),
    ENTRY(category_groups),
};

static void expect_same(size_t e, const double *expected) {
    double out[DIGEST] = {0};
    if (entries[e].call(out, NULL) != SDR_OK) fail_msg("%s", entries[e].name);
    assert_memory_equal(out, expected, sizeof out);
}

/* Whether there was an allocation to fail. */
static bool fail_at(size_t e, int k, bool for_ever, const double *expected) {
    failing f = {.first = k, .for_ever = for_ever};
    const sdr_allocator hook = {fail_or_allocate, release, &f};
    double out[DIGEST] = {0};
    sdr_error error = {.code = SDR_OK};
    sdr_allocator_set(&hook);
    sdr_code code = entries[e].call(out, &error);
    sdr_allocator_set(NULL);
    bool failed = atomic_load(&f.calls) > k;
    if (atomic_load(&f.live) != 0)
        fail_msg("%s: %d blocks are left after allocation %d failed", entries[e].name,
                 atomic_load(&f.live), k);
    if (code != (failed ? SDR_NO_MEMORY : SDR_OK))
        fail_msg("%s: code %d after allocation %d failed: %d", entries[e].name,
                 (int)code, k, failed);
    if (!failed) return false;
    assert_int_equal(error.code, SDR_NO_MEMORY);
    assert_true(error.message[0] != '\0');
    expect_same(e, expected);
    return true;
}

static void expect_no_memory(int threads) {
    context = (sdr_context){.threads = threads};
    for (size_t e = 0; e < sizeof entries / sizeof *entries; e++) {
        double expected[DIGEST] = {0};
        assert_int_equal(entries[e].call(expected, NULL), SDR_OK);
        for (int mode = 0; mode < 2; mode++) {
            int k = 0;
            while (k < MOST_FAILURES && fail_at(e, k, mode == 1, expected))
                k++;
            assert_true(k < MOST_FAILURES);
        }
    }
}

static void test_each_allocation_may_fail_on_one_thread(void **state) {
    (void)state;
    expect_no_memory(1);
}

static void test_each_allocation_may_fail_on_three_threads(void **state) {
    (void)state;
    expect_no_memory(3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_may_fail_on_one_thread),
        cmocka_unit_test(test_each_allocation_may_fail_on_three_threads),
    };
    return cmocka_run_group_tests(tests, prepare, clean_up);
}
