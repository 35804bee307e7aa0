/*
 * Exact sums of powers by exponent.
 *
 * A worker keeps one cell an exponent that occurs: integers of 2 to 5 words, to which the
 * powers of the mantissa are added with carries. Integer sums do not depend on the order,
 * so workers take any rows and their cells are added at the end.
 *
 * Cost: some ten multiplications and 14 additions with carry a row; a column has few
 * exponents, so cells stay in the first cache.
 */
#include <math.h>
#include <string.h>

#include "core/parallel.h"
#include "metrics/common/blocks.h"
#include "metrics/common/exact.h"
#include "simdrift/states.h"

enum {
    EXPONENTS = 2048,
    UNIT = 1074,   /* the exponent of integers */
    ROW_BYTES = 64 /* about what a row costs, as bytes read */
};

typedef uint64_t cell[SDR_POWER_WORDS];

/* What one worker has summed. `place`: 1 + the cell of an exponent, 0: none yet. */
typedef struct sums {
    int16_t place[EXPONENTS];
    int32_t exponents[EXPONENTS];
    cell *cells;
    int64_t n, room;
} sums;

typedef struct job {
    const sdr_column *column;
    bool is_integer, is_unsigned;
    sums *workers;
} job;

/* --- one row ---------------------------------------------------------------------- */

/* words[0..n) += the magnitude, or less it: as two's complement, sign extended. */
static inline void add_words(uint64_t *words, int n, const uint64_t *magnitude,
                             int given, uint64_t sign) {
    uint64_t carry = sign & 1;
    for (int i = 0; i < n; i++) {
        uint64_t term = (i < given ? magnitude[i] : 0) ^ sign;
        sdr_uint128 sum = (sdr_uint128)words[i] + term + carry;
        words[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
}

static inline uint64_t low(sdr_uint128 x) {
    return (uint64_t)x;
}

static inline uint64_t high(sdr_uint128 x) {
    return (uint64_t)(x >> 64);
}

/* `sign`: all bits where the row is negative, else 0. */
static inline void add_powers(cell words, uint64_t m, uint64_t sign) {
    const sdr_uint128 squared = (sdr_uint128)m * m;
    const uint64_t a = low(squared), b = high(squared);
    const sdr_uint128 am = (sdr_uint128)a * m, bm = (sdr_uint128)b * m + high(am);
    const uint64_t first[1] = {m}, second[2] = {a, b};
    const uint64_t third[3] = {low(am), low(bm), high(bm)};
    const sdr_uint128 aa = (sdr_uint128)a * a, ab = (sdr_uint128)a * b;
    const sdr_uint128 middle = ab + high(aa), doubled = ab + low(middle);
    const sdr_uint128 upper = (sdr_uint128)b * b + high(middle) + high(doubled);
    const uint64_t fourth[4] = {low(aa), low(doubled), low(upper), high(upper)};
    add_words(words, 2, first, 1, sign);
    add_words(words + 2, 3, second, 2, 0);
    add_words(words + 5, 4, third, 3, sign);
    add_words(words + 9, 5, fourth, 4, 0);
}

/* --- cells ------------------------------------------------------------------------ */

/* The cell of an exponent; NULL: no memory. */
static cell *cell_of(sums *s, int exponent) {
    if (s->place[exponent] != 0) return &s->cells[s->place[exponent] - 1];
    if (s->n == s->room) {
        int64_t room = s->room == 0 ? 32 : 2 * s->room;
        cell *cells = sdr_allocate((size_t)room * sizeof *cells);
        if (cells == NULL) return NULL;
        if (s->n > 0) memcpy(cells, s->cells, (size_t)s->n * sizeof *cells);
        sdr_release(s->cells);
        s->cells = cells;
        s->room = room;
    }
    memset(&s->cells[s->n], 0, sizeof s->cells[s->n]);
    s->exponents[s->n] = exponent;
    s->place[exponent] = (int16_t)++s->n;
    return &s->cells[s->n - 1];
}

static sdr_code add_sums(sums *out, const sums *other) {
    for (int64_t i = 0; i < other->n; i++) {
        cell *own = cell_of(out, other->exponents[i]);
        if (own == NULL) return SDR_NO_MEMORY;
        const uint64_t *words = other->cells[i];
        add_words(*own, 2, words, 2, 0);
        add_words(*own + 2, 3, words + 2, 3, 0);
        add_words(*own + 5, 4, words + 5, 4, 0);
        add_words(*own + 9, 5, words + 9, 5, 0);
    }
    return SDR_OK;
}

/* --- blocks ----------------------------------------------------------------------- */

static bool add_floats(sums *s, const sdr_column *column, int64_t start,
                       int64_t count) {
    double scratch[SDR_BLOCK_ROWS];
    int64_t nulls;
    const double *x = sdr_column_load_f64(column, start, count, 0, scratch, &nulls);
    for (int64_t i = 0; i < count; i++) {
        int64_t mantissa;
        if (!(fabs(x[i]) < INFINITY) || x[i] == 0.0) continue;
        int exponent = sdr_exact_split(&mantissa, x[i]);
        cell *own = cell_of(s, exponent);
        if (own == NULL) return false;
        uint64_t sign = mantissa < 0 ? ~(uint64_t)0 : 0;
        add_powers(*own, ((uint64_t)mantissa ^ sign) + (sign & 1), sign);
    }
    return true;
}

static bool add_integers(sums *s, const job *j, int64_t start, int64_t count) {
    int64_t scratch[SDR_BLOCK_ROWS], nulls;
    uint8_t valid[SDR_BLOCK_ROWS];
    const int64_t *x =
        sdr_column_load_i64(j->column, start, count, scratch, valid, &nulls);
    cell *own = cell_of(s, UNIT);
    if (own == NULL) return false;
    for (int64_t i = 0; i < count; i++) {
        if (!valid[i]) continue;
        uint64_t bits = (uint64_t)x[i];
        if (j->is_unsigned) bits ^= (uint64_t)1 << 63; /* loaded less 2^63 */
        uint64_t sign = !j->is_unsigned && x[i] < 0 ? ~(uint64_t)0 : 0;
        add_powers(*own, (bits ^ sign) + (sign & 1), sign);
    }
    return true;
}

static sdr_code sum_items(void *user, int64_t begin, int64_t end, int worker,
                          sdr_error *error) {
    const job *j = user;
    sums *own = &j->workers[worker];
    int64_t stop = end * SDR_GROUP_ROWS;
    if (stop > j->column->length) stop = j->column->length;
    for (int64_t row = begin * SDR_GROUP_ROWS; row < stop; row += SDR_BLOCK_ROWS) {
        int64_t count = stop - row < SDR_BLOCK_ROWS ? stop - row : SDR_BLOCK_ROWS;
        bool done = j->is_integer ? add_integers(own, j, row, count)
                                  : add_floats(own, j->column, row, count);
        if (!done)
            return sdr_error_set(error, SDR_NO_MEMORY, "no memory for exponents");
    }
    return SDR_OK;
}

/* --- the whole -------------------------------------------------------------------- */

static sdr_code copy_out(sdr_power_sums *out, const sums *all, sdr_error *error) {
    size_t n = (size_t)all->n;
    out->exponents = sdr_allocate((n + 1) * sizeof *out->exponents);
    out->words = sdr_allocate((n + 1) * sizeof *out->words);
    if (out->exponents == NULL || out->words == NULL) {
        sdr_power_sums_reset(out);
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for exponents");
    }
    int64_t at = 0;
    for (int exponent = 0; exponent < EXPONENTS; exponent++) {
        if (all->place[exponent] == 0) continue;
        out->exponents[at] = exponent;
        memcpy(out->words[at++], all->cells[all->place[exponent] - 1], sizeof(cell));
    }
    out->n = at;
    return SDR_OK;
}

sdr_code sdr_power_sums_init(sdr_power_sums *out, const sdr_column *column,
                             const sdr_context *context, sdr_error *error) {
    *out = (sdr_power_sums){0};
    SDR_TRY(sdr_require_numeric(column, "sdr_power_sums_init", error));
    const int64_t items = sdr_group_count(column->length);
    const size_t cost = (size_t)SDR_GROUP_ROWS * ROW_BYTES;
    const int workers = sdr_parallel_workers(context, items, cost);
    job j = {.column = column,
             .is_integer =
                 column->kind == SDR_KIND_INTEGER || column->kind == SDR_KIND_TEMPORAL,
             .is_unsigned = column->type == SDR_TYPE_UINT64};
    j.workers = sdr_allocate((size_t)workers * sizeof *j.workers);
    if (j.workers == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %d workers", workers);
    memset(j.workers, 0, (size_t)workers * sizeof *j.workers);
    sdr_code code = sdr_parallel_for(context, items, cost, sum_items, &j, error);
    for (int i = 1; code == SDR_OK && i < workers; i++)
        if (add_sums(&j.workers[0], &j.workers[i]) != SDR_OK)
            code = sdr_error_set(error, SDR_NO_MEMORY, "no memory for exponents");
    if (code == SDR_OK) code = copy_out(out, &j.workers[0], error);
    for (int i = 0; i < workers; i++)
        sdr_release(j.workers[i].cells);
    sdr_release(j.workers);
    return code;
}

void sdr_power_sums_reset(sdr_power_sums *sums) {
    sdr_release(sums->exponents);
    sdr_release(sums->words);
    *sums = (sdr_power_sums){0};
}
