/*
 * Detectors over blocks of many series: streams.h.
 *
 * Threads share the series; a series is read in order by one of them. Signals are kept
 * by series and put behind one another at the end, so that they never depend on threads.
 */
#include "simdrift/streams.h"

#include <string.h>

#include "core/parallel.h"
#include "metrics/streams/detector.h"

enum { BLOCK = 1024, KINDS = 13, LEVEL_BITS = 2 };

static const sdr_detector *const detectors[KINDS] = {
    &sdr_adwin, &sdr_kswin, &sdr_page_hinkley, &sdr_cusum,  &sdr_ewma,
    &sdr_ddm,   &sdr_eddm,  &sdr_hddm_a,       &sdr_hddm_w, &sdr_rddm,
    &sdr_stepd, &sdr_fhddm, &sdr_bocd,
};

enum { HEAD_WORDS = sizeof(sdr_stream_head) / 8 };

const char *sdr_stream_name(int kind) {
    return kind >= 0 && kind < KINDS ? detectors[kind]->name : NULL;
}

int sdr_stream_kind(const char *name) {
    for (int kind = 0; kind < KINDS; kind++)
        if (strcmp(detectors[kind]->name, name) == 0) return kind;
    return -1;
}

/* --- parameters and states --- */

static sdr_code check_parameter(const sdr_detector *d, int i, double value,
                                sdr_error *error) {
    const sdr_stream_parameter *parameter = &d->parameters[i];
    const bool is_right = value >= parameter->least && value <= parameter->most &&
                          (!parameter->is_whole || value == floor(value));
    if (is_right) return SDR_OK;
    return sdr_error_set(
        error, SDR_INVALID_ARGUMENT, "%s: expected %s to be %s from %g to %g; found %g",
        d->name, parameter->name, parameter->is_whole ? "a whole number" : "a number",
        parameter->least, parameter->most, value);
}

static sdr_code detector_of(const sdr_detector **out, int kind,
                            const double *parameters, int n_parameters,
                            sdr_error *error) {
    if (kind < 0 || kind >= KINDS)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "expected a detector from 0 to %d; found %d", KINDS - 1,
                             kind);
    const sdr_detector *d = detectors[kind];
    if (n_parameters != d->n_parameters)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "%s: expected %d parameters; found %d", d->name,
                             d->n_parameters, n_parameters);
    for (int i = 0; i < n_parameters; i++)
        SDR_TRY(check_parameter(d, i, parameters[i], error));
    const char *refused = d->refusal == NULL ? NULL : d->refusal(parameters);
    if (refused != NULL)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT, "%s: expected %s", d->name,
                             refused);
    *out = d;
    return SDR_OK;
}

sdr_code sdr_stream_words(int64_t *words, int kind, const double *parameters,
                          int n_parameters, sdr_error *error) {
    const sdr_detector *d = NULL;
    SDR_TRY(detector_of(&d, kind, parameters, n_parameters, error));
    *words = HEAD_WORDS + d->words(parameters);
    return SDR_OK;
}

sdr_code sdr_stream_open(uint64_t *states, int64_t n_series, int kind,
                         const double *parameters, int n_parameters, sdr_error *error) {
    const sdr_detector *d = NULL;
    SDR_TRY(detector_of(&d, kind, parameters, n_parameters, error));
    const int64_t words = HEAD_WORDS + d->words(parameters);
    for (int64_t i = 0; i < n_series; i++) {
        uint64_t *state = states + i * words;
        memset(state, 0, (size_t)words * 8);
        d->open(state + HEAD_WORDS, parameters);
    }
    return SDR_OK;
}

static bool is_valid(const sdr_detector *d, const double *parameters,
                     const uint64_t *state) {
    const sdr_stream_head *head = (const sdr_stream_head *)(const void *)state;
    return sdr_stream_is_count(head->n) && head->left_out >= 0 &&
           head->left_out <= head->n && d->is_valid(state + HEAD_WORDS, parameters);
}

sdr_code sdr_stream_check(const uint64_t *states, int64_t n_series, int kind,
                          const double *parameters, int n_parameters,
                          sdr_error *error) {
    const sdr_detector *d = NULL;
    SDR_TRY(detector_of(&d, kind, parameters, n_parameters, error));
    const int64_t words = HEAD_WORDS + d->words(parameters);
    for (int64_t i = 0; i < n_series; i++)
        if (!is_valid(d, parameters, states + i * words))
            return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                                 "%s: the state of series %lld holds counts that no "
                                 "stream gives",
                                 d->name, (long long)i);
    return SDR_OK;
}

/* --- signals of one series --- */

typedef struct signals {
    int64_t *items; /* index << LEVEL_BITS | level */
    int64_t n, capacity;
} signals;

static bool signals_reserve(signals *self, int64_t more) {
    if (self->n + more <= self->capacity) return true;
    int64_t capacity = self->capacity < 8 ? 8 : 2 * self->capacity;
    while (capacity < self->n + more)
        capacity *= 2;
    int64_t *items = sdr_allocate((size_t)capacity * sizeof *items);
    if (items == NULL) return false;
    if (self->n > 0) memcpy(items, self->items, (size_t)self->n * sizeof *items);
    sdr_release(self->items);
    self->items = items;
    self->capacity = capacity;
    return true;
}

/* --- a block of values --- */

typedef struct reading {
    const sdr_detector *detector;
    const double *parameters;
    uint64_t *states;
    int64_t words;
    const double *values;
    int64_t n;           /* of each series */
    int64_t begin, stop; /* of the values that this pass reads */
    signals *signals;
} reading;

/* Copies what is finite, and where it was; how many. */
static int64_t finite_of(double *out, int64_t *places, const double *values,
                         int64_t n) {
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++) {
        out[kept] = values[i];
        places[kept] = i;
        kept += isfinite(values[i]) != 0;
    }
    return kept;
}

static bool is_outside(sdr_stream_domain domain, double value) {
    if (domain == SDR_STREAM_UNIT) return !(value >= 0.0 && value <= 1.0);
    return domain == SDR_STREAM_BINARY && value != 0.0 && value != 1.0;
}

static sdr_code check_domain(const sdr_detector *d, const double *values, int64_t n,
                             const int64_t *places, int64_t start, sdr_error *error) {
    if (d->domain == SDR_STREAM_REAL) return SDR_OK;
    for (int64_t i = 0; i < n; i++)
        if (is_outside(d->domain, values[i]))
            return sdr_error_set(
                error, SDR_INVALID_ARGUMENT, "%s: expected %s; found %g at index %lld",
                d->name, d->domain == SDR_STREAM_UNIT ? "values from 0 to 1" : "0 or 1",
                values[i], (long long)(start + places[i]));
    return SDR_OK;
}

static sdr_code read_block(const reading *r, uint64_t *state, const double *values,
                           int64_t n, signals *out, sdr_error *error) {
    double finite[BLOCK];
    int64_t places[BLOCK];
    uint8_t levels[BLOCK];
    sdr_stream_head *head = (sdr_stream_head *)(void *)state;
    const int64_t kept = finite_of(finite, places, values, n);
    SDR_TRY(check_domain(r->detector, finite, kept, places, head->n, error));
    r->detector->update(state + HEAD_WORDS, r->parameters, finite, kept, levels);
    if (!signals_reserve(out, kept))
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for the signals");
    for (int64_t i = 0; i < kept; i++) {
        out->items[out->n] = (head->n + places[i]) << LEVEL_BITS | levels[i];
        out->n += levels[i] != SDR_STREAM_STABLE;
    }
    head->n += n;
    head->left_out += n - kept;
    return SDR_OK;
}

static sdr_code read_series(void *user, int64_t begin, int64_t end, int worker,
                            sdr_error *error) {
    (void)worker;
    const reading *r = user;
    for (int64_t i = begin; i < end; i++) {
        uint64_t *state = r->states + i * r->words;
        for (int64_t at = r->begin; at < r->stop; at += BLOCK) {
            const int64_t n = r->stop - at < BLOCK ? r->stop - at : BLOCK;
            SDR_TRY(read_block(r, state, r->values + i * r->n + at, n, &r->signals[i],
                               error));
        }
    }
    return SDR_OK;
}

/* --- all series --- */

static sdr_code collect(sdr_stream_signals *out, const signals *by_series,
                        int64_t n_series, sdr_error *error) {
    int64_t n = 0;
    for (int64_t i = 0; i < n_series; i++)
        n += by_series[i].n;
    out->items = sdr_allocate((size_t)n * sizeof *out->items);
    if (out->items == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld signals",
                             (long long)n);
    out->n = n;
    n = 0;
    for (int64_t i = 0; i < n_series; i++)
        for (int64_t k = 0; k < by_series[i].n; k++) {
            const int64_t item = by_series[i].items[k];
            out->items[n++] = (sdr_stream_signal){i, item >> LEVEL_BITS,
                                                  item & ((1 << LEVEL_BITS) - 1)};
        }
    return SDR_OK;
}

/* Values of each series between two questions whether to stop: some milliseconds. */
static int64_t pass_of(int64_t n_series) {
    const int64_t values = 16 * BLOCK / n_series / BLOCK * BLOCK;
    return values < BLOCK ? BLOCK : values;
}

sdr_code sdr_stream_update(sdr_stream_signals *out, uint64_t *states, int64_t n_series,
                           int kind, const double *parameters, int n_parameters,
                           const double *values, int64_t n, const sdr_context *context,
                           sdr_error *error) {
    *out = (sdr_stream_signals){NULL, 0};
    SDR_TRY(sdr_stream_check(states, n_series, kind, parameters, n_parameters, error));
    reading r = {.detector = detectors[kind],
                 .parameters = parameters,
                 .states = states,
                 .words = HEAD_WORDS + detectors[kind]->words(parameters),
                 .values = values,
                 .n = n};
    sdr_code code = SDR_OK;
    r.signals = sdr_allocate((size_t)n_series * sizeof *r.signals);
    if (r.signals == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for the signals");
    memset(r.signals, 0, (size_t)n_series * sizeof *r.signals);
    const int64_t pass = n_series == 0 ? n : pass_of(n_series);
    for (r.begin = 0; r.begin < n && code == SDR_OK && n_series > 0; r.begin = r.stop) {
        r.stop = n - r.begin < pass ? n : r.begin + pass;
        code = sdr_parallel_for(context, n_series, (size_t)(r.stop - r.begin) * 64,
                                read_series, &r, error);
        if (code == SDR_OK) code = sdr_poll(context, r.stop, n, error);
    }
    if (code == SDR_OK) code = collect(out, r.signals, n_series, error);
    for (int64_t i = 0; i < n_series; i++)
        sdr_release(r.signals[i].items);
    sdr_release(r.signals);
    return code;
}
