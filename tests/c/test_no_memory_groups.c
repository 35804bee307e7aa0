/* Every entry point over groups: the numbers of the last one. On one thread and on
 * several. */
#include "no_memory.h"

#include "simdrift/correlation.h"
#include "simdrift/groups.h"
#include "simdrift/roc.h"
#include "simdrift/rows.h"

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

static sdr_code call_loss_groups(double *out, sdr_error *error) {
    const sdr_column *probabilities[] = {&y, &y};
    const sdr_scored_rows rows = {&whole, probabilities, 2, NULL, 1e-9, 1e-8};
    sdr_log_loss losses[GROUPS];
    SDR_TRY(sdr_log_loss_groups(losses, &rows, &groups, &context, error));
    out[0] = losses[LAST].loss, out[1] = (double)losses[LAST].outside;
    return SDR_OK;
}

static sdr_code call_calibration_groups(double *out, sdr_error *error) {
    const sdr_column *probabilities[] = {&y};
    const sdr_scored_rows rows = {&whole, probabilities, 1, NULL, 1e-9, 1e-8};
    sdr_calibration_bin bins[GROUPS * 4];
    SDR_TRY(
        sdr_calibration_groups(bins, &rows, edges, 4, false, &groups, &context, error));
    out[0] = bins[LAST * 4 + 1].sum_p, out[1] = (double)bins[LAST * 4 + 1].n;
    return SDR_OK;
}

static sdr_code call_losses_groups(double *out, sdr_error *error) {
    sdr_losses p[GROUPS];
    SDR_TRY(sdr_losses_groups(p, &x, &y, NULL, false, &groups, &context, error));
    out[0] = p[LAST].sum_symmetric, out[1] = p[LAST].m2_error;
    return SDR_OK;
}

static sdr_code call_row_counts_groups(double *out, sdr_error *error) {
    const sdr_column *columns[] = {&whole, &text};
    sdr_row_counts counts[GROUPS];
    SDR_TRY(sdr_row_counts_groups(counts, columns, 2, &groups, &context, error));
    out[0] = (double)counts[LAST].duplicates, out[1] = (double)counts[0].duplicates;
    return SDR_OK;
}

static sdr_code call_equal_rows_groups(double *out, sdr_error *error) {
    static uint64_t hashes[2 * ROWS];
    const sdr_column *columns[] = {&x, &text};
    int64_t equal[GROUPS];
    SDR_TRY(sdr_row_hashes(hashes, columns, 2, &context, error));
    SDR_TRY(sdr_equal_rows_groups(equal, &x, &y, &groups, &context, error));
    out[0] = (double)(hashes[9] >> 12), out[1] = (double)equal[LAST];
    return SDR_OK;
}

static sdr_code call_correlation(double *out, sdr_error *error) {
    static int32_t ranks_x[ROWS], ranks_y[ROWS];
    int64_t rows[4], levels;
    double sums[4], squares[4], products[4];
    const double scales[2] = {1.0, 1.0};
    const sdr_column *columns[] = {&x, &y};
    const sdr_product_sums all = {rows, sums, squares, products};
    sdr_rank_pair pair;
    SDR_TRY(sdr_product_sums_of(&all, columns, centers, scales, 2, 0, x.length,
                                &context, error));
    SDR_TRY(sdr_dense_ranks(ranks_x, &levels, &x, 0, x.length, &context, error));
    SDR_TRY(sdr_dense_ranks(ranks_y, &levels, &y, 0, y.length, &context, error));
    SDR_TRY(sdr_rank_pair_of(&pair, ranks_x, ranks_y, x.length, true, &context, error));
    out[0] = products[1], out[1] = (double)pair.discordant;
    return SDR_OK;
}

static sdr_code call_median_error_groups(double *out, sdr_error *error) {
    double medians[3 * GROUPS];
    SDR_TRY(sdr_median_error_groups(medians, &x, &y, NULL, &groups, &context, error));
    out[0] = medians[3 * LAST], out[1] = medians[3 * LAST + 2];
    return SDR_OK;
}

static sdr_code call_ranking_groups(double *out, sdr_error *error) {
    static int32_t queries[ROWS];
    const sdr_ranking_options options = {.k = 3, .beta = 1.0};
    sdr_ranking p[GROUPS];
    SDR_TRY(sdr_query_codes(queries, &text, &context, error));
    SDR_TRY(sdr_ranking_groups(p, &x, &y, queries, NULL, &options, &groups, &context,
                               error));
    out[0] = p[LAST].mean[SDR_RANKING_DCG], out[1] = (double)p[LAST].queries;
    return SDR_OK;
}

static sdr_code call_code_sums_groups(double *out, sdr_error *error) {
    enum { CODES = 4 };
    static int64_t counts[GROUPS * CODES];
    static double sums[GROUPS * CODES], squares[GROUPS * CODES];
    const sdr_code_columns columns = {&x, &whole, &whole, 2, 2};
    const sdr_code_sums result = {counts, sums, squares};
    SDR_TRY(sdr_sums_by_code_groups(result, &columns, &groups, &context, error));
    out[0] = sums[LAST * CODES], out[1] = (double)counts[LAST * CODES];
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

static sdr_code order_groups(double *out, const sdr_column *column, sdr_error *error) {
    static const double median = 0.5;
    double found[GROUPS * (SDR_ORDER_FIELDS + 1)];
    SDR_TRY(sdr_order_groups(found, &median, 1, column, &groups, &context, error));
    memcpy(out, &found[LAST * (SDR_ORDER_FIELDS + 1)], SDR_ORDER_FIELDS * sizeof *out);
    return SDR_OK;
}
static sdr_code call_order_groups(double *out, sdr_error *error) {
    return order_groups(out, &x, error);
}
static sdr_code call_order_of_few_groups(double *out, sdr_error *error) {
    return order_groups(out, &tiny, error);
}

static sdr_code call_histogram_groups(double *out, sdr_error *error) {
    int64_t counts[GROUPS * 4];
    SDR_TRY(sdr_histogram_groups(counts, edges, 3, &x, &groups, &context, error));
    for (int i = 0; i < 4; i++)
        out[i] = (double)counts[LAST * 4 + i];
    return SDR_OK;
}

static const sdr_confusion_codes confusion_codes = {2000, 2, INT64_C(1) << 60};
static sdr_code call_confusion_groups(double *out, sdr_error *error) {
    static int64_t counts[GROUPS * 4000];
    SDR_TRY(sdr_confusion_groups(counts, &whole, &whole, confusion_codes, &groups,
                                 &context, error));
    out[0] = (double)counts[LAST * 4000], out[1] = (double)counts[LAST * 4000 + 3];
    return SDR_OK;
}
static sdr_code call_weighted_confusion_groups(double *out, sdr_error *error) {
    static double shares[ROWS], sums[GROUPS * 4000];
    for (int64_t i = 0; i < ROWS; i++)
        shares[i] = 1.0 / (double)(i + 1);
    SDR_TRY(sdr_weighted_confusion_groups(sums, shares, &whole, &whole, confusion_codes,
                                          &groups, &context, error));
    out[0] = sums[LAST * 4000], out[1] = sums[LAST * 4000 + 3];
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

/* --- scores by label --- */

static sdr_ranked ranked(const sdr_column *score, const double *of_rows) {
    return (sdr_ranked){&tiny, score, 1.0, 0.0, 0.0, of_rows};
}
static sdr_code roc_groups(double *out, const sdr_column *score, const double *of_rows,
                           sdr_error *error) {
    const sdr_ranked rows = ranked(score, of_rows);
    sdr_roc r[GROUPS];
    SDR_TRY(sdr_roc_groups(r, &rows, &groups, &context, error));
    out[0] = r[LAST].auc, out[1] = r[LAST].average_precision;
    return SDR_OK;
}
static sdr_code call_roc_groups(double *out, sdr_error *error) {
    return roc_groups(out, &x, NULL, error);
}
static sdr_code call_roc_of_integers_groups(double *out, sdr_error *error) {
    return roc_groups(out, &whole, NULL, error);
}
static sdr_code call_weighted_roc_groups(double *out, sdr_error *error) {
    static double of_rows[ROWS];
    for (int i = 0; i < ROWS; i++)
        of_rows[i] = 1.0 + i % 3;
    return roc_groups(out, &x, of_rows, error);
}
static sdr_code call_roc_pair_groups(double *out, sdr_error *error) {
    const sdr_ranked rows = ranked(&x, NULL);
    sdr_roc_pair r[GROUPS];
    SDR_TRY(sdr_roc_pair_groups(r, &rows, &y, &groups, &context, error));
    out[0] = r[LAST].covariance, out[1] = r[LAST].auc;
    return SDR_OK;
}
static sdr_code call_rank_curve(double *out, sdr_error *error) {
    const sdr_ranked rows = ranked(&x, NULL);
    sdr_rank_curve curve;
    SDR_TRY(sdr_rank_curve_new(&curve, &rows, &context, error));
    out[0] = (double)curve.n, out[1] = curve.thresholds[curve.n / 2];
    sdr_rank_curve_reset(&curve);
    return SDR_OK;
}
static sdr_code call_roc_bootstrap_groups(double *out, sdr_error *error) {
    const sdr_ranked rows = ranked(&x, NULL);
    double precision[GROUPS];
    return sdr_roc_bootstrap_groups(out, precision, 1, 3, &rows, &groups, &context,
                                    error);
}
static sdr_code call_mean_bootstrap_groups(double *out, sdr_error *error) {
    return sdr_mean_bootstrap_groups(out, 1, 3, &x, NULL, &groups, &context, error);
}

static const entry entries[] = {
    ENTRY(profile_groups),
    ENTRY(row_counts_groups),
    ENTRY(equal_rows_groups),
    ENTRY(correlation),
    ENTRY(text_profile_groups),
    ENTRY(pair_groups),
    ENTRY(loss_groups),
    ENTRY(calibration_groups),
    ENTRY(losses_groups),
    ENTRY(median_error_groups),
    ENTRY(ranking_groups),
    ENTRY(code_sums_groups),
    ENTRY(missing_groups),
    ENTRY(digest_groups),
    ENTRY(distinct_groups),
    ENTRY(distinct_text_groups),
    ENTRY(quantiles_groups),
    ENTRY(quantiles_of_integers_groups),
    ENTRY(extremes_groups),
    ENTRY(median_deviation_groups),
    ENTRY(deviation_groups),
    ENTRY(order_groups),
    ENTRY(order_of_few_groups),
    ENTRY(histogram_groups),
    ENTRY(confusion_groups),
    ENTRY(weighted_confusion_groups),
    ENTRY(two_sample_groups),
    ENTRY(two_sample_column_groups),
    ENTRY(two_sample_integer_groups),
    ENTRY(ranks_groups),
    ENTRY(whole_ranks_groups),
    ENTRY(ks_exact_groups),
    ENTRY(ks_ties_groups),
    ENTRY(ks_ties_integer_groups),
    ENTRY(category_groups),
    ENTRY(roc_groups),
    ENTRY(roc_of_integers_groups),
    ENTRY(weighted_roc_groups),
    ENTRY(roc_pair_groups),
    ENTRY(rank_curve),
    ENTRY(roc_bootstrap_groups),
    ENTRY(mean_bootstrap_groups),
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
