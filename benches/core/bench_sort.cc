/* Sorting float64 in place: normal rows, two decimals, one value of 99.9 %, whole
 * numbers, sorted, reversed and organ pipe, and short rows. Each against std::sort
 * before it is timed; the copy that is sorted is made outside the time. */
#include "common.h"

namespace {

using namespace simdrift_bench;

using Rows = std::vector<double> (*)();

Rows const normal = [] { return normals(); };
Rows const two_decimals = [] {
    std::vector<double> rows = normals();
    for (double &row : rows)
        row = std::rint(row * 100.0) / 100.0;
    return rows;
};
Rows const mostly_one = [] {
    std::vector<double> rows = normals();
    uint64_t seed = 3;
    for (double &row : rows)
        row = next_unit(seed) < 0.999 ? 1.5 : row;
    return rows;
};
Rows const whole = [] {
    std::vector<double> rows(kRows);
    uint64_t seed = 4;
    for (double &row : rows)
        row = static_cast<double>(next_random(seed) % 1000000);
    return rows;
};
Rows const ascending = [] {
    std::vector<double> rows(kRows);
    for (int64_t i = 0; i < kRows; i++)
        rows[i] = static_cast<double>(i);
    return rows;
};
Rows const descending = [] {
    std::vector<double> rows = ascending();
    std::reverse(rows.begin(), rows.end());
    return rows;
};
Rows const organ_pipe = [] {
    std::vector<double> rows = ascending();
    std::reverse(rows.begin() + kRows / 2, rows.end());
    return rows;
};

/* `length` rows at a time: kRows, or short ones, each from the next place. */
void sort(benchmark::State &state, sdr_isa isa, int threads, Rows make,
          int64_t length) {
    const std::vector<double> rows = make();
    std::vector<double> sorted(rows), values(rows);
    sdr_context context = {threads, nullptr, nullptr};
    auto call = [&] {
        for (int64_t i = 0; i + length <= kRows; i += length)
            require(sdr_sort_f64(values.data() + i, length, &context, nullptr) ==
                        SDR_OK,
                    "sdr_sort_f64 failed");
    };
    auto prepare = [&] { std::copy(rows.begin(), rows.end(), values.begin()); };
    for (int64_t i = 0; i + length <= kRows; i += length)
        std::sort(sorted.begin() + i, sorted.begin() + i + length);
    require(sdr_isa_force(isa, nullptr) == SDR_OK, "sdr_isa_force failed");
    call();
    require(values == sorted, "std::sort differs");
    time_against_reads(state, isa, rows, kRows, call, prepare);
}

void register_sort(const std::string &name, Rows make, int64_t length = kRows) {
    register_for_isas("sort_" + name,
                      [=](benchmark::State &state, sdr_isa isa, int threads) {
                          sort(state, isa, threads, make, length);
                      });
}

bool registered = [] {
    register_sort("normal", normal);
    register_sort("two_decimals", two_decimals);
    register_sort("mostly_one", mostly_one);
    register_sort("whole", whole);
    register_sort("ascending", ascending);
    register_sort("descending", descending);
    register_sort("organ_pipe", organ_pipe);
    register_sort("16_normal", normal, 16);
    register_sort("100_normal", normal, 100);
    register_sort("1000_normal", normal, 1000);
    register_sort("100000_normal", normal, 100000);
    return true;
}();

} // namespace
