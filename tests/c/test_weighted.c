/* Weighted samples: sorted as pairs, compared as the definitions say, refused and
 * freed. */
#include "support.h"

#include "simdrift/weighted.h"

enum { ROWS = 3000 };

static void draw(double *values, double *weights, int n, uint64_t *seed) {
    for (int i = 0; i < n; i++) {
        values[i] = round(random_normal(seed) * 10.0) / 10.0;
        weights[i] = random_bits(seed) % 7 == 0 ? 0.0 : random_unit(seed);
        if (random_bits(seed) % 50 == 0) values[i] = NAN;
        if (random_bits(seed) % 90 == 0) values[i] = i % 2 ? INFINITY : -INFINITY;
        if (random_bits(seed) % 90 == 0) values[i] = -0.0;
    }
}

static void test_values_are_joined_in_order(void **state) {
    (void)state;
    static double values[ROWS], weights[ROWS];
    uint64_t seed = 3;
    draw(values, weights, ROWS, &seed);
    sdr_weighted found;
    assert_int_equal(sdr_weighted_sort(&found, values, weights, ROWS, NULL, NULL),
                     SDR_OK);
    int64_t rows = 0;
    for (int64_t k = 0; k < found.n; k++) {
        double weight = 0.0, square = 0.0;
        for (int i = 0; i < ROWS; i++) {
            if (values[i] != found.values[k] || weights[i] == 0.0) continue;
            weight += weights[i];
            square += weights[i] * weights[i];
            rows++;
        }
        if (k > 0) assert_true(found.values[k - 1] < found.values[k]);
        assert_true(fabs(found.weights[k] - weight) <= 1e-12 * weight);
        assert_true(fabs(found.squares[k] - square) <= 1e-12 * square);
    }
    assert_int_equal(rows, found.rows);
    sdr_weighted_reset(&found);
    assert_null(found.values);
}

/* Weight of the values below and, or, at one. */
static double below(const sdr_weighted *s, double value, bool with) {
    double sum = 0.0;
    for (int64_t k = 0; k < s->n; k++)
        if (s->values[k] < value || (with && s->values[k] == value))
            sum += s->weights[k];
    return sum;
}

static void expect(const sdr_weighted_statistics *found, const sdr_weighted *x,
                   const sdr_weighted *y, double n, double m) {
    const double all_x = below(x, INFINITY, true), all_y = below(y, INFINITY, true);
    double plus = 0.0, minus = 0.0, auc = 0.0, mises = 0.0;
    for (int side = 0; side < 2; side++) {
        const sdr_weighted *s = side ? y : x;
        for (int64_t k = 0; k < s->n; k++) {
            const double v = s->values[k];
            const double f = below(x, v, true) / all_x, g = below(y, v, true) / all_y;
            const double low_f = below(x, v, false) / all_x;
            const double low_g = below(y, v, false) / all_y;
            if (f - g > plus) plus = f - g;
            if (g - f > minus) minus = g - f;
            const double share = s->weights[k] / (side ? all_y : all_x);
            const double gap = 0.5 * (f + low_f - g - low_g);
            mises += share * (side ? m : n) / (n + m) * gap * gap;
            if (side) auc += share * 0.5 * (f + low_f);
        }
    }
    assert_true(fabs(found->plus - plus) < 1e-12);
    assert_true(fabs(found->minus - minus) < 1e-12);
    assert_true(fabs(found->auc - auc) < 1e-12);
    assert_true(fabs(found->mises - mises) < 1e-12);
}

static sdr_weighted_side side_of(const sdr_weighted *s, double size) {
    return (sdr_weighted_side){s->values, s->weights, s->n, size};
}

static void test_statistics_are_their_definitions(void **state) {
    (void)state;
    static double values[ROWS], weights[ROWS];
    uint64_t seed = 5;
    for (int n = 1; n < 200; n += 33) {
        sdr_weighted x, y;
        draw(values, weights, n, &seed);
        weights[0] = 0.5, values[0] = 1.0;
        assert_int_equal(sdr_weighted_sort(&x, values, weights, n, NULL, NULL), SDR_OK);
        draw(values, weights, 100, &seed);
        assert_int_equal(sdr_weighted_sort(&y, values, weights, 100, NULL, NULL),
                         SDR_OK);
        sdr_weighted_side left = side_of(&x, 20.5), right = side_of(&y, 44.0);
        sdr_weighted_statistics found;
        assert_int_equal(sdr_weighted_compare(&found, &left, &right, NULL, NULL),
                         SDR_OK);
        expect(&found, &x, &y, 20.5, 44.0);
        sdr_weighted_reset(&x);
        sdr_weighted_reset(&y);
    }
}

static void test_bad_weights_are_named(void **state) {
    (void)state;
    static const double bad[] = {-1.0, NAN, INFINITY};
    const double values[] = {1.0, 2.0};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const double weights[] = {1.0, bad[i]};
        sdr_weighted found;
        sdr_error error = {0};
        assert_int_equal(sdr_weighted_sort(&found, values, weights, 2, NULL, &error),
                         SDR_INVALID_ARGUMENT);
        assert_non_null(strstr(error.message, "weights[1]"));
        assert_null(found.values);
    }
}

static void test_nothing_is_a_sample_too(void **state) {
    (void)state;
    sdr_weighted found;
    assert_int_equal(sdr_weighted_sort(&found, NULL, NULL, 0, NULL, NULL), SDR_OK);
    assert_int_equal(found.n, 0);
    sdr_weighted_reset(&found);
}

typedef struct sorting {
    double values[ROWS], weights[ROWS];
    sdr_context context;
} sorting;

static sdr_code sort_call(void *user, sdr_error *error) {
    const sorting *s = user;
    sdr_weighted found;
    sdr_code code =
        sdr_weighted_sort(&found, s->values, s->weights, ROWS, &s->context, error);
    if (code != SDR_OK) {
        assert_null(found.values);
        return code;
    }
    sdr_weighted_side side = side_of(&found, 10.0);
    sdr_weighted_statistics statistics;
    code = sdr_weighted_compare(&statistics, &side, &side, &s->context, error);
    sdr_weighted_reset(&found);
    return code;
}

static void test_memory_that_runs_out_is_told_and_nothing_is_kept(void **state) {
    (void)state;
    static sorting s;
    uint64_t seed = 8;
    draw(s.values, s.weights, ROWS, &seed);
    assert_int_equal(expect_no_memory_everywhere(sort_call, &s), 5);
}

static int countdown(void *user, int64_t done, int64_t total) {
    (void)done, (void)total;
    return (*(int *)user)-- <= 0;
}

static void test_a_caller_that_wants_to_stop_is_heard_at_every_look(void **state) {
    (void)state;
    static sorting s;
    uint64_t seed = 9;
    draw(s.values, s.weights, ROWS, &seed);
    s.context.poll = countdown;
    for (int looks = 0;; looks++) {
        int left = looks;
        s.context.user = &left;
        sdr_error error;
        sdr_code code = sort_call(&s, &error);
        if (code == SDR_OK) {
            assert_true(looks > 3);
            break;
        }
        assert_int_equal(code, SDR_CANCELLED);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_joined_in_order),
        cmocka_unit_test(test_statistics_are_their_definitions),
        cmocka_unit_test(test_bad_weights_are_named),
        cmocka_unit_test(test_nothing_is_a_sample_too),
        cmocka_unit_test(test_memory_that_runs_out_is_told_and_nothing_is_kept),
        cmocka_unit_test(test_a_caller_that_wants_to_stop_is_heard_at_every_look),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
