/* Null laws of tables of counts: closed forms, threads, cancellation, wrong arguments.
 * Against all tables with the margins: tests/numeric/test_table_laws.py. */
#include "support.h"

#include "simdrift/counts.h"

enum { TABLES = 9, CELLS = 40 };

static int64_t rows[TABLES * CELLS], current[TABLES];
static double observed[TABLES];

/* Tables of different rows: from one a cell to many, the smaller side on either. */
static sdr_count_tables random_tables(void) {
    uint64_t seed = 5;
    for (int t = 0; t < TABLES; t++) {
        int64_t total = 0;
        for (int i = 0; i < CELLS; i++) {
            int64_t most = i % 4 == 3 ? 400 : 4;
            rows[t * CELLS + i] = (int64_t)(random_bits(&seed) % (uint64_t)most);
            total += rows[t * CELLS + i];
        }
        current[t] = 1 + (total - 2) * t / (TABLES - 1);
        observed[t] = 45.0;
    }
    return (sdr_count_tables){.n_tables = TABLES,
                              .n_cells = CELLS,
                              .rows = rows,
                              .current = current,
                              .observed = observed,
                              .statistic = SDR_COUNT_CHI_SQUARE,
                              .most = 300,
                              .enough = 300};
}

static void test_the_mean_of_chi_square_is_its_closed_form(void **state) {
    (void)state;
    sdr_count_tables tables = random_tables();
    sdr_count_law laws[TABLES];
    sdr_error error;
    assert_int_equal(sdr_count_laws(laws, &tables, NULL, &error), SDR_OK);
    for (int t = 0; t < TABLES; t++) {
        double total = 0.0, used = 0.0;
        for (int i = 0; i < CELLS; i++) {
            total += (double)rows[t * CELLS + i];
            used += rows[t * CELLS + i] > 0;
        }
        double expected = total / (total - 1.0) * (used - 1.0);
        assert_true(fabs(laws[t].mean - expected) < 1e-10 * expected);
        assert_true(laws[t].p_value > 0.0 && laws[t].p_value <= 1.0);
        assert_int_equal(laws[t].exchanges, 300);
    }
}

static void test_every_number_of_threads_gives_a_tables_own_bits(void **state) {
    (void)state;
    sdr_count_tables tables = random_tables(), alone = tables;
    sdr_count_law together[TABLES], own;
    sdr_error error;
    sdr_context context = {.threads = 3};
    for (int s = 0; s < SDR_COUNT_STATISTICS; s++) {
        tables.statistic = alone.statistic = (sdr_count_statistic)s;
        tables.smoothing = alone.smoothing = 0.5;
        assert_int_equal(sdr_count_laws(together, &tables, &context, &error), SDR_OK);
        alone.n_tables = 1;
        for (int t = 0; t < TABLES; t++) {
            alone.rows = rows + t * CELLS;
            alone.current = current + t;
            assert_int_equal(sdr_count_laws(&own, &alone, NULL, &error), SDR_OK);
            assert_memory_equal(&own, &together[t], sizeof own);
        }
    }
}

static int stop_at_once(void *user, int64_t done, int64_t total) {
    (void)user;
    assert_true(done <= total);
    return 1;
}

static void test_exchanges_can_be_stopped(void **state) {
    (void)state;
    sdr_count_tables tables = random_tables();
    sdr_count_law law;
    sdr_error error;
    sdr_context context = {.poll = stop_at_once};
    tables.n_tables = 1;
    assert_int_equal(sdr_count_laws(&law, &tables, &context, &error), SDR_CANCELLED);
}

static sdr_code run_tables(void *user, sdr_error *error) {
    sdr_count_law laws[TABLES];
    const sdr_context serial = {.threads = 1}; /* the allocator that fails is */
    return sdr_count_laws(laws, user, &serial, error);
}

static void test_no_memory_and_wrong_arguments_are_refused(void **state) {
    (void)state;
    sdr_count_tables tables = random_tables(), wrong;
    assert_true(expect_no_memory_everywhere(run_tables, &tables) >= 4);
    sdr_error error;
    wrong = tables, wrong.enough = 0;
    assert_int_equal(run_tables(&wrong, &error), SDR_INVALID_ARGUMENT);
    wrong = tables, wrong.smoothing = NAN;
    assert_int_equal(run_tables(&wrong, &error), SDR_INVALID_ARGUMENT);
    wrong = tables, wrong.n_cells = -1;
    assert_int_equal(run_tables(&wrong, &error), SDR_INVALID_ARGUMENT);
    rows[0] = INT64_MAX;
    assert_int_equal(run_tables(&tables, &error), SDR_INVALID_ARGUMENT);
    assert_string_equal(error.message, "rows: expected counts >= 0, at most 2^53 "
                                       "together, found 9223372036854775807");
    tables.n_tables = 0;
    assert_int_equal(run_tables(&tables, &error), SDR_OK);
}

static void test_fishers_p_sums_to_the_tables_no_likelier(void **state) {
    (void)state;
    int64_t a[] = {8, 0, 3, 0}, n[] = {10, 5, 3, 0}, k[] = {9, 0, 3, 2},
            total[] = {16, 9, 3, 4};
    double logs[4];
    sdr_error error;
    assert_int_equal(sdr_fisher_log_p(logs, a, n, k, total, 4, NULL, &error), SDR_OK);
    /* 8 of 10 among 9 of 16: (270 + 10 + 120) / 11440, choose(16, 9) ways. */
    assert_true(fabs(exp(logs[0]) - 400.0 / 11440.0) < 1e-14);
    for (int i = 1; i < 4; i++)
        assert_true(logs[i] == 0.0);
    k[1] = 10;
    assert_int_equal(sdr_fisher_log_p(logs, a, n, k, total, 4, NULL, &error),
                     SDR_INVALID_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_mean_of_chi_square_is_its_closed_form),
        cmocka_unit_test(test_every_number_of_threads_gives_a_tables_own_bits),
        cmocka_unit_test(test_exchanges_can_be_stopped),
        cmocka_unit_test(test_no_memory_and_wrong_arguments_are_refused),
        cmocka_unit_test(test_fishers_p_sums_to_the_tables_no_likelier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
