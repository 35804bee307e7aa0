/*
 * The dispatch table: filled at load from the best ISA of this build and this CPU, or
 * from the one that SIMDRIFT_ISA names.
 *
 * families.h is written by CMake from the kernel files it compiles: for each ISA a
 * macro that lists its families. An ISA's table starts with all of scalar, then AVX-512
 * takes AVX2's kernels too, where a family has none of its own.
 */
#include "kernels/dispatch.h"

#include "core/cpu.h"
#include "families.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const isa_names[SDR_ISA_COUNT] = {
    [SDR_ISA_SCALAR] = "scalar",
    [SDR_ISA_AVX2] = "avx2",
    [SDR_ISA_AVX512] = "avx512",
    [SDR_ISA_NEON] = "neon",
};

static sdr_cpu cpu;
static sdr_dispatch table;
static sdr_isa active_isa;
static char warning[160];

/* Which ISAs this build holds. */
static const bool built[SDR_ISA_COUNT] = {
    [SDR_ISA_SCALAR] = true,
    [SDR_ISA_AVX2] = SDR_BUILT_AVX2,
    [SDR_ISA_AVX512] = SDR_BUILT_AVX512,
    [SDR_ISA_NEON] = SDR_BUILT_NEON,
};

static sdr_dispatch table_of(sdr_isa isa) {
    sdr_dispatch t;
    memset(&t, 0, sizeof t);
#define FILL(family, name) sdr_##family##_fill_##name(&t.family);
    SDR_FAMILIES_SCALAR(FILL)
    if (isa == SDR_ISA_AVX2 || isa == SDR_ISA_AVX512) {
        SDR_FAMILIES_AVX2(FILL)
    }
    if (isa == SDR_ISA_AVX512) {
        SDR_FAMILIES_AVX512(FILL)
    }
    if (isa == SDR_ISA_NEON) {
        SDR_FAMILIES_NEON(FILL)
    }
#undef FILL
    return t;
}

static sdr_isa best_isa(void) {
    if (sdr_isa_available(SDR_ISA_AVX512)) return SDR_ISA_AVX512;
    if (sdr_isa_available(SDR_ISA_AVX2)) return SDR_ISA_AVX2;
    if (sdr_isa_available(SDR_ISA_NEON)) return SDR_ISA_NEON;
    return SDR_ISA_SCALAR;
}

/* The ISA that SIMDRIFT_ISA names; SDR_ISA_COUNT where it is unset, with a warning
 * where it can't be had. */
static sdr_isa isa_of_environment(void) {
    const char *name = getenv("SIMDRIFT_ISA");
    if (name == NULL || *name == '\0') return SDR_ISA_COUNT;
    for (int isa = 0; isa < SDR_ISA_COUNT; isa++) {
        if (strcmp(name, isa_names[isa]) != 0) continue;
        if (sdr_isa_available((sdr_isa)isa)) return (sdr_isa)isa;
        break;
    }
    snprintf(warning, sizeof warning,
             "SIMDRIFT_ISA: expected scalar, avx2, avx512 or neon, available in this "
             "build and on this CPU; found '%.32s'; using %s",
             name, isa_names[best_isa()]);
    return SDR_ISA_COUNT;
}

/* Before the constructors of programs (101 is the first priority they may have). */
__attribute__((constructor(101))) static void choose_at_load(void) {
    sdr_cpu_detect(&cpu);
    sdr_isa wanted = isa_of_environment();
    active_isa = wanted == SDR_ISA_COUNT ? best_isa() : wanted;
    table = table_of(active_isa);
}

const sdr_dispatch *sdr_dispatch_active(void) {
    return &table;
}

const char *sdr_isa_name(sdr_isa isa) {
    return (unsigned)isa < SDR_ISA_COUNT ? isa_names[isa] : NULL;
}

sdr_isa sdr_isa_active(void) {
    return active_isa;
}

bool sdr_isa_available(sdr_isa isa) {
    return (unsigned)isa < SDR_ISA_COUNT && built[isa] && cpu.has[isa];
}

sdr_code sdr_isa_force(sdr_isa isa, sdr_error *error) {
    if (!sdr_isa_available(isa)) {
        const char *name = sdr_isa_name(isa);
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "expected an ISA of this build and CPU, found %s",
                             name != NULL ? name : "a number that is none");
    }
    active_isa = isa;
    table = table_of(isa);
    return SDR_OK;
}

const char *sdr_isa_warning(void) {
    return warning[0] != '\0' ? warning : NULL;
}
