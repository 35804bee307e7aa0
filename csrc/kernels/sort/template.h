/*
 * The steps, LANES keys at a time, in one order: included once for each of f64 and i64.
 * An ISA's file defines, before it includes this,
 *   vec, LANES                    a register and its keys: 4 or 8
 *   vec_load, vec_store, vec_all
 *   vec_swap1, vec_swap2          lanes exchanged with their neighbours, pairs with
 * pairs vec_reverse2 = swap1, vec_reverse4, vec_reverse8 vec_pick1, vec_pick2,
 * vec_pick4(low, high)  of each two, four, eight lanes the first half of low, the
 * second of high vec_transpose(rows)           LANES rows become columns vec_parted(x,
 * bits)           the lanes of those bits first, then the others ORDER(name) name_f64
 * or name_i64; with ORDER(clean_lanes)(x)            -0.0 becomes 0.0 ORDER(lesser),
 * ORDER(greater) of equal lanes lesser takes the second, greater the first, so that two
 * keys stay two keys ORDER(below)(x, pivot)        bit i: lane i is below ORDER(TOP)
 * the bits of a key that no key is above
 */

/* Sixty-four keys of memory that may be overwritten once they are in registers. */
static void ORDER(split)(sdr_split *at, const sdr_key *from, int64_t n, sdr_key pivot) {
    enum { GROUP = 4 };
    const vec wall = vec_all(pivot);
    sdr_key *low = at->low, *high = at->high;
    int64_t i = 0;
    for (; i + GROUP * LANES <= n; i += GROUP * LANES) {
        vec x[GROUP];
        uint32_t bits[GROUP];
#pragma GCC unroll 4
        for (int g = 0; g < GROUP; g++)
            x[g] = ORDER(clean_lanes)(vec_load(from + i + g * LANES));
#pragma GCC unroll 4
        for (int g = 0; g < GROUP; g++) {
            bits[g] = ORDER(below)(x[g], wall);
            x[g] = vec_parted(x[g], bits[g]);
        }
#pragma GCC unroll 4
        for (int g = 0; g < GROUP; g++) {
            int below = __builtin_popcount(bits[g]);
            vec_store(low, x[g]);
            vec_store(high - LANES, x[g]);
            low += below;
            high -= LANES - below;
        }
    }
    *at = (sdr_split){low, high};
    ORDER(split_values)(at, from + i, n - i, pivot);
}

#define EXCHANGE(i, j)                                                                 \
    {                                                                                  \
        vec lesser = ORDER(lesser)(v[i], v[j]);                                        \
        v[j] = ORDER(greater)(v[i], v[j]);                                             \
        v[i] = lesser;                                                                 \
    }

/* Columns run down the rows. Each two neighbouring runs of columns, both ascending, are
 * merged: the second is read backwards, then keys half the length apart are exchanged,
 * a quarter, and so on; first between columns, then (SDR_HALVES) within each. */
#define MEET(rows, reverse, pick)                                                      \
    _Pragma("GCC unroll 8") for (int r = 0; r < (rows) / 2; r++) {                     \
        vec a = v[r], b = reverse(v[(rows) - 1 - r]);                                  \
        vec lesser = ORDER(lesser)(a, b), greater = ORDER(greater)(a, b);              \
        v[r] = pick(lesser, greater);                                                  \
        v[(rows) - 1 - r] = reverse(pick(greater, lesser));                            \
    }
#define CROSS(rows, swap, pick)                                                        \
    _Pragma("GCC unroll 16") for (int r = 0; r < (rows); r++) {                        \
        vec a = v[r], b = swap(a);                                                     \
        v[r] = pick(ORDER(lesser)(a, b), ORDER(greater)(a, b));                        \
    }
#if LANES_8
#define LAST_MERGE(rows)                                                               \
    MEET(rows, vec_reverse8, vec_pick4)                                                \
    CROSS(rows, vec_swap2, vec_pick2)                                                  \
    CROSS(rows, vec_swap1, vec_pick1)                                                  \
    SDR_HALVES_##rows(EXCHANGE)
#else
#define LAST_MERGE(rows)
#endif

/* Sorts rows * LANES keys, of which the last ones after `n` are TOP and are not stored.
 */
#define FEW(rows)                                                                      \
    static inline __attribute__((always_inline)) void ORDER(few_##rows)(               \
        sdr_key * to, const sdr_key *from, int64_t n) {                                \
        vec v[rows];                                                                   \
        _Pragma("GCC unroll 16") for (int r = 0; r < (rows); r++) v[r] =               \
            ORDER(load_part)(from + r * LANES, n - r * LANES);                         \
        SDR_NETWORK_##rows(EXCHANGE);                                                  \
        MEET(rows, vec_swap1, vec_pick1)                                               \
        SDR_HALVES_##rows(EXCHANGE);                                                   \
        MEET(rows, vec_reverse4, vec_pick2)                                            \
        CROSS(rows, vec_swap1, vec_pick1)                                              \
        SDR_HALVES_##rows(EXCHANGE);                                                   \
        LAST_MERGE(rows)                                                               \
        _Pragma("GCC unroll 4") for (int r = 0; r < (rows); r += LANES)                \
            vec_transpose(v + r);                                                      \
        _Pragma("GCC unroll 16") for (int r = 0; r < (rows); r++) {                    \
            int64_t place = (r % LANES) * (rows) + r / LANES * LANES;                  \
            ORDER(store_part)(to + place, n - place, v[r]);                            \
        }                                                                              \
    }

static inline vec ORDER(load_part)(const sdr_key *from, int64_t n) {
    if (n >= LANES) return ORDER(clean_lanes)(vec_load(from));
    sdr_key part[LANES];
    for (int k = 0; k < LANES; k++)
        part[k] = k < n ? from[k] : ORDER(TOP);
    return ORDER(clean_lanes)(vec_load(part));
}

static inline void ORDER(store_part)(sdr_key *to, int64_t n, vec v) {
    if (n >= LANES) {
        vec_store(to, v);
    } else if (n > 0) {
        sdr_key part[LANES];
        vec_store(part, v);
        for (int64_t k = 0; k < n; k++)
            to[k] = part[k];
    }
}

FEW(8)
FEW(16)

static void ORDER(few)(sdr_key *to, const sdr_key *from, int64_t n) {
    if (n < INSERTED)
        ORDER(insert_values)(to, from, n);
    else if (n <= 8 * LANES)
        ORDER(few_8)(to, from, n);
    else
        ORDER(few_16)(to, from, n);
}

#undef EXCHANGE
#undef MEET
#undef CROSS
#undef LAST_MERGE
#undef FEW
