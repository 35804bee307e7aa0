/* Maximum mean discrepancy of 2,000 rows a side, 10 features, alone and with 199
 * permutations. `ns` is per pair of rows; `reads` against as many float64. */
#include "common.h"

namespace {

using namespace simdrift_bench;

constexpr int64_t kSide = 2000, kFeatures = 10, kPairs = kSide * (2 * kSide - 1);

std::vector<uint8_t> labels_of(int permutations) {
    std::vector<uint8_t> labels;
    uint64_t seed = 9;
    for (int p = 0; p <= permutations; p++) {
        std::vector<uint8_t> one(2 * kSide);
        std::fill(one.begin(), one.begin() + kSide, uint8_t{1});
        for (size_t i = one.size() - 1; p > 0 && i > 0; i--)
            std::swap(one[i], one[next_random(seed) % (i + 1)]);
        labels.insert(labels.end(), one.begin(), one.end());
    }
    return labels;
}

std::vector<double> mmd_of(const sdr_mmd_rows &rows, int threads) {
    std::vector<double> out(static_cast<size_t>(rows.n_labelings));
    sdr_context context = {threads, nullptr, nullptr};
    require(sdr_mmd_quadratic(out.data(), &rows, &context, nullptr) == SDR_OK,
            "sdr_mmd_quadratic failed");
    return out;
}

template <int permutations>
void mmd(benchmark::State &state, sdr_isa isa, int threads) {
    const std::vector<double> &values = normals(2 * kSide * kFeatures);
    static const std::vector<uint8_t> labels = labels_of(permutations);
    const sdr_mmd_rows rows = {values.data(), 2 * kSide,        kFeatures,
                               labels.data(), permutations + 1, 0.05};
    require(sdr_isa_force(SDR_ISA_SCALAR, nullptr) == SDR_OK, "no scalar ISA");
    static const std::vector<double> expected = mmd_of(rows, 1);
    require(sdr_isa_force(isa, nullptr) == SDR_OK, "sdr_isa_force failed");
    require(mmd_of(rows, threads) == expected, "discrepancies differ");
    time_against_reads(state, isa, normals(kPairs), kPairs,
                       [&] { benchmark::DoNotOptimize(mmd_of(rows, threads).data()); });
}

bool registered = [] {
    register_for_isas("mmd", mmd<0>);
    register_for_isas("mmd_199_permutations", mmd<199>);
    return true;
}();

} // namespace
