/*
 * Hash counting of one worker's rows: load a block, find each row's entry, add one.
 * Time O(rows), one probe each where few categories fill the table.
 */
#include "metrics/categories/category_tally.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "metrics/categories/category_table.h"
#include "views/reading.h"

enum {
    WORD_BITS = 64,
    SHORT_TEXT = 16, /* bytes: two words tell all of it */
    TEXT_ROWS = 512, /* at a time: loaded ones take 8 KiB, less than the cache has */
    FIRST_ENTRIES = 32,
    ROOMY_SLOTS = 8192 /* 32 KiB, the first-level cache */
};

/* Slots of a table: small ones have so many that keys hardly ever meet, since a probe
 * that goes on is a branch that nobody predicts; large ones are at most half full. */
static size_t slots_of(size_t capacity) {
    return 2 * capacity > ROOMY_SLOTS ? 2 * capacity : ROOMY_SLOTS;
}

sdr_key_kind sdr_key_kind_of(const sdr_column *column) {
    if (column->kind == SDR_KIND_TEXT) return SDR_KEY_TEXT;
    return column->kind == SDR_KIND_FLOAT ? SDR_KEY_FLOAT : SDR_KEY_INTEGER;
}

static inline sdr_tally_key key_of_text(sdr_string text) {
    if (text.size > SHORT_TEXT)
        return (sdr_tally_key){sdr_hash_bytes(text.data, text.size), 0, text};
    sdr_word_pair words = sdr_words_of(text.data, text.size);
    return (sdr_tally_key){words.first, words.last, text};
}

static inline sdr_tally_key key_of_number(int64_t number) {
    return (sdr_tally_key){0, 0, {NULL, number}};
}

static inline bool is_long(const sdr_tally_key *key) {
    return key->text.data != NULL && key->text.size > SHORT_TEXT;
}

/* Multiplicative: the leading bits hear of every bit, and two multiplications at once
 * take less than the mixing of a hash that is kept. Constants as in sdr_mix. */
static inline uint64_t slot_of(uint64_t first, uint64_t last, int64_t size, int shift) {
    return ((first ^ (uint64_t)size) * UINT64_C(0x9E3779B97F4A7C15) +
            last * UINT64_C(0x6A09E667F3BCC909)) >>
           shift;
}

static inline uint64_t slot_of_key(const sdr_tally_key *key, int shift) {
    return slot_of(key->first, key->last, key->text.size, shift);
}

static inline bool equal(const sdr_tally_key *a, const sdr_tally_key *b) {
    uint64_t size = (uint64_t)a->text.size ^ (uint64_t)b->text.size;
    if (((a->first ^ b->first) | (a->last ^ b->last) | size) != 0) return false;
    return !is_long(b) || !memcmp(a->text.data, b->text.data, (size_t)b->text.size);
}

static sdr_code resize(sdr_tally *t, int64_t capacity, sdr_error *error) {
    size_t n = (size_t)capacity;
    sdr_tally_entry *entries = sdr_allocate(n * sizeof *entries);
    size_t n_slots = slots_of(n);
    int32_t *slots = sdr_allocate(n_slots * sizeof *slots);
    if (entries == NULL || slots == NULL) {
        sdr_release(entries);
        sdr_release(slots);
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for a tally");
    }
    memset(slots, 0, n_slots * sizeof *slots);
    uint64_t mask = n_slots - 1;
    int shift = WORD_BITS - __builtin_ctzll(n_slots); /* a power of two */
    for (int64_t i = 0; i < t->n; i++) {
        entries[i] = t->entries[i];
        uint64_t slot = slot_of_key(&entries[i].key, shift);
        while (slots[slot] != 0)
            slot = (slot + 1) & mask;
        slots[slot] = (int32_t)i + 1;
    }
    sdr_release(t->entries);
    sdr_release(t->slots);
    t->entries = entries;
    t->slots = slots;
    t->capacity = capacity;
    t->mask = mask;
    t->shift = shift;
    return SDR_OK;
}

sdr_code sdr_tally_init(sdr_tally *tally, int64_t limit, sdr_error *error) {
    *tally = (sdr_tally){.limit = limit};
    return resize(tally, FIRST_ENTRIES, error);
}

void sdr_tally_reset(sdr_tally *tally) {
    sdr_release(tally->entries);
    sdr_release(tally->slots);
    *tally = (sdr_tally){0};
}

/* Room for one more entry; *full where the limit forbids it. */
static sdr_code make_room(sdr_tally *t, bool *full, sdr_error *error) {
    *full = t->n >= t->limit;
    if (*full || t->n < t->capacity) return SDR_OK;
    return resize(t, 2 * t->capacity, error);
}

/* A new entry, its slot free unless the table had to grow; -1: full or no memory. */
static __attribute__((noinline)) int32_t add_entry(sdr_tally *t,
                                                   const sdr_tally_key *key,
                                                   uint64_t slot, int64_t row,
                                                   bool *full, sdr_code *code,
                                                   sdr_error *error) {
    int64_t before = t->capacity;
    *code = make_room(t, full, error);
    if (*code != SDR_OK || *full) return -1;
    if (before != t->capacity) {
        slot = slot_of_key(key, t->shift);
        while (t->slots[slot] != 0)
            slot = (slot + 1) & t->mask;
    }
    t->entries[t->n] = (sdr_tally_entry){.key = *key, .first_row = row};
    t->slots[slot] = (int32_t)++t->n;
    return (int32_t)t->n - 1;
}

/* Counts a row; its entry, added with this first row where it is new. */
static inline sdr_code tally_key(sdr_tally *t, const sdr_tally_key *key, int64_t row,
                                 int32_t *id, bool *full, sdr_error *error) {
    sdr_code code = SDR_OK;
    uint64_t slot = slot_of_key(key, t->shift);
    *id = t->slots[slot] - 1;
    while (*id >= 0 && !equal(&t->entries[*id].key, key)) {
        slot = (slot + 1) & t->mask;
        *id = t->slots[slot] - 1;
    }
    if (*id < 0) *id = add_entry(t, key, slot, row, full, &code, error);
    if (*id >= 0) t->entries[*id].count++;
    return code;
}

/* Texts of some rows: as they were loaded, or where they lie,
 * which costs a third less. */
typedef enum text_form { TEXT_LOADED, TEXT_OFFSETS_32, TEXT_OFFSETS_64 } text_form;

typedef struct text_source {
    text_form form;
    const void *rows; /* sdr_string, or offsets */
    const uint8_t *bytes;
    int64_t first_row, n;
} text_source;

/* `form`: the source's, a constant where this is to be quick. */
static inline sdr_string text_at(const text_source *s, text_form form, int64_t i) {
    if (form == TEXT_OFFSETS_32)
        return sdr_text_between_32(s->bytes, (const sdr_any_int32 *)s->rows + i);
    if (form == TEXT_OFFSETS_64)
        return sdr_text_between_64(s->bytes, (const sdr_any_int64 *)s->rows + i);
    return ((const sdr_string *)s->rows)[i];
}

/* Counts rows from i on as long as they are short texts whose first probe finds them,
 * as nearly all do where few categories fill the table; the first row that is not. */
static inline __attribute__((always_inline)) int64_t tally_known(
    sdr_tally *t, int32_t *ids, const text_source *s, text_form form, int64_t i) {
    sdr_tally_entry *entries = t->entries;
    const int32_t *slots = t->slots;
    const int shift = t->shift;
    for (; i < s->n; i++) {
        sdr_string text = text_at(s, form, i);
        if (text.data == NULL || text.size > SHORT_TEXT) break;
        sdr_word_pair words = sdr_words_of(text.data, text.size);
        int32_t id = slots[slot_of(words.first, words.last, text.size, shift)] - 1;
        if (id < 0) break;
        sdr_tally_entry *entry = &entries[id];
        uint64_t differ = (words.first ^ entry->key.first) |
                          (words.last ^ entry->key.last) |
                          ((uint64_t)text.size ^ (uint64_t)entry->key.text.size);
        if (differ != 0) break;
        entry->count++;
        ids[i] = id;
    }
    return i;
}

static int64_t tally_known_of(sdr_tally *t, int32_t *ids, const text_source *s,
                              int64_t i) {
    if (s->form == TEXT_OFFSETS_32) return tally_known(t, ids, s, TEXT_OFFSETS_32, i);
    if (s->form == TEXT_OFFSETS_64) return tally_known(t, ids, s, TEXT_OFFSETS_64, i);
    return tally_known(t, ids, s, TEXT_LOADED, i);
}

static sdr_code tally_texts(sdr_tally *t, bool *full, int32_t *ids,
                            const text_source *s, sdr_error *error) {
    for (int64_t i = 0; (i = tally_known_of(t, ids, s, i)) < s->n && !*full; i++) {
        sdr_string text = text_at(s, s->form, i);
        ids[i] = -1;
        if (text.data == NULL) {
            t->missing++;
            continue;
        }
        sdr_tally_key key = key_of_text(text);
        SDR_TRY(tally_key(t, &key, s->first_row + i, &ids[i], full, error));
    }
    return SDR_OK;
}

static text_source source_of(const sdr_column *column, int64_t start, int64_t n,
                             sdr_string *scratch) {
    text_source s = {.form = TEXT_LOADED, .first_row = start, .n = n};
    s.rows = sdr_column_offsets(column, start, n, &s.bytes);
    if (s.rows != NULL) {
        s.form = column->type == SDR_TYPE_UTF8 ? TEXT_OFFSETS_32 : TEXT_OFFSETS_64;
    } else {
        sdr_column_load_text(column, start, n, scratch);
        s.rows = scratch;
    }
    return s;
}

static sdr_code tally_text(sdr_tally *t, bool *full, int32_t *ids,
                           const sdr_column *column, int64_t start, int64_t count,
                           sdr_error *error) {
    sdr_string scratch[TEXT_ROWS];
    for (int64_t i = 0; i < count && !*full; i += TEXT_ROWS) {
        int64_t n = count - i < TEXT_ROWS ? count - i : TEXT_ROWS;
        text_source s = source_of(column, start + i, n, scratch);
        SDR_TRY(tally_texts(t, full, ids + i, &s, error));
    }
    return SDR_OK;
}

static sdr_code tally_integers(sdr_tally *t, bool *full, int32_t *ids,
                               const sdr_column *column, int64_t start, int64_t count,
                               sdr_error *error) {
    int64_t scratch[SDR_BLOCK_ROWS], nulls;
    uint8_t valid[SDR_BLOCK_ROWS];
    const int64_t *rows =
        sdr_column_load_i64(column, start, count, scratch, valid, &nulls);
    for (int64_t i = 0; i < count && !*full; i++) {
        ids[i] = -1;
        if (nulls > 0 && !valid[i]) continue;
        sdr_tally_key key = key_of_number(rows[i]);
        SDR_TRY(tally_key(t, &key, start + i, &ids[i], full, error));
    }
    t->missing += nulls;
    return SDR_OK;
}

static sdr_code tally_floats(sdr_tally *t, bool *full, int32_t *ids,
                             const sdr_column *column, int64_t start, int64_t count,
                             sdr_error *error) {
    double scratch[SDR_BLOCK_ROWS];
    int64_t nulls;
    const double *rows = sdr_column_load_f64(column, start, count, 0, scratch, &nulls);
    for (int64_t i = 0; i < count && !*full; i++) {
        ids[i] = -1;
        if (isnan(rows[i])) {
            t->missing++;
            continue;
        }
        double value = rows[i] + 0.0; /* -0.0 is 0.0 */
        int64_t bits;
        memcpy(&bits, &value, sizeof bits);
        sdr_tally_key key = key_of_number(bits);
        SDR_TRY(tally_key(t, &key, start + i, &ids[i], full, error));
    }
    return SDR_OK;
}

sdr_code sdr_tally_rows(sdr_tally *tally, bool *full, int32_t *ids,
                        const sdr_column *column, int64_t start, int64_t count,
                        sdr_error *error) {
    *full = false;
    switch (sdr_key_kind_of(column)) {
    case SDR_KEY_TEXT:
        return tally_text(tally, full, ids, column, start, count, error);
    case SDR_KEY_FLOAT:
        return tally_floats(tally, full, ids, column, start, count, error);
    default:
        return tally_integers(tally, full, ids, column, start, count, error);
    }
}

/* Decimal digits; snprintf takes ten times as long, and a dictionary of numbers may
 * have 100,000 labels. */
static int64_t decimal_label(char *text, uint64_t magnitude, bool negative) {
    enum { MOST_DIGITS = 20 };
    char digits[MOST_DIGITS];
    int64_t n = 0, size = 0;
    do {
        digits[n++] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude > 0);
    if (negative) text[size++] = '-';
    while (n > 0)
        text[size++] = digits[--n];
    return size;
}

/* Whether a text of that value is read back as `value` in a type of so many bits of
 * precision, whose smallest number is 2^least. A power of two is nearer to the number
 * below it. */
static bool reads_back(double read, double value, int precision, int least) {
    int exponent;
    double mantissa = fabs(frexp(value, &exponent));
    int step = exponent - precision > least ? exponent - precision : least;
    bool below = mantissa == 0.5 && fabs(read) < fabs(value) && step > least;
    return fabs(read - value) < ldexp(1.0, step - (below ? 2 : 1));
}

/* The shortest text that is this number in the column's type, so that 0.1 is one
 * category in all of them; whole numbers as integers have it. */
static int64_t float_label(char *text, int64_t key, sdr_type type) {
    enum { MOST_DIGITS = 17 }; /* enough for every binary64 to read back */
    static const double MOST_WHOLE = 9007199254740992.0; /* 2^53 */
    double value;
    memcpy(&value, &key, sizeof value);
    if (fabs(value) < MOST_WHOLE && value == trunc(value))
        return decimal_label(text, (uint64_t)fabs(value), value < 0.0);
    int size = 0;
    for (int digits = 1; digits <= MOST_DIGITS; digits++) {
        size = snprintf(text, SDR_LABEL_BYTES, "%.*g", digits, value);
        double read = strtod(text, NULL);
        if (read == value) break;
        if (type == SDR_TYPE_FLOAT32 && reads_back(read, value, 24, -149)) break;
        if (type == SDR_TYPE_FLOAT16 && reads_back(read, value, 11, -24)) break;
    }
    return size;
}

int64_t sdr_key_label(char *text, int64_t key, const sdr_column *column) {
    if (column->kind == SDR_KIND_FLOAT) return float_label(text, key, column->type);
    if (column->kind == SDR_KIND_BOOLEAN)
        return snprintf(text, SDR_LABEL_BYTES, "%s", key ? "true" : "false");
    if (column->type == SDR_TYPE_UINT64) /* loaded as its bits minus 2^63 */
        return decimal_label(text, (uint64_t)key ^ (UINT64_C(1) << 63), false);
    return decimal_label(text, key < 0 ? 0 - (uint64_t)key : (uint64_t)key, key < 0);
}
