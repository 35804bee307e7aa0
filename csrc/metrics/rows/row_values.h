/*
 * Rows of a column as what they are compared by: a word of numbers, booleans and times,
 * the bytes of text. Categories are what they stand for.
 *
 * Null and NaN are one value, "missing"; -0.0 is 0.0; integers are exact.
 */
#ifndef SDR_METRICS_ROW_VALUES_H
#define SDR_METRICS_ROW_VALUES_H

#include "simdrift/view.h"

/* Rows at a time: with the hashes of their rows they fit a first-level cache. */
enum { SDR_ROWS_AT_ONCE = 512 };

/* Values of a few rows; `texts` of columns that hold none are not used. Text that is
 * missing has data NULL. words: of numbers the value, 0 where it is missing; of text the
 * first half of its hash of 128 bits, and `more` the second. */
typedef struct sdr_row_values {
    uint64_t words[SDR_ROWS_AT_ONCE], more[SDR_ROWS_AT_ONCE];
    sdr_string texts[SDR_ROWS_AT_ONCE];
    uint8_t missing[SDR_ROWS_AT_ONCE];
} sdr_row_values;

/* A hash and what it is made of: see row_hash.c. */
typedef struct sdr_row_hash {
    uint64_t high, low;
} sdr_row_hash;

sdr_row_hash sdr_text_hash(sdr_string text);

struct sdr_row_dictionary;

typedef struct sdr_row_column {
    const sdr_column *column;
    bool is_text;
    struct sdr_row_dictionary *dictionaries;
    int64_t n_dictionaries;
} sdr_row_column;

/* Reads the dictionaries of a column, if it has some. */
sdr_code sdr_row_column_open(sdr_row_column *out, const sdr_column *column,
                             sdr_error *error);
void sdr_row_column_close(sdr_row_column *column);
/* Rows [start, start + n), n <= SDR_ROWS_AT_ONCE; hashes: of text, too. */
void sdr_row_column_load(sdr_row_values *out, const sdr_row_column *column,
                         int64_t start, int64_t n, bool hashes);

static inline bool sdr_texts_are_equal(sdr_string a, sdr_string b) {
    if (a.data == NULL || b.data == NULL) return a.data == b.data;
    return a.size == b.size && (a.size == 0 || a.data == b.data ||
                                __builtin_memcmp(a.data, b.data, (size_t)a.size) == 0);
}

#endif
