/* Sorting networks: exchanges X(i, j), i < j, after which row i <= row j. The fewest
 * known: 1, 5, 19 for 2, 4, 8 rows, Green's 60 for 16 (Knuth, The Art of Computer
 * Programming, volume 3, 5.3.4). tests/c/test_sort.c tries all zeros and ones. */
#ifndef SDR_KERNELS_SORT_NETWORK_H
#define SDR_KERNELS_SORT_NETWORK_H

/* clang-format off */
#define SDR_NETWORK_2(X) X(0, 1)

#define SDR_NETWORK_4(X) X(0, 2) X(1, 3) X(0, 1) X(2, 3) X(1, 2)

#define SDR_NETWORK_8(X)                                                               \
    X(0, 2) X(1, 3) X(4, 6) X(5, 7)                                                    \
    X(0, 4) X(1, 5) X(2, 6) X(3, 7)                                                    \
    X(0, 1) X(2, 3) X(4, 5) X(6, 7)                                                    \
    X(2, 4) X(3, 5)                                                                    \
    X(1, 4) X(3, 6)                                                                    \
    X(1, 2) X(3, 4) X(5, 6)

#define SDR_NETWORK_16(X)                                                              \
    X(0, 13) X(1, 12) X(2, 15) X(3, 14) X(4, 8) X(5, 6) X(7, 11) X(9, 10)              \
    X(0, 5) X(1, 7) X(2, 9) X(3, 4) X(6, 13) X(8, 14) X(10, 15) X(11, 12)              \
    X(0, 1) X(2, 3) X(4, 5) X(6, 8) X(7, 9) X(10, 11) X(12, 13) X(14, 15)              \
    X(0, 2) X(1, 3) X(4, 10) X(5, 11) X(6, 7) X(8, 9) X(12, 14) X(13, 15)              \
    X(1, 2) X(3, 12) X(4, 6) X(5, 7) X(8, 10) X(9, 11) X(13, 14)                       \
    X(1, 4) X(2, 6) X(5, 8) X(7, 10) X(9, 13) X(11, 14)                                \
    X(2, 4) X(3, 6) X(9, 12) X(11, 13)                                                 \
    X(3, 5) X(6, 8) X(7, 9) X(10, 12)                                                  \
    X(3, 4) X(5, 6) X(7, 8) X(9, 10) X(11, 12)                                         \
    X(6, 7) X(8, 9)

/* What is left of a bitonic merge when rows half the height apart are exchanged. */
#define SDR_HALVES_2(X) X(0, 1)

#define SDR_HALVES_4(X) X(0, 2) X(1, 3) X(0, 1) X(2, 3)

#define SDR_HALVES_8(X)                                                                \
    X(0, 4) X(1, 5) X(2, 6) X(3, 7)                                                    \
    X(0, 2) X(1, 3) X(4, 6) X(5, 7)                                                    \
    X(0, 1) X(2, 3) X(4, 5) X(6, 7)

#define SDR_HALVES_16(X)                                                               \
    X(0, 8) X(1, 9) X(2, 10) X(3, 11) X(4, 12) X(5, 13) X(6, 14) X(7, 15)              \
    X(0, 4) X(1, 5) X(2, 6) X(3, 7) X(8, 12) X(9, 13) X(10, 14) X(11, 15)              \
    X(0, 2) X(1, 3) X(4, 6) X(5, 7) X(8, 10) X(9, 11) X(12, 14) X(13, 15)              \
    X(0, 1) X(2, 3) X(4, 5) X(6, 7) X(8, 9) X(10, 11) X(12, 13) X(14, 15)
/* clang-format on */

#endif
