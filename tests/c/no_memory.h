/*
 * Entry points that allocate, with each of their allocations failing: once, and from
 * there on. They say so, keep no block, and the next call gives what it always gives.
 */
#ifndef TEST_NO_MEMORY_H
#define TEST_NO_MEMORY_H

#include "support.h"

#include <stdatomic.h>

#include "simdrift/drift.h"
#include "simdrift/weighted.h"

enum {
    ROWS = ASAN || TSAN ? 20000 : 150000,
    FEW = 200,
    DIGEST = 8,
    MOST_FAILURES = 4000
};

/* --- An allocator that fails, from any thread ----------------------------------------
 */

typedef struct failing {
    atomic_int calls, live;
    int first; /* the allocation that fails */
    bool for_ever;
} failing;

static void *fail_or_allocate(void *user, size_t bytes) {
    failing *f = user;
    int call = atomic_fetch_add(&f->calls, 1);
    if (call == f->first || (call > f->first && f->for_ever)) return NULL;
    void *block = aligned_alloc(64, bytes);
    if (block != NULL) atomic_fetch_add(&f->live, 1);
    return block;
}

static void release(void *user, void *block) {
    atomic_fetch_sub(&((failing *)user)->live, 1);
    free(block);
}

/* --- What the calls are given --------------------------------------------------------
 */

static double values[2][ROWS], weights[FEW], sorted[FEW];
static int64_t integers[ROWS];
static char characters[ROWS * 2];
static int32_t offsets[ROWS + 1];
static int8_t codes[ROWS];
static uint8_t labels[2 * FEW];
static sdr_column x, y, whole, tiny, text;
static sdr_prepared *prepared_x, *prepared_y;
static sdr_weighted weighted;
static sdr_context context;

static sdr_column text_column(void) {
    sdr_view view = {.type = SDR_TYPE_UTF8,
                     .length = ROWS,
                     .data = (const uint8_t *)offsets,
                     .stride = sizeof *offsets,
                     .bytes = (const uint8_t *)characters,
                     .bytes_size = sizeof characters};
    sdr_column column;
    assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
    return column;
}

static int prepare(void **state) {
    (void)state;
    uint64_t seed = 7;
    for (int i = 0; i < ROWS; i++) {
        values[0][i] = random_normal(&seed);
        values[1][i] = random_normal(&seed) + 0.1;
        integers[i] = (INT64_C(1) << 60) + (int64_t)(random_bits(&seed) % 3000);
        codes[i] = (int8_t)(random_bits(&seed) % 3);
        offsets[i + 1] = offsets[i] + (int32_t)(random_bits(&seed) % 3);
    }
    for (size_t i = 0; i < sizeof characters; i++)
        characters[i] = (char)('a' + random_bits(&seed) % 4);
    for (int i = 0; i < FEW; i++)
        weights[i] = 1 + i % 3, sorted[i] = i, labels[i] = labels[FEW + i] = i % 2;
    x = column_of(values[0], ROWS);
    y = column_of(values[1], ROWS);
    whole = column_of_type(SDR_TYPE_INT64, integers, sizeof *integers, ROWS, NULL);
    tiny = column_of_type(SDR_TYPE_INT8, codes, 1, ROWS, NULL);
    text = text_column();
    assert_int_equal(sdr_prepared_new(&prepared_x, &x, NULL, NULL), SDR_OK);
    assert_int_equal(sdr_prepared_new(&prepared_y, &y, NULL, NULL), SDR_OK);
    return sdr_weighted_sort(&weighted, values[0], weights, FEW, NULL, NULL);
}

static int clean_up(void **state) {
    (void)state;
    sdr_column_reset(&x);
    sdr_column_reset(&y);
    sdr_column_reset(&whole);
    sdr_column_reset(&tiny);
    sdr_column_reset(&text);
    sdr_prepared_free(prepared_x);
    sdr_prepared_free(prepared_y);
    sdr_weighted_reset(&weighted);
    return 0;
}

static const double q[2] = {0.1, 0.5};
static const double edges[3] = {-1, 0, 1};

/* --- The calls -------------------------------------------------------------------- */

/* Writes numbers of its answer. */
typedef struct entry {
    const char *name;
    sdr_code (*call)(double *out, sdr_error *error);
} entry;
#define ENTRY(name) {#name, call_##name}

static void note_two_sample(double *out, const sdr_two_sample *t) {
    out[0] = t->ks, out[1] = t->wasserstein, out[2] = t->ks_location;
}

static void note_ranks(double *out, const sdr_rank_statistics *r) {
    out[0] = r->anderson_darling, out[1] = r->energy, out[2] = (double)r->u2.low;
}

static void expect_same(const entry *e, const double *expected) {
    double out[DIGEST] = {0};
    if (e->call(out, NULL) != SDR_OK) fail_msg("%s", e->name);
    assert_memory_equal(out, expected, sizeof out);
}

/* Whether there was an allocation to fail. */
static bool fail_at(const entry *e, int k, bool for_ever, const double *expected) {
    failing f = {.first = k, .for_ever = for_ever};
    const sdr_allocator hook = {fail_or_allocate, release, &f};
    double out[DIGEST] = {0};
    sdr_error error = {.code = SDR_OK};
    sdr_allocator_set(&hook);
    sdr_code code = e->call(out, &error);
    sdr_allocator_set(NULL);
    bool failed = atomic_load(&f.calls) > k;
    if (atomic_load(&f.live) != 0)
        fail_msg("%s: %d blocks are left after allocation %d failed", e->name,
                 atomic_load(&f.live), k);
    if (code != (failed ? SDR_NO_MEMORY : SDR_OK))
        fail_msg("%s: code %d after allocation %d failed: %d", e->name, (int)code, k,
                 failed);
    if (!failed) return false;
    assert_int_equal(error.code, SDR_NO_MEMORY);
    assert_true(error.message[0] != '\0');
    expect_same(e, expected);
    return true;
}

static void expect_no_memory(const entry *entries, size_t n, int threads) {
    context = (sdr_context){.threads = threads};
    for (const entry *e = entries; e < entries + n; e++) {
        double expected[DIGEST] = {0};
        if (e->call(expected, NULL) != SDR_OK) fail_msg("%s", e->name);
        for (int mode = 0; mode < 2; mode++) {
            int k = 0;
            while (k < MOST_FAILURES && fail_at(e, k, mode == 1, expected))
                k++;
            assert_true(k < MOST_FAILURES);
        }
    }
}

#endif
