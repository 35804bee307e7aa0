/* The Gaussian kernel with eight rows as lanes. */
#include "kernels/exp_lanes.h"
#include "kernels/rbf/rbf.h"

/* Four columns: the rows are loaded once for all of them. */
static inline void four_columns(double *values, const double *rows,
                                const double *columns, int64_t d, lanes scale) {
    lanes sum[4] = {lanes_all(0.0), lanes_all(0.0), lanes_all(0.0), lanes_all(0.0)};
    for (int64_t f = 0; f < d; f++) {
        lanes row = lanes_load(rows + SDR_RBF_ROWS * f);
        for (int j = 0; j < 4; j++) {
            lanes difference = lanes_sub(row, lanes_all(columns[d * j + f]));
            sum[j] = lanes_add(sum[j], lanes_mul(difference, difference));
        }
    }
    for (int j = 0; j < 4; j++)
        lanes_store(values + SDR_RBF_ROWS * j, exp_lanes(lanes_mul(sum[j], scale)));
}

static void tile(double *values, const double *rows, const double *columns, int64_t d,
                 double gamma) {
    for (int j = 0; j < SDR_RBF_COLUMNS; j += 4)
        four_columns(values + SDR_RBF_ROWS * j, rows, columns + d * j, d,
                     lanes_all(-gamma));
}

/* Sums of four columns' values under each pattern: 16 times eight lanes. */
static inline void fill_patterns(double *table, const double *values) {
    lanes zero = lanes_all(0.0), first = lanes_load(values);
    lanes second = lanes_load(values + SDR_RBF_ROWS);
    lanes third = lanes_load(values + 2 * SDR_RBF_ROWS);
    lanes fourth = lanes_load(values + 3 * SDR_RBF_ROWS);
    lanes low[4] = {zero, first, second, lanes_add(first, second)};
    lanes high[4] = {zero, third, fourth, lanes_add(third, fourth)};
    for (int pattern = 0; pattern < SDR_RBF_PATTERNS; pattern++)
        lanes_store(table + SDR_RBF_ROWS * pattern,
                    lanes_add(low[pattern & 3], high[pattern >> 2]));
}

static inline lanes entry_of(const double *table, int c, uint8_t pattern) {
    return lanes_load(table + SDR_RBF_ROWS * (SDR_RBF_PATTERNS * c + pattern));
}

/* Labelings whose sums wait for each other: as many as hide an addition's latency. */
enum { TOGETHER = LANES_WIDE ? 4 : 2 };

static inline void add_labelings(double *sums, const double *table,
                                 const uint8_t *patterns, int64_t stride, int n) {
    lanes sum[TOGETHER];
    for (int p = 0; p < n; p++)
        sum[p] = lanes_all(0.0);
    for (int c = 0; c < SDR_RBF_FOURS; c++)
        for (int p = 0; p < n; p++)
            sum[p] = lanes_add(sum[p], entry_of(table, c, patterns[p * stride + c]));
    for (int p = 0; p < n; p++) {
        double *to = sums + SDR_RBF_ROWS * p;
        lanes_store(to, lanes_add(lanes_load(to), sum[p]));
    }
}

static void add(double *sums, const double *values, const uint8_t *patterns,
                int64_t stride, int64_t n_labelings) {
    _Alignas(64) double table[SDR_RBF_FOURS * SDR_RBF_PATTERNS * SDR_RBF_ROWS];
    for (int c = 0; c < SDR_RBF_FOURS; c++)
        fill_patterns(table + SDR_RBF_ROWS * SDR_RBF_PATTERNS * c,
                      values + SDR_RBF_ROWS * 4 * c);
    int64_t p = 0;
    for (; p + TOGETHER <= n_labelings; p += TOGETHER)
        add_labelings(sums + SDR_RBF_ROWS * p, table, patterns + p * stride, stride,
                      TOGETHER);
    for (; p < n_labelings; p++)
        add_labelings(sums + SDR_RBF_ROWS * p, table, patterns + p * stride, stride, 1);
}

#define SDR_RBF_FILL(isa)                                                              \
    void sdr_rbf_fill_##isa(sdr_rbf_kernels *kernels) {                                \
        kernels->tile = tile;                                                          \
        kernels->add = add;                                                            \
    }
