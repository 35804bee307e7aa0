/* Prefetching streams of values: one distance and one cache level for all kernels. */
#ifndef SDR_KERNELS_PREFETCH_H
#define SDR_KERNELS_PREFETCH_H

#include <stdint.h>

/* Streams run this far ahead of the loads: worth up to 2.3x from memory. Into the
 * second level: the first one's few line buffers are left to the loads (Sapphire
 * Rapids: the profile at 1.21 reads instead of 1.45; 8 KiB ahead 1.25). The address may
 * lie beyond the buffer; a prefetch never faults. */
enum { SDR_PREFETCH_BYTES = 16384, SDR_PREFETCH_LEVEL = 2, SDR_LINE_BYTES = 64 };

static inline void sdr_prefetch(const void *p) {
    __builtin_prefetch((const void *)((uintptr_t)p + SDR_PREFETCH_BYTES), 0,
                       SDR_PREFETCH_LEVEL);
}

#endif
