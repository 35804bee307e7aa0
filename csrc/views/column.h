/*
 * How columns are built: an arena that holds everything a column owns, in one list.
 */
#ifndef SDR_VIEWS_COLUMN_H
#define SDR_VIEWS_COLUMN_H

#include "simdrift/view.h"

/* Blocks of memory that live and go together. */
typedef struct sdr_arena {
    struct sdr_arena_block *blocks;
} sdr_arena;

/* NULL where there is no memory; zeroed. */
void *sdr_arena_allocate(sdr_arena *arena, size_t bytes);
void sdr_arena_free(sdr_arena *arena);

/* Copies views into the arena and sets every field of `out`; nothing is checked. The
 * arena is not the column's yet. */
sdr_code sdr_column_assemble(sdr_column *out, sdr_arena *arena, sdr_type type,
                             sdr_unit unit, const sdr_view *chunks, int64_t n_chunks,
                             sdr_error *error);
/* The arena becomes the column's: sdr_column_reset frees it. */
void sdr_column_own(sdr_column *column, sdr_arena *arena);
/* One more arena for a column that has its own. */
void sdr_column_keep(sdr_column *column, sdr_arena *arena);

/* Views may be written where the library itself builds a column. */
static inline sdr_view *sdr_column_views(sdr_column *column) {
    return (sdr_view *)(uintptr_t)column->chunks;
}

/* Rows that are null by bitmap, mask or NaT, whatever a dictionary holds there. */
int64_t sdr_view_count_nulls(const sdr_view *view);
/* Those, and rows that point to a null of the dictionary. Indices must be valid. */
int64_t sdr_view_count_all_nulls(const sdr_view *view);
/* Sums the chunks' null counts, which must be known, into the column's. */
void sdr_column_sum_nulls(sdr_column *column);

sdr_code sdr_no_memory(sdr_error *error);

#endif
