/* What log loss and calibration have in common: their rows. */
#ifndef SDR_METRICS_SCORED_ROWS_H
#define SDR_METRICS_SCORED_ROWS_H

#include "simdrift/groups.h"

/* Refuses columns that hold no numbers or differ in length. *is_null: a column of the
 * null type is among them, so that no row takes part. */
sdr_code sdr_scored_rows_check(bool *is_null, const sdr_scored_rows *rows,
                               const char *call, sdr_error *error);

#endif
