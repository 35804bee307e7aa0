/*
 * Column views: what every metric reads.
 *
 * A view borrows: it points into memory of someone else, which must outlive it. A
 * column is a list of views (chunks), in order. Row i of a view is null if its validity
 * bit is 0, its mask byte is not 0, or it is NumPy's NaT; a dictionary's row also where
 * the value it points to is null. Otherwise its value lies at data + i * stride.
 *
 * Trust: sdr_view_init_* check everything that can be checked without reading values;
 * sdr_column_validate reads offsets, indices and bitmaps once. A column that passed it
 * can be given to every function without a read out of bounds.
 */
#ifndef SIMDRIFT_VIEW_H
#define SIMDRIFT_VIEW_H

#include "simdrift/context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sdr_type {
    SDR_TYPE_NULL = 0,
    SDR_TYPE_BOOL_BITS,  /* Arrow: one bit a row */
    SDR_TYPE_BOOL_BYTES, /* NumPy: one byte a row, not 0 is true */
    SDR_TYPE_INT8,
    SDR_TYPE_INT16,
    SDR_TYPE_INT32,
    SDR_TYPE_INT64,
    SDR_TYPE_UINT8,
    SDR_TYPE_UINT16,
    SDR_TYPE_UINT32,
    SDR_TYPE_UINT64,
    SDR_TYPE_FLOAT16,
    SDR_TYPE_FLOAT32,
    SDR_TYPE_FLOAT64,
    SDR_TYPE_DATE32,    /* int32 days */
    SDR_TYPE_DATE64,    /* int64 milliseconds */
    SDR_TYPE_TIMESTAMP, /* int64 units since 1970 (NumPy NaT is null) */
    SDR_TYPE_DURATION,  /* int64 units */
    SDR_TYPE_UTF8,
    SDR_TYPE_LARGE_UTF8,
    SDR_TYPE_STRING_VIEW,
    SDR_TYPE_DICTIONARY, /* (u)int8-64 indices into `dictionary`, a column of any flat
                            type */
    SDR_TYPE_COUNT
} sdr_type;

typedef enum sdr_unit {
    SDR_UNIT_NONE = 0,
    SDR_UNIT_S,
    SDR_UNIT_MS,
    SDR_UNIT_US,
    SDR_UNIT_NS
} sdr_unit;

/* What a type is computed as. Dictionaries have the kind CATEGORY
 * whatever they hold. */
typedef enum sdr_kind {
    SDR_KIND_NULL = 0,
    SDR_KIND_BOOLEAN,
    SDR_KIND_INTEGER,
    SDR_KIND_FLOAT,
    SDR_KIND_TEMPORAL,
    SDR_KIND_TEXT,
    SDR_KIND_CATEGORY
} sdr_kind;

struct sdr_column;

/* One binary-view data buffer of a string_view array. */
typedef struct sdr_bytes {
    const uint8_t *data;
    int64_t size;
} sdr_bytes;

typedef struct sdr_view {
    sdr_type type;
    sdr_type index_type; /* of a dictionary's indices: INT8..UINT64 */
    sdr_unit unit;
    bool swapped;        /* byte order is not the machine's (NumPy only) */
    bool nat_is_null;    /* INT64_MIN is null (NumPy's NaT; set by init_strided) */
    int64_t length;      /* rows */
    int64_t null_count;  /* exact, counted by sdr_column_validate; -1 before */
    const uint8_t *data; /* first row's value, index, offset or 16-byte string view */
    ptrdiff_t stride;    /* bytes from row to row; any sign, 0 too; alignment free.
                            BOOL_BITS: unused, see bit_offset */
    int64_t bit_offset;  /* BOOL_BITS: bit of row 0 in data */
    const uint8_t *validity; /* Arrow bitmap, 1 = valid; NULL: all valid */
    int64_t validity_offset; /* bit of row 0 in validity; any */
    const uint8_t *mask;     /* byte mask, not 0 = null (pandas); NULL: none */
    ptrdiff_t mask_stride;
    const uint8_t *bytes; /* UTF8, LARGE_UTF8: the character data */
    int64_t bytes_size;
    const sdr_bytes *buffers; /* STRING_VIEW */
    int64_t n_buffers;
    const struct sdr_column
        *dictionary; /* DICTIONARY: the values, owned by the column */
} sdr_view;

typedef struct sdr_column {
    sdr_type type;
    sdr_kind kind;
    sdr_unit unit;
    int64_t length;     /* rows of all chunks */
    int64_t null_count; /* of all chunks */
    int64_t n_chunks;
    const sdr_view *chunks;
    const int64_t *starts; /* n_chunks + 1 row numbers, starts[0] = 0 */
} sdr_column;

/* A string of a row; data is NULL where the row is null. */
typedef struct sdr_string {
    const uint8_t *data;
    int64_t size;
} sdr_string;

/* --- building --------------------------------------------------------------------- */

/* Strided memory of one type, as NumPy has it. `bytes_available` is not checked here:
 * the array's owner vouches for it. */
SDR_API sdr_code sdr_view_init_strided(sdr_view *out, sdr_type type, sdr_unit unit,
                                       bool swapped, const void *data, int64_t length,
                                       ptrdiff_t stride, const uint8_t *mask,
                                       ptrdiff_t mask_stride, sdr_error *error);

/* A column over views (copied); checks that they agree in type. Validates and counts
 * nulls: what passes is safe to read everywhere. The column owns its copies and
 * dictionaries built from Arrow, never the memory under them, nor a dictionary that a
 * view given here points to. */
SDR_API sdr_code sdr_column_init(sdr_column *out, const sdr_view *chunks,
                                 int64_t n_chunks, sdr_error *error);
SDR_API void sdr_column_reset(sdr_column *column);
/* Rows [start, stop) of a column, sharing its dictionary and memory: `in` must outlive
 * `out`. */
SDR_API sdr_code sdr_column_slice(sdr_column *out, const sdr_column *in, int64_t start,
                                  int64_t stop, sdr_error *error);
/* Reads offsets, indices, string views and bitmaps once and refuses what could make a
 * later read go out of bounds (list: docs/internals/refusals.md). Names rule, chunk
 * and row. */
SDR_API sdr_code sdr_column_validate(sdr_column *column, sdr_error *error);

/* --- Arrow C data interface ------------------------------------------------------- */

struct ArrowSchema;
struct ArrowArray;
struct ArrowArrayStream;

/* Column over chunks (arrays) of one schema; borrows: arrays stay the caller's to
 * release, after the column. Decimals and times of day are copied, as float64 or, where
 * all are whole, as int64. SDR_NOT_SUPPORTED for well-formed formats that are not listed above, SDR_INVALID_COLUMN for broken ones; both name what was found. */
SDR_API sdr_code sdr_column_from_arrow(sdr_column *out,
                                       const struct ArrowSchema *schema,
                                       const struct ArrowArray *const *arrays,
                                       int64_t n_arrays, sdr_error *error);
/* Which rows are not null, of any well-formed type with a validity bitmap, lists and structs too: a
 * column of booleans, true or null. No value is read. Borrows as sdr_column_from_arrow does. */
SDR_API sdr_code sdr_column_presence_from_arrow(sdr_column *out,
                                                const struct ArrowSchema *schema,
                                                const struct ArrowArray *const *arrays,
                                                int64_t n_arrays, sdr_error *error);
/* A table that came as Arrow structs: chunks of one schema, a child a field. */
typedef struct sdr_arrow_table {
    const struct ArrowSchema *schema;
    struct ArrowArray *chunks;
    int64_t n_chunks;
} sdr_arrow_table;

/* Whether a schema is of a table: a struct that no extension type is stored as. */
SDR_API bool sdr_arrow_is_table(const struct ArrowSchema *schema);
/* Refuses what is broken in the structs, before any buffer is read; then reads their
 * bitmaps and sets each chunk's null_count to what they say. A child that is too short
 * is its own column's fault, unless a bitmap's length depends on it. */
SDR_API sdr_code sdr_arrow_check_table(const sdr_arrow_table *table, sdr_error *error);
/* Column of field `i` of a table that was checked, as if each child stood alone: the
 * struct's offset and length applied, rows that are null in the struct null in the
 * child. Borrows as sdr_column_from_arrow does. */
SDR_API sdr_code sdr_column_from_arrow_table(sdr_column *out,
                                             const sdr_arrow_table *table, int64_t i,
                                             sdr_error *error);
/* sdr_column_presence_from_arrow of field `i` of a table that was checked. */
SDR_API sdr_code sdr_column_presence_from_arrow_table(sdr_column *out,
                                                      const sdr_arrow_table *table,
                                                      int64_t i, sdr_error *error);
/* 'int64', 'timestamp[us, UTC]', 'dictionary<int8, large_utf8>' ... of a schema, into
 * text of `size` bytes. Other well-formed types too ('list<int64>'); of a malformed
 * format, the format string itself. */
SDR_API sdr_code sdr_type_name_from_arrow(char *text, size_t size,
                                          const struct ArrowSchema *schema,
                                          sdr_error *error);
/* The same for a column that did not come from Arrow. */
SDR_API sdr_code sdr_column_type_name(char *text, size_t size, const sdr_column *column,
                                      sdr_error *error);

/* --- reading ---------------------------------------------------------------------- */

/* Rows of the fixed grid: every sum of the library runs over blocks of this many rows,
 * counted from row 0 of the column, whatever its chunks. */
#define SDR_BLOCK_ROWS 4096

/* Rows [start, start + count) as float64, null as NaN; count <= SDR_BLOCK_ROWS. Returns
 * a pointer into the column where it is native float64, contiguous, 8-byte aligned and
 * free of nulls there, else `scratch` (room for count), filled. *nulls: how many of
 * them are null. Booleans are 0 and 1. Integers and temporals are converted after
 * `base` was subtracted as integers (the difference must fit into int64; 0 for floats),
 * rounded to nearest.
 * Dictionaries of numbers give their values; text, and dictionaries of text, must not
 * be asked for. */
SDR_API const double *sdr_column_load_f64(const sdr_column *column, int64_t start,
                                          int64_t count, int64_t base, double *scratch,
                                          int64_t *nulls);
/* The same as int64, for INTEGER (uint64: bit pattern minus 2^63, so order is kept) and
 * TEMPORAL; null rows hold 0 and have valid[i] = 0. */
SDR_API const int64_t *sdr_column_load_i64(const sdr_column *column, int64_t start,
                                           int64_t count, int64_t *scratch,
                                           uint8_t *valid, int64_t *nulls);
/* Text rows, null rows with data NULL. */
SDR_API void sdr_column_load_text(const sdr_column *column, int64_t start,
                                  int64_t count, sdr_string *out);
/* The chunk that holds a row, 0 <= row < length. */
SDR_API int64_t sdr_column_chunk(const sdr_column *column, int64_t row);

/* Gathers rows by index into memory of the result's own (fixed-width types and
 * dictionaries; text becomes string_view over the same bytes, so `in` must outlive
 * `out`). Indices are checked. Chunks with dictionaries of their own become one with
 * int64 indices into all of them. */
SDR_API sdr_code sdr_column_take(sdr_column *out, const sdr_column *in,
                                 const int64_t *indices, int64_t n, sdr_error *error);

#ifdef __cplusplus
}
#endif
#endif
