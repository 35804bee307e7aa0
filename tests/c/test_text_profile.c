/* Text profiles against literals: code points, blanks, and RFC 3629's list of what is
 * no UTF-8. */
#include "support.h"

enum { MOST = 64 };

static sdr_text_profile profile_of(const char *const *rows, int64_t n) {
    static int64_t offsets[MOST + 1];
    static char bytes[4096];
    uint8_t null[MOST];
    for (int64_t i = 0; i < n; i++) {
        size_t size = rows[i] != NULL ? strlen(rows[i]) : 0;
        null[i] = rows[i] == NULL;
        memcpy(bytes + offsets[i], rows[i] != NULL ? rows[i] : "", size);
        offsets[i + 1] = offsets[i] + (int64_t)size;
    }
    sdr_view view = {.type = SDR_TYPE_LARGE_UTF8,
                     .length = n,
                     .null_count = -1,
                     .data = (const uint8_t *)offsets,
                     .stride = sizeof *offsets,
                     .mask = null,
                     .mask_stride = 1,
                     .bytes = (const uint8_t *)bytes,
                     .bytes_size = sizeof bytes};
    sdr_column column;
    sdr_text_profile profile;
    assert_int_equal(sdr_column_init(&column, &view, 1, NULL), SDR_OK);
    assert_int_equal(sdr_profile_text(&profile, &column, NULL, NULL), SDR_OK);
    sdr_column_reset(&column);
    return profile;
}

static void test_lengths_are_code_points(void **state) {
    (void)state;
    const char *rows[] = {"abc", "na\xC3\xAFve", "\xF0\x9F\x9A\x95", NULL,
                          "a text of more than sixteen bytes, \xE2\x82\xAC 5"};
    sdr_text_profile p = profile_of(rows, 5);
    assert_int_equal(p.rows, 5);
    assert_int_equal(p.nulls, 1);
    assert_int_equal(p.invalid_utf8, 0);
    assert_int_equal(p.length_min, 1);
    assert_int_equal(p.length_max, 38);
    assert_int_equal(p.length_sum, 3 + 5 + 1 + 38);
}

static void test_blank_is_ascii_white_space_or_nothing(void **state) {
    (void)state;
    const char *rows[] = {"", " \t\r\n\v\f", " x ", "\xC2\xA0"};
    sdr_text_profile p = profile_of(rows, 4);
    assert_int_equal(p.empty, 1);
    assert_int_equal(p.blank, 2);
}

static void test_what_is_no_utf8_is_counted_and_not_measured(void **state) {
    (void)state;
    const char *invalid[] = {
        "\x80",             /* continuation alone */
        "\xC3",             /* truncated */
        "\xC0\x80",         /* two bytes for NUL */
        "\xC1\xBF",         /* two bytes for one */
        "\xE0\x9F\xBF",     /* three for two */
        "\xED\xA0\x80",     /* surrogate */
        "\xF0\x8F\xBF\xBF", /* four for three */
        "\xF4\x90\x80\x80", /* above U+10FFFF */
        "\xF5\x80\x80\x80", /* no such lead */
        "12345678\xFF",     /* after a word of ASCII */
    };
    const char *valid[] = {"\xC2\x80",         "\xDF\xBF",        "\xE0\xA0\x80",
                           "\xED\x9F\xBF",     "\xEE\x80\x80",    "\xF0\x90\x80\x80",
                           "\xF4\x8F\xBF\xBF", "12345678\xC3\xA9"};
    sdr_text_profile p = profile_of(invalid, 10);
    assert_int_equal(p.invalid_utf8, 10);
    assert_int_equal(p.length_max, 0);
    p = profile_of(valid, 8);
    assert_int_equal(p.invalid_utf8, 0);
    assert_int_equal(p.length_sum, 7 + 9);
}

static void test_numbers_have_no_text_profile(void **state) {
    (void)state;
    const double value = 1.0;
    sdr_column column = column_of(&value, 1);
    sdr_text_profile profile;
    assert_int_equal(sdr_profile_text(&profile, &column, NULL, NULL),
                     SDR_INVALID_ARGUMENT);
    sdr_column_reset(&column);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lengths_are_code_points),
        cmocka_unit_test(test_blank_is_ascii_white_space_or_nothing),
        cmocka_unit_test(test_what_is_no_utf8_is_counted_and_not_measured),
        cmocka_unit_test(test_numbers_have_no_text_profile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
