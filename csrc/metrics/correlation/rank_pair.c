/*
 * Spearman's rho and Kendall's tau-b of two columns of dense ranks: correlation.h.
 *
 * Rho: average ranks, doubled and less their mean, are integers, and so are their sums
 * of products. Tau-b (Knight 1966): rows are sorted by x, then y; a pair is discordant
 * where y falls. Such pairs are counted bit by bit from the first: rows with a 0 behind
 * one with a 1, then both kinds on their own; short ranges by comparing. Everything is
 * an exact integer until the last division.
 *
 * Time O(n log n), sequential reads and writes but for the table of ranks. Memory: 16
 * bytes a row and 16 a level.
 */
#include "simdrift/correlation.h"

#include <math.h>
#include <string.h>

#include "core/parallel.h"
#include "metrics/common/exact.h"
#include "metrics/common/sort.h"

enum { Y_BITS = 31, FEW = 32, POLL_ROWS = 1 << 22 };

typedef struct levels {
    int64_t *centered; /* a level's doubled average rank less n + 1 */
    int64_t n;
    int64_t ties; /* pairs */
    sdr_int128 squares;
} levels;

/* --- ranks --- */

static int64_t pairs_of(int64_t n) {
    return n % 2 == 0 ? n / 2 * (n - 1) : (n - 1) / 2 * n;
}

static void count_rows(sdr_rank_pair *out, levels *lx, levels *ly, const int32_t *x,
                       const int32_t *y, int64_t n) {
    if (lx->n == n && ly->n == n) { /* so many levels: each row has one of its own */
        for (int64_t i = 0; i < n; i++)
            lx->centered[i] = ly->centered[i] = 1;
        out->n = n;
        return;
    }
    for (int64_t i = 0; i < n; i++) {
        if (x[i] < 0 || y[i] < 0) continue;
        lx->centered[x[i]]++;
        ly->centered[y[i]]++;
        out->n++;
    }
}

/* Counts become centered ranks. */
static void center(levels *l, int64_t n) {
    int64_t before = 0;
    for (int64_t i = 0; i < l->n; i++) {
        int64_t count = l->centered[i];
        int64_t rank =
            2 * before + count - n; /* 2 (before + (count + 1) / 2) - n - 1 */
        l->centered[i] = rank;
        l->squares += (sdr_int128)rank * rank * count;
        l->ties += pairs_of(count);
        before += count;
    }
}

static void set_spearman(sdr_rank_pair *out, const levels *lx, const levels *ly,
                         const int32_t *x, const int32_t *y, int64_t n) {
    sdr_int128 sum = 0;
    out->spearman = NAN;
    out->spearman_status = out->n < 2 ? SDR_STATUS_TOO_FEW_ROWS : SDR_STATUS_CONSTANT;
    if (out->n < 2 || lx->squares == 0 || ly->squares == 0) return;
    const bool is_plain = lx->n == n && ly->n == n; /* each rank once: no table */
    for (int64_t i = 0; is_plain && i < n; i++)
        sum += (sdr_int128)(2 * (int64_t)x[i] + 1 - n) * (2 * (int64_t)y[i] + 1 - n);
    for (int64_t i = 0; !is_plain && i < n; i++)
        if (x[i] >= 0 && y[i] >= 0)
            sum += (sdr_int128)lx->centered[x[i]] * ly->centered[y[i]];
    out->spearman =
        (double)sum / (sqrt((double)lx->squares) * sqrt((double)ly->squares));
    if (out->spearman > 1.0) out->spearman = 1.0;
    if (out->spearman < -1.0) out->spearman = -1.0;
    out->spearman_status = SDR_STATUS_OK;
}

/* --- discordant pairs --- */

typedef struct counter {
    int32_t *spare; /* room for all rows */
    const sdr_context *context;
    sdr_error *error;
    int64_t inversions;
} counter;

static int64_t compare_all(const int32_t *v, int64_t n) {
    int64_t inversions = 0;
    for (int64_t i = 1; i < n; i++) {
        int32_t above = 0;
        for (int64_t k = 0; k < i; k++)
            above += v[k] > v[i];
        inversions += above;
    }
    return inversions;
}

/* Values with a 0 first, both kinds in their order; returns how many. No branches. */
static int64_t split(counter *c, int32_t *v, int64_t n, int bit) {
    int32_t *spare = c->spare;
    int64_t zeros = 0, ones = 0, inversions = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t value = v[i];
        int64_t is_one = value >> bit & 1;
        v[zeros] = value; /* zeros <= i */
        spare[ones] = value;
        inversions += ones & (is_one - 1);
        ones += is_one;
        zeros = i + 1 - ones;
    }
    memcpy(v + zeros, spare, (size_t)ones * sizeof *v);
    c->inversions += inversions;
    return zeros;
}

/* Pairs i < k with v[i] > v[k], of values that agree in all bits above `bit`. */
static sdr_code count_inversions(counter *c, int32_t *v, int64_t n, int bit) {
    if (n <= FEW) {
        c->inversions += compare_all(v, n);
        return SDR_OK;
    }
    if (bit < 0) return SDR_OK; /* all are equal */
    if (n >= POLL_ROWS) SDR_TRY(sdr_poll(c->context, 0, n, c->error));
    int64_t zeros = split(c, v, n, bit);
    int64_t ones = n - zeros;
    SDR_TRY(count_inversions(c, v, zeros, bit - 1));
    return count_inversions(c, v + zeros, ones, bit - 1);
}

/* Words of rows in order of x, then y; runs of equal ones are ties in both. */
static void take_y(sdr_rank_pair *out, int32_t *v, const sdr_key *words, int64_t n) {
    for (int64_t i = 0, first = 0; i < n; i++) {
        v[i] = (int32_t)(words[i] & INT32_MAX);
        if (i + 1 < n && words[i + 1] == words[i]) continue;
        out->ties_both += pairs_of(i + 1 - first);
        first = i + 1;
    }
}

static sdr_code count_discordant(sdr_rank_pair *out, const int32_t *x, const int32_t *y,
                                 int64_t n, int64_t levels_y,
                                 const sdr_context *context, sdr_error *error) {
    size_t rows = (size_t)out->n;
    sdr_key *words = sdr_allocate(2 * rows * sizeof *words);
    if (words == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %zu pairs", rows);
    sdr_key *scratch = words + rows;
    int64_t m = 0;
    for (int64_t i = 0; i < n; i++)
        if (x[i] >= 0 && y[i] >= 0)
            words[m++] = (uint64_t)x[i] << Y_BITS | (uint64_t)y[i];
    const sdr_sort_job job = {.keys = words, .scratch = scratch, .n = m};
    sdr_code code = sdr_sort_jobs(&job, 1, context, error);
    if (code == SDR_OK) {
        int32_t *v = (int32_t *)(void *)scratch;
        counter c = {(int32_t *)(void *)words, context, error, 0};
        take_y(out, v, words, m);
        int bits = levels_y < 2 ? 0 : 64 - __builtin_clzll((uint64_t)levels_y - 1);
        code = count_inversions(&c, v, m, bits - 1);
        out->discordant = c.inversions;
    }
    sdr_release(words);
    return code;
}

static void set_kendall(sdr_rank_pair *out) {
    int64_t all = pairs_of(out->n);
    int64_t x = all - out->ties_x, y = all - out->ties_y;
    out->kendall_status = out->n < 2 ? SDR_STATUS_TOO_FEW_ROWS : SDR_STATUS_CONSTANT;
    out->kendall = NAN;
    if (out->n < 2 || x == 0 || y == 0) return;
    int64_t difference =
        x - out->ties_y + out->ties_both - 2 * out->discordant; /* concordant less */
    out->kendall = (double)difference / (sqrt((double)x) * sqrt((double)y));
    if (out->kendall > 1.0) out->kendall = 1.0;
    if (out->kendall < -1.0) out->kendall = -1.0;
    out->kendall_status = SDR_STATUS_OK;
}

/* --- a pair --- */

static int64_t levels_of(const int32_t *ranks, int64_t n) {
    int32_t most = -1;
    for (int64_t i = 0; i < n; i++)
        most = ranks[i] > most ? ranks[i] : most;
    return (int64_t)most + 1;
}

sdr_code sdr_rank_pair_of(sdr_rank_pair *out, const int32_t *x, const int32_t *y,
                          int64_t n, bool kendall, const sdr_context *context,
                          sdr_error *error) {
    levels lx = {.n = levels_of(x, n)}, ly = {.n = levels_of(y, n)};
    size_t bytes = (size_t)(lx.n + ly.n) * sizeof *lx.centered;
    *out = (sdr_rank_pair){.kendall = NAN};
    lx.centered = sdr_allocate(bytes);
    if (lx.centered == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld ranks",
                             (long long)(lx.n + ly.n));
    memset(lx.centered, 0, bytes);
    ly.centered = lx.centered + lx.n;
    count_rows(out, &lx, &ly, x, y, n);
    center(&lx, out->n);
    center(&ly, out->n);
    out->ties_x = lx.ties;
    out->ties_y = ly.ties;
    set_spearman(out, &lx, &ly, x, y, n);
    sdr_release(lx.centered);
    if (!kendall) return SDR_OK;
    SDR_TRY(count_discordant(out, x, y, n, ly.n, context, error));
    set_kendall(out);
    return SDR_OK;
}
