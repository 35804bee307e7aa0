/* The keys of every dict that the extension returns, as an enum and as text. */
#ifndef SDR_PYEXT_KEYS_H
#define SDR_PYEXT_KEYS_H

#define SDR_KEYS(X)                                                                    \
    X(rows)                                                                            \
    X(nulls)                                                                           \
    X(nan)                                                                             \
    X(pos_inf)                                                                         \
    X(neg_inf)                                                                         \
    X(zeros)                                                                           \
    X(negatives)                                                                       \
    X(finite)                                                                          \
    X(min)                                                                             \
    X(max)                                                                             \
    X(sum)                                                                             \
    X(mean)                                                                            \
    X(variance)                                                                        \
    X(std)                                                                             \
    X(skewness)                                                                        \
    X(kurtosis)                                                                        \
    X(variance_status)                                                                 \
    X(skewness_status)                                                                 \
    X(kurtosis_status)                                                                 \
    X(increasing)                                                                      \
    X(decreasing)                                                                      \
    X(strict)                                                                          \
    X(empty)                                                                           \
    X(blank)                                                                           \
    X(invalid_utf8)                                                                    \
    X(length_min)                                                                      \
    X(length_max)                                                                      \
    X(length_sum)                                                                      \
    X(n)                                                                               \
    X(m)                                                                               \
    X(status)                                                                          \
    X(ks)                                                                              \
    X(ks_numerator)                                                                    \
    X(ks_numerator_high)                                                               \
    X(ks_numerator_low)                                                                \
    X(histogram)                                                                       \
    X(ks_location)                                                                     \
    X(ks_sign)                                                                         \
    X(picture)                                                                         \
    X(wasserstein_n)                                                                   \
    X(wasserstein_m)                                                                   \
    X(wasserstein_status)                                                              \
    X(wasserstein)                                                                     \
    X(distinct)                                                                        \
    X(ties)                                                                            \
    X(ties_x)                                                                          \
    X(ties_y)                                                                          \
    X(u2)                                                                              \
    X(auc)                                                                             \
    X(plus)                                                                            \
    X(minus)                                                                           \
    X(cramer_von_mises)                                                                \
    X(anderson_darling)                                                                \
    X(finite_n)                                                                        \
    X(finite_m)                                                                        \
    X(energy)                                                                          \
    X(mean_x)                                                                          \
    X(mean_y)                                                                          \
    X(m2_x)                                                                            \
    X(m2_y)                                                                            \
    X(c_xy)                                                                            \
    X(sum_error)                                                                       \
    X(sum_abs_error)                                                                   \
    X(sum_squared_error)                                                               \
    X(max_abs_error)                                                                   \
    X(version)                                                                         \
    X(isa)                                                                             \
    X(isas)                                                                            \
    X(isa_warning)                                                                     \
    X(threads)                                                                         \
    X(openmp)                                                                          \
    X(compiler)                                                                        \
    X(build)

typedef enum key {
#define SDR_KEY_ENUM(name) KEY_##name,
    SDR_KEYS(SDR_KEY_ENUM)
#undef SDR_KEY_ENUM
        KEY_COUNT
} key;

#endif
