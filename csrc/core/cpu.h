/* What the CPU and the operating system offer; detected once, at load. */
#ifndef SDR_CORE_CPU_H
#define SDR_CORE_CPU_H

#include "simdrift/context.h"

typedef struct sdr_cpu {
    bool has[SDR_ISA_COUNT];
} sdr_cpu;

void sdr_cpu_detect(sdr_cpu *out);

#endif
