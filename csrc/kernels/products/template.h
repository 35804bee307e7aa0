/*
 * Sums of products on any ISA with eight lanes. A tile of columns of a against columns
 * of b keeps its sums in registers; the columns of a stay in the first-level cache while
 * those of b pass by.
 */
#include "kernels/lanes.h"
#include "kernels/moments/finish.h"
#include "kernels/products/products.h"

#define INLINE static inline __attribute__((always_inline))

/* Columns of a tile: its sums fill the registers, bar those of one row of either. */
#if LANES_WIDE
enum { TILE_A = 4, TILE_B = 6 };
#else
enum { TILE_A = 2, TILE_B = 3 };
#endif

INLINE void tile(double *out, int64_t n_b, const double *a, int tile_a, const double *b,
                 int tile_b, int64_t n) {
    lanes sums[TILE_A][TILE_B];
    for (int i = 0; i < tile_a; i++)
        for (int j = 0; j < tile_b; j++)
            sums[i][j] = lanes_all(0.0);
    for (int64_t r = 0; r < n; r += SDR_LANES) {
        lanes left[TILE_A];
        for (int i = 0; i < tile_a; i++)
            left[i] = lanes_load(a + i * SDR_PRODUCT_ROWS + r);
        for (int j = 0; j < tile_b; j++) {
            lanes right = lanes_load(b + j * SDR_PRODUCT_ROWS + r);
            for (int i = 0; i < tile_a; i++)
                sums[i][j] = lanes_add(sums[i][j], lanes_mul(left[i], right));
        }
    }
    for (int i = 0; i < tile_a; i++)
        for (int j = 0; j < tile_b; j++) {
            double stored[SDR_LANES];
            lanes_store(stored, sums[i][j]);
            out[i * n_b + j] += sdr_lanes_sum(stored);
        }
}

/* `tile_a` columns of a against those of b from `from` on. */
INLINE void band(double *out, const double *a, int tile_a, const double *b, int64_t n_b,
                 int64_t from, int64_t n) {
    int64_t j = from;
    for (; j + TILE_B <= n_b; j += TILE_B)
        tile(out + j, n_b, a, tile_a, b + j * SDR_PRODUCT_ROWS, TILE_B, n);
    for (; j < n_b; j++)
        tile(out + j, n_b, a, tile_a, b + j * SDR_PRODUCT_ROWS, 1, n);
}

static void sums(double *out, const double *a, int64_t n_a, const double *b,
                 int64_t n_b, int64_t n, bool upper) {
    int64_t i = 0;
    for (; i + TILE_A <= n_a; i += TILE_A)
        band(out + i * n_b, a + i * SDR_PRODUCT_ROWS, TILE_A, b, n_b, upper ? i : 0, n);
    for (; i < n_a; i++)
        band(out + i * n_b, a + i * SDR_PRODUCT_ROWS, 1, b, n_b, upper ? i : 0, n);
}

#define SDR_PRODUCTS_FILL(isa)                                                         \
    void sdr_products_fill_##isa(sdr_products_kernels *kernels) {                      \
        kernels->sums = sums;                                                          \
    }
