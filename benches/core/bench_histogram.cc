/* Histograms against edges of unequal width: 10, 30, 100 and 1,000 of them. */
#include "common.h"

namespace {

using namespace simdrift_bench;

std::vector<double> edges_of(int n) {
    std::vector<double> edges;
    uint64_t seed = 7;
    for (int i = 0; i < n; i++)
        edges.push_back(-3.0 + 6.0 * (i + 0.9 * next_unit(seed)) / n);
    return edges;
}

std::vector<int64_t> count(const Column &column, const std::vector<double> &edges,
                           int threads) {
    std::vector<int64_t> counts(edges.size() + 1);
    sdr_context context = {threads, nullptr, nullptr};
    sdr_code code =
        sdr_histogram(counts.data(), edges.data(), static_cast<int64_t>(edges.size()),
                      column.get(), &context, nullptr);
    require(code == SDR_OK, "sdr_histogram failed");
    return counts;
}

std::vector<int64_t> count_by_search(const std::vector<double> &values,
                                     const std::vector<double> &edges) {
    std::vector<int64_t> counts(edges.size() + 1);
    for (double x : values)
        counts[static_cast<size_t>(std::upper_bound(edges.begin(), edges.end(), x) -
                                   edges.begin())]++;
    return counts;
}

template <int n_edges>
void histogram(benchmark::State &state, sdr_isa isa, int threads) {
    const std::vector<double> &values = normals();
    static const std::vector<double> edges = edges_of(n_edges);
    static const std::vector<int64_t> expected = count_by_search(values, edges);
    Column column(values);
    require(sdr_isa_force(isa, nullptr) == SDR_OK, "sdr_isa_force failed");
    require(count(column, edges, threads) == expected, "histograms differ");
    time_against_reads(state, isa, values, kRows, [&] {
        benchmark::DoNotOptimize(count(column, edges, threads).data());
    });
}

bool registered = [] {
    register_for_isas("histogram_10", histogram<10>);
    register_for_isas("histogram_30", histogram<30>);
    register_for_isas("histogram_100", histogram<100>);
    register_for_isas("histogram_1000", histogram<1000>);
    return true;
}();

} // namespace
