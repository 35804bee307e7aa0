/* Groups: the bits of the single calls under every ISA and number of threads, ranges
 * that are refused, memory that fails. */
#include "support.h"

#include "metrics/groups/digest_stream.h"

enum { ROWS = 30000, GROUPS = 40, REFERENCE = 70000 };

typedef struct fixture {
    double values[ROWS], reference[REFERENCE];
    int64_t starts[GROUPS], stops[GROUPS];
    sdr_groups groups;
    sdr_column column, reference_column;
    sdr_prepared *prepared;
} fixture;

static void fixture_init(fixture *f, uint64_t seed) {
    for (int i = 0; i < ROWS; i++)
        f->values[i] =
            i % 5 == 0 ? (double)(random_bits(&seed) % 7) / 2.0 : random_normal(&seed);
    f->values[77] = NAN;
    f->values[900] = INFINITY;
    for (int i = 0; i < REFERENCE; i++)
        f->reference[i] = i % 9 == 0 ? (double)(random_bits(&seed) % 5) / 2.0
                                     : random_normal(&seed) * 1.1;
    for (int i = 0; i < GROUPS; i++) {
        int64_t start = (int64_t)(random_bits(&seed) % ROWS);
        int64_t rows = (int64_t)(random_bits(&seed) % (i % 3 == 0 ? 20 : 3000));
        f->starts[i] = start;
        f->stops[i] = start + rows < ROWS ? start + rows : ROWS;
    }
    f->groups = (sdr_groups){f->starts, f->stops, GROUPS};
    f->column = column_of(f->values, ROWS);
    f->reference_column = column_of(f->reference, REFERENCE);
    assert_int_equal(sdr_prepared_new(&f->prepared, &f->reference_column, NULL, NULL),
                     SDR_OK);
}

static void fixture_reset(fixture *f) {
    sdr_prepared_free(f->prepared);
    sdr_column_reset(&f->column);
    sdr_column_reset(&f->reference_column);
}

static fixture *shared;

static int set_up(void **state) {
    (void)state;
    shared = malloc(sizeof *shared);
    fixture_init(shared, 20261130);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    fixture_reset(shared);
    free(shared);
    return 0;
}

static void assert_same_double(double a, double b) {
    assert_memory_equal(&a, &b, sizeof a);
}

static void assert_same_comparison(const sdr_two_sample *a, const sdr_two_sample *b) {
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->m, b->m);
    assert_same_double(a->ks, b->ks);
    assert_int_equal(a->ks_numerator_low, b->ks_numerator_low);
    assert_int_equal(a->ks_numerator_high, b->ks_numerator_high);
    assert_same_double(a->ks_location, b->ks_location);
    assert_int_equal(a->ks_sign, b->ks_sign);
    assert_int_equal(a->wasserstein_status, b->wasserstein_status);
    assert_int_equal(a->wasserstein_n, b->wasserstein_n);
    assert_int_equal(a->wasserstein_m, b->wasserstein_m);
    assert_same_double(a->wasserstein, b->wasserstein);
}

static void test_small_groups_have_the_bits_of_the_walk_over_all_values(void **state) {
    (void)state;
    const int flags = SDR_TWO_SAMPLE_KS | SDR_TWO_SAMPLE_WASSERSTEIN;
    const sdr_group_reference reference = {.prepared = shared->prepared};
    sdr_two_sample expected[GROUPS], found[GROUPS];
    for (int i = 0; i < GROUPS; i++) {
        sdr_column rows;
        assert_int_equal(sdr_column_slice(&rows, &shared->column, shared->starts[i],
                                          shared->stops[i], NULL),
                         SDR_OK);
        assert_int_equal(sdr_two_sample_columns(&expected[i], NULL,
                                                &shared->reference_column, &rows, flags,
                                                NULL, NULL),
                         SDR_OK);
        sdr_column_reset(&rows);
    }
    for (EACH_ISA(isa)) {
        for (int threads = 1; threads <= 3; threads++) {
            const sdr_context context = {.threads = threads};
            assert_int_equal(sdr_two_sample_groups(
                                 found, NULL, NULL, NULL, 0, reference, &shared->column,
                                 &shared->groups, flags, &context, NULL),
                             SDR_OK);
            for (int i = 0; i < GROUPS; i++)
                assert_same_comparison(&found[i], &expected[i]);
        }
    }
}

/* --- extremes --- */

static void test_extremes_are_the_ends_of_the_sorted_finite_rows(void **state) {
    (void)state;
    const sdr_group_reference reference = {.prepared = shared->prepared};
    static double alone[GROUPS * 2 * SDR_EXTREMES], beside[GROUPS * 2 * SDR_EXTREMES];
    static sdr_two_sample compared[GROUPS];
    const sdr_context context = {.threads = 2};
    assert_int_equal(
        sdr_extremes_groups(alone, &shared->column, &shared->groups, &context, NULL),
        SDR_OK);
    assert_int_equal(sdr_two_sample_groups(compared, beside, NULL, NULL, 0, reference,
                                           &shared->column, &shared->groups, 3,
                                           &context, NULL),
                     SDR_OK);
    assert_memory_equal(alone, beside, sizeof alone);
    for (int g = 0; g < GROUPS; g++) {
        double last = -INFINITY;
        for (int k = 0; k < SDR_EXTREMES; k++) { /* the next of the rows, one by one */
            double low = INFINITY;
            int64_t passed = 0, left = 0;
            for (int64_t i = shared->starts[g]; i < shared->stops[g]; i++) {
                const double value = shared->values[i];
                if (!isfinite(value)) continue;
                passed += value <= last && last > -INFINITY;
                if (value > last && value < low) low = value;
                left++;
            }
            if (passed <= k) last = low;
            const double expected = k < left ? last : INFINITY;
            assert_same_double(alone[g * 2 * SDR_EXTREMES + k], expected);
        }
    }
}

/* --- references of every kind --- */

typedef struct shape {
    int64_t rows;
    double (*value)(uint64_t *seed, int64_t i);
} shape;

static double rounded(uint64_t *seed, int64_t i) {
    (void)i;
    return floor(random_normal(seed) * 200.0);
}

static double of_five(uint64_t *seed, int64_t i) {
    (void)i;
    return (double)(random_bits(seed) % 5);
}

static double often_zero(uint64_t *seed, int64_t i) {
    return i % 5 < 2 ? 0.0 : random_normal(seed);
}

static double far_apart(uint64_t *seed, int64_t i) {
    (void)i;
    return exp(4.0 * random_normal(seed)) - 1.0;
}

/* Two crowds, a few rows far from both. */
static double clustered(uint64_t *seed, int64_t i) {
    double near = random_normal(seed) * 1e-6;
    return i % 1000 == 0 ? near * 1e9 : i % 2 == 0 ? near : near + 1.0;
}

static double single(uint64_t *seed, int64_t i) {
    (void)seed, (void)i;
    return 2.5;
}

static const shape shapes[] = {
    {70000, rounded},   {70000, of_five},  {70000, often_zero}, {70000, far_apart},
    {70000, clustered}, {70000, single},   {3000, rounded},     {3000, often_zero},
    {3000, far_apart},  {3000, clustered}, {9, rounded},        {1, single},
};

typedef struct side {
    double values[REFERENCE];
    sdr_column column;
} side;

static void side_init(side *s, const shape *of, int64_t rows, uint64_t seed) {
    for (int64_t i = 0; i < rows; i++)
        s->values[i] = of->value(&seed, i);
    s->column = column_of(s->values, rows);
}

enum { FEW_EDGES = 4, SHAPED_ROWS = 20000, SHAPED_GROUPS = 40 };
static const double few_edges[FEW_EDGES] = {-1.0, 0.0, 2.5, 10.0};

/* Each group's rows alone: what every ISA has to give for the groups. */
typedef struct alone {
    sdr_two_sample compared[SHAPED_GROUPS];
    int64_t counts[SHAPED_GROUPS][FEW_EDGES + 1];
    sdr_rank_statistics ranks[SHAPED_GROUPS]; /* of every fifth */
} alone;

enum { FLAGS = SDR_TWO_SAMPLE_KS | SDR_TWO_SAMPLE_WASSERSTEIN, RANKED = 5 };

static void measure_alone(alone *out, const side *reference, const side *current,
                          const sdr_groups *groups) {
    for (int64_t i = 0; i < groups->n; i++) {
        sdr_column rows;
        assert_int_equal(sdr_column_slice(&rows, &current->column, groups->starts[i],
                                          groups->stops[i], NULL),
                         SDR_OK);
        assert_int_equal(sdr_two_sample_columns(&out->compared[i], NULL,
                                                &reference->column, &rows, FLAGS, NULL,
                                                NULL),
                         SDR_OK);
        assert_int_equal(
            sdr_histogram(out->counts[i], few_edges, FEW_EDGES, &rows, NULL, NULL),
            SDR_OK);
        if (i % RANKED == 0)
            assert_int_equal(sdr_rank_statistics_columns(
                                 &out->ranks[i], &reference->column, &rows, NULL, NULL),
                             SDR_OK);
        sdr_column_reset(&rows);
    }
}

/* Both numbers, and the counts. */
static void check_shape(const alone *expected, sdr_group_reference to,
                        const side *current, const sdr_groups *groups) {
    sdr_two_sample found[SHAPED_GROUPS];
    int64_t counts[SHAPED_GROUPS][FEW_EDGES + 1];
    assert_int_equal(sdr_two_sample_groups(found, NULL, counts[0], few_edges, FEW_EDGES,
                                           to, &current->column, groups, FLAGS, NULL,
                                           NULL),
                     SDR_OK);
    for (int64_t i = 0; i < groups->n; i++)
        assert_same_comparison(&found[i], &expected->compared[i]);
    assert_memory_equal(counts, expected->counts, sizeof counts);
}

static void assert_same_integers(const sdr_rank_statistics *a,
                                 const sdr_rank_statistics *b) {
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->n, b->n);
    assert_int_equal(a->m, b->m);
    assert_int_equal(a->distinct, b->distinct);
    assert_int_equal(a->finite_n, b->finite_n);
    assert_int_equal(a->finite_m, b->finite_m);
    assert_memory_equal(&a->ties, &b->ties, sizeof a->ties);
    assert_memory_equal(&a->ties_x, &b->ties_x, sizeof a->ties);
    assert_memory_equal(&a->ties_y, &b->ties_y, sizeof a->ties);
    assert_memory_equal(&a->u2, &b->u2, sizeof a->u2);
    assert_memory_equal(&a->plus, &b->plus, sizeof a->plus);
    assert_memory_equal(&a->minus, &b->minus, sizeof a->minus);
    assert_memory_equal(&a->cramer_von_mises, &b->cramer_von_mises, sizeof a->plus);
}

/* The whole numbers of each group are those of the walk over all values. */
static void check_ranks(const alone *expected, sdr_group_reference to,
                        const side *current, const sdr_groups *groups) {
    sdr_rank_statistics found[SHAPED_GROUPS];
    assert_int_equal(sdr_rank_statistics_groups(found, to, &current->column, groups,
                                                false, NULL, NULL),
                     SDR_OK);
    for (int64_t i = 0; i < groups->n; i += RANKED) {
        assert_same_integers(&found[i], &expected->ranks[i]);
        assert_true(isnan(found[i].anderson_darling) && isnan(found[i].energy));
    }
}

static void check_every_isa(const side *reference, const side *current,
                            const sdr_groups *groups) {
    alone *expected = malloc(sizeof *expected);
    assert_non_null(expected);
    measure_alone(expected, reference, current, groups);
    for (EACH_ISA(isa)) {
        sdr_prepared *prepared;
        assert_int_equal(sdr_prepared_new(&prepared, &reference->column, NULL, NULL),
                         SDR_OK);
        const sdr_group_reference to = {.prepared = prepared};
        check_shape(expected, to, current, groups);
        check_ranks(expected, to, current, groups);
        sdr_prepared_free(prepared);
    }
    free(expected);
}

/* References that an index holds by value, by code, in a table, in none, against rows of
 * their own kind and of another one. */
static void test_small_groups_are_found_in_references_of_every_kind(void **state) {
    (void)state;
    enum { SHAPES = sizeof shapes / sizeof *shapes };
    side *reference = malloc(sizeof *reference), *current = malloc(sizeof *current);
    int64_t starts[SHAPED_GROUPS], stops[SHAPED_GROUPS];
    for (int64_t i = 0; i < SHAPED_GROUPS; i++) {
        starts[i] = i * 500;
        stops[i] = starts[i] + (i % 4 == 0 ? 12 : 500);
    }
    const sdr_groups groups = {starts, stops, SHAPED_GROUPS};
    for (int i = 0; i < SHAPES; i++) {
        side_init(reference, &shapes[i], shapes[i].rows, 11);
        for (int k = 0; k < 2; k++) {
            side_init(current, &shapes[k == 0 ? i : (i + 3) % SHAPES], SHAPED_ROWS, 12);
            check_every_isa(reference, current, &groups);
            sdr_column_reset(&current->column);
        }
        sdr_column_reset(&reference->column);
    }
    free(reference);
    free(current);
}

static void test_every_isa_and_thread_count_gives_one_digest(void **state) {
    (void)state;
    uint8_t expected[GROUPS][SDR_DIGEST_BYTES], found[GROUPS][SDR_DIGEST_BYTES];
    assert_int_equal(
        sdr_digest_groups(expected[0], &shared->column, &shared->groups, NULL, NULL),
        SDR_OK);
    for (EACH_ISA(isa)) {
        for (int threads = 1; threads <= 3; threads++) {
            const sdr_context context = {.threads = threads};
            assert_int_equal(sdr_digest_groups(found[0], &shared->column,
                                               &shared->groups, &context, NULL),
                             SDR_OK);
            assert_memory_equal(found, expected, sizeof expected);
        }
    }
}

/* Bytes handed over in any pieces are one stream. */
static void test_a_stream_does_not_depend_on_how_it_is_cut(void **state) {
    (void)state;
    enum { BYTES = 1000 };
    uint8_t bytes[BYTES];
    uint64_t seed = 7;
    for (int i = 0; i < BYTES; i++)
        bytes[i] = (uint8_t)random_bits(&seed);
    sdr_digest_stream whole;
    sdr_digest_begin(&whole, 1);
    sdr_digest_add(&whole, bytes, BYTES);
    const sdr_digest expected = sdr_digest_end(&whole);
    for (int trial = 0; trial < 200; trial++) {
        sdr_digest_stream cut;
        sdr_digest_begin(&cut, 1);
        for (size_t at = 0; at < BYTES;) {
            size_t n = random_bits(&seed) % 150;
            if (n > BYTES - at) n = BYTES - at;
            sdr_digest_add(&cut, bytes + at, n);
            at += n;
        }
        const sdr_digest found = sdr_digest_end(&cut);
        assert_memory_equal(&found, &expected, sizeof found);
    }
}

static void test_ranges_outside_of_the_column_are_refused(void **state) {
    (void)state;
    const int64_t starts[] = {0, 3}, stops[] = {10, ROWS + 1};
    const sdr_groups groups = {starts, stops, 2};
    int64_t missing[2];
    sdr_error error;
    assert_int_equal(
        sdr_missing_groups(missing, &shared->column, &groups, NULL, &error),
        SDR_INVALID_ARGUMENT);
    assert_string_equal(error.message, "starts, stops: expected 0 <= start <= stop <= "
                                       "30000, found 3 and 30001 (group 1)");
}

/* --- memory that fails --- */

static const sdr_context serial = {.threads = 1};

static sdr_code run_two_sample(void *user, sdr_error *error) {
    (void)user;
    static sdr_two_sample out[GROUPS];
    static int64_t counts[GROUPS * 3];
    static const double edges[] = {0.0, 1.0};
    const sdr_group_reference reference = {.column = &shared->reference_column};
    return sdr_two_sample_groups(out, NULL, counts, edges, 2, reference,
                                 &shared->column, &shared->groups, SDR_TWO_SAMPLE_KS,
                                 &serial, error);
}

static sdr_code run_distinct(void *user, sdr_error *error) {
    (void)user;
    int64_t counts[GROUPS];
    double errors[GROUPS];
    return sdr_distinct_groups(counts, errors, &shared->column, &shared->groups,
                               &serial, error);
}

static sdr_code run_order(void *user, sdr_error *error) {
    (void)user;
    static const double q[] = {0.25, 0.75};
    double out[GROUPS * (SDR_ORDER_FIELDS + 2)];
    return sdr_order_groups(out, q, 2, &shared->column, &shared->groups, &serial,
                            error);
}

static sdr_code run_digest(void *user, sdr_error *error) {
    (void)user;
    static uint8_t out[GROUPS * SDR_DIGEST_BYTES];
    return sdr_digest_groups(out, &shared->column, &shared->groups, &serial, error);
}

static sdr_code count_categories(sdr_categories *table, sdr_error *error) {
    static int64_t counts[GROUPS * ROWS / 64], nulls[GROUPS], first[GROUPS * ROWS / 64];
    const sdr_groups few = {shared->starts, shared->stops, 1};
    sdr_group_codes *codes;
    bool overflow;
    sdr_code code = sdr_group_codes_new(&codes, table, &overflow, &shared->column, &few,
                                        &serial, error);
    if (code == SDR_OK)
        code = sdr_group_codes_count(counts, nulls, first, codes, &few, &serial, error);
    sdr_group_codes_free(codes);
    return code;
}

static sdr_code run_categories(void *user, sdr_error *error) {
    (void)user;
    sdr_categories *table;
    sdr_code code = sdr_categories_new(&table, ROWS, error);
    if (code == SDR_OK) code = count_categories(table, error);
    sdr_categories_free(table);
    return code;
}

static void test_failing_allocations_are_reported_and_leak_nothing(void **state) {
    (void)state;
    assert_true(expect_no_memory_everywhere(run_two_sample, NULL) > 5);
    assert_true(expect_no_memory_everywhere(run_distinct, NULL) > 5);
    assert_true(expect_no_memory_everywhere(run_order, NULL) > 5);
    assert_int_equal(expect_no_memory_everywhere(run_digest, NULL), 1);
    assert_true(expect_no_memory_everywhere(run_categories, NULL) > 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_groups_have_the_bits_of_the_walk_over_all_values),
        cmocka_unit_test(test_extremes_are_the_ends_of_the_sorted_finite_rows),
        cmocka_unit_test(test_small_groups_are_found_in_references_of_every_kind),
        cmocka_unit_test(test_every_isa_and_thread_count_gives_one_digest),
        cmocka_unit_test(test_a_stream_does_not_depend_on_how_it_is_cut),
        cmocka_unit_test(test_ranges_outside_of_the_column_are_refused),
        cmocka_unit_test(test_failing_allocations_are_reported_and_leak_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
