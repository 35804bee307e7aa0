/* What fuzz targets share: numbers and memory out of the fuzzer's bytes. */
#ifndef SIMDRIFT_TESTS_FUZZ_H
#define SIMDRIFT_TESTS_FUZZ_H

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simdrift/simdrift.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(condition)                                                               \
    do {                                                                               \
        if (condition) break;                                                          \
        fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                \
        abort();                                                                       \
    } while (0)

typedef struct input {
    const uint8_t *data;
    size_t size;
} input;

/* The next bytes; zeros where there are no more. */
static inline void take_bytes(input *in, void *out, size_t n) {
    size_t have = n < in->size ? n : in->size;
    memset(out, 0, n);
    if (have > 0) memcpy(out, in->data, have);
    in->data += have;
    in->size -= have;
}

static inline int64_t take_below(input *in, int64_t n) {
    uint16_t value;
    take_bytes(in, &value, sizeof value);
    return value % n;
}

/* Rows, below `most`: few where few bytes are left, so that short inputs are quick. */
static inline int64_t take_rows(input *in, int64_t most) {
    int64_t rows = take_below(in, most);
    return rows % ((int64_t)in->size * 4 + 8);
}

/* A block of exactly n bytes, so that a sanitizer sees the first one too many. */
static inline void *take_block(input *in, size_t n) {
    void *block = malloc(n > 0 ? n : 1);
    CHECK(block != NULL);
    take_bytes(in, block, n);
    if (n > 0) return block;
    free(block);
    return malloc(0);
}

/* A number of the kinds that differ: equal ones, small ones, any bits. */
static inline double take_number(input *in) {
    static const double special[] = {
        0.0,     -0.0,    1.0,      -1.0,   INFINITY,  -INFINITY, NAN, 5e-324,
        -5e-324, 1.7e308, -1.7e308, 0x1p53, 0x1p-1022, 1e16,      0.1, -0.1};
    uint8_t kind;
    double any;
    take_bytes(in, &kind, 1);
    if (kind < 64) return special[kind % 16];
    if (kind < 192) return (double)(kind % 16) / 8.0;
    take_bytes(in, &any, sizeof any);
    return any;
}

static inline double *take_numbers(input *in, int64_t n) {
    double *numbers = malloc((size_t)n * sizeof *numbers + 1);
    CHECK(numbers != NULL);
    for (int64_t i = 0; i < n; i++)
        numbers[i] = take_number(in);
    return numbers;
}

/* Whether both are the same bits, or both NaN. */
static inline int same(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b));
}

static inline sdr_column column_of(const double *values, int64_t n,
                                   const uint8_t *mask) {
    sdr_view view;
    sdr_column column;
    CHECK(sdr_view_init_strided(&view, SDR_TYPE_FLOAT64, SDR_UNIT_NONE, false, values,
                                n, sizeof *values, mask, mask != NULL, NULL) == SDR_OK);
    CHECK(sdr_column_init(&column, &view, 1, NULL) == SDR_OK);
    return column;
}

/* for (EACH_ISA(isa)) { ... } runs the body with every ISA of this machine forced. */
static inline int next_isa(int isa) {
    while (isa < SDR_ISA_COUNT && sdr_isa_force((sdr_isa)isa, NULL) != SDR_OK)
        isa++;
    return isa;
}
#define EACH_ISA(isa)                                                                  \
    int isa = next_isa(0);                                                             \
    isa < SDR_ISA_COUNT;                                                               \
    isa = next_isa(isa + 1)

/* Reads everything that a column offers: rows, slices, gathered rows. */
static inline void read_rows(const sdr_column *column) {
    double numbers[SDR_BLOCK_ROWS];
    int64_t nulls = 0, counted = 0, integers[SDR_BLOCK_ROWS];
    uint8_t valid[SDR_BLOCK_ROWS];
    sdr_string texts[SDR_BLOCK_ROWS];
    sdr_kind kind = column->kind;
    int64_t n = column->length < SDR_BLOCK_ROWS ? column->length : SDR_BLOCK_ROWS;
    if (kind == SDR_KIND_CATEGORY) kind = column->chunks[0].dictionary->kind;
    if (kind != SDR_KIND_TEXT) {
        sdr_column_load_f64(column, 0, n, 0, numbers, &nulls);
        CHECK(nulls == column->null_count || n < column->length);
        if (column->kind == SDR_KIND_INTEGER || column->kind == SDR_KIND_TEMPORAL)
            sdr_column_load_i64(column, 0, n, integers, valid, &nulls);
        return;
    }
    volatile uint8_t sum = 0;
    sdr_column_load_text(column, 0, n, texts);
    for (int64_t i = 0; i < n; i++) {
        counted += texts[i].data == NULL;
        for (int64_t k = 0; k < texts[i].size; k++)
            sum = (uint8_t)(sum + texts[i].data[k]);
    }
    CHECK(counted == column->null_count || n < column->length);
}

static inline void read_column(const sdr_column *column, input *in) {
    sdr_column part;
    int64_t start = take_below(in, column->length + 1), indices[8];
    read_rows(column);
    CHECK(sdr_column_slice(&part, column, start, column->length, NULL) == SDR_OK);
    read_rows(&part);
    sdr_column_reset(&part);
    if (column->length == 0) return;
    for (int i = 0; i < 8; i++)
        indices[i] = take_below(in, column->length);
    CHECK(sdr_column_take(&part, column, indices, 8, NULL) == SDR_OK);
    read_rows(&part);
    sdr_column_reset(&part);
}

#endif
