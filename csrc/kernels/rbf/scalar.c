/* The Gaussian kernel, one value after another: the specification. */
#include "kernels/exp.h"
#include "kernels/rbf/rbf.h"

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
                exp_of(square_of_distance(rows, r, columns + d * j, d) * -gamma);
}

/* The sums of four columns' values under each pattern, row by row. */
static void fill_patterns(double *table, const double *values) {
    for (int pattern = 0; pattern < SDR_RBF_PATTERNS; pattern++)
        for (int r = 0; r < SDR_RBF_ROWS; r++) {
            double part[4];
            for (int j = 0; j < 4; j++)
                part[j] = pattern >> j & 1 ? values[SDR_RBF_ROWS * j + r] : 0.0;
            table[SDR_RBF_ROWS * pattern + r] =
                (part[0] + part[1]) + (part[2] + part[3]);
        }
}

static void add(double *sums, const double *values, const uint8_t *patterns,
                int64_t stride, int64_t n_labelings) {
    enum { SIZE = SDR_RBF_PATTERNS * SDR_RBF_ROWS };
    double table[SDR_RBF_FOURS * SIZE];
    for (int c = 0; c < SDR_RBF_FOURS; c++)
        fill_patterns(table + c * SIZE, values + SDR_RBF_ROWS * 4 * c);
    for (int64_t p = 0; p < n_labelings; p++) {
        double sum[SDR_RBF_ROWS] = {0};
        for (int c = 0; c < SDR_RBF_FOURS; c++) {
            const double *entry =
                table + c * SIZE + SDR_RBF_ROWS * patterns[p * stride + c];
            for (int r = 0; r < SDR_RBF_ROWS; r++)
                sum[r] += entry[r];
        }
        for (int r = 0; r < SDR_RBF_ROWS; r++)
            sums[SDR_RBF_ROWS * p + r] += sum[r];
    }
}

void sdr_rbf_fill_scalar(sdr_rbf_kernels *kernels) {
    kernels->tile = tile;
    kernels->add = add;
}
