/*
 * A few codes by comparing: a register of bytes against each value in turn, four values
 * a pass. An ISA's file defines, before it includes this,
 *   bytes, BYTES                   the vector and its size
 *   bytes_load(p), bytes_all(x)    of memory, of one value
 *   tally, tally_zero()            matches of one value so far
 *   tally_add(t, a, b)             and those of a register: lanes where a == b
 *   tally_both(t, a, b, c, d)      lanes where a == b and c == d
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

static void pairs(int64_t *counts, const uint8_t *a, const uint8_t *b, int64_t n) {
    enum { CELLS = 4 };
    const bytes zero = bytes_all(0), one = bytes_all(1);
    tally found[CELLS];
    int64_t full = n - n % BYTES;
    for (int k = 0; k < CELLS; k++)
        found[k] = tally_zero();
    for (int64_t i = 0; i < full; i += BYTES) {
        bytes x = bytes_load(a + i), y = bytes_load(b + i);
        found[0] = tally_both(found[0], x, zero, y, zero);
        found[1] = tally_both(found[1], x, zero, y, one);
        found[2] = tally_both(found[2], x, one, y, zero);
        found[3] = tally_both(found[3], x, one, y, one);
    }
    for (int k = 0; k < CELLS; k++)
        counts[k] += tally_sum(found[k]);
    count_pairs(counts, a + full, b + full, n - full);
}

#define SDR_CODES_FILL(isa)                                                            \
    void sdr_codes_fill_##isa(sdr_codes_kernels *kernels) {                            \
        kernels->few = few;                                                            \
        kernels->narrow = narrow_rows;                                                 \
        kernels->widen = widen_rows;                                                   \
        kernels->range = range_of;                                                     \
        kernels->fit = fit_rows;                                                       \
        kernels->whole = whole_rows;                                                   \
        kernels->pairs = pairs;                                                        \
        kernels->join = join_codes;                                                    \
        kernels->join_wide = join_wide_codes;                                          \
    }
