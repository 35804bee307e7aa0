/*
 * What the core's benchmarks share: data made once, every ISA, the read bound.
 *
 * A benchmark's name is <kernel>/<isa>/<threads>. Its counter `reads` is its time over
 * the time of sdr_read_bound (one thread, the best ISA) on the same buffer; the two are
 * taken in turn and the shortest of each are compared, so that a busy machine says
 * little. `ns` is nanoseconds per element. Results are checked before anything is
 * timed.
 */
#ifndef SIMDRIFT_BENCHES_COMMON_H
#define SIMDRIFT_BENCHES_COMMON_H

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "simdrift/simdrift.h"

namespace simdrift_bench {

constexpr int64_t kRows = 10000000;

inline void require(bool holds, const char *what) {
    if (holds) return;
    std::fprintf(stderr, "simdrift_bench: %s\n", what);
    std::exit(1);
}

inline uint64_t next_random(uint64_t &seed) { /* splitmix64 */
    uint64_t z = (seed += UINT64_C(0x9E3779B97F4A7C15));
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

inline double next_unit(uint64_t &seed) {
    return static_cast<double>(next_random(seed) >> 11) * 0x1p-53;
}

/* Standard normal rows (Box-Muller), shifted; `nan_share` of them NaN. Made once. */
inline const std::vector<double> &normals(int64_t rows = kRows, uint64_t seed = 1,
                                          double shift = 0.0, double nan_share = 0.0) {
    static std::map<std::tuple<int64_t, uint64_t, double, double>, std::vector<double>>
        made;
    std::vector<double> &values = made[{rows, seed, shift, nan_share}];
    if (!values.empty()) return values;
    values.resize(static_cast<size_t>(rows));
    for (double &value : values) {
        double radius = std::sqrt(-2.0 * std::log(1.0 - next_unit(seed)));
        double normal = radius * std::cos(6.283185307179586 * next_unit(seed));
        value = next_unit(seed) < nan_share ? NAN : shift + normal;
    }
    return values;
}

/* A column over a vector, for as long as both live. */
class Column {
  public:
    explicit Column(const std::vector<double> &values) {
        sdr_view view;
        sdr_code code = sdr_view_init_strided(
            &view, SDR_TYPE_FLOAT64, SDR_UNIT_NONE, false, values.data(),
            static_cast<int64_t>(values.size()), sizeof(double), nullptr, 0, nullptr);
        require(code == SDR_OK, "sdr_view_init_strided failed");
        code = sdr_column_init(&column_, &view, 1, nullptr);
        require(code == SDR_OK, "sdr_column_init failed");
    }
    ~Column() {
        sdr_column_reset(&column_);
    }
    Column(const Column &) = delete;
    Column &operator=(const Column &) = delete;
    const sdr_column *get() const {
        return &column_;
    }

  private:
    sdr_column column_;
};

inline sdr_isa best_isa() {
    static const sdr_isa best = sdr_isa_active();
    return best;
}

using Seconds = std::chrono::duration<double>;

inline double seconds_of(const std::function<void()> &call) {
    auto start = std::chrono::steady_clock::now();
    call();
    return Seconds(std::chrono::steady_clock::now() - start).count();
}

/* Times `work` on `elements` rows with `isa`, each time after a read of `buffer` and
 * after `prepare`. */
inline void time_against_reads(
    benchmark::State &state, sdr_isa isa, const std::vector<double> &buffer,
    int64_t elements, const std::function<void()> &work,
    const std::function<void()> &prepare = [] {}) {
    double shortest = INFINITY, shortest_read = INFINITY;
    int64_t n = static_cast<int64_t>(buffer.size());
    for (auto _ : state) {
        require(sdr_isa_force(best_isa(), nullptr) == SDR_OK, "sdr_isa_force failed");
        double read = seconds_of(
            [&] { benchmark::DoNotOptimize(sdr_read_bound(buffer.data(), n)); });
        require(sdr_isa_force(isa, nullptr) == SDR_OK, "sdr_isa_force failed");
        prepare();
        double time = seconds_of(work);
        state.SetIterationTime(time);
        shortest = std::min(shortest, time);
        shortest_read = std::min(shortest_read, read);
    }
    double per_element = shortest / static_cast<double>(elements);
    state.counters["reads"] = per_element * static_cast<double>(n) / shortest_read;
    state.counters["ns"] = per_element * 1e9;
    state.SetItemsProcessed(state.iterations() * elements);
}

/* Registers kernel/isa/threads for every ISA of this machine and one
 * and two threads. */
template <class Run> void register_for_isas(const std::string &kernel, Run run) {
    for (int isa = 0; isa < SDR_ISA_COUNT; isa++) {
        if (!sdr_isa_available(static_cast<sdr_isa>(isa))) continue;
        for (int threads = 1; threads <= 2; threads++) {
            std::string name = kernel + "/" + sdr_isa_name(static_cast<sdr_isa>(isa)) +
                               "/" + std::to_string(threads);
            benchmark::RegisterBenchmark(name.c_str(),
                                         [=](benchmark::State &state) {
                                             run(state, static_cast<sdr_isa>(isa),
                                                 threads);
                                         })
                ->UseManualTime()
                ->Unit(benchmark::kMillisecond);
        }
    }
}

} // namespace simdrift_bench

#endif
