/* The read bound itself, the column profile, the pair profile, and a small call. */
#include "common.h"

#include <cstring>

namespace {

using namespace simdrift_bench;

/* One read is 1 by definition: how far `reads` of the others can be trusted. */
void read_bound(benchmark::State &state, sdr_isa isa, int) {
    const std::vector<double> &values = normals();
    time_against_reads(state, isa, values, kRows, [&] {
        benchmark::DoNotOptimize(sdr_read_bound(values.data(), kRows));
    });
}

sdr_profile profile_of(const Column &column, int threads) {
    sdr_context context = {threads, nullptr, nullptr};
    sdr_profile out;
    sdr_code code = sdr_profile_column(&out, column.get(), &context, nullptr);
    require(code == SDR_OK, "sdr_profile_column failed");
    return out;
}

/* The same bits with scalar code on one thread. */
void check_profile(const Column &column, sdr_isa isa, int threads) {
    require(sdr_isa_force(SDR_ISA_SCALAR, nullptr) == SDR_OK, "no scalar ISA");
    sdr_profile expected = profile_of(column, 1);
    require(sdr_isa_force(isa, nullptr) == SDR_OK, "sdr_isa_force failed");
    sdr_profile found = profile_of(column, threads);
    require(std::memcmp(&expected, &found, sizeof found) == 0, "profiles differ");
}

template <int shift, int nan_percent>
void profile(benchmark::State &state, sdr_isa isa, int threads) {
    const std::vector<double> &values = normals(kRows, 1, shift, nan_percent / 100.0);
    Column column(values);
    check_profile(column, isa, threads);
    time_against_reads(state, isa, values, kRows,
                       [&] { benchmark::DoNotOptimize(profile_of(column, threads)); });
}

void profile_ten_rows(benchmark::State &state) {
    Column column(normals(10));
    for (auto _ : state)
        benchmark::DoNotOptimize(profile_of(column, 1));
}
BENCHMARK(profile_ten_rows);

/* Per pair: a pair is two elements. */
void pair_profile(benchmark::State &state, sdr_isa isa, int threads) {
    const std::vector<double> &x = normals(kRows, 1), &y = normals(kRows, 2);
    Column column_x(x), column_y(y);
    sdr_context context = {threads, nullptr, nullptr};
    time_against_reads(state, isa, x, kRows, [&] {
        sdr_pair_profile out;
        sdr_pair_profile_columns(&out, column_x.get(), column_y.get(), &context,
                                 nullptr);
        benchmark::DoNotOptimize(out);
    });
}

bool registered = [] {
    register_for_isas("read_bound", read_bound);
    register_for_isas("profile", profile<0, 0>);
    register_for_isas("profile_positive", profile<100, 0>);
    register_for_isas("profile_nan_5", profile<0, 5>);
    register_for_isas("pair_profile", pair_profile);
    return true;
}();

} // namespace
