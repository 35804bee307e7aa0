/*
 * Tables that came as Arrow structs: chunks of one schema, a child a field.
 */
#ifndef SDR_VIEWS_ARROW_TABLE_H
#define SDR_VIEWS_ARROW_TABLE_H

#include "views/arrow_abi.h"
#include "views/column.h"

typedef struct sdr_arrow_table {
    const struct ArrowSchema *schema;
    struct ArrowArray *chunks;
    int64_t n_chunks;
} sdr_arrow_table;

/* Whether a schema is of a table: a struct that no extension type is stored as. */
bool sdr_arrow_is_table(const struct ArrowSchema *schema);

/* Refuses what is broken in the structs, before any buffer is read; then reads their
 * bitmaps and sets each chunk's null_count to what they say. A child that is too short
 * is its own column's fault, unless a bitmap's length depends on it. */
sdr_code sdr_arrow_check_table(const sdr_arrow_table *table, sdr_error *error);

/* Arrays of field `i` of a table that was checked, one a chunk, as if each child stood
 * alone: the struct's offset and length applied, rows that are null in the struct null
 * in the child. They borrow from the chunks and live in the arena. */
sdr_code sdr_arrow_field(const struct ArrowArray ***out, sdr_arena *arena,
                         const sdr_arrow_table *table, int64_t i, sdr_error *error);

#endif
