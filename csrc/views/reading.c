/* See reading.h. */
#include "views/reading.h"

#include "views/types.h"

enum { INLINE_TEXT_BYTES = 12 }; /* longer string views point into a buffer */

/* --- rows of fixed width ---------------------------------------------------------- */

#define GATHER(type)                                                                   \
    do {                                                                               \
        type *out = (type *)(void *)buffer->bytes;                                     \
        for (int64_t i = 0; i < n; i++)                                                \
            out[i] = *(const type *)(const void *)(first + i * view->stride);          \
    } while (0)

static void gather(sdr_rows_buffer *buffer, const uint8_t *first, const sdr_view *view,
                   int width, int64_t n) {
    if (width == 1)
        GATHER(sdr_any_uint8);
    else if (width == 2)
        GATHER(sdr_any_uint16);
    else if (width == 4)
        GATHER(sdr_any_uint32);
    else
        GATHER(sdr_any_uint64);
}

static void swap_bytes(sdr_rows_buffer *buffer, int width, int64_t n) {
    sdr_any_uint16 *x16 = (sdr_any_uint16 *)(void *)buffer->bytes;
    sdr_any_uint32 *x32 = (sdr_any_uint32 *)(void *)buffer->bytes;
    sdr_any_uint64 *x64 = (sdr_any_uint64 *)(void *)buffer->bytes;
    for (int64_t i = 0; width == 2 && i < n; i++)
        x16[i] = __builtin_bswap16(x16[i]);
    for (int64_t i = 0; width == 4 && i < n; i++)
        x32[i] = __builtin_bswap32(x32[i]);
    for (int64_t i = 0; width == 8 && i < n; i++)
        x64[i] = __builtin_bswap64(x64[i]);
}

const void *sdr_view_rows(const sdr_view *view, int64_t start, int64_t n,
                          sdr_rows_buffer *buffer) {
    int width = sdr_view_width(view);
    const uint8_t *first = start == 0 ? view->data : view->data + start * view->stride;
    if (view->stride == width && !view->swapped) return first;
    gather(buffer, first, view, width, n);
    if (view->swapped) swap_bytes(buffer, width, n);
    return buffer->bytes;
}

void sdr_bits_expand(uint8_t *out, const uint8_t *bits, int64_t at, int64_t n) {
    for (int64_t i = 0; i < n; i += SDR_WORD_BITS) {
        int64_t rows = n - i < SDR_WORD_BITS ? n - i : SDR_WORD_BITS;
        uint64_t word = sdr_bits_load(bits, at + i, rows), bytes[8];
        for (int k = 0; k < 8; k++)
            bytes[k] = sdr_bytes_of_bits(word >> (8 * k));
        memcpy(out + i, bytes, (size_t)rows);
    }
}

#define WIDEN(type)                                                                    \
    do {                                                                               \
        const type *x = rows;                                                          \
        for (int64_t i = 0; i < n; i++)                                                \
            out[i] = (int64_t)x[i];                                                    \
    } while (0)

void sdr_widen(int64_t *out, const void *rows, sdr_type type, int64_t n) {
    switch (type) {
    case SDR_TYPE_INT8:
        WIDEN(sdr_any_int8);
        break;
    case SDR_TYPE_INT16:
        WIDEN(sdr_any_int16);
        break;
    case SDR_TYPE_INT32:
    case SDR_TYPE_DATE32:
        WIDEN(sdr_any_int32);
        break;
    case SDR_TYPE_UINT8:
        WIDEN(sdr_any_uint8);
        break;
    case SDR_TYPE_UINT16:
        WIDEN(sdr_any_uint16);
        break;
    case SDR_TYPE_UINT32:
        WIDEN(sdr_any_uint32);
        break;
    default: /* 64 bits */
        if (n > 0) memcpy(out, rows, (size_t)n * sizeof *out);
    }
}

/* --- what is null ----------------------------------------------------------------- */

static uint64_t mask_bits(const sdr_view *view, int64_t start, int64_t n) {
    const uint8_t *mask = view->mask + start * view->mask_stride;
    uint64_t nulls = 0;
    int64_t i = 0;
    for (; view->mask_stride == 1 && i + 8 <= n; i += 8) {
        uint64_t bytes;
        memcpy(&bytes, mask + i, sizeof bytes);
        nulls |= sdr_bits_of_bytes(bytes) << i;
    }
    for (; i < n; i++)
        nulls |= (uint64_t)(mask[i * view->mask_stride] != 0) << i;
    return ~nulls & sdr_bits_low(n);
}

static uint64_t time_bits(const sdr_view *view, int64_t start, int64_t n) {
    const uint8_t *data = view->data + start * view->stride;
    uint64_t nat = UINT64_C(1) << 63; /* INT64_MIN's bits */
    uint64_t nulls = 0;
    if (view->swapped) nat = __builtin_bswap64(nat);
    for (int64_t i = 0; i < n; i++) {
        uint64_t time;
        memcpy(&time, data + i * view->stride, sizeof time);
        nulls |= (uint64_t)(time == nat) << i;
    }
    return ~nulls & sdr_bits_low(n);
}

uint64_t sdr_view_valid_bits(const sdr_view *view, int64_t start, int64_t n) {
    if (view->type == SDR_TYPE_NULL) return 0;
    uint64_t valid = sdr_bits_low(n);
    if (view->validity != NULL)
        valid = sdr_bits_load(view->validity, view->validity_offset + start, n);
    if (view->mask != NULL) valid &= mask_bits(view, start, n);
    if (view->nat_is_null) valid &= time_bits(view, start, n);
    return valid;
}

bool sdr_column_row_is_null(const sdr_column *column, int64_t row) {
    int64_t chunk = sdr_column_chunk(column, row);
    const sdr_view *view = &column->chunks[chunk];
    if (view->null_count == 0) return false;
    return sdr_view_valid_bits(view, row - column->starts[chunk], 1) == 0;
}

/* --- dictionaries and text -------------------------------------------------------- */

void sdr_view_load_indices(int64_t *out, const sdr_view *view, int64_t start,
                           int64_t n) {
    sdr_rows_buffer buffer;
    sdr_widen(out, sdr_view_rows(view, start, n, &buffer), view->index_type, n);
    if (view->null_count == 0) return;
    for (int64_t i = 0; i < n; i += SDR_WORD_BITS) {
        int64_t rows = n - i < SDR_WORD_BITS ? n - i : SDR_WORD_BITS;
        uint64_t nulls = ~sdr_view_valid_bits(view, start + i, rows);
        for (nulls &= sdr_bits_low(rows); nulls != 0; nulls &= nulls - 1)
            out[i + __builtin_ctzll(nulls)] = -1;
    }
}

/* Chosen without a branch: short and long strings mix at random. */
static void texts_of_string_views(sdr_string *out, const sdr_view *view, int64_t start,
                                  int64_t n) {
    static const sdr_bytes none = {NULL, 0};
    const sdr_bytes *buffers = view->n_buffers > 0 ? view->buffers : &none;
    const uint8_t *at = view->data + start * view->stride;
    for (int64_t i = 0; i < n; i++, at += view->stride) {
        int32_t size, buffer, offset;
        memcpy(&size, at, sizeof size);
        memcpy(&buffer, at + 8, sizeof buffer);
        memcpy(&offset, at + 12, sizeof offset);
        /* all bits or none; the buffer's index of a null row may be anything */
        uintptr_t is_long = -(uintptr_t)(size > INLINE_TEXT_BYTES);
        uintptr_t exists = -(uintptr_t)((uint32_t)buffer < view->n_buffers);
        uintptr_t far =
            (uintptr_t)buffers[(uintptr_t)(uint32_t)buffer & is_long & exists].data +
            (uintptr_t)(intptr_t)offset;
        uintptr_t near = (uintptr_t)(at + 4);
        out[i] =
            (sdr_string){(const uint8_t *)((far & is_long) | (near & ~is_long)), size};
    }
}

void sdr_view_texts(sdr_string *out, const sdr_view *view, int64_t start, int64_t n) {
    const sdr_any_int32 *narrow = (const void *)view->data;
    const sdr_any_int64 *wide = (const void *)view->data;
    if (view->type == SDR_TYPE_UTF8)
        for (int64_t i = 0; i < n; i++)
            out[i] = sdr_text_between_32(view->bytes, narrow + start + i);
    else if (view->type == SDR_TYPE_LARGE_UTF8)
        for (int64_t i = 0; i < n; i++)
            out[i] = sdr_text_between_64(view->bytes, wide + start + i);
    else
        texts_of_string_views(out, view, start, n);
}
