/* The limit law of Kolmogorov-Smirnov: values of every branch, and the ends. */
#include "support.h"

#include "simdrift/drift.h"

static const sdr_context context = {.threads = 1};

/* Durbin's matrix and Smirnov's sum with 50 digits. */
static const struct {
    double n, d, p;
} known[] = {
    {60.0, 0.046875, 1.0 - 0.0013860085650112895},
    {140.0, 0.125, 0.022963665948387933},
    {140.0, 0.171875, 0.00043694030369949009},
    {10.0, 0.5, 0.00777741},
    {1.0, 0.75, 0.5},
};
enum { KNOWN = sizeof known / sizeof *known };

static void test_p_and_its_logarithm_are_the_known_ones(void **state) {
    (void)state;
    for (int i = 0; i < KNOWN; i++) {
        double p, log_p, alone;
        sdr_error error;
        assert_int_equal(
            sdr_ks_limit_p(&p, &log_p, &known[i].n, &known[i].d, 1, &context, &error),
            SDR_OK);
        assert_true(fabs(p / known[i].p - 1.0) < 1e-11); /* p is 1 - a product */
        assert_true(fabs(log_p - log(known[i].p)) < 1e-11);
        assert_int_equal(
            sdr_ks_limit_p(&alone, NULL, &known[i].n, &known[i].d, 1, &context, &error),
            SDR_OK);
        assert_true(alone == p);
    }
}

static void test_the_ends_are_one_and_zero(void **state) {
    (void)state;
    const double n[] = {0.0, 5.0, 5.0, 1000.0, 5.0};
    const double d[] = {0.5, 0.0, 1.0, 0.9, NAN};
    double p[5], log_p[5];
    sdr_error error;
    assert_int_equal(sdr_ks_limit_p(p, log_p, n, d, 5, &context, &error), SDR_OK);
    assert_true(p[0] == 1.0 && log_p[0] == 0.0);
    assert_true(p[1] == 1.0 && log_p[1] == 0.0);
    assert_true(p[2] == 0.0 && log_p[2] == -INFINITY);
    assert_true(p[3] == 0.0 && -2400.0 < log_p[3] && log_p[3] < -2200.0);
    assert_true(isnan(p[4]) && isnan(log_p[4]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_p_and_its_logarithm_are_the_known_ones),
        cmocka_unit_test(test_the_ends_are_one_and_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
