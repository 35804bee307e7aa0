/* What C tests share: seeded random numbers, every ISA, columns over float64. */
#ifndef SIMDRIFT_TESTS_SUPPORT_H
#define SIMDRIFT_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "simdrift/simdrift.h"

/* splitmix64: the same numbers on every machine. */
static inline uint64_t random_bits(uint64_t *seed) {
    uint64_t z = (*seed += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* Uniform in [0, 1). */
static inline double random_unit(uint64_t *seed) {
    return (double)(random_bits(seed) >> 11) * 0x1p-53;
}

/* Standard normal (sum of twelve uniforms: near enough, and exact to reproduce). */
static inline double random_normal(uint64_t *seed) {
    double sum = -6.0;
    for (int i = 0; i < 12; i++)
        sum += random_unit(seed);
    return sum;
}

/* for (EACH_ISA(isa)) { ... } runs the body with every ISA of this machine forced. */
static inline int next_isa(int isa) {
    while (isa < SDR_ISA_COUNT && sdr_isa_force((sdr_isa)isa, NULL) != SDR_OK)
        isa++;
    return isa;
}
#define EACH_ISA(isa)                                                                  \
    int isa = next_isa(0);                                                             \
    isa < SDR_ISA_COUNT;                                                               \
    isa = next_isa(isa + 1)

/* A column over contiguous float64. Reset it. */
static inline sdr_column column_of(const double *values, int64_t n) {
    sdr_view view;
    sdr_column column;
    assert_int_equal(sdr_view_init_strided(&view, SDR_TYPE_FLOAT64, SDR_UNIT_NONE,
                                           false, values, n, sizeof *values, NULL, 0,
                                           NULL),
                     SDR_OK);
    assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
    return column;
}

#endif
