/* Error messages and status names. The names are the `status` of a result row. */
#include "simdrift/status.h"

#include <stdarg.h>
#include <stdio.h>

sdr_code sdr_error_set(sdr_error *error, sdr_code code, const char *format, ...) {
    if (error == NULL) return code;
    error->code = code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    return code;
}

static const char *const status_names[SDR_STATUS_COUNT] = {
    [SDR_STATUS_OK] = "ok",
    [SDR_STATUS_EMPTY] = "empty",
    [SDR_STATUS_ALL_NULL] = "all_null",
    [SDR_STATUS_TOO_FEW_ROWS] = "too_few_rows",
    [SDR_STATUS_CONSTANT] = "constant",
    [SDR_STATUS_DEGENERATE] = "degenerate",
    [SDR_STATUS_NOT_APPLICABLE] = "not_applicable",
    [SDR_STATUS_MISSING_COLUMN] = "missing_column",
    [SDR_STATUS_NEW_COLUMN] = "new_column",
    [SDR_STATUS_TYPE_CHANGED] = "type_changed",
    [SDR_STATUS_OVERFLOW] = "overflow",
    [SDR_STATUS_NO_REFERENCE] = "no_reference",
    [SDR_STATUS_ERROR] = "error",
};

const char *sdr_status_name(sdr_status status) {
    return (unsigned)status < SDR_STATUS_COUNT ? status_names[status] : NULL;
}
