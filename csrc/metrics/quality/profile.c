/*
 * The profile of a column: one pass over its blocks.
 *
 * Floats, booleans and categories of numbers go through the float64 kernel. So do
 * integers and times of a block whose values all lie within EXACT_LIMIT: differences
 * from the anchor, and their sum, are then exact (see kernels/moments/finish.h), and
 * min, max and sum are the integers. Where a block's values are larger but lie near
 * each other (times do), the same is done after a base was subtracted. Other blocks
 * take a path of their own: 128-bit sum, exact extremes, moments about the middle of
 * their range. The mean of an integer column is the exact sum's quotient, rounded once.
 *
 * Where the squares of what floats differ by leave float64's range, the moments are
 * those of a second read, scaled by a power of two: all digits from 1e-300 to 1e300.
 *
 * Time: one read. Memory: a node for each 16 blocks above 65,536 rows, none below.
 */
#include "simdrift/quality.h"

#include "core/two_sum.h"
#include "kernels/dispatch.h"
#include "metrics/common/blocks.h"
#include "metrics/common/exact.h"

#include <math.h>

/* 2^40: the sum of 4096 such integers, and of differences with four binary places,
 * stays within 53 bits. */
static const double EXACT_LIMIT = 0x1p40;

typedef struct source {
    const sdr_column *column;
    void (*block)(sdr_block_moments *out, const double *values, int64_t n, bool masked);
    bool is_unsigned;
    int exponent; /* values are read times 2^-exponent */
} source;

/* times 2^-exponent: in two steps, since that power itself may be out of range */
static double scaled_down(double x, int exponent) {
    int half = exponent / 2;
    return ldexp(ldexp(x, -half), half - exponent);
}

static void profile_of_block(sdr_profile *out, const sdr_block_moments *b,
                             int64_t nulls) {
    *out = (sdr_profile){.rows = b->rows,
                         .nulls = nulls,
                         .nan = b->nan - nulls, /* null is NaN in a block */
                         .pos_inf = b->pos_inf,
                         .neg_inf = b->neg_inf,
                         .zeros = b->zeros,
                         .negatives = b->negatives,
                         .finite = b->finite,
                         .min = b->min,
                         .max = b->max,
                         .sum = b->sum,
                         .mean = b->mean,
                         .mean_low = b->mean_low,
                         .m2 = b->m2,
                         .m3 = b->m3,
                         .m4 = b->m4,
                         .increasing = b->increasing,
                         .decreasing = b->decreasing,
                         .strict = b->strict,
                         .first = b->first,
                         .last = b->last};
}

static void float_leaf(void *out, const void *user, int64_t start, int64_t count,
                       int *hint) {
    const source *s = user;
    double scratch[SDR_BLOCK_ROWS];
    int64_t nulls;
    const double *values =
        sdr_column_load_f64(s->column, start, count, 0, scratch, &nulls);
    sdr_block_moments block;
    s->block(&block, values, count, *hint || nulls > 0);
    *hint = block.finite < count;
    profile_of_block(out, &block, nulls);
}

/* 128-bit sum into its two fields. */
static void set_sum(sdr_profile *out, sdr_int128 sum) {
    out->sum_high = (int64_t)(sum >> 64);
    out->sum_low = (uint64_t)sum;
    out->sum = (double)sum;
}

/* Integers of a block that float64 holds with room to spare. */
static void set_small_integers(sdr_profile *p) {
    p->exact_integer = true;
    if (p->finite == 0) return;
    p->min_i64 = (int64_t)p->min;
    p->max_i64 = (int64_t)p->max;
    p->first_i64 = (int64_t)p->first;
    p->last_i64 = (int64_t)p->last;
    set_sum(p, (sdr_int128)p->sum);
}

/* Keys of a block: the integers, or uint64 minus 2^63. */
typedef struct keys {
    const int64_t *keys;
    const uint8_t *valid;
    int64_t n;
    int64_t min, max, first, last;
    sdr_int128 sum;
} keys;

/* Extremes, ends, sum and order of the valid keys, of which there is at least one. */
static void scan_keys(sdr_profile *p, keys *k) {
    bool up = true, down = true, strict = true, seen = false;
    k->sum = 0;
    for (int64_t i = 0; i < k->n; i++) {
        if (!k->valid[i]) continue;
        int64_t x = k->keys[i];
        if (!seen) k->first = k->last = k->min = k->max = x;
        up = up && x >= k->last;
        down = down && x <= k->last;
        strict = strict && (!seen || x != k->last);
        seen = true;
        if (x < k->min) k->min = x;
        if (x > k->max) k->max = x;
        k->last = x;
        k->sum += x;
    }
    p->increasing = up;
    p->decreasing = down;
    p->strict = strict && (up || down);
}

/* Moments of keys about `base`, which fits into the block's range. */
static void key_moments(sdr_block_moments *out, const keys *k, int64_t base,
                        const source *s) {
    double differences[SDR_BLOCK_ROWS];
    for (int64_t i = 0; i < k->n; i++) {
        int64_t x = k->keys[i];
        uint64_t difference =
            x >= base ? (uint64_t)x - (uint64_t)base : (uint64_t)base - (uint64_t)x;
        double d = x >= base ? (double)difference : -(double)difference;
        differences[i] = k->valid[i] ? d : NAN;
    }
    s->block(out, differences, k->n, true);
}

/* Moments of the values minus `base`, with the mean moved back: base + mean in twice
 * the precision. */
static void take_moments(sdr_profile *p, const sdr_block_moments *of, sdr_int128 base) {
    double high = (double)base, low = (double)(base - (sdr_int128)high), sum, error;
    sdr_two_sum(high, of->mean, &sum, &error);
    sdr_two_sum(sum, error + (low + of->mean_low), &p->mean, &p->mean_low);
    p->m2 = of->m2;
    p->m3 = of->m3;
    p->m4 = of->m4;
}

/* Whether a block's values lie so near each other that differences from the least of
 * them are as good as small integers. 2^39 leaves room for min's own rounding. */
static bool lie_near(const sdr_profile *p, const source *s) {
    return p->max - p->min < EXACT_LIMIT / 2.0 &&
           p->max < (s->is_unsigned ? 0x1p64 : 0x1p63);
}

static void set_near_integers(sdr_profile *p, const source *s, int64_t start,
                              int64_t count) {
    sdr_int128 base = (sdr_int128)p->min;
    double scratch[SDR_BLOCK_ROWS];
    int64_t nulls;
    sdr_block_moments near;
    const double *values =
        sdr_column_load_f64(s->column, start, count, (int64_t)base, scratch, &nulls);
    s->block(&near, values, count, nulls > 0);
    take_moments(p, &near, base);
    p->exact_integer = true;
    p->increasing = near.increasing;
    p->decreasing = near.decreasing;
    p->strict = near.strict;
    p->min_i64 = (int64_t)(base + (sdr_int128)near.min);
    p->max_i64 = (int64_t)(base + (sdr_int128)near.max);
    p->first_i64 = (int64_t)(base + (sdr_int128)near.first);
    p->last_i64 = (int64_t)(base + (sdr_int128)near.last);
    set_sum(p, base * p->finite + (sdr_int128)near.sum);
}

static void set_far_integers(sdr_profile *p, const source *s, int64_t start,
                             int64_t count) {
    int64_t scratch[SDR_BLOCK_ROWS], nulls;
    uint8_t valid[SDR_BLOCK_ROWS];
    keys k = {.valid = valid, .n = count};
    k.keys = sdr_column_load_i64(s->column, start, count, scratch, valid, &nulls);
    sdr_int128 bias = s->is_unsigned ? (sdr_int128)1 << 63 : 0;
    scan_keys(p, &k);
    sdr_block_moments moments;
    int64_t base = (int64_t)((uint64_t)k.min + ((uint64_t)k.max - (uint64_t)k.min) / 2);
    key_moments(&moments, &k, base, s);
    take_moments(p, &moments, base + bias);
    p->exact_integer = true;
    p->min_i64 = (int64_t)(k.min + bias);
    p->max_i64 = (int64_t)(k.max + bias);
    p->first_i64 = (int64_t)(k.first + bias);
    p->last_i64 = (int64_t)(k.last + bias);
    set_sum(p, k.sum + bias * p->finite);
}

static void integer_leaf(void *out, const void *user, int64_t start, int64_t count,
                         int *hint) {
    const source *s = user;
    sdr_profile *profile = out;
    float_leaf(out, user, start, count, hint);
    if (profile->finite == 0 ||
        (profile->min > -EXACT_LIMIT && profile->max < EXACT_LIMIT))
        set_small_integers(profile);
    else if (lie_near(profile, s))
        set_near_integers(profile, s, start, count);
    else
        set_far_integers(profile, s, start, count);
}

static void scaled_leaf(void *out, const void *user, int64_t start, int64_t count,
                        int *hint) {
    const source *s = user;
    double scratch[SDR_BLOCK_ROWS], scaled[SDR_BLOCK_ROWS];
    int64_t nulls;
    (void)hint;
    const double *values =
        sdr_column_load_f64(s->column, start, count, 0, scratch, &nulls);
    for (int64_t i = 0; i < count; i++)
        scaled[i] = isfinite(values[i]) ? scaled_down(values[i], s->exponent) : NAN;
    sdr_block_moments block;
    s->block(&block, scaled, count, true);
    profile_of_block(out, &block, nulls);
}

static void merge_nodes(void *out, const void *left, const void *right) {
    sdr_profile_merge(out, left, right);
}

/* The exact sum over the rows, rounded once; the rest into mean_low. */
static void set_exact_mean(sdr_profile *p) {
    if (!p->exact_integer || p->finite == 0) return;
    sdr_int128 sum = (sdr_int128)p->sum_high * ((sdr_int128)1 << 64) + p->sum_low;
    sdr_uint128 size = sum < 0 ? -(sdr_uint128)sum : (sdr_uint128)sum;
    double mean = sdr_ratio(size, (sdr_uint128)p->finite);
    mean = sum < 0 ? -mean : mean;
    p->mean_low = (p->mean - mean) + p->mean_low;
    p->mean = mean;
}

/* The squares, and fourth powers, of what values differ by lose no digit between. */
static const double SMALLEST_SQUARES = 0x1p-480, LARGEST_SQUARES = 0x1p480;

static bool is_out_of_range(const sdr_profile *p) {
    if (p->finite < 2 || p->min == p->max) return false;
    return !(p->m2 > SMALLEST_SQUARES && p->m2 < LARGEST_SQUARES);
}

/* The binary exponent of the largest finite value; 0 where all are 0. */
static int largest_exponent(const sdr_column *column) {
    double scratch[SDR_BLOCK_ROWS], most = 0.0;
    int64_t nulls;
    for (int64_t start = 0; start < column->length; start += SDR_BLOCK_ROWS) {
        int64_t rest = column->length - start;
        int64_t n = rest < SDR_BLOCK_ROWS ? rest : SDR_BLOCK_ROWS;
        const double *values =
            sdr_column_load_f64(column, start, n, 0, scratch, &nulls);
        for (int64_t i = 0; i < n; i++)
            if (isfinite(values[i]) && fabs(values[i]) > most) most = fabs(values[i]);
    }
    return most == 0.0 ? 0 : ilogb(most);
}

/* The moments of a second read, in units of about the largest value. */
static sdr_code read_scaled(sdr_profile *out, const sdr_grid_pass *pass,
                            const sdr_context *context, sdr_error *error) {
    source s = *(const source *)pass->user;
    sdr_grid_pass again = *pass;
    sdr_profile scaled;
    s.exponent = largest_exponent(s.column);
    again.leaf = scaled_leaf;
    again.user = &s;
    SDR_TRY(sdr_grid_run(&scaled, &again, context, error));
    out->sum = ldexp(scaled.sum, s.exponent);
    out->mean = ldexp(scaled.mean, s.exponent);
    out->mean_low = ldexp(scaled.mean_low, s.exponent);
    out->m2 = scaled.m2;
    out->m3 = scaled.m3;
    out->m4 = scaled.m4;
    out->exponent = s.exponent;
    return SDR_OK;
}

static void profile_without_values(sdr_profile *out, const sdr_column *column) {
    *out = (sdr_profile){.rows = column->length, .nulls = column->length};
    out->min = out->max = out->mean = out->first = out->last = NAN;
    out->increasing = out->decreasing = out->strict = true;
    out->exact_integer =
        column->kind == SDR_KIND_INTEGER || column->kind == SDR_KIND_TEMPORAL;
}

sdr_code sdr_profile_column(sdr_profile *out, const sdr_column *column,
                            const sdr_context *context, sdr_error *error) {
    SDR_TRY(sdr_require_numeric(column, "sdr_profile_column", error));
    profile_without_values(out, column);
    if (column->length == 0 || column->kind == SDR_KIND_NULL) return SDR_OK;
    source s = {.column = column,
                .block = sdr_dispatch_active()->moments.block,
                .is_unsigned = column->type == SDR_TYPE_UINT64};
    sdr_grid_pass pass = {.length = column->length,
                          .row_bytes = sizeof(double),
                          .size = sizeof(sdr_profile),
                          .merge = merge_nodes,
                          .leaf = out->exact_integer ? integer_leaf : float_leaf,
                          .user = &s};
    SDR_TRY(sdr_grid_run(out, &pass, context, error));
    set_exact_mean(out);
    if (!out->exact_integer && is_out_of_range(out))
        return read_scaled(out, &pass, context, error);
    return SDR_OK;
}
