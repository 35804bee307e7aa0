/* Kolmogorov-Smirnov and Wasserstein-1 of two samples, neither sorted or the reference
 * prepared, of normal rows and of rows with two decimals; nine exact quantiles; rank
 * statistics. Each against the sorted way, or a count, before it is timed. */
#include "common.h"

extern "C" {
#include "metrics/drift/ranks.h"
}

namespace {

using namespace simdrift_bench;

std::vector<double> rounded(const std::vector<double> &values) {
    std::vector<double> result(values);
    for (double &value : result)
        value = std::rint(value * 100.0) / 100.0;
    return result;
}

const std::vector<double> &sample(bool decimals, bool current) {
    static const std::vector<double> x = rounded(normals()),
                                     y = rounded(normals(kRows, 2, 0.01));
    if (decimals) return current ? y : x;
    return current ? normals(kRows, 2, 0.01) : normals();
}

std::vector<double> sorted(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values;
}

/* D * n * n of two sides of n rows. */
uint64_t largest_step(std::vector<double> x, std::vector<double> y) {
    std::sort(x.begin(), x.end());
    std::sort(y.begin(), y.end());
    size_t i = 0, j = 0;
    int64_t most = 0;
    while (i < x.size() && j < y.size()) {
        double value = std::min(x[i], y[j]);
        while (i < x.size() && x[i] == value)
            i++;
        while (j < y.size() && y[j] == value)
            j++;
        most = std::max<int64_t>(
            most, std::abs(static_cast<int64_t>(i) - static_cast<int64_t>(j)));
    }
    return static_cast<uint64_t>(most) * x.size();
}

template <bool decimals, int flags>
void two_sample(benchmark::State &state, sdr_isa isa, int threads) {
    const std::vector<double> &x = sample(decimals, false), &y = sample(decimals, true);
    static const uint64_t expected = largest_step(x, y);
    Column reference(x), current(y);
    sdr_context context = {threads, nullptr, nullptr};
    sdr_two_sample out;
    auto call = [&] {
        require(sdr_two_sample_columns(&out, nullptr, reference.get(), current.get(),
                                       flags, &context, nullptr) == SDR_OK,
                "sdr_two_sample_columns failed");
    };
    require(sdr_isa_force(isa, nullptr) == SDR_OK, "sdr_isa_force failed");
    call();
    require(!(flags & SDR_TWO_SAMPLE_KS) || out.ks_numerator_low == expected,
            "the largest difference of the ECDFs differs");
    time_against_reads(state, isa, x, 2 * kRows, call);
}

template <int flags> void prepared(benchmark::State &state, sdr_isa isa, int threads) {
    const std::vector<double> &x = sample(false, false), &y = sample(false, true);
    Column reference(x), current(y);
    sdr_context context = {threads, nullptr, nullptr};
    static sdr_prepared *sorted = [&] {
        sdr_prepared *made = nullptr;
        require(sdr_prepared_new(&made, reference.get(), nullptr, nullptr) == SDR_OK,
                "sdr_prepared_new failed");
        return made;
    }();
    sdr_two_sample out, expected;
    auto call = [&] {
        require(sdr_two_sample_prepared(&out, nullptr, sorted, current.get(), flags,
                                        &context, nullptr) == SDR_OK,
                "sdr_two_sample_prepared failed");
    };
    require(sdr_isa_force(isa, nullptr) == SDR_OK, "sdr_isa_force failed");
    call();
    require(sdr_two_sample_columns(&expected, nullptr, reference.get(), current.get(),
                                   flags, &context, nullptr) == SDR_OK,
            "sdr_two_sample_columns failed");
    require(out.ks_numerator_low == expected.ks_numerator_low,
            "prepared and unprepared answers differ");
    time_against_reads(state, isa, y, kRows, call);
}

void quantiles(benchmark::State &state, sdr_isa isa, int threads) {
    static const double q[] = {0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99};
    const std::vector<double> &x = normals();
    static const std::vector<double> sorted = [&] {
        std::vector<double> copy(x);
        std::sort(copy.begin(), copy.end());
        return copy;
    }();
    Column column(x);
    sdr_context context = {threads, nullptr, nullptr};
    double out[9];
    auto call = [&] {
        require(sdr_quantiles(out, q, 9, column.get(), &context, nullptr) == SDR_OK,
                "sdr_quantiles failed");
    };
    require(sdr_isa_force(isa, nullptr) == SDR_OK, "sdr_isa_force failed");
    call();
    double middle = 0.5 * sorted[kRows / 2 - 1] + 0.5 * sorted[kRows / 2];
    require(std::fabs(out[4] - middle) <= 1e-12, "medians differ");
    time_against_reads(state, isa, x, kRows, call);
}

template <bool decimals> void ranks(benchmark::State &state, sdr_isa isa, int threads) {
    const std::vector<double> &x = sample(decimals, false), &y = sample(decimals, true);
    static const uint64_t expected = largest_step(x, y);
    Column reference(x), current(y);
    sdr_context context = {threads, nullptr, nullptr};
    sdr_rank_statistics out;
    auto call = [&] {
        require(sdr_rank_statistics_columns(&out, reference.get(), current.get(),
                                            &context, nullptr) == SDR_OK,
                "sdr_rank_statistics_columns failed");
    };
    require(sdr_isa_force(isa, nullptr) == SDR_OK, "sdr_isa_force failed");
    call();
    require(std::max(out.plus.low, out.minus.low) == expected, "ranks differ");
    time_against_reads(state, isa, x, 2 * kRows, call);
}

/* The walk alone, of samples that are sorted. */
template <bool decimals>
void ranks_walk(benchmark::State &state, sdr_isa isa, int threads) {
    static std::vector<double> x = sorted(sample(decimals, false)),
                               y = sorted(sample(decimals, true));
    static const uint64_t expected = largest_step(x, y);
    const sdr_sample a = {kRows, x.data(), nullptr, false};
    const sdr_sample b = {kRows, y.data(), nullptr, false};
    sdr_context context = {threads, nullptr, nullptr};
    sdr_rank_statistics out;
    auto call = [&] {
        require(sdr_ranks_walk(&out, &a, &b, &context, nullptr) == SDR_OK,
                "sdr_ranks_walk failed");
    };
    require(sdr_isa_force(isa, nullptr) == SDR_OK, "sdr_isa_force failed");
    call();
    require(std::max(out.plus.low, out.minus.low) == expected, "ranks differ");
    time_against_reads(state, isa, x, 2 * kRows, call);
}

bool registered = [] {
    constexpr int ks = SDR_TWO_SAMPLE_KS, w1 = SDR_TWO_SAMPLE_WASSERSTEIN;
    register_for_isas("ks", two_sample<false, ks>);
    register_for_isas("wasserstein", two_sample<false, w1>);
    register_for_isas("ks_and_wasserstein", two_sample < false, ks | w1 >);
    register_for_isas("ks_two_decimals", two_sample<true, ks>);
    register_for_isas("ks_prepared", prepared<ks>);
    register_for_isas("wasserstein_prepared", prepared<w1>);
    register_for_isas("quantiles_9", quantiles);
    register_for_isas("rank_statistics", ranks<false>);
    register_for_isas("rank_statistics_two_decimals", ranks<true>);
    register_for_isas("ranks_walk", ranks_walk<false>);
    register_for_isas("ranks_walk_two_decimals", ranks_walk<true>);
    return true;
}();

} // namespace
