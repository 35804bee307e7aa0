/* Every entry point over groups: the numbers of the last one. On one thread and on
 * several. */
#include "no_memory.h"

#include "simdrift/groups.h"

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

static sdr_code call_extremes_groups(double *out, sdr_error *error) {
    double ends[GROUPS * 2 * SDR_EXTREMES];
    SDR_TRY(sdr_extremes_groups(ends, &x, &groups, &context, error));
    memcpy(out, ends + LAST * 2 * SDR_EXTREMES, 3 * sizeof *out);
    return SDR_OK;
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
    double ends[GROUPS * 2 * SDR_EXTREMES];
    SDR_TRY(sdr_two_sample_groups(t, ends, counts, edges, 3, reference, column, &groups,
                                  3, &context, error));
    note_two_sample(out, &t[LAST]);
    out[3] = (double)counts[LAST * 4 + 1] + ends[LAST * 2 * SDR_EXTREMES];
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

static sdr_code ranks_groups(double *out, bool sums, sdr_error *error) {
    sdr_rank_statistics r[GROUPS];
    const sdr_group_reference reference = {.prepared = prepared_x};
    SDR_TRY(
        sdr_rank_statistics_groups(r, reference, &y, &groups, sums, &context, error));
    note_ranks(out, &r[LAST]);
    return SDR_OK;
}
static sdr_code call_ranks_groups(double *out, sdr_error *error) {
    return ranks_groups(out, true, error);
}
static sdr_code call_whole_ranks_groups(double *out, sdr_error *error) {
    return ranks_groups(out, false, error);
}

static sdr_code call_ks_exact_groups(double *out, sdr_error *error) {
    static const int64_t n[2] = {200, 50}, m[2] = {300, 40}, high[2] = {0, 0};
    static const uint64_t low[2] = {9000, 700};
    return sdr_ks_exact_p_groups(out, n, m, high, low, 2, &context, error);
}

static sdr_code ks_ties_groups(double *out, sdr_group_reference reference,
                               const sdr_column *column, sdr_error *error) {
    static const int64_t high[GROUPS];
    static const uint64_t low[GROUPS] = {900000, 9000, 900000, 900000};
    double p[GROUPS], log_p[GROUPS];
    SDR_TRY(sdr_ks_ties_p_groups(p, log_p, high, low, INFINITY, reference, column,
                                 &groups, &context, error));
    out[0] = p[LAST], out[1] = log_p[LAST];
    return SDR_OK;
}
static sdr_code call_ks_ties_groups(double *out, sdr_error *error) {
    return ks_ties_groups(out, (sdr_group_reference){.column = &tiny}, &y, error);
}
static sdr_code call_ks_ties_integer_groups(double *out, sdr_error *error) {
    return ks_ties_groups(out, (sdr_group_reference){.column = &whole}, &whole, error);
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

static const entry entries[] = {
    ENTRY(profile_groups),
    ENTRY(text_profile_groups),
    ENTRY(pair_groups),
    ENTRY(missing_groups),
    ENTRY(digest_groups),
    ENTRY(distinct_groups),
    ENTRY(distinct_text_groups),
    ENTRY(quantiles_groups),
    ENTRY(quantiles_of_integers_groups),
    ENTRY(extremes_groups),
    ENTRY(median_deviation_groups),
    ENTRY(deviation_groups),
    ENTRY(top_groups),
    ENTRY(top_of_few_groups),
    ENTRY(histogram_groups),
    ENTRY(two_sample_groups),
    ENTRY(two_sample_column_groups),
    ENTRY(two_sample_integer_groups),
    ENTRY(ranks_groups),
    ENTRY(whole_ranks_groups),
    ENTRY(ks_exact_groups),
    ENTRY(ks_ties_groups),
    ENTRY(ks_ties_integer_groups),
    ENTRY(category_groups),
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
