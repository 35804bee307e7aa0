/* The Gaussian kernel, one value after another: the specification. */
#include "value.h"

static double square_of_distance(const double *rows, int r, const double *column,
                                 int64_t d) {
    double sum = 0.0;
    for (int64_t f = 0; f < d; f++) {
        double difference = rows[SDR_RBF_ROWS * f + r] - column[f];
        sum += difference * difference;
    }
    return sum;
}

static void tile(double *values, const double *rows, const double *columns, int64_t d,
                 double gamma) {
    for (int j = 0; j < SDR_RBF_COLUMNS; j++)
        for (int r = 0; r < SDR_RBF_ROWS; r++)
            values[SDR_RBF_ROWS * j + r] =
                rbf_exp(square_of_distance(rows, r, columns + d * j, d) * -gamma);
}

/* The value of row r and column j where the pattern has its bit, else 0. */
static double chosen(const double *values, int r, int j, int bit) {
    return bit ? values[SDR_RBF_ROWS * j + r] : 0.0;
}

static double sum_of_labelled(const double *values, int r, const uint8_t *patterns) {
    double sum = 0.0;
    for (int c = 0; c < SDR_RBF_FOURS; c++) {
        int j = 4 * c, bits = patterns[c];
        double low =
            chosen(values, r, j, bits & 1) + chosen(values, r, j + 1, bits & 2);
        double high =
            chosen(values, r, j + 2, bits & 4) + chosen(values, r, j + 3, bits & 8);
        sum += low + high;
    }
    return sum;
}

static void add(double *sums, const double *values, const uint8_t *patterns,
                int64_t stride, int64_t n_labelings) {
    for (int64_t p = 0; p < n_labelings; p++)
        for (int r = 0; r < SDR_RBF_ROWS; r++)
            sums[SDR_RBF_ROWS * p + r] +=
                sum_of_labelled(values, r, patterns + p * stride);
}

void sdr_rbf_fill_scalar(sdr_rbf_kernels *kernels) {
    kernels->tile = tile;
    kernels->add = add;
}
