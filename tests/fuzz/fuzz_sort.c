/* Sorts and quantiles on every ISA against qsort; prepared values read back; samples
 * with weights. */
#include "fuzz.h"

#include "simdrift/weighted.h"

enum { MOST_ROWS = 4000, QUANTILES = 6 };

static int compare_numbers(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void check_sort(const double *values, const double *sorted, int64_t n) {
    double *copy = malloc((size_t)n * sizeof *copy + 1);
    CHECK(copy != NULL);
    memcpy(copy, values, (size_t)n * sizeof *copy);
    CHECK(sdr_sort_f64(copy, n, NULL, NULL) == SDR_OK);
    for (int64_t i = 0; i < n; i++)
        CHECK(same(copy[i], sorted[i]));
    free(copy);
}

/* Type 7, in the arithmetic that the specification asks for: between two neighbours. */
static void check_quantiles(const sdr_column *column, const double *sorted, int64_t n) {
    static const double q[QUANTILES] = {0, 0.01, 0.25, 0.5, 0.99, 1};
    double out[QUANTILES], prepared_out[QUANTILES];
    const void *values;
    bool is_integer, is_unsigned;
    sdr_prepared *prepared = NULL;
    CHECK(sdr_quantiles(out, q, QUANTILES, column, NULL, NULL) == SDR_OK);
    CHECK(sdr_prepared_new(&prepared, column, NULL, NULL) == SDR_OK);
    CHECK(sdr_prepared_quantiles(prepared_out, q, QUANTILES, prepared, NULL) == SDR_OK);
    CHECK(sdr_prepared_values(prepared, &values, &is_integer, &is_unsigned) == n);
    CHECK(!is_integer);
    for (int64_t i = 0; i < n; i++)
        CHECK(same(((const double *)values)[i], sorted[i]));
    for (int i = 0; i < QUANTILES; i++) {
        CHECK(same(out[i], prepared_out[i]));
        if (n == 0) {
            CHECK(isnan(out[i]));
            continue;
        }
        int64_t low = (int64_t)(q[i] * (double)(n - 1));
        int64_t high = low + 1 < n ? low + 1 : low;
        CHECK(isnan(out[i]) || (out[i] >= sorted[low > 0 ? low - 1 : 0] &&
                                out[i] <= sorted[high + 1 < n ? high + 1 : high]));
    }
    CHECK(n == 0 || (out[0] == sorted[0] && out[QUANTILES - 1] == sorted[n - 1]));
    sdr_prepared_free(prepared);
}

static void check_weighted(const double *values, const double *sorted, int64_t n,
                           const uint8_t *weights) {
    double *w = malloc((size_t)n * sizeof *w + 1), total = 0, sum = 0;
    CHECK(w != NULL);
    for (int64_t i = 0; i < n; i++)
        total += w[i] = 1 + weights[i] % 8; /* sums are exact */
    sdr_weighted sample;
    CHECK(sdr_weighted_sort(&sample, values, w, n, NULL, NULL) == SDR_OK);
    CHECK(sample.rows == n);
    for (int64_t i = 0, k = 0; i < sample.n; i++) {
        CHECK(same(sample.values[i], sorted[k]));
        while (k < n && sorted[k] == sample.values[i])
            k++;
        sum += sample.weights[i];
    }
    CHECK(sum == total);
    sdr_weighted_reset(&sample);
    free(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    int64_t n = take_rows(&in, MOST_ROWS), part = 1 + take_below(&in, 400);
    double *values = take_numbers(&in, n);
    uint8_t *weights = take_block(&in, (size_t)n);
    for (int64_t i = 0; i < n; i++) {
        if (i >= part) values[i] = values[i % part] + (double)(i % 3);
        if (isnan(values[i])) values[i] = (double)(i % 7);
    }
    double *sorted = malloc((size_t)n * sizeof *sorted + 1);
    CHECK(sorted != NULL);
    for (int64_t i = 0; i < n; i++)
        sorted[i] = values[i] + 0.0;
    qsort(sorted, (size_t)n, sizeof *sorted, compare_numbers);
    sdr_column column = column_of(values, n, NULL);
    for (EACH_ISA(isa)) {
        check_sort(values, sorted, n);
        check_quantiles(&column, sorted, n);
        check_weighted(values, sorted, n, weights);
    }
    sdr_column_reset(&column);
    free(values);
    free(sorted);
    free(weights);
    return 0;
}
