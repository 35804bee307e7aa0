/* What C tests share: seeded random numbers, every ISA, columns over float64. */
#ifndef SIMDRIFT_TESTS_SUPPORT_H
#define SIMDRIFT_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "simdrift/simdrift.h"

#if defined(__has_feature)
#define HAS_FEATURE(name) __has_feature(name)
#else
#define HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_THREAD__) || HAS_FEATURE(thread_sanitizer)
enum { TSAN = true }; /* knows no forked child of a process with threads */
#else
enum { TSAN = false };
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_FEATURE(address_sanitizer)
enum { ASAN = true }; /* takes address space for itself */
#else
enum { ASAN = false };
#endif

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

/* A column over contiguous values of one type; mask: not 0 is null, or NULL.
 * Reset it. */
static inline sdr_column column_of_type(sdr_type type, const void *values, size_t size,
                                        int64_t n, const uint8_t *mask) {
    sdr_view view;
    sdr_column column;
    assert_int_equal(sdr_view_init_strided(&view, type, SDR_UNIT_NONE, false, values, n,
                                           (ptrdiff_t)size, mask, mask != NULL, NULL),
                     SDR_OK);
    assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
    return column;
}

static inline sdr_column column_of(const double *values, int64_t n) {
    return column_of_type(SDR_TYPE_FLOAT64, values, sizeof *values, n, NULL);
}

/* --- Allocations that fail -------------------------------------------------------- */

typedef struct failing_allocator {
    int until_failure; /* allocations that still succeed; negative: all */
    int live;          /* blocks not released */
    int calls;
} failing_allocator;

static inline void *failing_allocate(void *user, size_t bytes) {
    failing_allocator *f = user;
    f->calls++;
    if (f->until_failure == 0) return NULL;
    if (f->until_failure > 0) f->until_failure--;
    void *block = aligned_alloc(64, bytes);
    if (block != NULL) f->live++;
    return block;
}

static inline void failing_release(void *user, void *block) {
    ((failing_allocator *)user)->live--;
    free(block);
}

/* Runs `call` with each of its allocations failing in turn: it must return
 * SDR_NO_MEMORY and keep no block. Returns how many allocations it makes. Serial. */
static inline int expect_no_memory_everywhere(sdr_code (*call)(void *user,
                                                               sdr_error *error),
                                              void *user) {
    for (int k = 0;; k++) {
        failing_allocator f = {.until_failure = k};
        const sdr_allocator hook = {failing_allocate, failing_release, &f};
        sdr_error error;
        sdr_allocator_set(&hook);
        sdr_code code = call(user, &error);
        sdr_allocator_set(NULL);
        assert_int_equal(f.live, 0);
        if (f.calls <= k) {
            assert_int_equal(code, SDR_OK);
            return k;
        }
        assert_int_equal(code, SDR_NO_MEMORY);
        assert_int_equal(error.code, SDR_NO_MEMORY);
        assert_true(error.message[0] != '\0');
    }
}

#endif
