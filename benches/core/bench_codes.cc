/* Category counts on codes: dictionary indices of 8 and 32 bits, 4 to 100,000 values, a
 * twentieth null or one value far more frequent, and int64 of a small range. `reads` is
 * against as many float64. Each against a plain count before it is timed. */
#include "common.h"

namespace {

using namespace simdrift_bench;

enum Shape { kPlain, kNulls, kSkewed };

/* A column over integers, or a dictionary of k labels that they index. */
template <class T> class Codes {
  public:
    Codes(int k, Shape shape, bool dictionary) : rows_(kRows), null_(kRows) {
        uint64_t seed = 5;
        expected_.resize(static_cast<size_t>(k));
        for (size_t i = 0; i < rows_.size(); i++) {
            double u = next_unit(seed);
            if (shape == kSkewed) u = u < 0.5 ? 0.0 : 2.0 * u - 1.0;
            rows_[i] = static_cast<T>(u * k);
            null_[i] = shape == kNulls && next_random(seed) % 20 == 0;
            if (!null_[i]) expected_[static_cast<size_t>(rows_[i])]++;
        }
        sdr_view view = view_of(rows_, shape == kNulls);
        if (dictionary) {
            values_.resize(static_cast<size_t>(k));
            for (int i = 0; i < k; i++)
                values_[static_cast<size_t>(i)] = i;
            sdr_view values = view_of(values_, false);
            require(sdr_column_init(&dictionary_, &values, 1, nullptr) == SDR_OK,
                    "sdr_column_init failed");
            view.index_type = view.type;
            view.type = SDR_TYPE_DICTIONARY;
            view.dictionary = &dictionary_;
        }
        require(sdr_column_init(&column_, &view, 1, nullptr) == SDR_OK,
                "sdr_column_init failed");
    }

    /* Counts by code; codes are in order of first row. */
    std::vector<int64_t> count(int threads) const {
        int64_t nulls, k = static_cast<int64_t>(expected_.size());
        bool overflow;
        std::vector<int64_t> counts(expected_.size());
        sdr_context context = {threads, nullptr, nullptr};
        sdr_categories *categories = nullptr;
        require(sdr_categories_new(&categories, k, nullptr) == SDR_OK &&
                    sdr_categories_count(categories, counts.data(), k, &nulls,
                                         &overflow, &column_, &context,
                                         nullptr) == SDR_OK,
                "sdr_categories_count failed");
        sdr_categories_free(categories);
        return counts;
    }

    void check(int threads) const {
        std::vector<int64_t> found = count(threads), expected = expected_;
        std::sort(found.begin(), found.end());
        std::sort(expected.begin(), expected.end());
        require(found == expected, "counts differ");
    }

  private:
    template <class U> sdr_view view_of(const std::vector<U> &rows, bool nulls) const {
        const sdr_type type = sizeof(U) == 1   ? SDR_TYPE_INT8
                              : sizeof(U) == 4 ? SDR_TYPE_INT32
                                               : SDR_TYPE_INT64;
        sdr_view view;
        require(sdr_view_init_strided(&view, type, SDR_UNIT_NONE, false, rows.data(),
                                      static_cast<int64_t>(rows.size()), sizeof(U),
                                      nulls ? null_.data() : nullptr, nulls ? 1 : 0,
                                      nullptr) == SDR_OK,
                "sdr_view_init_strided failed");
        return view;
    }

    std::vector<T> rows_;
    std::vector<uint8_t> null_;
    std::vector<int64_t> expected_, values_;
    sdr_column dictionary_, column_;
};

template <class T, int k, Shape shape, bool dictionary>
void codes(benchmark::State &state, sdr_isa isa, int threads) {
    static const Codes<T> column(k, shape, dictionary);
    require(sdr_isa_force(isa, nullptr) == SDR_OK, "sdr_isa_force failed");
    column.check(threads);
    time_against_reads(state, isa, normals(), kRows,
                       [&] { benchmark::DoNotOptimize(column.count(threads).data()); });
}

bool registered = [] {
    register_for_isas("codes8_4", codes<int8_t, 4, kPlain, true>);
    register_for_isas("codes8_100", codes<int8_t, 100, kPlain, true>);
    register_for_isas("codes8_100_nulls", codes<int8_t, 100, kNulls, true>);
    register_for_isas("codes32_4", codes<int32_t, 4, kPlain, true>);
    register_for_isas("codes32_16", codes<int32_t, 16, kPlain, true>);
    register_for_isas("codes32_16_nulls", codes<int32_t, 16, kNulls, true>);
    register_for_isas("codes32_256", codes<int32_t, 256, kPlain, true>);
    register_for_isas("codes32_4096", codes<int32_t, 4096, kPlain, true>);
    register_for_isas("codes32_4096_nulls", codes<int32_t, 4096, kNulls, true>);
    register_for_isas("codes32_4096_skewed", codes<int32_t, 4096, kSkewed, true>);
    register_for_isas("codes32_100000", codes<int32_t, 100000, kPlain, true>);
    register_for_isas("codes32_100000_skewed", codes<int32_t, 100000, kSkewed, true>);
    register_for_isas("integers64_10", codes<int64_t, 10, kPlain, false>);
    register_for_isas("integers64_1000", codes<int64_t, 1000, kPlain, false>);
    return true;
}();

} // namespace
