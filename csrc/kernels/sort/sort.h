/*
 * Kernel family "sort": the two steps of a quicksort that vectors do fast, on 64-bit
 * keys in one of two orders, float64 and int64.
 *
 * A split reads keys once and writes each twice: those below the pivot go to the front
 * of the memory they came from, the others, from the back, to the same places of a
 * second buffer. No step depends on a branch, and both parts lie where they will end,
 * in one of two buffers. Few keys are sorted by a network in registers.
 *
 * float64 keys hold no NaN; both steps write -0.0 as 0.0. Sorted keys are a function of
 * the multiset, so every ISA's bits are equal.
 */
#ifndef SDR_KERNELS_SORT_H
#define SDR_KERNELS_SORT_H

#include <stdbool.h>
#include <stdint.h>

/* The bits of a float64 or an int64; may lie in memory that held values. */
typedef uint64_t __attribute__((may_alias)) sdr_key;

/* Where the next keys of a split go: from `low` on, and before `high`. */
typedef struct sdr_split {
    sdr_key *low, *high;
} sdr_split;

typedef struct sdr_sort_order {
    /* to[0 ... n) = from[0 ... n), ascending; n <= most. `from` may be `to`. */
    void (*few)(sdr_key *to, const sdr_key *from, int64_t n);
    /* Takes n keys, in parts of any size. Room for n at `low`, which may be `from` or
     * lie before it, and for n before `high`. The order within a part is any. */
    void (*split)(sdr_split *at, const sdr_key *from, int64_t n, sdr_key pivot);
} sdr_sort_order;

typedef struct sdr_sort_kernels {
    sdr_sort_order f64, i64;
    int64_t most;    /* keys of `few` */
    bool is_fastest; /* else a radix sort beats splitting */
} sdr_sort_kernels;

void sdr_sort_fill_scalar(sdr_sort_kernels *kernels);
void sdr_sort_fill_avx2(sdr_sort_kernels *kernels);
void sdr_sort_fill_avx512(sdr_sort_kernels *kernels);

#endif
