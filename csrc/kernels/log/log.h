/*
 * Kernel family "log": the natural logarithm, and sums of losses of probabilities.
 *
 * A row's loss is -ln q, q the probability that was given to what came true, held
 * between `least` and 1 - least; its Brier score is the sum over the classes of
 * (probability - 1 where it came true, else - 0)^2, of the one probability in a binary
 * case. Rows are summed as everywhere: row i of a block belongs to lane i mod 8.
 *
 * A row takes part where its target is one of the classes, no probability is NaN, all
 * lie in [0, 1], and its weight, where there are weights, is above 0.
 *
 * Accuracy: the logarithm within one ulp for normal numbers above 0; without weights a
 * sum of losses within 2^-53 a row and rounding, and squares are of losses within 1.3e-7
 * of their own (`rough`), see value.h.
 */
#ifndef SDR_KERNELS_LOG_H
#define SDR_KERNELS_LOG_H

#include <stdint.h>

enum {
    SDR_LOG_LANES = 8,
    SDR_LOG_STRIP = 512 /* rows whose classes are gone through */
};

/* Sums over the rows that take part, a lane each; all zero at first. */
typedef struct sdr_log_lanes {
    double weight[SDR_LOG_LANES],
        weight_squares[SDR_LOG_LANES]; /* with weights alone */
    double loss[SDR_LOG_LANES];
    double rough[SDR_LOG_LANES]; /* losses as they were squared; with weights none */
    double loss_squares[SDR_LOG_LANES];
    double brier[SDR_LOG_LANES], brier_squares[SDR_LOG_LANES];
    int64_t n;
    int64_t not_one; /* of them, rows whose probabilities do not sum to 1 */
} sdr_log_lanes;

/* What is known of the rows of a strip, class by class; all zero at first. */
typedef struct sdr_log_strip {
    double picked[SDR_LOG_STRIP]; /* the probability of what came true */
    double total[SDR_LOG_STRIP];  /* of all classes */
    double brier[SDR_LOG_STRIP];
    double within[SDR_LOG_STRIP]; /* how many classes lie in [0, 1] */
} sdr_log_strip;

typedef struct sdr_log_kernels {
    /* out[i] = ln values[i]; normal numbers above 0. */
    void (*values)(double *out, const double *values, int64_t n);
    /* Two classes: targets are 0 or 1, p the probability of 1. weights: NULL for none.
     * n: a multiple of 8, or the last rows of a block. least: 2^-60 or more. */
    void (*binary)(sdr_log_lanes *sums, const double *targets, const double *p,
                   const double *weights, int64_t n, double least);
    /* One class of several: p is its probability, targets are codes. n <= STRIP. */
    void (*add_class)(sdr_log_strip *strip, const double *targets, const double *p,
                      int64_t n, double code);
    /* The rows of a strip whose classes, as many, were added. */
    void (*add_strip)(sdr_log_lanes *sums, const sdr_log_strip *strip,
                      const double *targets, const double *weights, int64_t n,
                      double classes, double least, double tolerance);
} sdr_log_kernels;

void sdr_log_fill_scalar(sdr_log_kernels *kernels);
void sdr_log_fill_avx2(sdr_log_kernels *kernels);
void sdr_log_fill_avx512(sdr_log_kernels *kernels);
void sdr_log_fill_neon(sdr_log_kernels *kernels);

#endif
