/* Text and categories: UTF-8 counted as a table of the Unicode standard counts it,
 * codes and counts as a list that is searched from its start gives them. */
#include "fuzz.h"

enum { MOST_ROWS = 200 };

/* Length of the well-formed character at the front (Unicode 15, table 3-7); 0: none. */
static int character(const uint8_t *s, int64_t n) {
    static const uint8_t rows[][10] = {
        /* first byte from, to; bytes; ranges of the second to fourth */
        {0x00, 0x7f, 1},
        {0xc2, 0xdf, 2, 0x80, 0xbf},
        {0xe0, 0xe0, 3, 0xa0, 0xbf, 0x80, 0xbf},
        {0xe1, 0xec, 3, 0x80, 0xbf, 0x80, 0xbf},
        {0xed, 0xed, 3, 0x80, 0x9f, 0x80, 0xbf},
        {0xee, 0xef, 3, 0x80, 0xbf, 0x80, 0xbf},
        {0xf0, 0xf0, 4, 0x90, 0xbf, 0x80, 0xbf, 0x80, 0xbf},
        {0xf1, 0xf3, 4, 0x80, 0xbf, 0x80, 0xbf, 0x80, 0xbf},
        {0xf4, 0xf4, 4, 0x80, 0x8f, 0x80, 0xbf, 0x80, 0xbf},
    };
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        if (s[0] < rows[r][0] || s[0] > rows[r][1]) continue;
        if (rows[r][2] > n) return 0;
        for (int k = 1; k < rows[r][2]; k++)
            if (s[k] < rows[r][1 + 2 * k] || s[k] > rows[r][2 + 2 * k]) return 0;
        return rows[r][2];
    }
    return 0;
}

static bool is_utf8(sdr_string text) {
    for (int64_t i = 0; i < text.size;) {
        int bytes = character(text.data + i, text.size - i);
        if (bytes == 0) return false;
        i += bytes;
    }
    return true;
}

static void check_profile(const sdr_column *column, const sdr_string *texts) {
    sdr_text_profile profile;
    int64_t invalid = 0, empty = 0, nulls = 0;
    CHECK(sdr_profile_text(&profile, column, NULL, NULL) == SDR_OK);
    for (int64_t i = 0; i < column->length; i++) {
        nulls += texts[i].data == NULL;
        if (texts[i].data == NULL) continue;
        invalid += !is_utf8(texts[i]);
        empty += texts[i].size == 0;
    }
    CHECK(profile.rows == column->length && profile.nulls == nulls);
    CHECK(profile.empty == empty && profile.invalid_utf8 == invalid);
}

static bool equal(sdr_string a, sdr_string b) {
    return a.size == b.size && memcmp(a.data, b.data, (size_t)a.size) == 0;
}

/* Codes are numbers of first rows, in order. */
static void check_codes(const sdr_column *column, const sdr_string *texts,
                        const int32_t *codes, const sdr_categories *categories) {
    int64_t first[MOST_ROWS], n = 0;
    for (int64_t i = 0; i < column->length; i++) {
        int64_t code = 0;
        if (texts[i].data == NULL) {
            CHECK(codes[i] == -1);
            continue;
        }
        while (code < n && !equal(texts[first[code]], texts[i]))
            code++;
        if (code == n) first[n++] = i;
        CHECK(codes[i] == code);
        CHECK(equal(sdr_categories_label(categories, code), texts[i]));
    }
    CHECK(sdr_categories_size(categories) == n);
}

static void check_counts(const sdr_column *column, const int32_t *codes) {
    int64_t counts[MOST_ROWS] = {0}, nulls = 0;
    sdr_categories *categories = NULL;
    bool overflow = false;
    CHECK(sdr_categories_new(&categories, MOST_ROWS, NULL) == SDR_OK);
    CHECK(sdr_categories_count(categories, counts, MOST_ROWS, &nulls, &overflow, column,
                               NULL, NULL) == SDR_OK);
    CHECK(!overflow && nulls == column->null_count);
    for (int64_t i = 0; i < column->length; i++)
        if (codes[i] >= 0) counts[codes[i]]--;
    for (int64_t k = 0; k < MOST_ROWS; k++)
        CHECK(counts[k] == 0);
    sdr_categories_free(categories);
}

static void check_column(const sdr_column *column) {
    static sdr_string texts[SDR_BLOCK_ROWS];
    int32_t codes[MOST_ROWS];
    bool overflow = false;
    sdr_categories *categories = NULL;
    sdr_column_load_text(column, 0, column->length, texts);
    check_profile(column, texts);
    CHECK(sdr_categories_new(&categories, MOST_ROWS, NULL) == SDR_OK);
    CHECK(sdr_categories_encode(categories, codes, &overflow, column, NULL, NULL) ==
          SDR_OK);
    CHECK(!overflow);
    check_codes(column, texts, codes, categories);
    check_counts(column, codes);
    sdr_categories_free(categories);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    int64_t rows = take_below(&in, MOST_ROWS);
    int is_large = (int)take_below(&in, 2), pattern = 1 + (int)take_below(&in, 9);
    uint8_t *mask = take_block(&in, (size_t)rows);
    int64_t width = is_large ? 8 : 4, at = 0, bytes = (int64_t)in.size;
    uint8_t *characters = take_block(&in, (size_t)bytes);
    uint8_t *offsets = malloc((size_t)((rows + 1) * width));
    CHECK(offsets != NULL);
    for (int64_t i = 0; i <= rows; i++) {
        memcpy(offsets + i * width, &at, (size_t)width);
        at += (i * pattern) % 11;
        if (at > bytes) at = bytes;
    }
    for (int64_t i = 0; i < rows; i++)
        mask[i] = mask[i] > 200;
    sdr_view view = {.type = is_large ? SDR_TYPE_LARGE_UTF8 : SDR_TYPE_UTF8,
                     .length = rows,
                     .data = offsets,
                     .stride = width,
                     .mask = mask,
                     .mask_stride = 1,
                     .bytes = characters,
                     .bytes_size = bytes};
    sdr_column column;
    CHECK(sdr_column_init(&column, &view, 1, NULL) == SDR_OK);
    for (EACH_ISA(isa))
        check_column(&column);
    sdr_column_reset(&column);
    free(mask);
    free(characters);
    free(offsets);
    return 0;
}
