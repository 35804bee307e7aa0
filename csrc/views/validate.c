/*
 * Refusals: what is read once so that no later read can go out of bounds.
 *
 *   offsets       0 <= o[0] <= o[1] <= ... <= o[n] <= size of the data
 *   string views  0 <= size; of long ones 0 <= buffer < buffers, 0 <= offset,
 *                 offset + size <= the buffer's size, prefix = its first four bytes
 *   dictionaries  0 <= index < size of the dictionary, for every row that is not null
 *   chunks        one type, unit, index type and dictionary type for all
 *
 * Rows that are null may hold any index or string view, nothing reads it; offsets must
 * be right for all. Each rule is first one loop without branches over a block; only
 * where that finds something is the row looked for, which the message then names.
 * Time: one read. Invalid UTF-8 is no reason (sdr_profile_text counts it).
 */
#include "views/column.h"
#include "views/reading.h"
#include "views/types.h"

enum { INLINE_TEXT_BYTES = 12, PREFIX_BYTES = 4 };

/* Where a rule was broken: for the message. */
typedef struct place {
    int64_t chunk, row;
} place;

static sdr_code refuse(sdr_error *error, place at, const char *expected, int64_t bound,
                       const char *what, int64_t found) {
    return sdr_error_set(error, SDR_INVALID_COLUMN,
                         "expected %s %lld, found %s%lld (chunk %lld, row %lld)",
                         expected, (long long)bound, what, (long long)found,
                         (long long)at.chunk, (long long)at.row);
}

/* --- offsets ---------------------------------------------------------------------- */

static int64_t offset_at(const sdr_view *view, int64_t i) {
    if (view->type == SDR_TYPE_UTF8)
        return ((const sdr_any_int32 *)(const void *)view->data)[i];
    return ((const sdr_any_int64 *)(const void *)view->data)[i];
}

/* Whether a step goes down, or comes to a negative offset. */
static bool steps_down_32(const sdr_any_int32 *offsets, int64_t n) {
    int32_t bad = 0;
    for (int64_t i = 0; i < n; i++)
        bad |= -(offsets[i + 1] < offsets[i]);
    return bad != 0;
}

/* Sign bits: with both offsets >= 0 the difference can't overflow. */
static bool steps_down_64(const sdr_any_int64 *offsets, int64_t n) {
    uint64_t bad = 0;
    for (int64_t i = 0; i < n; i++) {
        uint64_t low = (uint64_t)offsets[i], high = (uint64_t)offsets[i + 1];
        bad |= high | (high - low);
    }
    return bad >> 63 != 0;
}

static bool steps_down(const sdr_view *view) {
    const void *offsets = view->data;
    return view->type == SDR_TYPE_UTF8 ? steps_down_32(offsets, view->length)
                                       : steps_down_64(offsets, view->length);
}

static sdr_code check_offsets(const sdr_view *view, int64_t chunk, sdr_error *error) {
    if (view->stride != sdr_type_width(view->type) || view->swapped)
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "expected offsets side by side, found a stride of %lld "
                             "bytes (chunk %lld)",
                             (long long)view->stride, (long long)chunk);
    int64_t first = offset_at(view, 0);
    if (first < 0)
        return refuse(error, (place){chunk, 0}, "a first offset of at least", 0, "",
                      first);
    if (steps_down(view)) {
        int64_t row = 0;
        while (offset_at(view, row + 1) >= offset_at(view, row))
            row++;
        return refuse(error, (place){chunk, row}, "offsets that do not fall below",
                      offset_at(view, row), "", offset_at(view, row + 1));
    }
    int64_t last = offset_at(view, view->length);
    if (last > view->bytes_size)
        return refuse(error, (place){chunk, view->length - 1},
                      "a last offset within the data's size of", view->bytes_size, "",
                      last);
    return SDR_OK;
}

/* --- string views ----------------------------------------------------------------- */

typedef struct long_text {
    int32_t size;
    uint8_t prefix[PREFIX_BYTES];
    int32_t buffer, offset;
} long_text;

static const char *const text_rules[] = {
    NULL,
    "a string view's size of at least",
    "a buffer index below",
    "a string that ends within its buffer's size of",
    "a prefix equal to the first bytes of the string at",
};

/* 0, or the number of the rule that the view breaks. */
static int broken_rule(const sdr_view *view, const long_text *text) {
    if (text->size < 0) return 1;
    if (text->size <= INLINE_TEXT_BYTES) return 0;
    if (text->buffer < 0 || text->buffer >= view->n_buffers) return 2;
    const sdr_bytes *buffer = &view->buffers[text->buffer];
    if (text->offset < 0 || (int64_t)text->offset + text->size > buffer->size) return 3;
    return memcmp(text->prefix, buffer->data + text->offset, PREFIX_BYTES) == 0 ? 0 : 4;
}

static sdr_code refuse_text(sdr_error *error, place at, const sdr_view *view,
                            const long_text *text, int rule) {
    const int64_t end = (int64_t)text->offset + text->size;
    const int64_t bounds[] = {0, 0, view->n_buffers,
                              rule == 3 ? view->buffers[text->buffer].size : 0,
                              text->offset};
    const int64_t found[] = {0, text->size, text->buffer,
                             text->offset < 0 ? text->offset : end, text->buffer};
    static const char *const what[] = {"", "", "", "", "others in buffer "};
    return refuse(error, at, text_rules[rule], bounds[rule], what[rule], found[rule]);
}

/* Whether some row of up to 64 breaks a rule. Without branches, as short, long and null
 * strings mix at random: each truth is a mask of all bits or none, and what must not be
 * read is replaced by what may be. */
static bool breaks_a_rule(const sdr_view *view, int64_t start, uint64_t valid,
                          int64_t n) {
    static const sdr_bytes none = {NULL, 0};
    const sdr_bytes *buffers = view->n_buffers > 0 ? view->buffers : &none;
    const uint8_t *at = view->data + start * view->stride;
    uint64_t bad = 0;
    for (int64_t i = 0; i < n; i++, at += view->stride, valid >>= 1) {
        int32_t size, buffer, offset, prefix, first;
        memcpy(&size, at, sizeof size);
        memcpy(&prefix, at + 4, sizeof prefix);
        memcpy(&buffer, at + 8, sizeof buffer);
        memcpy(&offset, at + 12, sizeof offset);
        uint64_t is_valid = -(valid & 1);
        uint64_t is_long = -(uint64_t)(size > INLINE_TEXT_BYTES) & is_valid;
        uint64_t exists = -(uint64_t)((uint32_t)buffer < view->n_buffers);
        const sdr_bytes *from = &buffers[(uint32_t)buffer & is_long & exists];
        uint64_t ends = (uint64_t)offset + (uint64_t)size; /* both >= 0, or refused */
        uint64_t fits = -(uint64_t)((offset >= 0) & (ends <= (uint64_t)from->size));
        uint64_t far = is_long & exists & fits;
        uintptr_t text = (uintptr_t)from->data + (uintptr_t)(intptr_t)offset;
        uintptr_t string = (text & far) | ((uintptr_t)(at + 4) & ~far);
        memcpy(&first, (const void *)string, sizeof first);
        bad |= (is_long ^ far) | (is_valid & -(uint64_t)(size < 0)) |
               (uint64_t)(first != prefix);
    }
    return bad != 0;
}

static sdr_code find_bad_text(const sdr_view *view, int64_t chunk, int64_t start,
                              uint64_t valid, sdr_error *error) {
    for (; valid != 0; valid &= valid - 1) {
        int64_t row = start + __builtin_ctzll(valid);
        long_text text;
        memcpy(&text, view->data + row * view->stride, sizeof text);
        int rule = broken_rule(view, &text);
        if (rule != 0)
            return refuse_text(error, (place){chunk, row}, view, &text, rule);
    }
    return SDR_OK;
}

static sdr_code check_string_views(const sdr_view *view, int64_t chunk,
                                   sdr_error *error) {
    for (int64_t row = 0; row < view->length; row += SDR_WORD_BITS) {
        int64_t left = view->length - row;
        int64_t n = left < SDR_WORD_BITS ? left : SDR_WORD_BITS;
        uint64_t valid = sdr_view_valid_bits(view, row, n);
        if (breaks_a_rule(view, row, valid, n))
            SDR_TRY(find_bad_text(view, chunk, row, valid, error));
    }
    return SDR_OK;
}

/* --- dictionary indices ----------------------------------------------------------- */

/* Whether all of n rows are in [0, limit]; `type`'s sign bit of x or limit - x says no.
 * The limit was cut to what the type can hold. */
#define ALL_WITHIN(type, unsigned_type)                                                \
    do {                                                                               \
        const type *x = rows;                                                          \
        unsigned_type bad = 0, top = (unsigned_type)limit;                             \
        for (int64_t i = 0; i < n; i++)                                                \
            bad |= (unsigned_type)((unsigned_type)x[i] |                               \
                                   (unsigned_type)(top - (unsigned_type)x[i]));        \
        return bad >> (8 * sizeof bad - 1) == 0;                                       \
    } while (0)

#define NONE_ABOVE(type)                                                               \
    do {                                                                               \
        const type *x = rows;                                                          \
        type most = 0;                                                                 \
        for (int64_t i = 0; i < n; i++)                                                \
            most = x[i] > most ? x[i] : most;                                          \
        return (uint64_t)most <= (uint64_t)limit;                                      \
    } while (0)

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static bool all_within(const void *rows, sdr_type type, int64_t limit, int64_t n) {
    if (limit < 0) return n == 0;
    switch (type) {
    case SDR_TYPE_INT8:
        limit = smaller(limit, INT8_MAX);
        ALL_WITHIN(sdr_any_int8, uint8_t);
    case SDR_TYPE_INT16:
        limit = smaller(limit, INT16_MAX);
        ALL_WITHIN(sdr_any_int16, uint16_t);
    case SDR_TYPE_INT32:
        limit = smaller(limit, INT32_MAX);
        ALL_WITHIN(sdr_any_int32, uint32_t);
    case SDR_TYPE_UINT8:
        NONE_ABOVE(sdr_any_uint8);
    case SDR_TYPE_UINT16:
        NONE_ABOVE(sdr_any_uint16);
    case SDR_TYPE_UINT32:
        NONE_ABOVE(sdr_any_uint32);
    default: /* 64 bits, read as signed: what is beyond INT64_MAX is negative */
        ALL_WITHIN(sdr_any_int64, uint64_t);
    }
}

static sdr_code refuse_index(sdr_error *error, place at, const sdr_view *view,
                             int64_t index) {
    int64_t size = view->dictionary->length;
    if (view->index_type != SDR_TYPE_UINT64)
        return refuse(error, at, "a dictionary index below", size, "", index);
    return sdr_error_set(error, SDR_INVALID_COLUMN,
                         "expected a dictionary index below %lld, found %llu "
                         "(chunk %lld, row %lld)",
                         (long long)size, (unsigned long long)index,
                         (long long)at.chunk, (long long)at.row);
}

/* Rows of a block one by one: those that are null may hold anything. */
static sdr_code find_bad_index(const sdr_view *view, place at, int64_t n,
                               sdr_error *error) {
    int64_t size = view->dictionary->length, index[SDR_BLOCK_ROWS];
    sdr_rows_buffer buffer;
    sdr_widen(index, sdr_view_rows(view, at.row, n, &buffer), view->index_type, n);
    for (int64_t i = 0; i < n; i++) {
        bool is_within = index[i] >= 0 && index[i] < size;
        if (is_within || sdr_view_valid_bits(view, at.row + i, 1) == 0) continue;
        at.row += i;
        return refuse_index(error, at, view, index[i]);
    }
    return SDR_OK;
}

static sdr_code check_indices(const sdr_view *view, int64_t chunk, sdr_error *error) {
    sdr_rows_buffer buffer;
    int64_t limit = view->dictionary->length - 1;
    for (int64_t row = 0; row < view->length; row += SDR_BLOCK_ROWS) {
        int64_t n = smaller(SDR_BLOCK_ROWS, view->length - row);
        const void *rows = sdr_view_rows(view, row, n, &buffer);
        if (all_within(rows, view->index_type, limit, n)) continue;
        SDR_TRY(find_bad_index(view, (place){chunk, row}, n, error));
    }
    return SDR_OK;
}

/* --- counting nulls --------------------------------------------------------------- */

int64_t sdr_view_count_nulls(const sdr_view *view) {
    if (view->type == SDR_TYPE_NULL) return view->length;
    if (view->validity == NULL && view->mask == NULL && !view->nat_is_null) return 0;
    int64_t valid = 0;
    for (int64_t row = 0; row < view->length; row += SDR_WORD_BITS) {
        int64_t n = smaller(SDR_WORD_BITS, view->length - row);
        valid += sdr_bits_count(sdr_view_valid_bits(view, row, n));
    }
    return view->length - valid;
}

static int64_t count_null_values(const sdr_view *view) {
    int64_t index[SDR_BLOCK_ROWS], nulls = 0;
    sdr_view unknown = *view;
    unknown.null_count = -1; /* what it says is not trusted yet */
    for (int64_t row = 0; row < view->length; row += SDR_BLOCK_ROWS) {
        int64_t n = smaller(SDR_BLOCK_ROWS, view->length - row);
        sdr_view_load_indices(index, &unknown, row, n);
        for (int64_t i = 0; i < n; i++)
            nulls += index[i] < 0 || sdr_column_row_is_null(view->dictionary, index[i]);
    }
    return nulls;
}

int64_t sdr_view_count_all_nulls(const sdr_view *view) {
    bool through = view->type == SDR_TYPE_DICTIONARY && view->dictionary != NULL &&
                   view->dictionary->null_count > 0;
    return through ? count_null_values(view) : sdr_view_count_nulls(view);
}

void sdr_column_sum_nulls(sdr_column *column) {
    column->null_count = 0;
    for (int64_t i = 0; i < column->n_chunks; i++)
        column->null_count += column->chunks[i].null_count;
}

/* --- views and columns ------------------------------------------------------------ */

static sdr_code check_shape(const sdr_view *view, int64_t chunk, sdr_error *error) {
    if (view->type >= SDR_TYPE_COUNT)
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "expected a type of sdr_type, found %d (chunk %lld)",
                             (int)view->type, (long long)chunk);
    if (view->length < 0)
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "expected a length of at least 0, found %lld (chunk %lld)",
                             (long long)view->length, (long long)chunk);
    bool needs_data = view->type != SDR_TYPE_NULL && view->length > 0;
    if (needs_data && view->data == NULL)
        return sdr_error_set(
            error, SDR_INVALID_COLUMN,
            "expected a buffer with %lld rows, found none (chunk %lld)",
            (long long)view->length, (long long)chunk);
    if (view->type != SDR_TYPE_DICTIONARY) return SDR_OK;
    if (!sdr_type_is_index(view->index_type))
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "expected integers as dictionary indices, found %s "
                             "(chunk %lld)",
                             view->index_type < SDR_TYPE_COUNT
                                 ? sdr_type_name(view->index_type)
                                 : "no type",
                             (long long)chunk);
    if (view->dictionary == NULL)
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "expected a dictionary, found none (chunk %lld)",
                             (long long)chunk);
    return SDR_OK;
}

static bool agrees(const sdr_view *a, const sdr_view *b) {
    if (a->type != b->type || a->unit != b->unit) return false;
    if (a->type != SDR_TYPE_DICTIONARY) return true;
    return a->index_type == b->index_type && a->dictionary && b->dictionary &&
           a->dictionary->type == b->dictionary->type &&
           a->dictionary->unit == b->dictionary->unit;
}

static sdr_code check_agreement(const sdr_view *chunks, int64_t chunk,
                                sdr_error *error) {
    if (agrees(&chunks[0], &chunks[chunk])) return SDR_OK;
    sdr_type found = chunks[chunk].type;
    return sdr_error_set(error, SDR_INVALID_COLUMN,
                         "expected chunks of one type, %s as in the first, found "
                         "another, %s (chunk %lld)",
                         sdr_type_name(chunks[0].type), sdr_type_name(found),
                         (long long)chunk);
}

static const uint8_t no_bytes[1];

/* Checks one chunk and sets its null count. */
static sdr_code check_view(sdr_view *view, int64_t chunk, sdr_error *error) {
    SDR_TRY(check_shape(view, chunk, error));
    bool has_offsets = view->type == SDR_TYPE_UTF8 || view->type == SDR_TYPE_LARGE_UTF8;
    if (has_offsets && view->bytes == NULL) view->bytes = no_bytes;
    if (view->length > 0 && has_offsets) SDR_TRY(check_offsets(view, chunk, error));
    if (view->type == SDR_TYPE_STRING_VIEW)
        SDR_TRY(check_string_views(view, chunk, error));
    if (view->type == SDR_TYPE_DICTIONARY) SDR_TRY(check_indices(view, chunk, error));
    view->null_count = sdr_view_count_all_nulls(view);
    return SDR_OK;
}

sdr_code sdr_column_validate(sdr_column *column, sdr_error *error) {
    sdr_view *views = sdr_column_views(column);
    for (int64_t i = 0; i < column->n_chunks; i++) {
        SDR_TRY(check_view(&views[i], i, error));
        SDR_TRY(check_agreement(views, i, error));
    }
    sdr_column_sum_nulls(column);
    return SDR_OK;
}
