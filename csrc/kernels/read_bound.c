/* The read bound: what a buffer's sum costs, the measure of every pass over it. */
#include "kernels/dispatch.h"

double sdr_read_bound(const double *values, int64_t n) {
    return sdr_dispatch_active()->moments.read_bound(values, n);
}
