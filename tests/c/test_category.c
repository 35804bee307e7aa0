/* Categories: counts and codes against literals and a naive count; no thread count,
 * chunking or way of encoding changes a code. */
#include "support.h"

#include "metrics/categories/category_tally.h"

#include <stdio.h>

enum { ROWS = 50021, MAXIMUM = 1000 };

/* Text of rows as one large_utf8 view over memory of the caller. */
typedef struct texts {
    int64_t offsets[ROWS + 1];
    char bytes[ROWS * 24];
    uint8_t null[ROWS];
} texts;

static sdr_column column_of_texts(const texts *t, int64_t start, int64_t n) {
    sdr_view view = {.type = SDR_TYPE_LARGE_UTF8,
                     .length = n,
                     .null_count = -1,
                     .data = (const uint8_t *)(t->offsets + start),
                     .stride = sizeof *t->offsets,
                     .mask = t->null + start,
                     .mask_stride = 1,
                     .bytes = (const uint8_t *)t->bytes,
                     .bytes_size = sizeof t->bytes};
    sdr_column column;
    assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
    return column;
}

static texts *texts_of(const char *const *rows, int64_t n) {
    texts *t = calloc(1, sizeof *t);
    assert_non_null(t);
    for (int64_t i = 0; i < n; i++) {
        const char *row = rows[i] != NULL ? rows[i] : "";
        t->null[i] = rows[i] == NULL;
        size_t size = strlen(row);
        memcpy(t->bytes + t->offsets[i], row, size);
        t->offsets[i + 1] = t->offsets[i] + (int64_t)size;
    }
    return t;
}

static sdr_categories *table_of(int64_t maximum) {
    sdr_categories *categories;
    assert_int_equal(sdr_categories_new(&categories, maximum, NULL), SDR_OK);
    return categories;
}

static bool count_into(sdr_categories *categories, int64_t *counts, int64_t *nulls,
                       const sdr_column *column, int threads) {
    sdr_context context = {.threads = threads};
    bool overflow;
    assert_int_equal(sdr_categories_count(categories, counts, MAXIMUM, nulls, &overflow,
                                          column, &context, NULL),
                     SDR_OK);
    return overflow;
}

static void expect_label(const sdr_categories *categories, int64_t code,
                         const char *expected) {
    sdr_string label = sdr_categories_label(categories, code);
    assert_int_equal(label.size, strlen(expected));
    assert_memory_equal(label.data, expected, strlen(expected));
}

static void test_text_is_counted_in_order_of_first_row(void **state) {
    (void)state;
    const char *rows[] = {"b", NULL, "a", "b", "", "seventeen letters", "b", ""};
    texts *t = texts_of(rows, 8);
    sdr_column column = column_of_texts(t, 0, 8);
    sdr_categories *categories = table_of(MAXIMUM);
    int64_t counts[MAXIMUM] = {0}, nulls;
    assert_false(count_into(categories, counts, &nulls, &column, 1));
    assert_int_equal(nulls, 1);
    assert_int_equal(sdr_categories_size(categories), 4);
    const char *labels[] = {"b", "a", "", "seventeen letters"};
    const int64_t expected[] = {3, 1, 2, 1};
    for (int code = 0; code < 4; code++) {
        expect_label(categories, code, labels[code]);
        assert_int_equal(counts[code], expected[code]);
    }
    sdr_categories_free(categories);
    sdr_column_reset(&column);
    free(t);
}

static void
test_texts_that_share_words_and_differ_in_size_are_kept_apart(void **state) {
    (void)state;
    /* every prefix of one letter repeated: overlapping reads see the same words */
    enum { N = 40 };
    char text[N][N + 1];
    const char *rows[N];
    for (int i = 0; i < N; i++) {
        memset(text[i], 'x', (size_t)i);
        text[i][i] = '\0';
        rows[i] = text[i];
    }
    texts *t = texts_of(rows, N);
    sdr_column column = column_of_texts(t, 0, N);
    sdr_categories *categories = table_of(MAXIMUM);
    int64_t counts[MAXIMUM] = {0}, nulls;
    assert_false(count_into(categories, counts, &nulls, &column, 1));
    assert_int_equal(sdr_categories_size(categories), N);
    for (int i = 0; i < N; i++)
        assert_int_equal(counts[i], 1);
    sdr_categories_free(categories);
    sdr_column_reset(&column);
    free(t);
}

/* Skewed text of some hundred labels, a tenth of the rows null. */
static texts *skewed_texts(int *values) {
    texts *t = calloc(1, sizeof *t);
    assert_non_null(t);
    uint64_t seed = 5;
    for (int i = 0; i < ROWS; i++) {
        double u = random_unit(&seed);
        values[i] = (int)(300.0 * u * u * u);
        t->null[i] = random_bits(&seed) % 10 == 0;
        int size = snprintf(t->bytes + t->offsets[i], 24, "label %d", values[i]);
        t->offsets[i + 1] = t->offsets[i] + size;
    }
    return t;
}

static void
test_counts_are_those_of_a_naive_count_for_every_thread_count(void **state) {
    (void)state;
    static int values[ROWS];
    texts *t = skewed_texts(values);
    int64_t naive[300] = {0}, order[300], n = 0, missing = 0;
    for (int i = 0; i < ROWS; i++) {
        missing += t->null[i];
        if (!t->null[i] && naive[values[i]]++ == 0) order[n++] = values[i];
    }
    sdr_column column = column_of_texts(t, 0, ROWS);
    const int threads[] = {1, 2, 3, 7};
    for (int k = 0; k < 4; k++) {
        sdr_categories *categories = table_of(MAXIMUM);
        int64_t counts[MAXIMUM] = {0}, nulls;
        assert_false(count_into(categories, counts, &nulls, &column, threads[k]));
        assert_int_equal(nulls, missing);
        assert_int_equal(sdr_categories_size(categories), n);
        for (int64_t code = 0; code < n; code++) {
            char label[24];
            snprintf(label, sizeof label, "label %d", (int)order[code]);
            expect_label(categories, code, label);
            assert_int_equal(counts[code], naive[order[code]]);
        }
        sdr_categories_free(categories);
    }
    sdr_column_reset(&column);
    free(t);
}

static void test_codes_of_rows_name_the_rows_labels(void **state) {
    (void)state;
    static int values[ROWS];
    static int32_t codes[ROWS];
    texts *t = skewed_texts(values);
    sdr_column column = column_of_texts(t, 0, ROWS);
    const int threads[] = {1, 2, 3, 7};
    for (int k = 0; k < 4; k++) {
        sdr_categories *categories = table_of(MAXIMUM);
        sdr_context context = {.threads = threads[k]};
        bool overflow;
        assert_int_equal(sdr_categories_encode(categories, codes, &overflow, &column,
                                               &context, NULL),
                         SDR_OK);
        assert_false(overflow);
        for (int i = 0; i < ROWS; i++) {
            if (t->null[i]) {
                assert_int_equal(codes[i], -1);
                continue;
            }
            char label[24];
            snprintf(label, sizeof label, "label %d", values[i]);
            expect_label(categories, codes[i], label);
        }
        sdr_categories_free(categories);
    }
    sdr_column_reset(&column);
    free(t);
}

/* --- by index --------------------------------------------------------------------- */

static sdr_column dictionary_column(const int32_t *indices, const uint8_t *null,
                                    int64_t n, const sdr_column *values) {
    sdr_view view = {.type = SDR_TYPE_DICTIONARY,
                     .index_type = SDR_TYPE_INT32,
                     .length = n,
                     .null_count = -1,
                     .data = (const uint8_t *)indices,
                     .stride = sizeof *indices,
                     .mask = null,
                     .mask_stride = null != NULL,
                     .dictionary = values};
    sdr_column column;
    assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
    return column;
}

static void test_a_dictionary_is_counted_by_its_values(void **state) {
    (void)state;
    /* a value twice in the dictionary, one that is null, one that never occurs */
    const char *labels[] = {"never", "red", "blue", "red", NULL};
    const int32_t indices[] = {2, 1, 3, 4, 2, 1, 99};
    const uint8_t null[] = {0, 0, 0, 0, 0, 0, 1};
    texts *t = texts_of(labels, 5);
    sdr_column values = column_of_texts(t, 0, 5);
    sdr_column column = dictionary_column(indices, null, 7, &values);
    sdr_categories *categories = table_of(MAXIMUM);
    int64_t counts[MAXIMUM] = {0}, nulls;
    assert_false(count_into(categories, counts, &nulls, &column, 1));
    assert_int_equal(nulls, 2);
    assert_int_equal(sdr_categories_size(categories), 2);
    expect_label(categories, 0, "blue");
    expect_label(categories, 1, "red");
    assert_int_equal(counts[0], 2);
    assert_int_equal(counts[1], 3);
    sdr_categories_free(categories);
    sdr_column_reset(&column);
    sdr_column_reset(&values);
    free(t);
}

static void test_every_thread_count_counts_indices_alike(void **state) {
    (void)state;
    enum { N = 1 << 20, K = 11 };
    int32_t *indices = malloc(N * sizeof *indices);
    double numbers[K];
    int64_t naive[K] = {0};
    uint64_t seed = 8;
    for (int k = 0; k < K; k++)
        numbers[k] = k + 0.5;
    for (int i = 0; i < N; i++) {
        indices[i] = (int32_t)(random_unit(&seed) * random_unit(&seed) * K);
        naive[indices[i]]++;
    }
    sdr_column values = column_of(numbers, K);
    sdr_column column = dictionary_column(indices, NULL, N, &values);
    const int threads[] = {1, 2, 3, 7};
    for (int k = 0; k < 4; k++) {
        sdr_categories *categories = table_of(MAXIMUM);
        int64_t counts[MAXIMUM] = {0}, nulls, total = 0;
        assert_false(count_into(categories, counts, &nulls, &column, threads[k]));
        for (int64_t code = 0; code < sdr_categories_size(categories); code++) {
            double value =
                strtod((const char *)sdr_categories_label(categories, code).data, NULL);
            assert_int_equal(counts[code], naive[(int)value]);
            total += counts[code];
        }
        assert_int_equal(total, N);
        sdr_categories_free(categories);
    }
    sdr_column_reset(&column);
    sdr_column_reset(&values);
    free(indices);
}

static void expect_two_labels(const sdr_column *column, const char *first,
                              const char *second) {
    sdr_categories *categories = table_of(MAXIMUM);
    int64_t counts[MAXIMUM] = {0}, nulls;
    assert_false(count_into(categories, counts, &nulls, column, 1));
    assert_int_equal(sdr_categories_size(categories), 2);
    expect_label(categories, 0, first);
    expect_label(categories, 1, second);
    assert_int_equal(counts[0], 2);
    assert_int_equal(counts[1], 1);
    sdr_categories_free(categories);
}

static void test_numbers_are_labelled_by_their_text(void **state) {
    (void)state;
    const uint8_t booleans[] = {0, 7, 0};
    const int8_t bytes[] = {-128, 127, -128};
    const int64_t longs[] = {INT64_MIN, INT64_MAX, INT64_MIN};
    const uint64_t big[] = {UINT64_MAX, 0, UINT64_MAX};
    const double doubles[] = {0.1, 1e300, 0.1}, zeros[] = {-0.0, 2.5, 0.0};
    sdr_column column;
    column = column_of_type(SDR_TYPE_BOOL_BYTES, booleans, 1, 3, NULL);
    expect_two_labels(&column, "false", "true");
    sdr_column_reset(&column);
    column = column_of_type(SDR_TYPE_INT8, bytes, 1, 3, NULL);
    expect_two_labels(&column, "-128", "127");
    sdr_column_reset(&column);
    column = column_of_type(SDR_TYPE_INT64, longs, 8, 3, NULL);
    expect_two_labels(&column, "-9223372036854775808", "9223372036854775807");
    sdr_column_reset(&column);
    column = column_of_type(SDR_TYPE_UINT64, big, 8, 3, NULL);
    expect_two_labels(&column, "18446744073709551615", "0");
    sdr_column_reset(&column);
    column = column_of(doubles, 3);
    expect_two_labels(&column, "0.1", "1e+300");
    sdr_column_reset(&column);
    column = column_of(zeros, 3);
    expect_two_labels(&column, "0", "2.5");
    sdr_column_reset(&column);
}

static void test_saved_labels_meet_numbers_again(void **state) {
    (void)state;
    const char *saved[] = {"7", "true", "-3"};
    const int64_t longs[] = {-3, 7, 7, 9};
    texts *t = texts_of(saved, 3);
    sdr_column labels = column_of_texts(t, 0, 3);
    sdr_column column = column_of_type(SDR_TYPE_INT64, longs, 8, 4, NULL);
    sdr_categories *categories = table_of(MAXIMUM);
    int64_t counts[MAXIMUM] = {0}, nulls;
    assert_false(count_into(categories, counts, &nulls, &labels, 1));
    memset(counts, 0, sizeof counts);
    assert_false(count_into(categories, counts, &nulls, &column, 1));
    const int64_t expected[] = {2, 0, 1, 1};
    assert_int_equal(sdr_categories_size(categories), 4);
    assert_memory_equal(counts, expected, sizeof expected);
    sdr_categories_free(categories);
    sdr_column_reset(&column);
    sdr_column_reset(&labels);
    free(t);
}

static void test_nan_is_missing(void **state) {
    (void)state;
    const double values[] = {NAN, 1.0, NAN};
    sdr_column column = column_of(values, 3);
    sdr_categories *categories = table_of(MAXIMUM);
    int64_t counts[MAXIMUM] = {0}, nulls;
    assert_false(count_into(categories, counts, &nulls, &column, 1));
    assert_int_equal(nulls, 2);
    assert_int_equal(sdr_categories_size(categories), 1);
    sdr_categories_free(categories);
    sdr_column_reset(&column);
}

static void test_one_category_too_many_is_told(void **state) {
    (void)state;
    int64_t values[21];
    for (int i = 0; i < 21; i++)
        values[i] = i;
    for (int rows = 20; rows <= 21; rows++) {
        sdr_column column = column_of_type(SDR_TYPE_INT64, values, 8, rows, NULL);
        sdr_categories *categories = table_of(20);
        int64_t counts[20] = {0}, nulls;
        bool overflow;
        assert_int_equal(sdr_categories_count(categories, counts, 20, &nulls, &overflow,
                                              &column, NULL, NULL),
                         SDR_OK);
        assert_int_equal(overflow, rows == 21);
        sdr_categories_free(categories);
        sdr_column_reset(&column);
    }
}

static void test_too_little_room_for_counts_is_refused(void **state) {
    (void)state;
    const double value = 1.0;
    sdr_column column = column_of(&value, 1);
    sdr_categories *categories = table_of(20);
    int64_t counts[20], nulls;
    bool overflow;
    sdr_error error;
    assert_int_equal(sdr_categories_count(categories, counts, 19, &nulls, &overflow,
                                          &column, NULL, &error),
                     SDR_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "capacity: expected at least maximum = 20, found 19");
    sdr_categories_free(categories);
    sdr_column_reset(&column);
}

/* The longest row of slots without a free one: what a probe may have to walk. */
static int longest_run(const sdr_tally *tally) {
    int longest = 0, run = 0;
    for (uint64_t slot = 0; slot <= tally->mask; slot++) {
        run = tally->slots[slot] != 0 ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void expect_spread(const sdr_column *column) {
    enum { LONGEST = 100 }; /* at most 34 measured; chance would make some 40 */
    int32_t ids[SDR_BLOCK_ROWS];
    bool full;
    sdr_tally tally;
    assert_int_equal(sdr_tally_init(&tally, column->length, NULL), SDR_OK);
    for (int64_t start = 0; start < column->length; start += SDR_BLOCK_ROWS) {
        int64_t left = column->length - start;
        assert_int_equal(sdr_tally_rows(&tally, &full, ids, column, start,
                                        left < SDR_BLOCK_ROWS ? left : SDR_BLOCK_ROWS,
                                        NULL),
                         SDR_OK);
        assert_false(full);
    }
    assert_int_equal(tally.n, column->length);
    assert_true(longest_run(&tally) <= LONGEST);
    sdr_tally_reset(&tally);
}

/* Counting is linear only where distinct values seldom share a slot. */
static void test_distinct_values_of_every_kind_spread_over_the_slots(void **state) {
    (void)state;
    enum { N = 30000 };
    static int64_t integers[N];
    static double floats[N];
    static const int64_t steps[] = {1, 100, INT64_C(86400000000), INT64_C(1) << 40};
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        for (int i = 0; i < N; i++) {
            integers[i] = (i - N / 2) * steps[s];
            floats[i] = (double)(i - N / 2) / (double)steps[s];
        }
        sdr_column column =
            column_of_type(SDR_TYPE_INT64, integers, sizeof *integers, N, NULL);
        expect_spread(&column);
        sdr_column_reset(&column);
        column = column_of(floats, N);
        expect_spread(&column);
        sdr_column_reset(&column);
    }
    static const char *const formats[] = {"%d", "user_%06d", "%015d",
                                          "%d@mail.example.org"};
    for (size_t f = 0; f < sizeof formats / sizeof *formats; f++) {
        texts *t = calloc(1, sizeof *t);
        assert_non_null(t);
        for (int i = 0; i < N; i++) {
            int size = snprintf(t->bytes + t->offsets[i], 24, formats[f], i);
            t->offsets[i + 1] = t->offsets[i] + size;
        }
        sdr_column column = column_of_texts(t, 0, N);
        expect_spread(&column);
        sdr_column_reset(&column);
        free(t);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_counted_in_order_of_first_row),
        cmocka_unit_test(test_texts_that_share_words_and_differ_in_size_are_kept_apart),
        cmocka_unit_test(test_counts_are_those_of_a_naive_count_for_every_thread_count),
        cmocka_unit_test(test_codes_of_rows_name_the_rows_labels),
        cmocka_unit_test(test_a_dictionary_is_counted_by_its_values),
        cmocka_unit_test(test_every_thread_count_counts_indices_alike),
        cmocka_unit_test(test_numbers_are_labelled_by_their_text),
        cmocka_unit_test(test_saved_labels_meet_numbers_again),
        cmocka_unit_test(test_nan_is_missing),
        cmocka_unit_test(test_one_category_too_many_is_told),
        cmocka_unit_test(test_too_little_room_for_counts_is_refused),
        cmocka_unit_test(test_distinct_values_of_every_kind_spread_over_the_slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
