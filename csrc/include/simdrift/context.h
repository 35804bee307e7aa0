/*
 * How a call runs: threads, cancellation, memory, and what the machine offers.
 *
 * Threads: context->threads if > 0, else SIMDRIFT_NUM_THREADS, else OMP_NUM_THREADS,
 * else min(CPU affinity, cgroup quota). Results never depend on it.
 */
#ifndef SIMDRIFT_CONTEXT_H
#define SIMDRIFT_CONTEXT_H

#include <stdbool.h>

#include "simdrift/status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Every parameter may be zero; a NULL context means: all zero. */
typedef struct sdr_context {
    int threads; /* 0: the rule above */
    /* Called by the calling thread only, between slices of some 50 ms. Not 0: stop, the
     * call returns SDR_CANCELLED. `done` of `total` blocks of the current pass. */
    int (*poll)(void *user, int64_t done, int64_t total);
    void *user;
} sdr_context;

/* The thread count the rule gives for this context now (>= 1). */
SDR_API int sdr_context_threads(const sdr_context *context);

typedef enum sdr_isa {
    SDR_ISA_SCALAR = 0,
    SDR_ISA_AVX2 = 1,
    SDR_ISA_AVX512 = 2,
    SDR_ISA_NEON = 3,
    SDR_ISA_COUNT
} sdr_isa;

/* 'scalar', 'avx2', 'avx512', 'neon'; NULL for a number that is none. */
SDR_API const char *sdr_isa_name(sdr_isa isa);
/* The ISA in use: chosen at load by CPU detection, or by SIMDRIFT_ISA. */
SDR_API sdr_isa sdr_isa_active(void);
/* Whether this build and this CPU have it. SDR_ISA_SCALAR always is. */
SDR_API bool sdr_isa_available(sdr_isa isa);
/* Switches every kernel to one ISA; for tests and benchmarks, not thread-safe.
 * SDR_INVALID_ARGUMENT where it is not available. */
SDR_API sdr_code sdr_isa_force(sdr_isa isa, sdr_error *error);
/* Message to show where SIMDRIFT_ISA named one that is unknown or not available (then
 * the best available is used), else NULL. */
SDR_API const char *sdr_isa_warning(void);

/* Compiler, flags, OpenMP, version: one line each, static text. */
SDR_API const char *sdr_build_info(void);
SDR_API const char *sdr_version(void);

/* Sums a float64 buffer with prefetch 8 KB ahead: the read bound of benchmarks. */
SDR_API double sdr_read_bound(const double *values, int64_t n);

/* Memory: all of it goes through these; the hook is for tests that let allocation fail.
 * Set before any other call. NULL restores malloc. Blocks are 64-byte aligned. */
typedef struct sdr_allocator {
    void *(*allocate)(void *user, size_t bytes);
    void (*release)(void *user, void *block);
    void *user;
} sdr_allocator;
SDR_API void sdr_allocator_set(const sdr_allocator *allocator);
SDR_API void *
sdr_allocate(size_t bytes); /* NULL on failure; 0 bytes gives a valid block */
SDR_API void sdr_release(void *block); /* NULL allowed */

#ifdef __cplusplus
}
#endif
#endif
