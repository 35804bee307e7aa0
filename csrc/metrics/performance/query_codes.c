/*
 * Queries as codes: the query of each row, in order of first row.
 *
 * A row that is as the one before it has its code. Numbers that never fall have a code
 * a step, and no table; others, and texts, are looked up in an open table of the
 * queries met so far, of at most half its slots. Serial: codes depend on order, and
 * where rows of a query lie together there is little to look up. Time O(rows).
 */
#include <math.h>
#include <string.h>

#include "core/parallel.h"
#include "metrics/categories/category_table.h"
#include "metrics/common/blocks.h"
#include "metrics/common/samples.h"

enum { FEWEST_SLOTS = 1 << 12, BLOCKS_A_POLL = 256 };

/* A query: a number's 64 bits, or a text. */
typedef struct key {
    uint64_t bits; /* of a text: its hash */
    sdr_string text;
} key;

typedef struct slot {
    key key;
    int64_t code; /* plus one; 0: free */
} slot;

typedef struct table {
    slot *slots;
    int64_t n_slots, n; /* slots: a power of two */
} table;

static uint64_t hash_of(const key *k) {
    return sdr_mix(k->bits, 0);
}

static bool same(const key *a, const key *b) {
    return a->bits == b->bits && a->text.size == b->text.size &&
           (a->text.size == 0 ||
            memcmp(a->text.data, b->text.data, (size_t)a->text.size) == 0);
}

static slot *slot_of(const table *t, const key *k) {
    const uint64_t last = (uint64_t)t->n_slots - 1;
    uint64_t at = hash_of(k) & last;
    while (t->slots[at].code != 0 && !same(&t->slots[at].key, k))
        at = (at + 1) & last;
    return &t->slots[at];
}

static sdr_code grow(table *t, sdr_error *error) {
    table new = {.n_slots = t->n_slots == 0 ? FEWEST_SLOTS : 4 * t->n_slots, .n = t->n};
    const size_t bytes = (size_t)new.n_slots * sizeof *new.slots;
    new.slots = sdr_allocate(bytes);
    if (new.slots == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld queries",
                             (long long)new.n_slots / 2);
    memset(new.slots, 0, bytes);
    for (int64_t i = 0; i < t->n_slots; i++)
        if (t->slots[i].code != 0) *slot_of(&new, &t->slots[i].key) = t->slots[i];
    sdr_release(t->slots);
    *t = new;
    return SDR_OK;
}

static sdr_code code_of(int32_t *out, table *t, const key *k, sdr_error *error) {
    if (2 * t->n >= t->n_slots) SDR_TRY(grow(t, error));
    slot *s = slot_of(t, k);
    if (s->code == 0) {
        if (t->n == SDR_CATEGORIES_LIMIT)
            return sdr_error_set(error, SDR_NOT_SUPPORTED,
                                 "query: expected at most %d queries, found more",
                                 SDR_CATEGORIES_LIMIT);
        *s = (slot){*k, ++t->n};
    }
    *out = (int32_t)(s->code - 1);
    return SDR_OK;
}

/* --- rows ------------------------------------------------------------------------- */

typedef struct rows {
    const sdr_column *column;
    uint64_t bits[SDR_BLOCK_ROWS];
    uint8_t valid[SDR_BLOCK_ROWS];
    sdr_string texts[SDR_BLOCK_ROWS];
    union {
        double f64[SDR_BLOCK_ROWS];
        int64_t i64[SDR_BLOCK_ROWS];
    } scratch;
} rows;

static void load_doubles(rows *r, int64_t start, int64_t count) {
    int64_t nulls;
    const double *values =
        sdr_column_load_f64(r->column, start, count, 0, r->scratch.f64, &nulls);
    for (int64_t i = 0; i < count; i++) {
        const double value = values[i] + 0.0; /* -0.0 is 0.0 */
        r->valid[i] = value == value;
        memcpy(&r->bits[i], &value, sizeof value);
    }
}

static void load_integers(rows *r, int64_t start, int64_t count) {
    int64_t nulls;
    const int64_t *values =
        sdr_column_load_i64(r->column, start, count, r->scratch.i64, r->valid, &nulls);
    memcpy(r->bits, values, (size_t)count * sizeof *values);
}

static void load_texts(rows *r, int64_t start, int64_t count) {
    sdr_column_load_text(r->column, start, count, r->texts);
    for (int64_t i = 0; i < count; i++) {
        const sdr_string text = r->texts[i];
        r->valid[i] = text.data != NULL;
        r->bits[i] = text.data == NULL ? 0 : sdr_hash_bytes(text.data, text.size);
    }
}

static void load(rows *r, int64_t start, int64_t count) {
    switch (r->column->kind) {
    case SDR_KIND_TEXT:
        load_texts(r, start, count);
        return;
    case SDR_KIND_INTEGER:
    case SDR_KIND_TEMPORAL:
        load_integers(r, start, count);
        return;
    default:
        load_doubles(r, start, count);
    }
}

static key key_at(const rows *r, int64_t i) {
    return (key){r->bits[i], r->column->kind == SDR_KIND_TEXT ? r->texts[i]
                                                              : (sdr_string){NULL, 0}};
}

/* --- columns ---------------------------------------------------------------------- */

/* Codes of numbers that never fall; false, and some codes, where one does. */
static sdr_code code_steps(bool *never_fall, int32_t *codes, rows *r,
                           const sdr_context *context, sdr_error *error) {
    const int64_t length = r->column->length;
    int64_t before = 0, code = -1;
    *never_fall = false;
    for (int64_t start = 0, blocks = 0; start < length; start += SDR_BLOCK_ROWS) {
        const int64_t count =
            length - start < SDR_BLOCK_ROWS ? length - start : SDR_BLOCK_ROWS;
        if (blocks++ % BLOCKS_A_POLL == 0)
            SDR_TRY(sdr_poll(context, start, length, error));
        load_integers(r, start, count);
        for (int64_t i = 0; i < count; i++) {
            const int64_t value = (int64_t)r->bits[i];
            codes[start + i] = -1;
            if (!r->valid[i]) continue;
            if (code >= 0 && value < before) return SDR_OK;
            if (code < 0 || value > before) code++;
            if (code > SDR_CATEGORIES_LIMIT) return SDR_OK;
            before = value;
            codes[start + i] = (int32_t)code;
        }
    }
    *never_fall = true;
    return SDR_OK;
}

static sdr_code code_block(int32_t *codes, table *t, const rows *r, int64_t count,
                           key *before, int32_t *code, sdr_error *error) {
    for (int64_t i = 0; i < count; i++) {
        codes[i] = -1;
        if (!r->valid[i]) continue;
        const key own = key_at(r, i);
        if (*code < 0 || !same(&own, before)) SDR_TRY(code_of(code, t, &own, error));
        *before = own;
        codes[i] = *code;
    }
    return SDR_OK;
}

static sdr_code code_rows(int32_t *codes, table *t, rows *r, const sdr_context *context,
                          sdr_error *error) {
    const int64_t length = r->column->length;
    key before = {0};
    int32_t code = -1;
    for (int64_t start = 0, blocks = 0; start < length; start += SDR_BLOCK_ROWS) {
        const int64_t count =
            length - start < SDR_BLOCK_ROWS ? length - start : SDR_BLOCK_ROWS;
        if (blocks++ % BLOCKS_A_POLL == 0)
            SDR_TRY(sdr_poll(context, start, length, error));
        load(r, start, count);
        SDR_TRY(code_block(codes + start, t, r, count, &before, &code, error));
    }
    return SDR_OK;
}

/* Of a dictionary: its values are met again and again. */
static sdr_code code_category(int32_t *codes, const sdr_column *column,
                              const sdr_context *context, sdr_error *error) {
    sdr_categories *categories = NULL;
    bool overflow = false;
    SDR_TRY(sdr_categories_new(&categories, SDR_CATEGORIES_LIMIT, error));
    sdr_code code =
        sdr_categories_encode(categories, codes, &overflow, column, context, error);
    sdr_categories_free(categories);
    return code;
}

sdr_code sdr_query_codes(int32_t *codes, const sdr_column *column,
                         const sdr_context *context, sdr_error *error) {
    if (column->kind == SDR_KIND_CATEGORY)
        return code_category(codes, column, context, error);
    if (column->kind == SDR_KIND_NULL) {
        for (int64_t i = 0; i < column->length; i++)
            codes[i] = -1;
        return SDR_OK;
    }
    rows *r = sdr_allocate(sizeof *r);
    if (r == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory for queries");
    r->column = column;
    bool done = false;
    sdr_code code = SDR_OK;
    if (column->kind == SDR_KIND_INTEGER || column->kind == SDR_KIND_TEMPORAL)
        code = code_steps(&done, codes, r, context, error);
    if (code == SDR_OK && !done) {
        table t = {0};
        code = code_rows(codes, &t, r, context, error);
        sdr_release(t.slots);
    }
    sdr_release(r);
    return code;
}
