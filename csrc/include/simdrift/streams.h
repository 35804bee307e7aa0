/*
 * Concept drift online: detectors that read a stream value by value and signal a change.
 *
 * A detector is a kind and its parameters; what it has learned is a state of
 * sdr_stream_words() words of 8 bytes, which may be copied, kept and used again: a
 * stream cut anywhere gives the same signals, bit for bit. States of many series lie one
 * behind the other.
 *
 * After a drift a detector begins anew with the next value, as river's do. Values that
 * are not finite are left out and counted; they keep their places in the stream.
 */
#ifndef SIMDRIFT_STREAMS_H
#define SIMDRIFT_STREAMS_H

#include "simdrift/context.h"

#ifdef __cplusplus
extern "C" {
#endif

#define SDR_STREAM_PARAMETERS_MAX 8

typedef enum sdr_stream_level {
    SDR_STREAM_STABLE = 0,
    SDR_STREAM_WARNING = 1,
    SDR_STREAM_DRIFT = 2
} sdr_stream_level;

typedef struct sdr_stream_signal {
    int64_t series, index; /* index since the start of the stream */
    int64_t level;         /* SDR_STREAM_WARNING or SDR_STREAM_DRIFT */
} sdr_stream_signal;

typedef struct sdr_stream_signals {
    sdr_stream_signal *items; /* by series, then by index; freed by sdr_release */
    int64_t n;
} sdr_stream_signals;

/* The first words of every state. */
typedef struct sdr_stream_head {
    int64_t n;        /* values read */
    int64_t left_out; /* of them not finite */
} sdr_stream_head;

/* 'adwin', 'kswin', ...: NULL for a number that is no kind. */
SDR_API const char *sdr_stream_name(int kind);
/* Number of the kind of that name; -1 for none. */
SDR_API int sdr_stream_kind(const char *name);
/* Words of one state; SDR_INVALID_ARGUMENT names the parameter that is out of range. */
SDR_API sdr_code sdr_stream_words(int64_t *words, int kind, const double *parameters,
                                  int n_parameters, sdr_error *error);
/* Fills n_series states. */
SDR_API sdr_code sdr_stream_open(uint64_t *states, int64_t n_series, int kind,
                                 const double *parameters, int n_parameters,
                                 sdr_error *error);
/* SDR_INVALID_ARGUMENT where a state could not have come from an update. */
SDR_API sdr_code sdr_stream_check(const uint64_t *states, int64_t n_series, int kind,
                                  const double *parameters, int n_parameters,
                                  sdr_error *error);
/* Reads n values of each series, one series behind the other, on all threads. A call
 * that fails leaves states that are not to be used: update a copy. */
SDR_API sdr_code sdr_stream_update(sdr_stream_signals *out, uint64_t *states,
                                   int64_t n_series, int kind, const double *parameters,
                                   int n_parameters, const double *values, int64_t n,
                                   const sdr_context *context, sdr_error *error);

#ifdef __cplusplus
}
#endif
#endif
