/*
 * What a detector of drift in a stream is: its parameters, its state, its update.
 *
 * A state consists of words of 8 bytes, doubles and int64_t, behind the head. Detectors
 * read finite values only; update() is given a block of them and writes a level each.
 */
#ifndef SDR_STREAM_DETECTOR_H
#define SDR_STREAM_DETECTOR_H

#include <math.h>
#include <stdint.h>

#include "simdrift/streams.h"

typedef struct sdr_stream_parameter {
    const char *name;
    double least, most;
    bool is_whole;
} sdr_stream_parameter;

typedef enum sdr_stream_domain {
    SDR_STREAM_REAL,
    SDR_STREAM_UNIT,  /* 0 to 1 */
    SDR_STREAM_BINARY /* 0 or 1 */
} sdr_stream_domain;

typedef struct sdr_detector {
    const char *name;
    sdr_stream_domain domain;
    int n_parameters;
    sdr_stream_parameter parameters[SDR_STREAM_PARAMETERS_MAX];
    /* Words of a state without the head. */
    int64_t (*words)(const double *p);
    /* NULL: parameters in range are right; else what they must be. */
    const char *(*refusal)(const double *p);
    void (*open)(void *state, const double *p);
    /* Whether every index and count lies where update() may use it. */
    bool (*is_valid)(const void *state, const double *p);
    void (*update)(void *state, const double *p, const double *values, int64_t n,
                   uint8_t *levels);
} sdr_detector;

extern const sdr_detector sdr_adwin, sdr_kswin, sdr_page_hinkley, sdr_cusum, sdr_ewma,
    sdr_ddm, sdr_eddm, sdr_hddm_a, sdr_hddm_w, sdr_rddm, sdr_stepd, sdr_fhddm, sdr_bocd;

/* Who defines the details of a detector: its parameter `convention`. */
enum { SDR_RIVER = 0, SDR_FROUROS = 1, SDR_MOA = 2 };
#define SDR_CONVENTION {"convention", SDR_RIVER, SDR_MOA, true}

/* Counts in states stay below this. */
#define SDR_STREAM_COUNT_MAX (INT64_C(1) << 53)

static inline bool sdr_stream_is_count(int64_t value) {
    return value >= 0 && value <= SDR_STREAM_COUNT_MAX;
}

static inline int64_t sdr_stream_state_words(size_t bytes) {
    return (int64_t)((bytes + 7) / 8);
}

/* A mean of values so far. */
typedef struct sdr_stream_mean {
    int64_t n;
    double mean;
} sdr_stream_mean;

static inline void sdr_stream_mean_add(sdr_stream_mean *self, double value) {
    self->n++;
    self->mean += 1.0 / (double)self->n * (value - self->mean);
}

/* The same, rounded once less. */
static inline void sdr_stream_mean_step(sdr_stream_mean *self, double value) {
    self->n++;
    self->mean += (value - self->mean) / (double)self->n;
}

static inline bool sdr_stream_bit(const uint64_t *bits, int64_t i) {
    return bits[i / 64] >> (i % 64) & 1;
}

static inline void sdr_stream_set_bit(uint64_t *bits, int64_t i, bool value) {
    const uint64_t mask = UINT64_C(1) << (i % 64);
    bits[i / 64] = value ? bits[i / 64] | mask : bits[i / 64] & ~mask;
}

#endif
