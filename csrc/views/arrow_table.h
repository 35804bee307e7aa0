/* A table's field as arrays: what sdr_column_from_arrow_table reads. */
#ifndef SDR_VIEWS_ARROW_TABLE_H
#define SDR_VIEWS_ARROW_TABLE_H

#include "simdrift/arrow_abi.h"
#include "views/column.h"

/* Arrays of field `i` of a table that was checked, one a chunk, as if each child stood
 * alone: the struct's offset and length applied, rows that are null in the struct null
 * in the child. They borrow from the chunks and live in the arena. */
sdr_code sdr_arrow_field(const struct ArrowArray ***out, sdr_arena *arena,
                         const sdr_arrow_table *table, int64_t i, sdr_error *error);

#endif
