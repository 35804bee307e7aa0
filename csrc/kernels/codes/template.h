/*
 * A few codes by comparing: a register of bytes against each value in turn, four values
 * a pass. An ISA's file defines, before it includes this,
 *   bytes, BYTES                   the vector and its size
 *   bytes_load(p), bytes_all(x)    of memory, of one value
 *   tally, tally_zero()            matches of one value so far
 *   tally_add(t, a, b)             and those of a register: lanes where a == b
 *   tally_sum(t)                   how many; at most 255 registers were added
 */
#include "kernels/codes/value.h"

_Static_assert(SDR_CODES_ROWS_MOST / BYTES <= 255, "a lane of a tally is a byte");

enum { TOGETHER = 4 };

static void few(int64_t *counts, const uint8_t *rows, int64_t n, int n_values) {
    int64_t full = n - n % BYTES;
    for (int k = 0; k < n_values; k += TOGETHER) {
        tally found[TOGETHER];
        bytes value[TOGETHER];
        for (int j = 0; j < TOGETHER; j++) {
            found[j] = tally_zero();
            value[j] = bytes_all((uint8_t)(k + j));
        }
        for (int64_t i = 0; i < full; i += BYTES) {
            bytes x = bytes_load(rows + i);
            for (int j = 0; j < TOGETHER; j++)
                found[j] = tally_add(found[j], x, value[j]);
        }
        for (int j = 0; j < TOGETHER && k + j < n_values; j++)
            counts[k + j] += tally_sum(found[j]);
    }
    count_few(counts, rows + full, n - full, n_values);
}

#define SDR_CODES_FILL(isa)                                                            \
    void sdr_codes_fill_##isa(sdr_codes_kernels *kernels) {                            \
        kernels->few = few;                                                            \
        kernels->narrow = narrow_rows;                                                 \
        kernels->widen = widen_rows;                                                   \
        kernels->range = range_of;                                                     \
    }
