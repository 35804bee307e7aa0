/*
 * A tally: the distinct values that one worker met, each with its first row and count.
 * Keys are text (borrowed from the column) or 64-bit numbers; nothing is copied.
 */
#ifndef SDR_METRICS_CATEGORY_TALLY_H
#define SDR_METRICS_CATEGORY_TALLY_H

#include "simdrift/view.h"

/* What a probe compares. Of a text of at most 16 bytes two words that may overlap,
 * which with its size are all of it; of a longer one a hash; a number is its size,
 * since words of its own would cancel it out of the slot. */
typedef struct sdr_tally_key {
    uint64_t first, last;
    sdr_string text; /* numbers: data NULL, size the key */
} sdr_tally_key;

typedef struct sdr_tally_entry {
    sdr_tally_key key;
    int64_t first_row, count;
} sdr_tally_entry;

typedef struct sdr_tally {
    sdr_tally_entry *entries; /* in order of first row, if rows come in order */
    int32_t *slots;           /* entry + 1; 0: free */
    int64_t n, capacity, limit;
    uint64_t mask;   /* slots less one */
    int shift;       /* of a hash, to a slot */
    int64_t missing; /* rows that are null or NaN */
} sdr_tally;

/* What a row's key is: text, or a number by its 64 bits. */
typedef enum sdr_key_kind { SDR_KEY_TEXT, SDR_KEY_INTEGER, SDR_KEY_FLOAT } sdr_key_kind;

sdr_key_kind sdr_key_kind_of(const sdr_column *column);

sdr_code sdr_tally_init(sdr_tally *tally, int64_t limit, sdr_error *error);
void sdr_tally_reset(sdr_tally *tally);

/* Counts rows [start, start + count) of a column that is no dictionary, count <=
 * SDR_BLOCK_ROWS; ids[i]: the entry of row start + i, -1 where it is missing. *full:
 * more than `limit` distinct values; then the tally must not be used. */
sdr_code sdr_tally_rows(sdr_tally *tally, bool *full, int32_t *ids,
                        const sdr_column *column, int64_t start, int64_t count,
                        sdr_error *error);

/* The label of a number's key (room for SDR_LABEL_BYTES): decimal, 'true', 'false', the
 * shortest text that reads back. */
#define SDR_LABEL_BYTES 40
int64_t sdr_key_label(char *text, int64_t key, const sdr_column *column);

#endif
