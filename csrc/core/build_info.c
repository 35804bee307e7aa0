/* Version and build, as CMake passed them. */
#include "simdrift/context.h"

#if defined(_OPENMP)
#define OPENMP_LINE "openmp: yes"
#else
#define OPENMP_LINE "openmp: no"
#endif

const char *sdr_version(void) {
    return SDR_VERSION;
}

const char *sdr_build_info(void) {
    return "version: " SDR_VERSION "\ncompiler: " SDR_COMPILER "\nflags: " SDR_FLAGS
           "\nisas: " SDR_ISAS "\n" OPENMP_LINE;
}
