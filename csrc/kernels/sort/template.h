/*
 * The steps, LANES keys at a time, in one order: included once for each of f64 and i64.
 * An ISA's file defines, before it includes this,
 *   vec, LANES                   a register and its keys: 4, or 8 with LANES_8
 *   vec_load, vec_store, vec_all
 *   vec_load_first(p, n, other)  the first n keys of p, n <= 0 to LANES or more; reads
 *                                nothing beyond them
 *   vec_swap1, vec_swap2         each lane and its neighbour, each pair and its
 *                                neighbour exchanged; with LANES_8 vec_swap4
 *   vec_reverse4, vec_reverse    each four lanes, all lanes backwards
 *   vec_pick1, vec_pick2(a, b)   of each 2, 4 lanes the first half of a, the second of
 *                                b; with LANES_8 vec_pick4 of 8
 *   vec_transpose(rows)          LANES rows become columns
 *   vec_parted(x, bits)          the lanes of those bits first, then the others
 *   ORDER(name)                  name_f64 or name_i64, among them
 *   ORDER(clean_lanes)(x)        -0.0 becomes 0.0
 *   ORDER(lesser), ORDER(greater)(a, b)  of equal lanes b and a: two keys stay two
 *   ORDER(below)(x, pivot)       bit i: lane i is below
 */

/* One register: parted, it is stored whole on both sides, and each side counts only the
 * keys that belong there. */
static inline void ORDER(split_vec)(sdr_split *at, vec x, uint32_t bits) {
    const int64_t below = __builtin_popcount(bits);
    vec parted = vec_parted(x, bits);
    vec_store(at->low, parted);
    vec_store(at->high - LANES, parted);
    at->low += below;
    at->high -= LANES - below;
}

/* `low` is behind what was loaded, so stores hit only keys that are in registers. */
static void ORDER(split)(sdr_split *at, const sdr_key *from, int64_t n, sdr_key pivot) {
    enum { GROUP = 4 };
    const vec wall = vec_all(pivot);
    const bool is_far = n >= FAR_KEYS;
    sdr_split now = *at;
    int64_t i = 0;
    for (; i + GROUP * LANES <= n; i += GROUP * LANES) {
        for (size_t line = 0; is_far && line < GROUP * sizeof(vec); line += 64) {
            prefetch_read(from + i, line);
            prefetch_written(now.high, line);
        }
        vec x[GROUP];
#pragma GCC unroll 4
        for (int g = 0; g < GROUP; g++)
            x[g] = ORDER(clean_lanes)(vec_load(from + i + g * LANES));
#pragma GCC unroll 4
        for (int g = 0; g < GROUP; g++)
            ORDER(split_vec)(&now, x[g], ORDER(below)(x[g], wall));
    }
    for (; i + LANES <= n; i += LANES) {
        vec x = ORDER(clean_lanes)(vec_load(from + i));
        ORDER(split_vec)(&now, x, ORDER(below)(x, wall));
    }
    ORDER(split_values)(&now, from + i, n - i, pivot);
    *at = now;
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
    MEET(rows, vec_reverse, vec_pick4)                                                 \
    CROSS(rows, vec_swap2, vec_pick2)                                                  \
    CROSS(rows, vec_swap1, vec_pick1)                                                  \
    SDR_HALVES_##rows(EXCHANGE)
#define CROSS_HALF(rows) CROSS(rows, vec_swap4, vec_pick4)
#else
#define LAST_MERGE(rows)
#define CROSS_HALF(rows)
#endif

/* The columns one after another: by blocks of LANES rows, or key by key. */
#define STORE_BLOCKS(rows)                                                             \
    _Pragma("GCC unroll 4") for (int r = 0; r < (rows); r += LANES)                    \
        vec_transpose(v + r);                                                          \
    _Pragma("GCC unroll 16") for (int r = 0; r < (rows); r++)                          \
        vec_store(to + (r % LANES) * (rows) + r / LANES * LANES, v[r]);
#define STORE_KEYS(rows)                                                               \
    sdr_key keys[(rows) * LANES];                                                      \
    for (int r = 0; r < (rows); r++)                                                   \
        vec_store(keys + r * LANES, v[r]);                                             \
    for (int r = 0; r < (rows); r++)                                                   \
        for (int c = 0; c < LANES; c++)                                                \
            to[c * (rows) + r] = keys[r * LANES + c];

/* to[0 ... rows * LANES): the keys, ascending, and TOP after the n of them. */
#define FEW(rows, STORE)                                                               \
    static void ORDER(few_##rows)(sdr_key * to, const sdr_key *from, int64_t n) {      \
        vec v[rows];                                                                   \
        const vec top = vec_all(ORDER(TOP));                                           \
        _Pragma("GCC unroll 16") for (int r = 0; r < (rows); r++) v[r] =               \
            ORDER(clean_lanes)(vec_load_first(from + r * LANES, n - r * LANES, top));  \
        SDR_NETWORK_##rows(EXCHANGE);                                                  \
        MEET(rows, vec_swap1, vec_pick1)                                               \
        SDR_HALVES_##rows(EXCHANGE);                                                   \
        MEET(rows, vec_reverse4, vec_pick2)                                            \
        CROSS(rows, vec_swap1, vec_pick1)                                              \
        SDR_HALVES_##rows(EXCHANGE);                                                   \
        LAST_MERGE(rows)                                                               \
        STORE(rows)                                                                    \
    }

#if LANES_8
FEW(2, STORE_KEYS)
FEW(4, STORE_KEYS)
#else
FEW(4, STORE_BLOCKS)
#endif
FEW(8, STORE_BLOCKS)
FEW(16, STORE_BLOCKS)

static void ORDER(sort_least)(sdr_key *to, const sdr_key *from, int64_t n) {
#if LANES_8
    ORDER(few_2)(to, from, n);
#else
    ORDER(few_4)(to, from, n);
#endif
}

/* to[0 ... HALF): up to HALF keys, ascending, then TOP. */
static void ORDER(sort_half)(sdr_key *to, const sdr_key *from, int64_t n) {
    int64_t rows = 16;
    if (n <= 4 * LANES) {
        rows = 4;
        ORDER(few_4)(to, from, n);
    } else if (n <= 8 * LANES) {
        rows = 8;
        ORDER(few_8)(to, from, n);
    } else {
        ORDER(few_16)(to, from, n);
    }
    for (; rows < 16; rows++)
        vec_store(to + rows * LANES, vec_all(ORDER(TOP)));
}

/* Keys along the rows that rise and then fall, or fall and then rise. */
static void ORDER(merge_half)(sdr_key *keys) {
    vec v[16];
#pragma GCC unroll 16
    for (int r = 0; r < 16; r++)
        v[r] = vec_load(keys + r * LANES);
    SDR_HALVES_16(EXCHANGE);
    CROSS_HALF(16)
    CROSS(16, vec_swap2, vec_pick2)
    CROSS(16, vec_swap1, vec_pick1)
#pragma GCC unroll 16
    for (int r = 0; r < 16; r++)
        vec_store(keys + r * LANES, v[r]);
}

/* The same of HALF, 2 HALF, ... keys: those half the length apart are exchanged. */
static void ORDER(merge_part)(sdr_key *keys, int64_t size) {
    if (size == HALF) {
        ORDER(merge_half)(keys);
        return;
    }
    for (int64_t i = 0; i < size / 2; i += LANES) {
        const vec a = vec_load(keys + i), b = vec_load(keys + size / 2 + i);
        vec_store(keys + i, ORDER(lesser)(a, b));
        vec_store(keys + size / 2 + i, ORDER(greater)(a, b));
    }
    ORDER(merge_part)(keys, size / 2);
    ORDER(merge_part)(keys + size / 2, size / 2);
}

/* Two ascending halves become one, the second met backwards. */
static void ORDER(merge_halves)(sdr_key *keys, int64_t size) {
    sdr_key *ends = keys + size - LANES;
    for (int64_t i = 0; i < size / 4; i += LANES) {
        sdr_key *low = keys + i, *high = low + size / 2;
        sdr_key *high_end = ends - i, *low_end = high_end - size / 2;
        const vec a = vec_load(low), b = vec_reverse(vec_load(high_end));
        const vec c = vec_load(low_end), d = vec_reverse(vec_load(high));
        vec_store(low, ORDER(lesser)(a, b));
        vec_store(high, ORDER(greater)(a, b));
        vec_store(low_end, ORDER(lesser)(c, d));
        vec_store(high_end, ORDER(greater)(c, d));
    }
    ORDER(merge_part)(keys, size / 2);
    ORDER(merge_part)(keys + size / 2, size / 2);
}

/* to[0 ... size): up to `size` keys, ascending, then TOP; size is HALF, 2 HALF, ... */
static void ORDER(sort_part)(sdr_key *to, const sdr_key *from, int64_t n,
                             int64_t size) {
    const int64_t half = size / 2;
    if (size == HALF) {
        ORDER(sort_half)(to, from, n);
    } else if (n <= half) {
        ORDER(sort_part)(to, from, n, half);
        for (int64_t i = half; i < size; i += LANES)
            vec_store(to + i, vec_all(ORDER(TOP)));
    } else {
        ORDER(sort_part)(to, from, half, half);
        ORDER(sort_part)(to + half, from + half, n - half, half);
        ORDER(merge_halves)(to, size);
    }
}

static void ORDER(few)(sdr_key *to, const sdr_key *from, int64_t n) {
    if (n < INSERTED) {
        ORDER(insert_values)(to, from, n);
        return;
    }
    _Alignas(64) sdr_key sorted[MOST];
    int64_t size = HALF;
    while (size < n)
        size *= 2;
    if (n <= 2 * LANES)
        ORDER(sort_least)(sorted, from, n);
    else
        ORDER(sort_part)(sorted, from, n, size);
    for (int64_t i = 0; i + LANES <= n; i += LANES)
        vec_store(to + i, vec_load(sorted + i));
    vec_store(to + n - LANES, vec_load(sorted + n - LANES));
}

#undef EXCHANGE
#undef MEET
#undef CROSS
#undef LAST_MERGE
#undef CROSS_HALF
#undef STORE_BLOCKS
#undef STORE_KEYS
#undef FEW
