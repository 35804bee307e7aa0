/* A step of a bridge with eight nodes as lanes. */
#include "kernels/bridge/bridge.h"
#include "kernels/exp_lanes.h"

static inline lanes exp_at_most_one(lanes x) {
    return exp_lanes(lanes_lesser(x, lanes_all(0.0)));
}

static inline lanes cross_lanes(const sdr_bridge_step *s, lanes x, lanes y) {
    const lanes rate = lanes_all(s->cross_rate), apart = lanes_sub(y, x);
    lanes total = lanes_all(0.0);
    for (int k = 0; k < s->images; k++) {
        const double twice = (2 * k + 2) * s->bound;
        const lanes odd = lanes_all((2 * k + 1) * s->bound), even = lanes_all(twice);
        const lanes scaled = lanes_all(twice * s->cross_rate);
        const lanes near = lanes_mul(lanes_sub(odd, x), lanes_sub(odd, y));
        const lanes far = lanes_mul(lanes_add(odd, x), lanes_add(odd, y));
        total = lanes_add(total, exp_at_most_one(lanes_mul(near, rate)));
        total = lanes_add(total, exp_at_most_one(lanes_mul(far, rate)));
        total = lanes_sub(total,
                          exp_at_most_one(lanes_mul(lanes_add(even, apart), scaled)));
        total = lanes_sub(total,
                          exp_at_most_one(lanes_mul(lanes_sub(even, apart), scaled)));
    }
    return lanes_greater(lanes_lesser(total, lanes_all(1.0)), lanes_all(0.0));
}

static double kept(const sdr_bridge_step *s, double x) {
    const lanes one = lanes_all(1.0), from = lanes_all(x);
    const lanes mean = lanes_all(s->left * x), rate = lanes_all(s->density_rate);
    lanes sum = lanes_all(0.0);
    for (int64_t i = 0; i < s->n; i += SDR_BRIDGE_LANES) {
        const lanes y = lanes_load(s->y + i), away = lanes_sub(y, mean);
        const lanes density =
            lanes_mul(exp_at_most_one(lanes_mul(lanes_mul(away, away), rate)),
                      lanes_load(s->weights + i));
        const lanes cross = cross_lanes(s, from, y);
        const lanes stays = lanes_mul(lanes_sub(one, cross), lanes_load(s->ahead + i));
        sum = lanes_add(sum, lanes_mul(density, lanes_add(cross, stays)));
    }
    double part[SDR_BRIDGE_LANES];
    lanes_store(part, sum);
    return ((part[0] + part[4]) + (part[2] + part[6])) +
           ((part[1] + part[5]) + (part[3] + part[7]));
}

#define SDR_BRIDGE_FILL(isa)                                                           \
    void sdr_bridge_fill_##isa(sdr_bridge_kernels *kernels) {                          \
        kernels->kept = kept;                                                          \
    }
