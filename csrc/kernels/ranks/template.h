/* The sums, eight values at a time, on lanes.h. */
#include "kernels/ranks/value.h"

#include "kernels/lanes.h"

static inline double total_of(lanes sum) {
    double lane[SDR_RANKS_LANES];
    lanes_store(lane, sum);
    return lanes_total(lane);
}

static void sums(sdr_rank_sums *out, const sdr_rank_block *block) {
    const lanes zero = lanes_all(0.0), one = lanes_all(1.0), two = lanes_all(2.0);
    const lanes n = lanes_all(block->n), total = lanes_all(block->total);
    const lanes total2 = lanes_all(2.0 * block->total);
    const lanes start = lanes_all(block->start), below2 = lanes_all(block->below2);
    const lanes finite_n = lanes_all(block->finite_n);
    const lanes finite_total = lanes_all(block->finite_total);
    const lanes height = lanes_all(block->height), inverse = lanes_all(block->inverse);
    lanes across_x = zero, across_y = zero, squares_x = zero, squares_y = zero;
    lanes cubes_x = zero, cubes_y = zero, ties = zero, most = zero, least = zero;
    lanes darling = zero, energy = zero;
    int64_t k = 0;
    for (; k + SDR_RANKS_LANES <= block->count; k += SDR_RANKS_LANES) {
        const lanes i = lanes_of_counts(block->passed_x + k);
        const lanes i_after = lanes_of_counts(block->passed_x + k + 1);
        const lanes p = lanes_of_counts(block->passed + k);
        const lanes p_after = lanes_of_counts(block->passed + k + 1);
        const lanes t = lanes_sub(p_after, p), tx = lanes_sub(i_after, i);
        const lanes ty = lanes_sub(t, tx);
        const lanes at_x = lanes_add(lanes_mul(two, lanes_sub(p, i)), ty);
        const lanes at_y = lanes_add(lanes_mul(two, i), tx);
        const lanes sum_x = lanes_mul(tx, at_x), sum_y = lanes_mul(ty, at_y);
        across_x = lanes_add(across_x, sum_x);
        across_y = lanes_add(across_y, sum_y);
        squares_x = lanes_add(squares_x, lanes_mul(sum_x, at_x));
        squares_y = lanes_add(squares_y, lanes_mul(sum_y, at_y));
        cubes_x = lanes_add(cubes_x, lanes_mul(tx, lanes_sub(lanes_mul(tx, tx), one)));
        cubes_y = lanes_add(cubes_y, lanes_mul(ty, lanes_sub(lanes_mul(ty, ty), one)));
        ties = lanes_add(ties, lanes_mul(t, lanes_sub(lanes_mul(t, t), one)));
        const lanes a = lanes_sub(lanes_mul(i, total), lanes_mul(p, n));
        const lanes a_after =
            lanes_sub(lanes_mul(i_after, total), lanes_mul(p_after, n));
        most = lanes_greater(a_after, most);
        least = lanes_lesser(a_after, least);
        const lanes d = lanes_add(lanes_add(start, a), lanes_add(start, a_after));
        const lanes b = lanes_add(below2, lanes_add(p, p_after));
        const lanes variance =
            lanes_sub(lanes_mul(b, lanes_sub(total2, b)), lanes_mul(total, t));
        darling =
            lanes_add(darling, lanes_mul(t, lanes_mul(d, lanes_divide(d, variance))));
        const lanes h =
            lanes_sub(lanes_mul(i_after, finite_total), lanes_mul(p_after, finite_n));
        const lanes f = lanes_mul(lanes_add(height, h), inverse);
        const lanes step =
            lanes_sub(lanes_load(block->values + k + 1), lanes_load(block->values + k));
        energy = lanes_add(energy, lanes_mul(lanes_mul(f, f), step));
    }
    double extremes[2][SDR_RANKS_LANES];
    lanes_store(extremes[0], most);
    lanes_store(extremes[1], least);
    *out = (sdr_rank_sums){total_of(across_x),
                           total_of(across_y),
                           total_of(squares_x),
                           total_of(squares_y),
                           total_of(cubes_x),
                           total_of(cubes_y),
                           total_of(ties),
                           0.0,
                           0.0,
                           0.0,
                           0.0};
    for (int lane = 0; lane < SDR_RANKS_LANES; lane++) {
        out->most = extremes[0][lane] > out->most ? extremes[0][lane] : out->most;
        out->least = extremes[1][lane] < out->least ? extremes[1][lane] : out->least;
    }
    rank_lanes tail;
    lanes_store(tail.darling, darling);
    lanes_store(tail.energy, energy);
    for (; k < block->count; k++)
        sum_value(out, &tail, block, k);
    out->darling = lanes_total(tail.darling);
    out->energy = lanes_total(tail.energy);
}

static int64_t distinct(double *values, int32_t *passed, int32_t *passed_x, int64_t n) {
    int64_t k = 0;
    for (; k + SDR_RANKS_LANES + 1 <= n; k += SDR_RANKS_LANES)
        if (lanes_any(lanes_equal(lanes_load(values + k), lanes_load(values + k + 1))))
            return distinct_values(values, passed, passed_x, n);
    for (; k + 1 < n; k++)
        if (values[k] == values[k + 1])
            return distinct_values(values, passed, passed_x, n);
    return n;
}
