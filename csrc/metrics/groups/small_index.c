/*
 * An index of a prepared reference; see small_index.h.
 *
 * A value's bucket says between which few values it lies, and its part of the bucket
 * about where between them. The reference's own parts, 16 bits each, are four times
 * smaller than its values: those before the value's own in a window about that guess
 * are counted. All values alike, so no branch is mispredicted, and one window is on its
 * way from memory while those before it are counted. What the window does not decide -
 * it ends too early, or an equal part is in it - the values of the bucket do: they are
 * listed first, so that theirs come from memory together.
 *
 * A code is the last bits of bucket and part: it orders values whose buckets are few
 * apart, at least 8. Others may come out in any order, which takes the place found out
 * of the bucket's; a place within it was found among the bucket's values alone.
 *
 * Where many rows are equal the array holds each value once, with the number of rows
 * below it: it is shorter, and equal values cost nothing.
 */
#include "metrics/groups/small_index.h"

#include <string.h>

#include "kernels/dispatch.h"

enum {
    LEAST_BITS = 8,      /* of a part; SDR_BUCKET_MOST_BITS at most */
    PARTS_AT_ONCE = 128, /* their windows fit the nearest cache */
    WINDOW = 8,          /* places */
    MOST_WINDOW = 32,
    MOST_VALUES = 256,     /* of a bucket, for which that is enough */
    VALUES_A_TABLE = 1024, /* fewer are searched as fast without one */
    ROWS_A_TABLE = 8192,   /* of groups: fewer do not repay counting the buckets, */
    ROWS_A_PASS = 16,      /* nor does a reference of so many times their number */
    TIED = 2               /* rows a value from which on each is kept once */
};

/* --- making it --- */

static sdr_code no_memory(sdr_error *error) {
    return sdr_error_set(error, SDR_NO_MEMORY, "no memory for an index of a reference");
}

static int64_t count_distinct(const double *x, int64_t n) {
    int64_t distinct = 1;
    for (int64_t i = 1; i < n; i++)
        distinct += x[i] != x[i - 1];
    return distinct;
}

/* Each value once. */
static sdr_code keep_distinct(sdr_small_index *out, const double *x, int64_t n,
                              int64_t distinct, sdr_error *error) {
    out->own = sdr_allocate((size_t)distinct * sizeof *out->own);
    out->ranks = sdr_allocate(((size_t)distinct + 1) * sizeof *out->ranks);
    if (out->own == NULL || out->ranks == NULL) return no_memory(error);
    int64_t k = 0;
    for (int64_t i = 0; i < n; i++) {
        if (i > 0 && x[i] == x[i - 1]) continue;
        out->own[k] = x[i];
        out->ranks[k++] = (uint32_t)i;
    }
    out->ranks[k] = (uint32_t)n;
    out->values = out->own;
    out->n_values = distinct;
    return SDR_OK;
}

/* The values of the bucket that a value lies in on average; a bucket of a great many,
 * most often equal, counts as one of MOST_VALUES. */
static double crowd_of(const sdr_bucket *table, int64_t n) {
    double squares = 0.0;
    for (int id = 0; id < SDR_BUCKETS; id++) {
        const int64_t count =
            table[id].count < MOST_VALUES ? table[id].count : MOST_VALUES;
        squares += (double)(count * count);
    }
    return squares / (double)n;
}

/* Where values lie evenly, a guess is hardly ever off by as much as the root of the
 * bucket's number; and a part is hardly ever that of another value. */
static void choose_sizes(sdr_small_index *out, const sdr_bucket *table) {
    const double crowd = crowd_of(table, out->n_values);
    out->window = WINDOW;
    while (out->window < MOST_WINDOW &&
           (double)(out->window * out->window) < 4.0 * crowd)
        out->window *= 2;
    out->bits = LEAST_BITS;
    while (out->bits < SDR_BUCKET_MOST_BITS &&
           (double)(1 << (out->bits - LEAST_BITS)) < crowd)
        out->bits++;
}

static sdr_code add_codes(sdr_small_index *out, sdr_error *error) {
    uint32_t parts[PARTS_AT_ONCE];
    out->padded = sdr_allocate(((size_t)out->n_values + 2) * sizeof *out->padded);
    if (out->padded == NULL) return no_memory(error);
    out->padded[0] = out->padded[out->n_values + 1] = 0;
    out->codes = out->padded + 1;
    for (int64_t i = 0; i < out->n_values; i += PARTS_AT_ONCE) {
        const int64_t left = out->n_values - i;
        const int64_t n = left < PARTS_AT_ONCE ? left : PARTS_AT_ONCE;
        sdr_dispatch_active()->buckets.parts(parts, out->values + i, n, &out->map,
                                             out->bits);
        for (int64_t k = 0; k < n; k++)
            out->codes[i + k] = (uint16_t)parts[k];
    }
    return SDR_OK;
}

static sdr_code index_by(sdr_small_index *out, const sdr_buckets_sorted *buckets,
                         sdr_error *error) {
    uint32_t before = 0;
    out->map = buckets->map;
    choose_sizes(out, buckets->table);
    out->starts = sdr_allocate((SDR_BUCKETS + 1) * sizeof *out->starts);
    if (out->starts == NULL) return no_memory(error);
    for (int id = 0; id < SDR_BUCKETS; id++) {
        out->starts[id] = before;
        if (id != SDR_BUCKET_MISSING) before += (uint32_t)buckets->table[id].count;
    }
    out->starts[SDR_BUCKETS] = before;
    return add_codes(out, error);
}

static sdr_code add_table(sdr_small_index *out, const sdr_context *context,
                          sdr_error *error) {
    const sdr_buckets_sorted *given = &out->reference->buckets;
    if (given->table != NULL && out->ranks == NULL) return index_by(out, given, error);
    if (out->n_values < VALUES_A_TABLE) return SDR_OK;
    sdr_buckets_sorted own;
    SDR_TRY(sdr_buckets_sorted_init(&own, out->values, out->n_values, context, error));
    sdr_code code = index_by(out, &own, error);
    sdr_buckets_sorted_reset(&own);
    return code;
}

static sdr_code fill(sdr_small_index *out, int64_t rows, const sdr_context *context,
                     sdr_error *error) {
    const sdr_sample *sample = &out->reference->sample;
    out->values = sample->values;
    out->n_values = sample->n;
    if (rows < ROWS_A_TABLE || rows < sample->n / ROWS_A_PASS) return SDR_OK;
    const int64_t distinct = count_distinct(sample->values, sample->n);
    if (distinct <= sample->n / TIED)
        SDR_TRY(keep_distinct(out, sample->values, sample->n, distinct, error));
    return add_table(out, context, error);
}

sdr_code sdr_small_index_init(sdr_small_index *out, const sdr_prepared *reference,
                              int64_t rows, const sdr_context *context,
                              sdr_error *error) {
    *out = (sdr_small_index){0};
    if (reference == NULL || reference->prefix.sums == NULL) return SDR_OK;
    int64_t n = reference->sample.n;
    if (n == 0 || n > INT32_MAX) return SDR_OK;
    out->reference = reference;
    return fill(out, rows, context, error);
}

void sdr_small_index_reset(sdr_small_index *index) {
    sdr_release(index->starts);
    sdr_release(index->padded);
    sdr_release(index->ranks);
    sdr_release(index->own);
    *index = (sdr_small_index){0};
}

/* --- looking up --- */

/* The first of x[low, high) that is not below the bound (or above it), else high. The
 * comparison is a mask: as a branch it would be mispredicted every other time. */
static inline int64_t first_from(const double *x, int64_t low, int64_t high,
                                 double bound, bool above) {
    const double *at = x + low;
    int64_t n = high - low;
    while (n > 0) {
        int64_t half = n / 2;
        int64_t before = above ? at[half] <= bound : at[half] < bound;
        at += (half + 1) & -before;
        n = half - ((before & ~n) & 1);
    }
    return at - x;
}

/* Where the window of each value begins. */
static void guess(uint32_t *windows, const uint32_t *parts, int64_t n,
                  const sdr_small_index *index) {
    const int64_t last = index->n_values - index->window, half = index->window / 2;
    const int bits = index->bits;
    for (int64_t j = 0; j < n; j++) {
        const uint32_t *bucket = &index->starts[parts[j] >> bits];
        const uint64_t part = parts[j] & ((UINT32_C(1) << bits) - 1);
        const uint64_t into = (uint64_t)(bucket[1] - bucket[0]) * part >> bits;
        int64_t from = (int64_t)(bucket[0] + into) - half;
        from = from < 0 ? 0 : from;
        from = from > last ? last : from;
        windows[j] = (uint32_t)from;
        __builtin_prefetch(index->codes + from);
        __builtin_prefetch(index->codes + from + index->window - 1);
    }
}

static inline bool is_before(uint16_t code, uint16_t other) {
    return (int16_t)(uint16_t)(code - other) < 0;
}

/* Whether the place is right by codes alone, and no value there has the same one. Masks:
 * each of these is as often true as false. */
static inline bool is_right(const sdr_small_index *index, const uint32_t *bucket,
                            int64_t at, uint16_t code) {
    const int64_t low = bucket[0], high = bucket[1];
    const bool follows = (at == low) | is_before(index->codes[at - 1], code);
    const bool leads = (at == high) | is_before(code, index->codes[at]);
    return (at >= low) & (at <= high) & follows & leads;
}

/* The first code of a bucket that is not before (or is after) the other, else high. */
static int64_t first_code(const uint16_t *codes, int64_t low, int64_t high,
                          uint16_t code, bool after) {
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const bool is_low = is_before(codes[middle], code);
        if (is_low || (after && codes[middle] == code))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Some of the values that are looked up. */
typedef struct batch {
    const double *y;
    const uint32_t *parts;
    uint32_t *places, *ends; /* the first value not below, and the first above */
    int64_t n;
} batch;

static inline bool is_repeated(const batch *b, int64_t j) {
    return j > 0 && b->y[j - 1] == b->y[j];
}

/* The values that the windows did not decide; how many. */
static int64_t list_undecided(uint16_t *list, const batch *b,
                              const sdr_small_index *index) {
    int64_t n = 0;
    for (int64_t j = 0; j < b->n; j++) {
        const uint32_t *bucket = &index->starts[b->parts[j] >> index->bits];
        list[n] = (uint16_t)j;
        n += !is_right(index, bucket, b->places[j], (uint16_t)b->parts[j]);
    }
    return n;
}

/* Of an undecided value: [places[j], ends[j]) becomes the values of its bucket that have
 * its code, which are sent from memory. */
static void narrow(const batch *b, int64_t j, const sdr_small_index *index) {
    const uint32_t *bucket = &index->starts[b->parts[j] >> index->bits];
    const uint16_t *codes = index->codes, code = (uint16_t)b->parts[j];
    int64_t low = b->places[j], high = bucket[1];
    const bool is_first = low >= bucket[0] && low < high && codes[low] == code &&
                          (low == bucket[0] || is_before(codes[low - 1], code));
    if (!is_first) low = first_code(codes, bucket[0], high, code, false);
    if (low + 1 >= high || codes[low + 1] != code)
        high = low + (low < high && codes[low] == code);
    else
        high = first_code(codes, low, high, code, true);
    __builtin_prefetch(index->values + low);
    b->places[j] = (uint32_t)low;
    b->ends[j] = (uint32_t)high;
}

/* Past the values equal to y from `at` on: most often there are none, or one. */
static int64_t end_of_equal(const sdr_small_index *index, int64_t at, double y) {
    const double *x = index->values;
    const int64_t n = index->n_values;
    if (at == n || x[at] != y) return at;
    return at + 1 == n || x[at + 1] != y ? at + 1 : first_from(x, at, n, y, true);
}

/* The undecided, by the reference's values; equal ones that follow each other are
 * searched once. Whether any is equal. */
static bool decide(const batch *b, const uint16_t *list, int64_t n,
                   const sdr_small_index *index) {
    bool any_equal = false;
    for (int64_t k = 0; k < n; k++)
        if (!is_repeated(b, list[k])) narrow(b, list[k], index);
    for (int64_t k = 0; k < n; k++) {
        const int64_t j = list[k];
        if (is_repeated(b, j)) {
            b->places[j] = b->places[j - 1];
            b->ends[j] = b->ends[j - 1];
            continue;
        }
        const int64_t at =
            first_from(index->values, b->places[j], b->ends[j], b->y[j], false);
        const int64_t end = at < b->ends[j] ? end_of_equal(index, at, b->y[j]) : at;
        b->places[j] = (uint32_t)at;
        b->ends[j] = (uint32_t)end;
        any_equal |= end > at;
    }
    return any_equal;
}

static bool search(uint32_t *places, uint32_t *ends, const double *y, int64_t m,
                   const sdr_small_index *index) {
    bool any_equal = false;
    for (int64_t j = 0; j < m; j++) {
        if (j > 0 && y[j - 1] == y[j]) {
            places[j] = places[j - 1];
            ends[j] = ends[j - 1];
            continue;
        }
        const int64_t at = first_from(index->values, 0, index->n_values, y[j], false);
        const int64_t end = end_of_equal(index, at, y[j]);
        places[j] = (uint32_t)at;
        ends[j] = (uint32_t)end;
        any_equal |= end > at;
    }
    return any_equal;
}

/* places[j]: the first of the index' values that is not below y[j]; ends[j]: the first
 * above. Whether any is equal. */
static bool place_all(uint32_t *places, uint32_t *ends, const double *y, int64_t m,
                      const sdr_small_index *index) {
    const sdr_buckets_kernels *kernels = &sdr_dispatch_active()->buckets;
    uint32_t parts[PARTS_AT_ONCE], windows[PARTS_AT_ONCE];
    uint16_t list[PARTS_AT_ONCE];
    bool any_equal = false;
    if (index->starts == NULL) return search(places, ends, y, m, index);
    for (int64_t j = 0; j < m; j += PARTS_AT_ONCE) {
        const int64_t n = m - j < PARTS_AT_ONCE ? m - j : PARTS_AT_ONCE;
        const batch b = {y + j, parts, places + j, ends + j, n};
        kernels->parts(parts, b.y, n, &index->map, index->bits);
        guess(windows, parts, n, index);
        kernels->place(b.places, index->codes, windows, parts, n, index->window);
        memcpy(b.ends, b.places, (size_t)n * sizeof *b.ends);
        any_equal |= decide(&b, list, list_undecided(list, &b, index), index);
    }
    return any_equal;
}

static void rows_of_places(uint32_t *places, int64_t m, const uint32_t *ranks) {
    for (int64_t j = 0; j < m; j++)
        places[j] = ranks[places[j]];
}

bool sdr_small_index_locate(uint32_t *below, uint32_t *upto,
                            const sdr_small_index *index, const double *y, int64_t m) {
    const bool any_equal = place_all(below, upto, y, m, index);
    if (index->ranks != NULL) {
        rows_of_places(below, m, index->ranks);
        if (any_equal) rows_of_places(upto, m, index->ranks);
    }
    return any_equal;
}
