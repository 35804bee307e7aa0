/* Means and covariances of cosines and sines at two points: Epps and Singleton's. */
#include "common.h"

namespace {

using namespace simdrift_bench;

std::vector<double> waves_of(const Column &column, int threads) {
    const double points[] = {0.4, 0.8};
    std::vector<double> found(4 + 16);
    int64_t n;
    sdr_context context = {threads, nullptr, nullptr};
    require(sdr_characteristic(&n, found.data(), found.data() + 4, column.get(), points,
                               2, 0.67, &context, nullptr) == SDR_OK,
            "sdr_characteristic failed");
    return found;
}

void waves(benchmark::State &state, sdr_isa isa, int threads) {
    const std::vector<double> &values = normals();
    Column column(values);
    require(sdr_isa_force(SDR_ISA_SCALAR, nullptr) == SDR_OK, "no scalar ISA");
    static const std::vector<double> expected = waves_of(column, 1);
    require(sdr_isa_force(isa, nullptr) == SDR_OK, "sdr_isa_force failed");
    require(waves_of(column, threads) == expected, "waves differ");
    time_against_reads(state, isa, values, kRows, [&] {
        benchmark::DoNotOptimize(waves_of(column, threads).data());
    });
}

bool registered = [] {
    register_for_isas("waves", waves);
    return true;
}();

} // namespace
