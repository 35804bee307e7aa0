/*
 * Moments of a sum T of terms over cells, both margins of the table given.
 *
 * The rows x of the smaller side in the cells are binomial with one q = drawn / N, on
 * condition that their sum S is `drawn`. With k[a, b] the sum over cells of the joint
 * cumulants of term and x, and T less its regression on S (marked '), Laplace's method
 * for the Fourier integral over S = E S gives, up to terms in 1 / Var(S)^2,
 *
 *   variance = k'[2,0] - (k'[2,2] / v - (k'[1,2] / v)^2 - k'[2,1] k[0,3] / v^2) / 2,
 *   third    = k'[3,0] - (k'[3,2] / v - 3 k'[2,2] k'[1,2] / v^2 + 2 (k'[1,2] / v)^3)/2
 *              + k'[3,1] k[0,3] / (2 v^2) + 3 k'[2,1] (k'[1,3] / v^2
 *              - 2 k[0,3] k'[1,2] / v^3) / 2,        v = k[0,2].
 *
 * The mean is exact: the hypergeometric law of each cell. Of Pearson's statistic the
 * variance is Haldane's (1940), of chi-square cells 2 (K - 1) and 8 (K - 1).
 */
#include <math.h>

#include "metrics/counts/blocks.h"

enum { POWERS_OF_TERM = 4, POWERS_OF_ROWS = 6 };

typedef double joint[POWERS_OF_TERM][POWERS_OF_ROWS];

/* The mean of the term under the hypergeometric law of a cell. */
static double exact_mean(const count_table *table, const count_block *block) {
    int64_t r = block->rows, m = table->drawn, rest = table->total - m - r;
    int64_t low = block->low < -rest ? -rest : block->low;
    int64_t high = block->high < m ? block->high : m;
    int64_t mode =
        (int64_t)((double)(r + 1) * ((double)(m + 1) / (double)(r + m + rest + 2)));
    mode = mode < low ? low : mode > high ? high : mode;
    double weight = 1.0, sum = 1.0, mean = block->values[mode - block->low];
    for (int64_t x = mode; x < high; x++) {
        weight *= (double)(r - x) / (double)(x + 1) *
                  ((double)(m - x) / (double)(rest + x + 1));
        sum += weight;
        mean += weight * block->values[x + 1 - block->low];
    }
    weight = 1.0;
    for (int64_t x = mode; x > low; x--) {
        weight *= (double)x / (double)(r - x + 1) *
                  ((double)(rest + x) / (double)(m - x + 1));
        sum += weight;
        mean += weight * block->values[x - 1 - block->low];
    }
    return mean / sum;
}

/* Central moments of term and rows of a cell where rows are binomial. */
static void central_moments(joint mu, const count_block *block, const double *law,
                            double expected) {
    int64_t width = block->high - block->low + 1;
    double mean = 0.0;
    for (int64_t i = 0; i < width; i++)
        mean += law[i] * block->values[i];
    for (int64_t i = 0; i < width; i++) {
        double t = block->values[i] - mean, x = (double)(block->low + i) - expected;
        double of_term = law[i];
        for (int a = 0; a < POWERS_OF_TERM; a++, of_term *= t) {
            double both = of_term;
            for (int b = 0; a + b <= 5 && b < POWERS_OF_ROWS; b++, both *= x)
                mu[a][b] += both;
        }
    }
}

/* Adds the joint cumulants of `cells` such cells. */
static void add_cumulants(joint k, joint mu, double cells) {
    k[1][1] += cells * mu[1][1];
    k[1][2] += cells * mu[1][2];
    k[1][3] += cells * (mu[1][3] - 3.0 * mu[1][1] * mu[0][2]);
    k[1][4] +=
        cells * (mu[1][4] - 6.0 * mu[1][2] * mu[0][2] - 4.0 * mu[0][3] * mu[1][1]);
    k[2][0] += cells * mu[2][0];
    k[2][1] += cells * mu[2][1];
    k[2][2] += cells * (mu[2][2] - mu[2][0] * mu[0][2] - 2.0 * mu[1][1] * mu[1][1]);
    k[2][3] += cells * (mu[2][3] - 6.0 * mu[1][2] * mu[1][1] -
                        3.0 * mu[2][1] * mu[0][2] - mu[0][3] * mu[2][0]);
    k[3][0] += cells * mu[3][0];
    k[3][1] += cells * (mu[3][1] - 3.0 * mu[2][0] * mu[1][1]);
    k[3][2] += cells * (mu[3][2] - mu[3][0] * mu[0][2] - 6.0 * mu[2][1] * mu[1][1] -
                        3.0 * mu[1][2] * mu[2][0]);
}

/* Cumulants of the binomial sum of all rows. */
static void set_cumulants_of_rows(joint k, double total, double q) {
    double v = total * q * (1.0 - q);
    k[0][2] = v;
    k[0][3] = v * (1.0 - 2.0 * q);
    k[0][4] = v * (1.0 - 6.0 * q * (1.0 - q));
    k[0][5] = v * (1.0 - 2.0 * q) * (1.0 - 12.0 * q * (1.0 - q));
}

/* Those of the term less `slope` times the rows. */
static void regress(joint k, double slope) {
    for (int b = 0; b <= 2; b++)
        k[3][b] -= slope * (3.0 * k[2][b + 1] -
                            slope * (3.0 * k[1][b + 2] - slope * k[0][b + 3]));
    for (int b = 0; b <= 3; b++)
        k[2][b] -= slope * (2.0 * k[1][b + 1] - slope * k[0][b + 2]);
    for (int b = 1; b <= 4; b++)
        k[1][b] -= slope * k[0][b + 1];
}

void sdr_count_moments(sdr_count_law *out, const count_table *table, double *scratch) {
    joint k = {{0.0}};
    double q = (double)table->drawn / (double)table->total;
    out->mean = 0.0;
    for (int64_t b = 0; b < table->n_blocks; b++) {
        const count_block *block = &table->blocks[b];
        joint mu = {{0.0}};
        sdr_count_binomial(scratch, block, q);
        central_moments(mu, block, scratch, (double)block->rows * q);
        add_cumulants(k, mu, (double)block->cells);
        out->mean += (double)block->cells * exact_mean(table, block);
    }
    set_cumulants_of_rows(k, (double)table->total, q);
    regress(k, k[1][1] / k[0][2]);
    double v = k[0][2], bend = k[1][2] / v, skew = k[0][3] / v;
    out->variance = k[2][0] - 0.5 * (k[2][2] / v - bend * bend - k[2][1] / v * skew);
    out->third =
        k[3][0] -
        0.5 * (k[3][2] / v - 3.0 * k[2][2] / v * bend + 2.0 * bend * bend * bend) +
        0.5 * k[3][1] / v * skew +
        1.5 * k[2][1] / v * (k[1][3] / v - 2.0 * skew * bend);
}
