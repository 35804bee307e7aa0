/* Two samples, unprepared and prepared, on every ISA, against a plain merge. */
#include "fuzz.h"

enum { MOST_ROWS = 700 };

typedef struct expected {
    int64_t n, m, ks; /* ks: D n m */
    double location;
    int sign;
    int64_t finite_n, finite_m;
    long double wasserstein;
} expected;

static int compare_numbers(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorted values that take part. */
static int64_t sorted(double *out, const double *values, int64_t n) {
    int64_t left = 0;
    for (int64_t i = 0; i < n; i++)
        if (!isnan(values[i])) out[left++] = values[i] + 0.0;
    qsort(out, (size_t)left, sizeof *out, compare_numbers);
    return left;
}

static void merge_ks(expected *e, const double *x, const double *y) {
    int64_t i = 0, j = 0, n = e->n, m = e->m;
    while (i < n || j < m) {
        double at = j == m || (i < n && x[i] <= y[j]) ? x[i] : y[j];
        for (; i < n && x[i] == at; i++) {
        }
        for (; j < m && y[j] == at; j++) {
        }
        int64_t a = i * m - j * n, size = a < 0 ? -a : a;
        if (size <= e->ks) continue;
        e->ks = size;
        e->location = at;
        e->sign = a > 0 ? 1 : -1;
    }
}

static int64_t finite_part(const double **first, const double *x, int64_t n) {
    while (n > 0 && isinf(x[0]))
        x++, n--;
    while (n > 0 && isinf(x[n - 1]))
        n--;
    *first = x;
    return n;
}

static void merge_wasserstein(expected *e, const double *x, const double *y) {
    int64_t n = finite_part(&x, x, e->n), m = finite_part(&y, y, e->m), i = 0, j = 0;
    e->finite_n = n;
    e->finite_m = m;
    if (n == 0 || m == 0) return;
    long double before = 0;
    while (i < n || j < m) {
        double at = j == m || (i < n && x[i] <= y[j]) ? x[i] : y[j];
        if (i + j > 0)
            e->wasserstein += fabsl((long double)i / n - (long double)j / m) *
                              ((long double)at - before);
        before = at;
        for (; i < n && x[i] == at; i++) {
        }
        for (; j < m && y[j] == at; j++) {
        }
    }
}

static void check(const sdr_two_sample *t, const expected *e) {
    CHECK(t->n == e->n && t->m == e->m);
    CHECK((t->status == SDR_STATUS_OK) == (e->n > 0 && e->m > 0));
    if (t->status != SDR_STATUS_OK) return;
    CHECK(t->ks_numerator_high == 0 && t->ks_numerator_low == (uint64_t)e->ks);
    CHECK(t->ks_sign == e->sign);
    CHECK(e->ks == 0 || t->ks_location == e->location);
    CHECK(t->wasserstein_n == e->finite_n && t->wasserstein_m == e->finite_m);
    if (t->wasserstein_status != SDR_STATUS_OK) {
        CHECK(e->finite_n == 0 || e->finite_m == 0 || e->wasserstein > 1e308L);
        return;
    }
    long double error = fabsl(t->wasserstein - e->wasserstein);
    CHECK(error <= 1e-13L * e->wasserstein + 1e-323L);
}

static void check_all(const sdr_column *x, const sdr_column *y, const expected *e) {
    sdr_two_sample first, t;
    sdr_prepared *prepared = NULL;
    int flags = SDR_TWO_SAMPLE_KS | SDR_TWO_SAMPLE_WASSERSTEIN;
    CHECK(sdr_isa_force(SDR_ISA_SCALAR, NULL) == SDR_OK);
    CHECK(sdr_two_sample_columns(&first, NULL, x, y, flags, NULL, NULL) == SDR_OK);
    check(&first, e);
    for (EACH_ISA(isa)) {
        CHECK(sdr_two_sample_columns(&t, NULL, x, y, flags, NULL, NULL) == SDR_OK);
        check(&t, e);
        CHECK(t.status != SDR_STATUS_OK || same(t.wasserstein, first.wasserstein));
        CHECK(sdr_prepared_new(&prepared, x, NULL, NULL) == SDR_OK);
        CHECK(sdr_two_sample_prepared(&t, NULL, prepared, y, flags, NULL, NULL) ==
              SDR_OK);
        check(&t, e);
        CHECK(t.status != SDR_STATUS_OK || same(t.wasserstein, first.wasserstein));
        sdr_prepared_free(prepared);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    int64_t n = take_rows(&in, MOST_ROWS), m = take_rows(&in, MOST_ROWS);
    int64_t repeats = 1 + take_rows(&in, 12); /* above some size buckets are counted */
    double *x = take_numbers(&in, n * repeats), *y = take_numbers(&in, m * repeats);
    for (int64_t i = n; i < n * repeats; i++)
        x[i] = x[i % n];
    for (int64_t i = m; i < m * repeats; i++)
        y[i] = y[i % m];
    n *= repeats;
    m *= repeats;
    double *xs = malloc((size_t)n * 8 + 1), *ys = malloc((size_t)m * 8 + 1);
    CHECK(xs != NULL && ys != NULL);
    expected e = {.n = sorted(xs, x, n), .m = sorted(ys, y, m)};
    merge_ks(&e, xs, ys);
    merge_wasserstein(&e, xs, ys);
    sdr_column a = column_of(x, n, NULL), b = column_of(y, m, NULL);
    check_all(&a, &b, &e);
    sdr_column_reset(&a);
    sdr_column_reset(&b);
    free(x);
    free(y);
    free(xs);
    free(ys);
    return 0;
}
