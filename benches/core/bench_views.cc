/* Loading blocks as float64, and what an import reads once: by type and share of nulls.
 * `reads` is against the read bound of as many float64. */
#include "common.h"

#include <cstring>

namespace {

using namespace simdrift_bench;

constexpr int64_t kViewRows = 1000000;

/* Random rows, a bitmap in which one row of `one_null_in` is null, small offsets. */
struct Data {
    std::vector<double> values = normals(kViewRows);
    std::vector<uint8_t> validity = std::vector<uint8_t>(kViewRows / 8 + 1, 0xff);
    std::vector<int32_t> offsets = {0};
    std::vector<int64_t> large_offsets = {0};
    std::vector<int8_t> indices;

    explicit Data(int one_null_in) {
        uint64_t seed = 5;
        for (int64_t i = 0; i < kViewRows; i++) {
            if (one_null_in > 0 && next_random(seed) % one_null_in == 0)
                validity[i / 8] &= static_cast<uint8_t>(~(1 << i % 8));
            offsets.push_back(offsets.back() +
                              static_cast<int32_t>(next_random(seed) % 8));
            large_offsets.push_back(offsets.back());
            indices.push_back(static_cast<int8_t>(next_random(seed) % 50));
        }
    }
};

sdr_view view_of(sdr_type type, const void *data, ptrdiff_t stride) {
    sdr_view view;
    std::memset(&view, 0, sizeof view);
    view.type = type;
    view.length = kViewRows;
    view.data = static_cast<const uint8_t *>(data);
    view.stride = stride;
    return view;
}

void load_blocks(const sdr_column &column) {
    static double scratch[SDR_BLOCK_ROWS];
    int64_t nulls;
    for (int64_t start = 0; start < column.length; start += SDR_BLOCK_ROWS) {
        int64_t left = column.length - start;
        int64_t count = left < SDR_BLOCK_ROWS ? left : int64_t{SDR_BLOCK_ROWS};
        benchmark::DoNotOptimize(
            sdr_column_load_f64(&column, start, count, 0, scratch, &nulls));
    }
}

/* By the definition, for the first rows. */
template <class T> void check(const sdr_column &column, const Data &data, bool nulls) {
    double scratch[1000];
    int64_t n_nulls;
    const double *out = sdr_column_load_f64(&column, 0, 1000, 0, scratch, &n_nulls);
    for (int64_t i = 0; i < 1000; i++) {
        T value;
        std::memcpy(&value,
                    reinterpret_cast<const char *>(data.values.data()) + i * sizeof(T),
                    sizeof(T));
        bool is_null = nulls && !(data.validity[i / 8] >> i % 8 & 1);
        double expected = is_null ? NAN : static_cast<double>(value);
        require(out[i] == expected || (std::isnan(out[i]) && std::isnan(expected)),
                "sdr_column_load_f64 differs");
    }
}

template <class T> void load(benchmark::State &state, sdr_type type, int one_null_in) {
    Data data(one_null_in);
    sdr_view view = view_of(type, data.values.data(), sizeof(T));
    if (one_null_in > 0) view.validity = data.validity.data();
    sdr_column column;
    require(sdr_column_init(&column, &view, 1, nullptr) == SDR_OK, "refused");
    check<T>(column, data, one_null_in > 0);
    time_against_reads(state, best_isa(), data.values, kViewRows,
                       [&] { load_blocks(column); });
    sdr_column_reset(&column);
}

void import(benchmark::State &state, const sdr_view &view, const Data &data) {
    sdr_column column;
    require(sdr_column_init(&column, &view, 1, nullptr) == SDR_OK, "refused");
    time_against_reads(state, best_isa(), data.values, kViewRows, [&] {
        benchmark::DoNotOptimize(sdr_column_validate(&column, nullptr));
    });
    sdr_column_reset(&column);
}

void import_bitmap(benchmark::State &state) {
    Data data(10);
    sdr_view view = view_of(SDR_TYPE_FLOAT64, data.values.data(), 8);
    view.validity = data.validity.data();
    import(state, view, data);
}

void import_utf8(benchmark::State &state) {
    Data data(0);
    sdr_view view = view_of(SDR_TYPE_UTF8, data.offsets.data(), 4);
    view.bytes = reinterpret_cast<const uint8_t *>(data.values.data());
    view.bytes_size = data.offsets.back();
    import(state, view, data);
}

void import_large_utf8(benchmark::State &state) {
    Data data(0);
    sdr_view view = view_of(SDR_TYPE_LARGE_UTF8, data.large_offsets.data(), 8);
    view.bytes = reinterpret_cast<const uint8_t *>(data.values.data());
    view.bytes_size = data.large_offsets.back();
    import(state, view, data);
}

/* Views of 0 to 7 and of 14 bytes, in turn at random, over the values' memory. */
void import_string_view(benchmark::State &state) {
    Data data(0);
    std::vector<int32_t> views(4 * kViewRows);
    sdr_bytes buffer = {reinterpret_cast<const uint8_t *>(data.values.data()),
                        8 * kViewRows};
    for (int64_t i = 0; i < kViewRows; i++) {
        int32_t size = data.offsets[i + 1] - data.offsets[i];
        views[4 * i] = size < 4 ? size : 14;
        std::memcpy(&views[4 * i + 1], buffer.data + data.offsets[i], 4);
        views[4 * i + 3] = size < 4 ? 0 : data.offsets[i];
        if (size < 4) views[4 * i + 2] = 0;
    }
    sdr_view view = view_of(SDR_TYPE_STRING_VIEW, views.data(), 16);
    view.buffers = &buffer;
    view.n_buffers = 1;
    import(state, view, data);
}

void import_dictionary(benchmark::State &state) {
    Data data(0);
    std::vector<double> numbers(data.values.begin(), data.values.begin() + 50);
    Column values(numbers);
    sdr_view view = view_of(SDR_TYPE_DICTIONARY, data.indices.data(), 1);
    view.index_type = SDR_TYPE_INT8;
    view.dictionary = values.get();
    import(state, view, data);
}

template <class Run> void add(const std::string &name, Run run) {
    benchmark::RegisterBenchmark(name.c_str(), run)
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
}

template <class T> void add_load(const std::string &name, sdr_type type) {
    for (int one_null_in : {0, 10}) {
        std::string nulls = one_null_in == 0 ? "no_nulls" : "tenth_null";
        add("load_" + name + "/" + nulls,
            [=](benchmark::State &state) { load<T>(state, type, one_null_in); });
    }
}

bool registered = [] {
    add_load<double>("float64", SDR_TYPE_FLOAT64);
    add_load<float>("float32", SDR_TYPE_FLOAT32);
    add_load<int64_t>("int64", SDR_TYPE_INT64);
    add_load<uint64_t>("uint64", SDR_TYPE_UINT64);
    add_load<int32_t>("int32", SDR_TYPE_INT32);
    add_load<int8_t>("int8", SDR_TYPE_INT8);
    add("import_bitmap", import_bitmap);
    add("import_utf8", import_utf8);
    add("import_large_utf8", import_large_utf8);
    add("import_string_view", import_string_view);
    add("import_dictionary", import_dictionary);
    return true;
}();

} // namespace
