/* What the CPU and the operating system offer; detected once, at load. */
#ifndef SDR_CORE_CPU_H
#define SDR_CORE_CPU_H

#include "simdrift/context.h"

typedef struct sdr_cpu {
    bool has[SDR_ISA_COUNT];
    /* AVX-512 operations run as two halves (Zen 4): it can then be no faster than
     * AVX2, and a family may prefer that. */
    bool splits_avx512;
} sdr_cpu;

void sdr_cpu_detect(sdr_cpu *out);

#endif
