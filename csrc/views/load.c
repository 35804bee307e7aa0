/*
 * Blocks of rows as float64, int64 and text.
 *
 * A block is cut into pieces that lie in one chunk each. A piece is brought side by
 * side (reading.c), converted by a simple loop that the compiler turns into vectors,
 * and its nulls, found 64 at a time, are written over. Cost: one read and one write to
 * scratch, nothing at all for native float64 without nulls.
 *
 * Conversion is exact where float64 can hold the value, else rounded to nearest once.
 */
#include "views/reading.h"
#include "views/types.h"

#include <math.h>

/* --- 64-bit integers to float64 --------------------------------------------------- */

/* x = high * 2^32 + low, unsigned halves (a signed x is taken as x + 2^63). The halves
 * become the low mantissa bits of 2^84 and 2^52; subtracting those again is exact, and
 * the one addition rounds once. Vector code on any ISA, unlike a plain cast. */
static inline double from_halves(uint64_t x, double bias) {
    uint64_t low_bits = (x & 0xffffffffu) | UINT64_C(0x4330000000000000); /* 2^52 */
    uint64_t high_bits = x >> 32 | UINT64_C(0x4530000000000000);          /* 2^84 */
    double low, high;
    memcpy(&low, &low_bits, sizeof low);
    memcpy(&high, &high_bits, sizeof high);
    return (high - bias) + low;
}

static void convert_int64(double *out, const void *rows, int64_t base, int64_t n) {
    const sdr_any_uint64 *x = rows;
    const uint64_t flip = UINT64_C(1) << 63;
    const double bias = 0x1p84 + 0x1p63 + 0x1p52;
    for (int64_t i = 0; i < n; i++)
        out[i] = from_halves((x[i] - (uint64_t)base) ^ flip, bias);
}

static void convert_uint64(double *out, const void *rows, int64_t base, int64_t n) {
    if (base != 0) {
        convert_int64(out, rows, base, n);
        return;
    }
    const sdr_any_uint64 *x = rows;
    for (int64_t i = 0; i < n; i++)
        out[i] = from_halves(x[i], 0x1p84 + 0x1p52);
}

/* --- the other types -------------------------------------------------------------- */

/* float16: sign, 5 exponent bits (bias 15), 10 mantissa bits. Both readings of a value
 * are computed and masks choose, so that the loop has no branch. */
static void convert_float16(double *out, const void *rows, int64_t n) {
    enum { REBIAS = (127 - 15) << 23, MANTISSA_SHIFT = 23 - 10 };
    enum { INFINITE = 0x7c00, SMALLEST_NORMAL = 0x0400, SIGN = 0x8000 };
    const sdr_any_uint16 *x = rows;
    for (int64_t i = 0; i < n; i++) {
        int32_t half = x[i], magnitude = half & 0x7fff;
        int32_t is_special = -(magnitude >= INFINITE);
        int32_t is_small = -(magnitude < SMALLEST_NORMAL);
        int32_t normal = (magnitude << MANTISSA_SHIFT) + REBIAS + (is_special & REBIAS);
        float value, small = (float)magnitude * 0x1p-24f;
        int32_t bits;
        memcpy(&bits, &small, sizeof bits);
        bits = (bits & is_small) | (normal & ~is_small);
        bits = (int32_t)((uint32_t)bits | (uint32_t)(half & SIGN) << 16);
        memcpy(&value, &bits, sizeof value);
        out[i] = (double)value;
    }
}

#define CONVERT(type)                                                                  \
    do {                                                                               \
        const type *x = rows;                                                          \
        for (int64_t i = 0; i < n; i++)                                                \
            out[i] = (double)x[i];                                                     \
    } while (0)

static void convert_bool(double *out, const void *rows, int64_t n) {
    const sdr_any_uint8 *x = rows;
    for (int64_t i = 0; i < n; i++)
        out[i] = x[i] != 0 ? 1.0 : 0.0;
}

static void convert(double *out, const void *rows, sdr_type type, int64_t n) {
    switch (type) {
    case SDR_TYPE_BOOL_BYTES:
        convert_bool(out, rows, n);
        break;
    case SDR_TYPE_INT8:
        CONVERT(sdr_any_int8);
        break;
    case SDR_TYPE_INT16:
        CONVERT(sdr_any_int16);
        break;
    case SDR_TYPE_INT32:
    case SDR_TYPE_DATE32:
        CONVERT(sdr_any_int32);
        break;
    case SDR_TYPE_UINT8:
        CONVERT(sdr_any_uint8);
        break;
    case SDR_TYPE_UINT16:
        CONVERT(sdr_any_uint16);
        break;
    case SDR_TYPE_UINT32:
        CONVERT(sdr_any_uint32);
        break;
    case SDR_TYPE_FLOAT16:
        convert_float16(out, rows, n);
        break;
    case SDR_TYPE_FLOAT32:
        CONVERT(sdr_any_float);
        break;
    default: /* FLOAT64 */
        if (n > 0) memcpy(out, rows, (size_t)n * sizeof *out);
    }
}

static void convert_based(double *out, const void *rows, sdr_type type, int64_t base,
                          int64_t n) {
    bool is_wide = sdr_type_width(type) == 8 && type != SDR_TYPE_FLOAT64;
    bool is_integral = sdr_type_kind(type) == SDR_KIND_INTEGER ||
                       sdr_type_kind(type) == SDR_KIND_TEMPORAL;
    if (type == SDR_TYPE_UINT64) {
        convert_uint64(out, rows, base, n);
    } else if (is_wide) {
        convert_int64(out, rows, base, n);
    } else if (base != 0 && is_integral) {
        int64_t wide[SDR_BLOCK_ROWS];
        sdr_widen(wide, rows, type, n);
        convert_int64(out, wide, base, n);
    } else {
        convert(out, rows, type, n);
    }
}

/* --- pieces of float64 ------------------------------------------------------------ */

static void fill_nan(double *out, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        out[i] = NAN;
}

/* NaN where null; the number of nulls. */
static int64_t hide_nulls_f64(double *out, const sdr_view *view, int64_t start,
                              int64_t n) {
    int64_t hidden = 0;
    for (int64_t i = 0; i < n; i += SDR_WORD_BITS) {
        int64_t rows = n - i < SDR_WORD_BITS ? n - i : SDR_WORD_BITS;
        uint64_t nulls =
            ~sdr_view_valid_bits(view, start + i, rows) & sdr_bits_low(rows);
        hidden += sdr_bits_count(nulls);
        for (; nulls != 0; nulls &= nulls - 1)
            out[i + __builtin_ctzll(nulls)] = NAN;
    }
    return hidden;
}

/* Values through indices; a dictionary no longer than the piece is converted once. */
static int64_t load_dictionary_f64(double *out, const sdr_view *view, int64_t start,
                                   int64_t n, int64_t base) {
    const sdr_column *values = view->dictionary;
    int64_t index[SDR_BLOCK_ROWS], ignored, nulls = 0;
    double table[SDR_BLOCK_ROWS], one;
    bool is_short = values->length <= n, has_nulls = values->null_count > 0;
    const double *known = table;
    sdr_view_load_indices(index, view, start, n);
    if (is_short)
        known = sdr_column_load_f64(values, 0, values->length, base, table, &ignored);
    for (int64_t i = 0; i < n; i++) {
        int64_t k = index[i];
        if (k < 0 || (has_nulls && sdr_column_row_is_null(values, k))) {
            out[i] = NAN;
            nulls++;
            continue;
        }
        out[i] = is_short ? known[k]
                          : *sdr_column_load_f64(values, k, 1, base, &one, &ignored);
    }
    return nulls;
}

static void load_bits_f64(double *out, const sdr_view *view, int64_t start, int64_t n) {
    uint8_t bytes[SDR_BLOCK_ROWS];
    sdr_bits_expand(bytes, view->data, view->bit_offset + start, n);
    convert_bool(out, bytes, n);
}

static void load_rows_f64(double *out, const sdr_view *view, int64_t start, int64_t n,
                          int64_t base) {
    sdr_rows_buffer buffer;
    convert_based(out, sdr_view_rows(view, start, n, &buffer), view->type, base, n);
}

static int64_t load_piece_f64(double *out, const sdr_view *view, int64_t start,
                              int64_t n, int64_t base) {
    if (view->type == SDR_TYPE_NULL) {
        fill_nan(out, n);
        return n;
    }
    if (view->type == SDR_TYPE_DICTIONARY)
        return load_dictionary_f64(out, view, start, n, base);
    if (view->type == SDR_TYPE_BOOL_BITS)
        load_bits_f64(out, view, start, n);
    else
        load_rows_f64(out, view, start, n, base);
    return view->null_count == 0 ? 0 : hide_nulls_f64(out, view, start, n);
}

/* --- blocks ----------------------------------------------------------------------- */

/* Rows of a chunk: [start, start + count) of the view. */
typedef struct piece {
    const sdr_view *view;
    int64_t start, count;
} piece;

static piece piece_at(const sdr_column *column, int64_t row, int64_t count) {
    int64_t chunk = sdr_column_chunk(column, row);
    int64_t left = column->starts[chunk + 1] - row;
    return (piece){&column->chunks[chunk], row - column->starts[chunk],
                   count < left ? count : left};
}

static bool lies_aligned(const void *rows, size_t alignment) {
    return (uintptr_t)rows % alignment == 0;
}

/* Where the rows lie, if they can be read there as 8-byte values of that type. */
static const void *rows_in_place(const piece *p, sdr_type type, int64_t count) {
    const sdr_view *view = p->view;
    if (view->type != type || p->count != count || view->swapped || view->stride != 8)
        return NULL;
    const uint8_t *rows = view->data + p->start * view->stride;
    return lies_aligned(rows, sizeof(int64_t)) ? rows : NULL;
}

static bool is_free_of_nulls(const piece *p) {
    if (p->view->null_count == 0) return true;
    for (int64_t i = 0; i < p->count; i += SDR_WORD_BITS) {
        int64_t rows = p->count - i < SDR_WORD_BITS ? p->count - i : SDR_WORD_BITS;
        uint64_t valid = sdr_view_valid_bits(p->view, p->start + i, rows);
        if (valid != sdr_bits_low(rows)) return false;
    }
    return true;
}

const double *sdr_column_load_f64(const sdr_column *column, int64_t start,
                                  int64_t count, int64_t base, double *scratch,
                                  int64_t *nulls) {
    *nulls = 0;
    if (count == 0) return scratch;
    piece p = piece_at(column, start, count);
    const double *rows = rows_in_place(&p, SDR_TYPE_FLOAT64, count);
    if (rows != NULL && is_free_of_nulls(&p)) return rows;
    for (int64_t done = 0; done < count; done += p.count) {
        p = piece_at(column, start + done, count - done);
        *nulls += load_piece_f64(scratch + done, p.view, p.start, p.count, base);
    }
    return scratch;
}

/* --- int64 ------------------------------------------------------------------------ */

static int64_t hide_nulls_i64(int64_t *out, uint8_t *valid, const piece *p) {
    int64_t hidden = 0;
    for (int64_t i = 0; i < p->count; i += SDR_WORD_BITS) {
        int64_t rows = p->count - i < SDR_WORD_BITS ? p->count - i : SDR_WORD_BITS;
        uint64_t nulls = ~sdr_view_valid_bits(p->view, p->start + i, rows);
        nulls &= sdr_bits_low(rows);
        hidden += sdr_bits_count(nulls);
        for (; nulls != 0; nulls &= nulls - 1) {
            out[i + __builtin_ctzll(nulls)] = 0;
            valid[i + __builtin_ctzll(nulls)] = 0;
        }
    }
    return hidden;
}

static int64_t load_piece_i64(int64_t *out, uint8_t *valid, const piece *p) {
    sdr_rows_buffer buffer;
    memset(valid, p->view->type != SDR_TYPE_NULL, (size_t)p->count);
    if (p->view->type == SDR_TYPE_NULL) {
        memset(out, 0, (size_t)p->count * sizeof *out);
        return p->count;
    }
    const void *rows = sdr_view_rows(p->view, p->start, p->count, &buffer);
    sdr_widen(out, rows, p->view->type, p->count);
    if (p->view->type == SDR_TYPE_UINT64)
        for (int64_t i = 0; i < p->count; i++)
            out[i] ^= INT64_MIN;
    return p->view->null_count == 0 ? 0 : hide_nulls_i64(out, valid, p);
}

static const int64_t *int64_in_place(const piece *p, int64_t count) {
    sdr_type type = p->view->type;
    bool is_plain = sdr_type_width(type) == 8 && type != SDR_TYPE_UINT64 &&
                    type != SDR_TYPE_FLOAT64;
    return is_plain ? rows_in_place(p, type, count) : NULL;
}

const int64_t *sdr_column_load_i64(const sdr_column *column, int64_t start,
                                   int64_t count, int64_t *scratch, uint8_t *valid,
                                   int64_t *nulls) {
    *nulls = 0;
    if (count == 0) return scratch;
    piece p = piece_at(column, start, count);
    const int64_t *rows = int64_in_place(&p, count);
    if (rows != NULL && is_free_of_nulls(&p)) {
        memset(valid, 1, (size_t)count);
        return rows;
    }
    for (int64_t done = 0; done < count; done += p.count) {
        p = piece_at(column, start + done, count - done);
        *nulls += load_piece_i64(scratch + done, valid + done, &p);
    }
    return scratch;
}

/* --- text ------------------------------------------------------------------------- */

static void load_dictionary_text(sdr_string *out, const piece *p) {
    int64_t index[SDR_BLOCK_ROWS];
    sdr_view_load_indices(index, p->view, p->start, p->count);
    for (int64_t i = 0; i < p->count; i++) {
        out[i] = (sdr_string){NULL, 0};
        if (index[i] >= 0)
            sdr_column_load_text(p->view->dictionary, index[i], 1, &out[i]);
    }
}

static void hide_null_texts(sdr_string *out, const piece *p) {
    for (int64_t i = 0; i < p->count; i += SDR_WORD_BITS) {
        int64_t rows = p->count - i < SDR_WORD_BITS ? p->count - i : SDR_WORD_BITS;
        uint64_t nulls = ~sdr_view_valid_bits(p->view, p->start + i, rows);
        for (nulls &= sdr_bits_low(rows); nulls != 0; nulls &= nulls - 1)
            out[i + __builtin_ctzll(nulls)] = (sdr_string){NULL, 0};
    }
}

static void load_piece_text(sdr_string *out, const piece *p) {
    if (p->view->type != SDR_TYPE_NULL)
        sdr_view_texts(out, p->view, p->start, p->count);
    if (p->view->null_count != 0) hide_null_texts(out, p);
}

const void *sdr_column_offsets(const sdr_column *column, int64_t start, int64_t n,
                               const uint8_t **bytes) {
    if (column->type != SDR_TYPE_UTF8 && column->type != SDR_TYPE_LARGE_UTF8)
        return NULL;
    if (n == 0) return NULL;
    piece p = piece_at(column, start, n);
    if (p.count != n || !is_free_of_nulls(&p)) return NULL;
    *bytes = p.view->bytes;
    return p.view->data + p.start * p.view->stride;
}

void sdr_column_load_text(const sdr_column *column, int64_t start, int64_t count,
                          sdr_string *out) {
    piece p;
    for (int64_t done = 0; done < count; done += p.count) {
        p = piece_at(column, start + done, count - done);
        if (p.view->type == SDR_TYPE_DICTIONARY)
            load_dictionary_text(out + done, &p);
        else
            load_piece_text(out + done, &p);
    }
}
