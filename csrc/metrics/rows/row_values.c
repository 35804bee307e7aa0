/*
 * Rows of a column as words or texts: row_values.h.
 *
 * The values of a dictionary are loaded once, then looked up by index. Text is not
 * copied: it lies in the column's memory.
 */
#include "metrics/rows/row_values.h"

#include <math.h>
#include <string.h>

#include "views/reading.h"

typedef struct sdr_row_dictionary {
    const sdr_column *values;
    uint64_t *words, *more;
    sdr_string *texts;
    uint8_t *missing;
} sdr_row_dictionary;

/* --- values of their own --- */

static void load_integers(uint64_t *words, uint8_t *missing, const sdr_column *column,
                          int64_t start, int64_t n) {
    int64_t scratch[SDR_ROWS_AT_ONCE], nulls;
    const int64_t *values =
        sdr_column_load_i64(column, start, n, scratch, missing, &nulls);
    for (int64_t i = 0; i < n; i++) {
        words[i] = missing[i] ? (uint64_t)values[i] : 0;
        missing[i] = !missing[i]; /* they were the valid ones */
    }
}

static void load_floats(uint64_t *words, uint8_t *missing, const sdr_column *column,
                        int64_t start, int64_t n) {
    double scratch[SDR_ROWS_AT_ONCE];
    int64_t nulls;
    const double *values = sdr_column_load_f64(column, start, n, 0, scratch, &nulls);
    for (int64_t i = 0; i < n; i++) {
        double value = values[i] + 0.0; /* -0.0 becomes 0.0 */
        missing[i] = isnan(value) != 0;
        if (missing[i]) value = 0.0;
        memcpy(&words[i], &value, sizeof value);
    }
}

static void load_texts(sdr_string *texts, uint8_t *missing, const sdr_column *column,
                       int64_t start, int64_t n) {
    sdr_column_load_text(column, start, n, texts);
    for (int64_t i = 0; i < n; i++)
        missing[i] = texts[i].data == NULL;
}

static void hash_texts(uint64_t *words, uint64_t *more, const sdr_string *texts,
                       int64_t n) {
    for (int64_t i = 0; i < n; i++) {
        if (texts[i].data == NULL) continue;
        sdr_row_hash hash = sdr_text_hash(texts[i]);
        words[i] = hash.high;
        more[i] = hash.low;
    }
}

static void load_own(uint64_t *words, sdr_string *texts, uint8_t *missing,
                     const sdr_column *column, int64_t start, int64_t n) {
    switch (column->kind) {
    case SDR_KIND_NULL:
        memset(missing, 1, (size_t)n);
        memset(words, 0, (size_t)n * sizeof *words);
        return;
    case SDR_KIND_TEXT:
        load_texts(texts, missing, column, start, n);
        return;
    case SDR_KIND_INTEGER:
    case SDR_KIND_TEMPORAL:
        load_integers(words, missing, column, start, n);
        return;
    default:
        load_floats(words, missing, column, start, n);
    }
}

/* --- dictionaries --- */

static sdr_code dictionary_open(sdr_row_dictionary *d, const sdr_column *values,
                                sdr_error *error) {
    size_t n = (size_t)values->length;
    *d = (sdr_row_dictionary){.values = values,
                              .words = sdr_allocate(2 * n * sizeof *d->words),
                              .texts = sdr_allocate(n * sizeof *d->texts),
                              .missing = sdr_allocate(n)};
    if (d->words == NULL || d->texts == NULL || d->missing == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for a dictionary of %zu",
                             n);
    d->more = d->words + n;
    for (int64_t start = 0; start < values->length; start += SDR_ROWS_AT_ONCE) {
        int64_t left = values->length - start;
        load_own(d->words + start, d->texts + start, d->missing + start, values, start,
                 left < SDR_ROWS_AT_ONCE ? left : SDR_ROWS_AT_ONCE);
    }
    if (values->kind == SDR_KIND_TEXT)
        hash_texts(d->words, d->more, d->texts, values->length);
    return SDR_OK;
}

static const sdr_row_dictionary *dictionary_of(const sdr_row_column *column,
                                               const sdr_column *values) {
    for (int64_t i = 0; i < column->n_dictionaries; i++)
        if (column->dictionaries[i].values == values) return &column->dictionaries[i];
    return NULL;
}

static sdr_code dictionaries_open(sdr_row_column *out, sdr_error *error) {
    const sdr_column *column = out->column;
    out->dictionaries =
        sdr_allocate((size_t)column->n_chunks * sizeof *out->dictionaries);
    if (out->dictionaries == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for dictionaries");
    for (int64_t i = 0; i < column->n_chunks; i++) {
        const sdr_column *values = column->chunks[i].dictionary;
        if (dictionary_of(out, values) != NULL) continue;
        /* counted first: a half-open one is closed, too */
        SDR_TRY(
            dictionary_open(&out->dictionaries[out->n_dictionaries++], values, error));
    }
    return SDR_OK;
}

static void look_up(sdr_row_values *out, const sdr_row_dictionary *d,
                    const int64_t *indices, int64_t at, int64_t n) {
    const bool is_text = d->values->kind == SDR_KIND_TEXT;
    for (int64_t i = 0; i < n; i++) {
        const int64_t index = indices[i];
        const bool is_missing = index < 0 || d->missing[index];
        out->missing[at + i] = is_missing;
        out->words[at + i] = is_missing ? 0 : d->words[index];
        if (!is_text) continue;
        out->more[at + i] = is_missing ? 0 : d->more[index];
        out->texts[at + i] = is_missing ? (sdr_string){NULL, 0} : d->texts[index];
    }
}

static void load_pointed(sdr_row_values *out, const sdr_row_column *column,
                         int64_t start, int64_t n) {
    int64_t indices[SDR_ROWS_AT_ONCE];
    const sdr_column *rows = column->column;
    for (int64_t i = 0; i < n;) {
        int64_t chunk = sdr_column_chunk(rows, start + i);
        const sdr_view *view = &rows->chunks[chunk];
        int64_t left = rows->starts[chunk + 1] - (start + i);
        if (left > n - i) left = n - i;
        sdr_view_load_indices(indices, view, start + i - rows->starts[chunk], left);
        look_up(out, dictionary_of(column, view->dictionary), indices, i, left);
        i += left;
    }
}

/* --- columns --- */

sdr_code sdr_row_column_open(sdr_row_column *out, const sdr_column *column,
                             sdr_error *error) {
    *out = (sdr_row_column){.column = column, .is_text = column->kind == SDR_KIND_TEXT};
    if (column->type != SDR_TYPE_DICTIONARY || column->n_chunks == 0) return SDR_OK;
    out->is_text = column->chunks[0].dictionary->kind == SDR_KIND_TEXT;
    return dictionaries_open(out, error);
}

void sdr_row_column_close(sdr_row_column *column) {
    for (int64_t i = 0; i < column->n_dictionaries; i++) {
        sdr_release(column->dictionaries[i].words);
        sdr_release(column->dictionaries[i].texts);
        sdr_release(column->dictionaries[i].missing);
    }
    sdr_release(column->dictionaries);
    *column = (sdr_row_column){0};
}

void sdr_row_column_load(sdr_row_values *out, const sdr_row_column *column,
                         int64_t start, int64_t n, bool hashes) {
    if (column->dictionaries != NULL) {
        load_pointed(out, column, start, n);
        return;
    }
    load_own(out->words, out->texts, out->missing, column->column, start, n);
    if (hashes && column->is_text) hash_texts(out->words, out->more, out->texts, n);
}
