/* Histogram: kernels and the column call against a loop over all edges. */
#include "support.h"

#include "kernels/dispatch.h"

#include <stdlib.h>

enum { ROWS = SDR_BLOCK_ROWS, MOST_EDGES = 3000 };

/* The definition: how many edges are <= x. */
static void count_by_definition(int64_t *counts, const double *edges, int64_t n_edges,
                                const double *values, int64_t n) {
    memset(counts, 0, ((size_t)n_edges + 1) * sizeof *counts);
    for (int64_t i = 0; i < n; i++) {
        if (isnan(values[i])) continue;
        int64_t bin = 0;
        for (int64_t e = 0; e < n_edges; e++)
            bin += edges[e] <= values[i];
        counts[bin]++;
    }
}

/* Values on, between and around the edges; NaN and infinities where `odd`. */
static void fill(double *values, int64_t n, const double *edges, int64_t n_edges,
                 bool odd, uint64_t seed) {
    for (int64_t i = 0; i < n; i++) {
        uint64_t bits = random_bits(&seed);
        double edge = n_edges > 0 ? edges[bits % (uint64_t)n_edges] : 0.0;
        double x = 2.5 * random_normal(&seed);
        switch (bits >> 60) {
        case 0:
            x = edge;
            break;
        case 1:
            x = nextafter(edge, INFINITY);
            break;
        case 2:
            x = nextafter(edge, -INFINITY);
            break;
        case 3:
            x = -0.0;
            break;
        case 4:
            x = odd ? NAN : x;
            break;
        case 5:
            x = odd ? INFINITY : x;
            break;
        case 6:
            x = odd ? -INFINITY : x;
            break;
        default:
            break;
        }
        values[i] = x;
    }
}

static void edges_between(double *edges, int64_t n, double low, double high,
                          uint64_t *seed) {
    for (int64_t i = 0; i < n; i++) /* unequal widths */
        edges[i] =
            low + (high - low) * ((double)i + 0.9 * random_unit(seed)) / (double)n;
}

static void expect_counts(const double *edges, int64_t n_edges, const double *values,
                          int64_t n) {
    static int64_t expected[MOST_EDGES + 1], found[MOST_EDGES + 1];
    count_by_definition(expected, edges, n_edges, values, n);
    sdr_histogram_plan plan;
    assert_int_equal(sdr_histogram_plan_init(&plan, edges, n_edges, NULL), SDR_OK);
    for (EACH_ISA(isa)) {
        memset(found, 0, sizeof found);
        sdr_dispatch_active()->histogram.count(found, &plan, values, n);
        if (memcmp(found, expected, ((size_t)n_edges + 1) * sizeof *found) != 0)
            fail_msg("%s, %lld edges, %lld rows: counts differ",
                     sdr_isa_name((sdr_isa)isa), (long long)n_edges, (long long)n);
    }
    sdr_histogram_plan_reset(&plan);
}

static void test_kernels_count_as_the_definition_for_any_number_of_edges(void **state) {
    (void)state;
    static double values[ROWS + 8], edges[MOST_EDGES];
    const int64_t lengths[] = {0, 1, 31, 255, 256, 257, 300, 1000, ROWS};
    uint64_t seed = 1;
    for (int64_t n_edges = 0; n_edges <= 40; n_edges++) {
        edges_between(edges, n_edges, -3.0, 3.0, &seed);
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            fill(values + i % 8, lengths[i], edges, n_edges, i % 2 == 0, i + 7);
            expect_counts(edges, n_edges, values + i % 8, lengths[i]);
        }
    }
}

static void test_kernels_count_between_many_edges(void **state) {
    (void)state;
    static double values[ROWS], edges[MOST_EDGES];
    const int64_t numbers[] = {63, 64, 100, 255, 1000, MOST_EDGES};
    uint64_t seed = 2;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        edges_between(edges, numbers[i], -4.0, 4.0, &seed);
        fill(values, ROWS, edges, numbers[i], true, i);
        expect_counts(edges, numbers[i], values, ROWS);
    }
}

static void test_edges_of_every_size_are_told_apart(void **state) {
    (void)state;
    static double values[ROWS];
    const double edges[] = {-INFINITY, -1e308, -1.0, -0x1p-1074, 0.0,     0x1p-1074,
                            1e-300,    0.5,    1e16, 1e16 + 2.0, INFINITY};
    for (int n_edges = 1; n_edges <= 11; n_edges++) {
        fill(values, ROWS, edges, n_edges, true, 3);
        expect_counts(edges, n_edges, values, ROWS);
    }
    double clustered[40]; /* all but one edge lie where a grid sees one bucket */
    for (int i = 0; i < 39; i++)
        clustered[i] = 1.0 + 0x1p-50 * i;
    clustered[39] = 1e300;
    fill(values, ROWS, clustered, 40, true, 4);
    expect_counts(clustered, 40, values, ROWS);
}

static void test_one_value_repeated_fills_one_bin(void **state) {
    (void)state;
    static double values[ROWS];
    double edges[30];
    for (int i = 0; i < 30; i++)
        edges[i] = i;
    for (int i = 0; i < ROWS; i++)
        values[i] = 12.5;
    expect_counts(edges, 30, values, ROWS);
}

/* --- The column call -------------------------------------------------------------- */

enum { COLUMN_ROWS = 400000 };

static double *column_values;

static int make_values(void **state) {
    (void)state;
    column_values = malloc(COLUMN_ROWS * sizeof *column_values);
    const double edges[] = {-1.0, 0.0, 1.0};
    fill(column_values, COLUMN_ROWS, edges, 3, true, 21);
    return column_values == NULL;
}

static int free_values(void **state) {
    (void)state;
    free(column_values);
    return 0;
}

static void test_columns_are_counted_alike_by_any_number_of_threads(void **state) {
    (void)state;
    const double edges[] = {-2.0, -1.0, 0.0, 0.25, 1.0, 3.0};
    int64_t expected[7], found[7];
    count_by_definition(expected, edges, 6, column_values, COLUMN_ROWS);
    sdr_column column = column_of(column_values, COLUMN_ROWS);
    const int threads[] = {1, 2, 3, 7};
    for (int t = 0; t < 4; t++) {
        sdr_context context = {.threads = threads[t]};
        assert_int_equal(sdr_histogram(found, edges, 6, &column, &context, NULL),
                         SDR_OK);
        assert_memory_equal(found, expected, sizeof expected);
    }
    sdr_column_reset(&column);
}

static void test_no_edges_count_every_value_that_is_not_nan(void **state) {
    (void)state;
    const double values[] = {1.0, NAN, -INFINITY, 0.0};
    sdr_column column = column_of(values, 4);
    int64_t count;
    assert_int_equal(sdr_histogram(&count, NULL, 0, &column, NULL, NULL), SDR_OK);
    assert_int_equal(count, 3);
    sdr_column_reset(&column);
}

static void test_edges_that_do_not_increase_are_refused_by_place(void **state) {
    (void)state;
    const double values[] = {1.0};
    const double equal[] = {0.0, 1.0, 1.0}, nan[] = {0.0, NAN, 2.0};
    sdr_column column = column_of(values, 1);
    int64_t counts[4];
    sdr_error error;
    assert_int_equal(sdr_histogram(counts, equal, 3, &column, NULL, &error),
                     SDR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "found 1 at 2 after 1"));
    assert_int_equal(sdr_histogram(counts, nan, 3, &column, NULL, &error),
                     SDR_INVALID_ARGUMENT);
    assert_int_equal(sdr_histogram(counts, nan, -1, &column, NULL, &error),
                     SDR_INVALID_ARGUMENT);
    sdr_column_reset(&column);
}

typedef struct call {
    sdr_column column;
    double edges[100];
    int64_t n_edges;
} call;

static sdr_code histogram_call(void *user, sdr_error *error) {
    const call *c = user;
    int64_t counts[101];
    sdr_context serial = {.threads = 1};
    return sdr_histogram(counts, c->edges, c->n_edges, &c->column, &serial, error);
}

static void test_failing_memory_is_reported_and_leaks_nothing(void **state) {
    (void)state;
    call c = {.column = column_of(column_values, COLUMN_ROWS), .n_edges = 31};
    for (int i = 0; i < 100; i++)
        c.edges[i] = i;
    assert_int_equal(expect_no_memory_everywhere(histogram_call, &c), 0);
    c.n_edges = 100;
    assert_int_equal(expect_no_memory_everywhere(histogram_call, &c), 1);
    sdr_column_reset(&c.column);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernels_count_as_the_definition_for_any_number_of_edges),
        cmocka_unit_test(test_kernels_count_between_many_edges),
        cmocka_unit_test(test_edges_of_every_size_are_told_apart),
        cmocka_unit_test(test_one_value_repeated_fills_one_bin),
        cmocka_unit_test(test_columns_are_counted_alike_by_any_number_of_threads),
        cmocka_unit_test(test_no_edges_count_every_value_that_is_not_nan),
        cmocka_unit_test(test_edges_that_do_not_increase_are_refused_by_place),
        cmocka_unit_test(test_failing_memory_is_reported_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, make_values, free_values);
}
