/*
 * Reading rows of a view in their own type: unaligned, strided, byte-swapped.
 *
 * Every function is for rows of a validated view; counts are at most SDR_BLOCK_ROWS.
 */
#ifndef SDR_VIEWS_READING_H
#define SDR_VIEWS_READING_H

#include "simdrift/view.h"
#include "views/bits.h"

/* Values at any address: the compiler turns loops over these into unaligned vector
 * loads. */
#if defined(__GNUC__)
#define SDR_UNALIGNED __attribute__((aligned(1), may_alias))
#else
#error "simdrift needs GCC or Clang"
#endif
typedef int8_t SDR_UNALIGNED sdr_any_int8;
typedef int16_t SDR_UNALIGNED sdr_any_int16;
typedef int32_t SDR_UNALIGNED sdr_any_int32;
typedef int64_t SDR_UNALIGNED sdr_any_int64;
typedef uint8_t SDR_UNALIGNED sdr_any_uint8;
typedef uint16_t SDR_UNALIGNED sdr_any_uint16;
typedef uint32_t SDR_UNALIGNED sdr_any_uint32;
typedef uint64_t SDR_UNALIGNED sdr_any_uint64;
typedef float SDR_UNALIGNED sdr_any_float;
typedef double SDR_UNALIGNED sdr_any_double;

/* Room for a block of rows of any fixed width of up to 8 bytes. */
typedef struct sdr_rows_buffer {
    _Alignas(64) uint8_t bytes[SDR_BLOCK_ROWS * sizeof(int64_t)];
} sdr_rows_buffer;

/* Rows [start, start + n) side by side in the machine's byte order: where they lie if
 * they are so, else gathered into `buffer`. Not for NULL, BOOL_BITS, STRING_VIEW. */
const void *sdr_view_rows(const sdr_view *view, int64_t start, int64_t n,
                          sdr_rows_buffer *buffer);

/* Bit i: row start + i is not null by bitmap, mask and NaT; 1 <= n <= 64. */
uint64_t sdr_view_valid_bits(const sdr_view *view, int64_t start, int64_t n);

/* A dictionary's indices, -1 for rows that are null by bitmap or mask. */
void sdr_view_load_indices(int64_t *out, const sdr_view *view, int64_t start,
                           int64_t n);

/* Whether a row of a column (a dictionary) is null. */
bool sdr_column_row_is_null(const sdr_column *column, int64_t row);

/* The text at each row of a text view; of rows that are null it must not be used. Reads
 * no more than the row's offsets or its 16 bytes. */
void sdr_view_texts(sdr_string *out, const sdr_view *view, int64_t start, int64_t n);

/* The text between two offsets. */
static inline sdr_string sdr_text_between_32(const uint8_t *bytes,
                                             const sdr_any_int32 *offsets) {
    return (sdr_string){bytes + offsets[0], (int64_t)offsets[1] - offsets[0]};
}

static inline sdr_string sdr_text_between_64(const uint8_t *bytes,
                                             const sdr_any_int64 *offsets) {
    return (sdr_string){bytes + offsets[0], offsets[1] - offsets[0]};
}

/* The offsets of rows [start, start + n), n + 1 of 32 or 64 bits as the column's type
 * says, and the bytes that they are of: where the rows lie in one chunk, none of them
 * null. NULL elsewhere, and of other columns. */
const void *sdr_column_offsets(const sdr_column *column, int64_t start, int64_t n,
                               const uint8_t **bytes);

/* Integers from any integer or temporal type; unsigned 64 bits as their pattern. */
void sdr_widen(int64_t *out, const void *rows, sdr_type type, int64_t n);

/* Bits as bytes of 0 and 1. */
void sdr_bits_expand(uint8_t *out, const uint8_t *bits, int64_t at, int64_t n);

#endif
