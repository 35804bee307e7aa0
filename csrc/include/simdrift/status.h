/*
 * Return codes, error messages and metric statuses.
 *
 * Two different things, never mixed:
 *   sdr_code    what a fallible call returns. Not SDR_OK means: nothing was computed,
 *               the sdr_error says what was expected and what was found.
 *   sdr_status  why a metric has no value. Data never makes a call fail: the call
 *               returns SDR_OK and the result carries the status.
 */
#ifndef SIMDRIFT_STATUS_H
#define SIMDRIFT_STATUS_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define SDR_API
#else
#define SDR_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sdr_code {
    SDR_OK = 0,
    SDR_NO_MEMORY = 1, /* the allocator returned NULL */
    SDR_INVALID_ARGUMENT =
        2,                  /* misuse of the API: a wrong option, NULL, a length < 0 */
    SDR_INVALID_COLUMN = 3, /* a broken array, refused by the name of the rule */
    SDR_NOT_SUPPORTED = 4,  /* a well-formed type that is not computed on (nested) */
    SDR_CANCELLED = 5,      /* the caller's poll function asked to stop */
    SDR_STREAM_FAILED = 6   /* an Arrow stream reported an error of its own */
} sdr_code;

#define SDR_ERROR_MESSAGE_BYTES 480

/* Where a fallible call writes its message. May be NULL everywhere:
 * then only the code. */
typedef struct sdr_error {
    sdr_code code;
    char message[SDR_ERROR_MESSAGE_BYTES];
} sdr_error;

/* Sets code and message (printf style), returns code: `return sdr_error_set(...)`. */
SDR_API sdr_code sdr_error_set(sdr_error *error, sdr_code code, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

/* Returns from the calling function with the code of a call that failed. */
#define SDR_TRY(expression)                                                            \
    do {                                                                               \
        sdr_code sdr_try_code_ = (expression);                                         \
        if (sdr_try_code_ != SDR_OK) return sdr_try_code_;                             \
    } while (0)

/* Why a value is null. Names (sdr_status_name) are the `status` of a result row. */
typedef enum sdr_status {
    SDR_STATUS_OK = 0,
    SDR_STATUS_EMPTY,
    SDR_STATUS_ALL_NULL,
    SDR_STATUS_TOO_FEW_ROWS,
    SDR_STATUS_CONSTANT,
    SDR_STATUS_DEGENERATE,
    SDR_STATUS_NOT_APPLICABLE,
    SDR_STATUS_MISSING_COLUMN,
    SDR_STATUS_NEW_COLUMN,
    SDR_STATUS_TYPE_CHANGED,
    SDR_STATUS_OVERFLOW,
    SDR_STATUS_NO_REFERENCE,
    SDR_STATUS_ERROR,
    SDR_STATUS_COUNT
} sdr_status;

/* 'ok', 'empty', 'all_null', ...; NULL for a number that is no status. */
SDR_API const char *sdr_status_name(sdr_status status);

#ifdef __cplusplus
}
#endif
#endif
