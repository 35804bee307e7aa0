/* A million normal rows in groups, against a prepared reference of 200,000: KS,
 * Wasserstein-1 and a histogram of 19 edges; the counts of missing rows. Some
 * groups are compared alone before anything is timed. */
#include "common.h"

namespace {

using namespace simdrift_bench;

constexpr int64_t kRowsOfGroups = 1000000, kReference = 200000, kEdges = 19;
constexpr int kFlags = SDR_TWO_SAMPLE_KS | SDR_TWO_SAMPLE_WASSERSTEIN;

struct Ranges {
    std::vector<int64_t> starts, stops;
    sdr_groups groups;

    explicit Ranges(int64_t rows) {
        for (int64_t start = 0; start < kRowsOfGroups; start += rows) {
            starts.push_back(start);
            stops.push_back(std::min(start + rows, kRowsOfGroups));
        }
        groups = {starts.data(), stops.data(), static_cast<int64_t>(starts.size())};
    }
};

std::vector<double> rounded(std::vector<double> values) {
    for (double &value : values)
        value = std::rint(value * 100.0) / 100.0;
    return values;
}

const std::vector<double> &rows_of(bool decimals, bool current) {
    static const std::vector<double> x = rounded(normals(kReference, 1)),
                                     y = rounded(normals(kRowsOfGroups, 2, 0.01));
    if (decimals) return current ? y : x;
    return current ? normals(kRowsOfGroups, 2, 0.01) : normals(kReference, 1);
}

/* Every hundredth group has the numbers of its rows alone. */
void check(const std::vector<sdr_two_sample> &found, const Column &reference,
           const Column &current, const Ranges &ranges) {
    for (size_t i = 0; i < found.size(); i += 100) {
        sdr_column rows;
        sdr_two_sample alone;
        require(sdr_column_slice(&rows, current.get(), ranges.starts[i],
                                 ranges.stops[i], nullptr) == SDR_OK,
                "sdr_column_slice failed");
        require(sdr_two_sample_columns(&alone, nullptr, reference.get(), &rows, kFlags,
                                       nullptr, nullptr) == SDR_OK,
                "sdr_two_sample_columns failed");
        require(alone.ks == found[i].ks && alone.wasserstein == found[i].wasserstein &&
                    alone.ks_location == found[i].ks_location,
                "a group differs from its rows alone");
        sdr_column_reset(&rows);
    }
}

template <bool decimals, int64_t rows>
void two_sample(benchmark::State &state, sdr_isa isa, int threads) {
    const std::vector<double> &x = rows_of(decimals, false),
                              &y = rows_of(decimals, true);
    Column reference(x), current(y);
    const Ranges ranges(rows);
    sdr_context context = {threads, nullptr, nullptr};
    sdr_prepared *prepared = nullptr;
    std::vector<sdr_two_sample> out(ranges.starts.size());
    std::vector<int64_t> counts(out.size() * (kEdges + 1));
    std::vector<double> edges;
    for (int64_t i = 0; i < kEdges; i++)
        edges.push_back(-2.25 + 0.25 * static_cast<double>(i));
    require(sdr_prepared_new(&prepared, reference.get(), nullptr, nullptr) == SDR_OK,
            "sdr_prepared_new failed");
    auto call = [&] {
        require(sdr_two_sample_groups(out.data(), nullptr, counts.data(), edges.data(),
                                      kEdges, {prepared, nullptr}, current.get(),
                                      &ranges.groups, kFlags, &context,
                                      nullptr) == SDR_OK,
                "sdr_two_sample_groups failed");
    };
    require(sdr_isa_force(isa, nullptr) == SDR_OK, "sdr_isa_force failed");
    call();
    check(out, reference, current, ranges);
    time_against_reads(state, isa, y, kRowsOfGroups, call);
    sdr_prepared_free(prepared);
}

/* A pass that allows `reads` to say what a group costs beside its rows. */
template <int64_t rows>
void missing(benchmark::State &state, sdr_isa isa, int threads) {
    const std::vector<double> &y = normals(kRowsOfGroups, 3, 0.0, 0.01);
    Column current(y);
    const Ranges ranges(rows);
    sdr_context context = {threads, nullptr, nullptr};
    std::vector<int64_t> out(ranges.starts.size());
    auto call = [&] {
        require(sdr_missing_groups(out.data(), current.get(), &ranges.groups, &context,
                                   nullptr) == SDR_OK,
                "sdr_missing_groups failed");
    };
    require(sdr_isa_force(isa, nullptr) == SDR_OK, "sdr_isa_force failed");
    call();
    int64_t found = 0, expected = 0;
    for (int64_t count : out)
        found += count;
    for (double value : y)
        expected += std::isnan(value);
    require(found == expected, "missing rows differ");
    time_against_reads(state, isa, y, kRowsOfGroups, call);
}

bool registered = [] {
    register_for_isas("groups_of_100_two_sample", two_sample<false, 100>);
    register_for_isas("groups_of_1000_two_sample", two_sample<false, 1000>);
    register_for_isas("groups_of_10000_two_sample", two_sample<false, 10000>);
    register_for_isas("groups_of_1000_two_sample_two_decimals", two_sample<true, 1000>);
    register_for_isas("groups_of_100_missing", missing<100>);
    register_for_isas("groups_of_1000_missing", missing<1000>);
    return true;
}();

} // namespace
