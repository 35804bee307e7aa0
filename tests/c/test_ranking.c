/* Rankings against long double, ranks found by counting; the same bits for every ISA,
 * number of threads and group; queries as codes. */
#include "support.h"

#include "simdrift/groups.h"

enum { QUERIES = 700, ROWS = 30000, GROUPS = 3 };

static double relevance[ROWS], scores[ROWS], weights[ROWS];
static int64_t ids[ROWS];
static int32_t codes[ROWS];

/* Queries of 1 to some 600 rows that lie apart, scores with ties and without. */
static int make_rows(void **state) {
    (void)state;
    uint64_t seed = 11;
    for (int i = 0; i < ROWS; i++) {
        const double unit = random_unit(&seed);
        ids[i] = (int64_t)(unit * unit * unit * QUERIES) - 20;
        relevance[i] = (double)(random_bits(&seed) % 5);
        scores[i] = ids[i] % 2 == 0 ? random_normal(&seed)
                                    : (double)(random_bits(&seed) % 9) - 4.0;
        weights[i] = 1.0 + (double)(random_bits(&seed) % 3);
        if (random_bits(&seed) % 61 == 0) relevance[i] = NAN;
        if (random_bits(&seed) % 67 == 0) scores[i] = NAN;
        if (random_bits(&seed) % 71 == 0) weights[i] = 0.0;
    }
    sdr_column column;
    sdr_view view;
    assert_int_equal(sdr_view_init_strided(&view, SDR_TYPE_INT64, SDR_UNIT_NONE, false,
                                           ids, ROWS, sizeof *ids, NULL, 0, NULL),
                     SDR_OK);
    assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
    assert_int_equal(sdr_query_codes(codes, &column, NULL, NULL), SDR_OK);
    sdr_column_reset(&column);
    return 0;
}

static void rank(sdr_ranking *out, const double *score, const double *weight,
                 sdr_ranking_options options, const sdr_groups *groups, int threads) {
    sdr_column a = column_of(relevance, ROWS), b = column_of(score, ROWS);
    sdr_context context = {.threads = threads};
    assert_int_equal(sdr_ranking_groups(out, &a, &b, codes, weight, &options, groups,
                                        &context, NULL),
                     SDR_OK);
    sdr_column_reset(&a);
    sdr_column_reset(&b);
}

static sdr_ranking rank_all(sdr_ranking_options options, const double *weight) {
    const int64_t start = 0, stop = ROWS;
    const sdr_groups groups = {&start, &stop, 1};
    sdr_ranking out;
    rank(&out, scores, weight, options, &groups, 2);
    return out;
}

/* --- by counting ------------------------------------------------------------------ */

static bool takes_part(int i, const double *weight) {
    return !isnan(relevance[i]) && !isnan(scores[i]) &&
           (weight == NULL || weight[i] > 0.0);
}

/* Mean discount of the ranks from `before` on that `tied` items share. */
static long double discount_of(int64_t before, int64_t tied, int64_t k) {
    long double sum = 0.0L;
    for (int64_t i = before; i < before + tied && i < k; i++)
        sum += 1.0L / log2l((long double)i + 2.0L);
    return sum / (long double)tied;
}

typedef struct expected {
    long double dcg, ideal, hits;
    int64_t rows, relevant;
} expected;

/* Each item's mean discount, by how many are above it and how many tie with it; that of
 * the ideal ranking likewise, where ties change nothing. */
static expected count_query(int32_t code, int64_t k, const double *weight) {
    expected e = {0};
    for (int i = 0; i < ROWS; i++) {
        if (codes[i] != code || !takes_part(i, weight)) continue;
        int64_t above = 0, tied = 0, larger = 0, equal = 0;
        for (int j = 0; j < ROWS; j++) {
            if (codes[j] != code || !takes_part(j, weight)) continue;
            above += scores[j] > scores[i];
            tied += scores[j] == scores[i];
            larger += relevance[j] > relevance[i];
            equal += relevance[j] == relevance[i];
        }
        const int64_t counted = k - above < tied ? k - above : tied;
        e.dcg += (long double)relevance[i] * discount_of(above, tied, k);
        e.ideal += (long double)relevance[i] * discount_of(larger, equal, k);
        if (relevance[i] > 0.0 && counted > 0)
            e.hits += (long double)counted / (long double)tied;
        e.rows++;
        e.relevant += relevance[i] > 0.0;
    }
    return e;
}

static void test_values_agree_with_counted_ranks(void **state) {
    (void)state;
    const int64_t k = 7;
    long double dcg = 0, ndcg = 0, recall = 0, squares = 0;
    int64_t queries = 0, rows = 0, irrelevant = 0;
    for (int32_t code = 0; code < QUERIES; code++) {
        const expected e = count_query(code, k, NULL);
        if (e.rows == 0) continue;
        const long double own = e.ideal > 0 ? e.dcg / e.ideal : 0.0L;
        queries++, rows += e.rows, irrelevant += e.relevant == 0;
        dcg += e.dcg, ndcg += own, squares += own * own;
        recall += e.relevant > 0 ? e.hits / (long double)e.relevant : 0.0L;
    }
    const long double n = (long double)queries;
    const sdr_ranking r = rank_all((sdr_ranking_options){.k = k, .beta = 1.0}, NULL);
    assert_int_equal(r.queries, queries);
    assert_int_equal(r.rows, rows);
    assert_int_equal(r.irrelevant, irrelevant);
    assert_true(fabsl(r.mean[SDR_RANKING_DCG] - dcg / n) < 1e-14L * dcg / n);
    assert_true(fabsl(r.mean[SDR_RANKING_NDCG] - ndcg / n) < 1e-14L);
    assert_true(fabsl(r.mean[SDR_RANKING_RECALL] - recall / n) < 1e-14L);
    const long double m2 = squares - ndcg * ndcg / n;
    assert_true(fabsl(r.m2[SDR_RANKING_NDCG] - m2) < 1e-12L * m2);
}

/* --- the same bits ---------------------------------------------------------------- */

static void test_threads_and_isas_give_the_same_bits(void **state) {
    (void)state;
    static const int64_t starts[GROUPS] = {0, 10, 20000},
                         stops[GROUPS] = {ROWS, 9000, 20001};
    const sdr_groups groups = {starts, stops, GROUPS};
    for (int64_t k = 0; k <= 40; k += 10) {
        const sdr_ranking_options options = {
            .k = k, .beta = 2.0, .exponential = k == 10, .ignores_ties = k == 20};
        const double *weight = k == 30 ? weights : NULL;
        sdr_ranking first[GROUPS], found[GROUPS];
        assert_int_equal(sdr_isa_force(SDR_ISA_SCALAR, NULL), SDR_OK);
        rank(first, scores, weight, options, &groups, 1);
        for (EACH_ISA(isa))
            for (int threads = 1; threads <= 3; threads++) {
                rank(found, scores, weight, options, &groups, threads);
                assert_memory_equal(found, first, sizeof first);
            }
        for (int i = 0; i < GROUPS; i++) {
            const sdr_groups alone = {starts + i, stops + i, 1};
            rank(found, scores, weight, options, &alone, 1);
            assert_memory_equal(found, first + i, sizeof *first);
        }
    }
}

/* Their keys' upper bits are all equal: too many moves for an insertion. */
static void test_scores_that_differ_in_their_last_bits_are_ranked(void **state) {
    (void)state;
    double *near = malloc(ROWS * sizeof *near);
    for (int i = 0; i < ROWS; i++)
        near[i] = 1.0 + (double)i * 0x1p-52;
    int32_t kept[ROWS];
    memcpy(kept, codes, sizeof kept);
    memset(codes, 0, sizeof codes);
    const int64_t start = 0, stop = ROWS;
    const sdr_groups groups = {&start, &stop, 1};
    sdr_ranking_options options = {.beta = 1.0};
    sdr_ranking r;
    rank(&r, near, NULL, options, &groups, 1);
    long double dcg = 0;
    int64_t rank_of = 0;
    for (int i = ROWS - 1; i >= 0; i--)
        if (!isnan(relevance[i]))
            dcg += relevance[i] / log2l((long double)rank_of++ + 2.0L);
    assert_true(fabsl(r.mean[SDR_RANKING_DCG] - dcg) < 1e-13L * dcg);
    memcpy(codes, kept, sizeof kept);
    free(near);
}

/* --- codes ------------------------------------------------------------------------ */

static void test_codes_are_in_order_of_first_row(void **state) {
    (void)state;
    double values[] = {2.5, NAN, 0.0, 2.5, -0.0, -1.0, 2.5};
    const int32_t expected_codes[] = {0, -1, 1, 0, 1, 2, 0};
    int32_t found[7];
    sdr_column column = column_of(values, 7);
    assert_int_equal(sdr_query_codes(found, &column, NULL, NULL), SDR_OK);
    assert_memory_equal(found, expected_codes, sizeof found);
    sdr_column_reset(&column);
    int32_t most = -1;
    for (int i = 0; i < ROWS; i++) {
        assert_true(codes[i] <= most + 1);
        most = codes[i] > most ? codes[i] : most;
    }
    for (int i = 1; i < ROWS; i++)
        assert_true((codes[i] == codes[0]) == (ids[i] == ids[0]));
}

static void test_what_cannot_be_is_refused(void **state) {
    (void)state;
    const int64_t start = 0, stop = ROWS;
    const sdr_groups groups = {&start, &stop, 1};
    sdr_column a = column_of(relevance, ROWS), b = column_of(scores, ROWS - 1);
    sdr_ranking r;
    sdr_error error;
    sdr_ranking_options options = {.beta = 1.0};
    assert_int_equal(
        sdr_ranking_groups(&r, &a, &b, codes, NULL, &options, &groups, NULL, &error),
        SDR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "found 30000 and 29999 rows"));
    options.k = -1;
    assert_int_equal(
        sdr_ranking_groups(&r, &a, &a, codes, NULL, &options, &groups, NULL, &error),
        SDR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "k: expected 0 (all ranks) or more"));
    options = (sdr_ranking_options){.beta = 0.0};
    assert_int_equal(
        sdr_ranking_groups(&r, &a, &a, codes, NULL, &options, &groups, NULL, &error),
        SDR_INVALID_ARGUMENT);
    sdr_column_reset(&a);
    sdr_column_reset(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_agree_with_counted_ranks),
        cmocka_unit_test(test_threads_and_isas_give_the_same_bits),
        cmocka_unit_test(test_scores_that_differ_in_their_last_bits_are_ranked),
        cmocka_unit_test(test_codes_are_in_order_of_first_row),
        cmocka_unit_test(test_what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, make_rows, NULL);
}
