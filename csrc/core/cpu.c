/*
 * CPU detection.
 *
 * AVX2 means all of x86-64-v3, AVX-512 all of x86-64-v4, as those levels are what the
 * kernels are compiled for (System V psABI, "x86-64 micro-architecture levels"). A
 * feature counts only if the operating system saves its registers (XGETBV).
 */
#include "core/cpu.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>

typedef struct cpuid_leaf {
    unsigned eax, ebx, ecx, edx;
} cpuid_leaf;

static cpuid_leaf cpuid(unsigned leaf, unsigned subleaf) {
    cpuid_leaf r = {0};
    __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
    return r;
}

static bool all(unsigned value, unsigned bits) {
    return (value & bits) == bits;
}

/* XCR0: which register sets the operating system saves. 0 without OSXSAVE. */
static unsigned saved_registers(const cpuid_leaf *basic) {
    unsigned low, high;
    if (!all(basic->ecx, bit_OSXSAVE)) return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

enum {
    SAVES_AVX = 0x06,    /* XMM, YMM */
    SAVES_AVX512 = 0xe6, /* and opmask, ZMM0-15 high, ZMM16-31 */
    HAS_LZCNT = 1 << 5   /* leaf 0x80000001, ECX (ABM) */
};

void sdr_cpu_detect(sdr_cpu *out) {
    cpuid_leaf basic = cpuid(1, 0), extended = cpuid(7, 0);
    unsigned saved = saved_registers(&basic);
    bool v3 = all(saved, SAVES_AVX) &&
              all(basic.ecx,
                  bit_AVX | bit_FMA | bit_F16C | bit_MOVBE | bit_SSE4_2 | bit_POPCNT) &&
              all(extended.ebx, bit_AVX2 | bit_BMI | bit_BMI2) &&
              all(cpuid(0x80000001, 0).ecx, HAS_LZCNT);
    bool v4 = v3 && all(saved, SAVES_AVX512) &&
              all(extended.ebx, bit_AVX512F | bit_AVX512BW | bit_AVX512CD |
                                    bit_AVX512DQ | bit_AVX512VL);
    *out = (sdr_cpu){0};
    out->has[SDR_ISA_SCALAR] = true;
    out->has[SDR_ISA_AVX2] = v3;
    out->has[SDR_ISA_AVX512] = v4;
}

#else

void sdr_cpu_detect(sdr_cpu *out) {
    *out = (sdr_cpu){0};
    out->has[SDR_ISA_SCALAR] = true;
#if defined(__aarch64__)
    out->has[SDR_ISA_NEON] = true; /* part of the base architecture */
#endif
}

#endif
