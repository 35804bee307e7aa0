/*
 * Categories: a growing table of values (bytes of text, or integers, booleans) and the
 * count of each in a column. Text, dictionaries and small integers alike.
 *
 * Codes are given in order of first row, so they do not depend on threads.
 */
#ifndef SIMDRIFT_CATEGORIES_H
#define SIMDRIFT_CATEGORIES_H

#include "simdrift/view.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sdr_categories sdr_categories;

/* `maximum`: above that many categories counting stops with *overflow (high
 * cardinality). */
SDR_API sdr_code sdr_categories_new(sdr_categories **out, int64_t maximum,
                                    sdr_error *error);
SDR_API void sdr_categories_free(sdr_categories *categories);
SDR_API int64_t sdr_categories_size(const sdr_categories *categories);
/* Label of a code: text as its bytes; integers, booleans and temporals as decimal text
 * ('true' and 'false' for booleans); floats as the shortest text that reads back in their
 * type, whole ones below 2^53 as integers. */
SDR_API sdr_string sdr_categories_label(const sdr_categories *categories, int64_t code);

/* Adds what is new, then adds to counts[code] (room for `capacity`, zeroed by the
 * caller; capacity >= maximum). *nulls: rows that are null (or NaN). *overflow: more
 * than maximum categories; counts are then of the rows seen so far and must not be
 * used. */
SDR_API sdr_code sdr_categories_count(sdr_categories *categories, int64_t *counts,
                                      int64_t capacity, int64_t *nulls, bool *overflow,
                                      const sdr_column *column,
                                      const sdr_context *context, sdr_error *error);
/* Code of each row (-1: null), adding what is new. */
SDR_API sdr_code sdr_categories_encode(sdr_categories *categories, int32_t *codes,
                                       bool *overflow, const sdr_column *column,
                                       const sdr_context *context, sdr_error *error);

#ifdef __cplusplus
}
#endif
#endif
