/* Decimals and times of day as numbers: see arrow_decimal.c. */
#ifndef SDR_VIEWS_ARROW_DECIMAL_H
#define SDR_VIEWS_ARROW_DECIMAL_H

#include "views/column.h"

/* Whether every row of the views that is not null, an integer of `bits` bits, fits into
 * int64. */
bool sdr_decimals_fit(const sdr_view *views, int64_t n_views, int bits);
/* The rows of a view over integers of `bits` bits, divided by 10^scale, as float64 or,
 * of scale 0, as int64 where `type` says so, in the arena. */
sdr_code sdr_decimals_convert(sdr_view *view, sdr_arena *arena, sdr_type type, int bits,
                              int scale, sdr_error *error);

#endif
