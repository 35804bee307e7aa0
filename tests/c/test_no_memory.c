/* Every entry point of one column or two, on one thread and on several. */
#include "arrow_support.h"
#include "no_memory.h"

#include "simdrift/categories.h"
#include "simdrift/table.h"

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

static sdr_code two_sample(double *out, const sdr_column *a, const sdr_column *b,
                           bool draws, sdr_error *error) {
    sdr_two_sample t;
    sdr_two_sample_histogram histogram = {.points = 9, .low = 0.01, .high = 0.99};
    SDR_TRY(sdr_two_sample_columns(
        &t, draws ? &(sdr_two_sample_more){.histogram = &histogram} : NULL, a, b, 3,
        &context, error));
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

static sdr_code call_ks_ties(double *out, sdr_error *error) {
    static const int64_t ends[] = {20, 300, 301, 500};
    const sdr_ks_case of = {200, 300, {0, 9000}, ends, 4};
    SDR_TRY(sdr_ks_ties_p(&out[0], &of, &context, error));
    return sdr_ks_exact_log_p(&out[1], &of, &context, error);
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

static const entry entries[] = {
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
    ENTRY(ks_ties),
    ENTRY(sort),
    ENTRY(mmd),
    ENTRY(ranks),
    ENTRY(ranks_prepared),
    ENTRY(ranks_sorted),
    ENTRY(deviations),
    ENTRY(characteristic),
    ENTRY(weighted_sort),
    ENTRY(weighted_compare),
};
enum { ENTRIES = sizeof entries / sizeof *entries };

static void test_each_allocation_may_fail_on_one_thread(void **state) {
    (void)state;
    expect_no_memory(entries, ENTRIES, 1);
}

static void test_each_allocation_may_fail_on_three_threads(void **state) {
    (void)state;
    expect_no_memory(entries, ENTRIES, 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_may_fail_on_one_thread),
        cmocka_unit_test(test_each_allocation_may_fail_on_three_threads),
    };
    return cmocka_run_group_tests(tests, prepare, clean_up);
}
