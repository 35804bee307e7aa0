/* A few codes with NEON: a true lane is 255, subtracted; two registers a step, each
 * with lanes of its own. */
#include <arm_neon.h>

#include "kernels/codes/codes.h"

typedef uint8x16x2_t bytes;
typedef uint8x16x2_t tally;
enum { BYTES = 32 };

static inline bytes bytes_load(const uint8_t *p) {
    return (bytes){{vld1q_u8(p), vld1q_u8(p + 16)}};
}
static inline bytes bytes_all(uint8_t x) {
    return (bytes){{vdupq_n_u8(x), vdupq_n_u8(x)}};
}
static inline tally tally_zero(void) {
    return bytes_all(0);
}
static inline tally tally_add(tally t, bytes a, bytes b) {
    for (int i = 0; i < 2; i++)
        t.val[i] = vsubq_u8(t.val[i], vceqq_u8(a.val[i], b.val[i]));
    return t;
}
static inline tally tally_both(tally t, bytes a, bytes b, bytes c, bytes d) {
    for (int i = 0; i < 2; i++) {
        uint8x16_t equal = vceqq_u8(a.val[i], b.val[i]);
        t.val[i] = vsubq_u8(t.val[i], vandq_u8(equal, vceqq_u8(c.val[i], d.val[i])));
    }
    return t;
}
static inline int64_t tally_sum(tally t) {
    return (int64_t)vaddlvq_u8(t.val[0]) + (int64_t)vaddlvq_u8(t.val[1]);
}

#include "kernels/codes/template.h"

SDR_CODES_FILL(neon)
