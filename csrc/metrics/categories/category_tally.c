/*
 * Hash counting of one worker's rows: load a block, find each row's entry, add one.
 * Time O(rows), one probe each where few categories fill the table.
 */
#include "category_tally.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "category_table.h"

enum {
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
    for (int64_t i = 0; i < t->n; i++) {
        entries[i] = t->entries[i];
        uint64_t slot = entries[i].hash & mask;
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

/* Two words that may overlap hold all of 4 to 16 bytes, three bytes all of 1 to 3. */
static inline bool equal_text(sdr_string a, sdr_string b) {
    int64_t size = a.size;
    if (size != b.size) return false;
    if (size > 16) return !memcmp(a.data, b.data, (size_t)size);
    if (size >= 8)
        return sdr_word64(a.data) == sdr_word64(b.data) &&
               sdr_word64(a.data + size - 8) == sdr_word64(b.data + size - 8);
    if (size >= 4)
        return sdr_word32(a.data) == sdr_word32(b.data) &&
               sdr_word32(a.data + size - 4) == sdr_word32(b.data + size - 4);
    return size == 0 ||
           (a.data[0] == b.data[0] && a.data[size / 2] == b.data[size / 2] &&
            a.data[size - 1] == b.data[size - 1]);
}

static inline bool equal(const sdr_tally_entry *entry, sdr_string key, uint64_t hash) {
    if (entry->hash != hash) return false;
    if (key.data == NULL) return entry->text.size == key.size;
    return equal_text(entry->text, key);
}

/* The entry of a key, added with this first row where it is new; -1: full or no memory.
 */
static inline int32_t entry_of(sdr_tally *t, sdr_string key, uint64_t hash, int64_t row,
                               bool *full, sdr_code *code, sdr_error *error) {
    uint64_t slot = hash & t->mask;
    for (; t->slots[slot] != 0; slot = (slot + 1) & t->mask)
        if (equal(&t->entries[t->slots[slot] - 1], key, hash))
            return t->slots[slot] - 1;
    int64_t before = t->capacity;
    *code = make_room(t, full, error);
    if (*code != SDR_OK || *full) return -1;
    if (before != t->capacity) {
        slot = hash & t->mask;
        while (t->slots[slot] != 0)
            slot = (slot + 1) & t->mask;
    }
    t->entries[t->n] = (sdr_tally_entry){.hash = hash, .text = key, .first_row = row};
    t->slots[slot] = (int32_t)++t->n;
    return (int32_t)t->n - 1;
}

static inline sdr_code tally_key(sdr_tally *t, sdr_string key, uint64_t hash,
                                 int64_t row, int32_t *id, bool *full,
                                 sdr_error *error) {
    sdr_code code = SDR_OK;
    *id = entry_of(t, key, hash, row, full, &code, error);
    if (*id >= 0) t->entries[*id].count++;
    return code;
}

static sdr_code tally_text(sdr_tally *t, bool *full, int32_t *ids,
                           const sdr_column *column, int64_t start, int64_t count,
                           sdr_error *error) {
    sdr_string rows[SDR_BLOCK_ROWS];
    sdr_column_load_text(column, start, count, rows);
    for (int64_t i = 0; i < count && !*full; i++) {
        ids[i] = -1;
        if (rows[i].data == NULL) {
            t->missing++;
            continue;
        }
        uint64_t hash = sdr_hash_bytes(rows[i].data, rows[i].size);
        SDR_TRY(tally_key(t, rows[i], hash, start + i, &ids[i], full, error));
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
        uint64_t hash = sdr_mix((uint64_t)rows[i], 0);
        SDR_TRY(tally_key(t, (sdr_string){NULL, rows[i]}, hash, start + i, &ids[i],
                          full, error));
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
        sdr_string key = {NULL, 0};
        memcpy(&key.size, &value, sizeof value);
        uint64_t hash = sdr_mix((uint64_t)key.size, 0);
        SDR_TRY(tally_key(t, key, hash, start + i, &ids[i], full, error));
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

static int64_t float_label(char *text, int64_t key) {
    enum { MOST_DIGITS = 17 }; /* enough for every binary64 to read back */
    double value;
    memcpy(&value, &key, sizeof value);
    int size = 0;
    for (int digits = 1; digits <= MOST_DIGITS; digits++) {
        size = snprintf(text, SDR_LABEL_BYTES, "%.*g", digits, value);
        if (strtod(text, NULL) == value) break;
    }
    return size;
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

int64_t sdr_key_label(char *text, int64_t key, const sdr_column *column) {
    if (column->kind == SDR_KIND_FLOAT) return float_label(text, key);
    if (column->kind == SDR_KIND_BOOLEAN)
        return snprintf(text, SDR_LABEL_BYTES, "%s", key ? "true" : "false");
    if (column->type == SDR_TYPE_UINT64) /* loaded as its bits minus 2^63 */
        return decimal_label(text, (uint64_t)key ^ (UINT64_C(1) << 63), false);
    return decimal_label(text, key < 0 ? 0 - (uint64_t)key : (uint64_t)key, key < 0);
}
