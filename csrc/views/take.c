/*
 * Rows gathered by index, into memory of the result's own.
 *
 * Fixed-width values are copied; booleans become bytes; text becomes string views over
 * the same bytes; nulls become the result's mask. Where every chunk shares one
 * dictionary its indices are copied; else the result has int64 indices into a
 * dictionary that is all the chunks' dictionaries one after another.
 */
#include "views/column.h"
#include "views/reading.h"
#include "views/types.h"

enum {
    INLINE_TEXT_BYTES = 12,
    VIEW_BYTES = 16,
    WINDOW_BITS = 30 /* a string view's offset has 31 bits: longer data are cut into
                        buffers that begin every 1 GiB and overlap */
};

typedef struct gathering {
    const sdr_column *in;
    const int64_t *indices;
    int64_t n;
    sdr_arena arena;
    sdr_view view;  /* being filled */
    uint8_t *data;  /* of view */
    uint8_t *mask;  /* of view */
    int64_t *first; /* of each chunk: its first buffer, or its dictionary's row */
} gathering;

static sdr_code check_indices(const gathering *g, sdr_error *error) {
    for (int64_t i = 0; i < g->n; i++)
        if (g->indices[i] < 0 || g->indices[i] >= g->in->length)
            return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                                 "indices: expected 0 to %lld, found %lld at position "
                                 "%lld",
                                 (long long)g->in->length - 1, (long long)g->indices[i],
                                 (long long)i);
    return SDR_OK;
}

/* The chunk of a row and the row in it; `last` is where the previous one was. */
static const sdr_view *locate(const sdr_column *in, int64_t row, int64_t *last,
                              int64_t *within) {
    if (row < in->starts[*last] || row >= in->starts[*last + 1])
        *last = sdr_column_chunk(in, row);
    *within = row - in->starts[*last];
    return &in->chunks[*last];
}

static bool row_is_null(const sdr_view *view, int64_t row) {
    return view->null_count != 0 && sdr_view_valid_bits(view, row, 1) == 0;
}

/* --- fixed width ------------------------------------------------------------------ */

static void gather_row(gathering *g, int64_t i, const sdr_view *view, int64_t row) {
    uint8_t *out = g->data + i * g->view.stride;
    if (view->type == SDR_TYPE_BOOL_BITS) {
        *out = sdr_bit_get(view->data, view->bit_offset + row);
        return;
    }
    sdr_rows_buffer buffer; /* for rows of the other byte order */
    memcpy(out, sdr_view_rows(view, row, 1, &buffer), (size_t)g->view.stride);
}

#define GATHER(type)                                                                   \
    do {                                                                               \
        type *out = (type *)(void *)g->data;                                           \
        for (int64_t i = 0; i < g->n; i++)                                             \
            out[i] =                                                                   \
                *(const type *)(const void *)(from->data + g->indices[i] * stride);    \
    } while (0)

/* All rows of one chunk in the machine's byte order. */
static void gather_values(gathering *g, const sdr_view *from) {
    ptrdiff_t stride = from->stride;
    switch (g->view.stride) {
    case 1:
        GATHER(sdr_any_uint8);
        break;
    case 2:
        GATHER(sdr_any_uint16);
        break;
    case 4:
        GATHER(sdr_any_uint32);
        break;
    default:
        GATHER(sdr_any_uint64);
    }
}

static sdr_code gather_one_chunk(gathering *g, sdr_error *error) {
    (void)error;
    const sdr_view *from = &g->in->chunks[0];
    gather_values(g, from);
    for (int64_t i = 0; from->null_count != 0 && i < g->n; i++)
        g->mask[i] = row_is_null(from, g->indices[i]);
    return SDR_OK;
}

static bool is_one_plain_chunk(const sdr_column *in) {
    const sdr_view *view = &in->chunks[0];
    return in->n_chunks == 1 && !view->swapped && sdr_view_width(view) > 0;
}

static sdr_code gather_fixed(gathering *g, sdr_error *error) {
    (void)error;
    int64_t chunk = 0, row;
    for (int64_t i = 0; i < g->n; i++) {
        const sdr_view *view = locate(g->in, g->indices[i], &chunk, &row);
        g->mask[i] = row_is_null(view, row);
        if (view->type != SDR_TYPE_NULL) gather_row(g, i, view, row);
    }
    return SDR_OK;
}

/* --- text ------------------------------------------------------------------------- */

static int64_t window_count(const sdr_view *view) {
    if (view->type == SDR_TYPE_STRING_VIEW) return view->n_buffers;
    return (view->bytes_size >> WINDOW_BITS) + 1;
}

static void fill_buffers(sdr_bytes *out, const sdr_view *view) {
    for (int64_t k = 0; k < window_count(view); k++) {
        int64_t from = k << WINDOW_BITS;
        out[k] = view->type == SDR_TYPE_STRING_VIEW
                     ? view->buffers[k]
                     : (sdr_bytes){view->bytes + from, view->bytes_size - from};
    }
}

static sdr_code list_buffers(gathering *g, sdr_error *error) {
    int64_t n = 0;
    for (int64_t c = 0; c < g->in->n_chunks; c++) {
        g->first[c] = n;
        n += window_count(&g->in->chunks[c]);
    }
    sdr_bytes *buffers = sdr_arena_allocate(&g->arena, (size_t)n * sizeof *buffers);
    if (buffers == NULL) return sdr_no_memory(error);
    for (int64_t c = 0; c < g->in->n_chunks; c++)
        fill_buffers(buffers + g->first[c], &g->in->chunks[c]);
    g->view.buffers = buffers;
    g->view.n_buffers = n;
    return SDR_OK;
}

/* The 16 bytes of a view over text at `offset` of a buffer; false: too long. */
static bool write_view(uint8_t *out, sdr_string text, int64_t buffer, int64_t offset) {
    if (text.size > INT32_MAX || offset + text.size > INT32_MAX) return false;
    int32_t size = (int32_t)text.size;
    memcpy(out, &size, sizeof size);
    if (size <= INLINE_TEXT_BYTES) {
        if (size > 0) memcpy(out + 4, text.data, (size_t)size);
        return true;
    }
    int32_t where[2] = {(int32_t)buffer, (int32_t)offset};
    memcpy(out + 4, text.data, 4);
    memcpy(out + 8, where, sizeof where);
    return true;
}

static bool gather_text_row(gathering *g, int64_t i, int64_t chunk,
                            const sdr_view *view, int64_t row) {
    uint8_t *out = g->data + i * VIEW_BYTES;
    sdr_string text;
    sdr_view_texts(&text, view, row, 1);
    if (text.size <= INLINE_TEXT_BYTES) return write_view(out, text, 0, 0);
    if (view->type != SDR_TYPE_STRING_VIEW) {
        int64_t at = text.data - view->bytes, window = at >> WINDOW_BITS;
        return write_view(out, text, g->first[chunk] + window,
                          at - (window << WINDOW_BITS));
    }
    int32_t where[2]; /* buffer, offset */
    memcpy(where, view->data + row * view->stride + 8, sizeof where);
    return write_view(out, text, g->first[chunk] + where[0], where[1]);
}

static sdr_code gather_text(gathering *g, sdr_error *error) {
    int64_t chunk = 0, row;
    SDR_TRY(list_buffers(g, error));
    for (int64_t i = 0; i < g->n; i++) {
        const sdr_view *view = locate(g->in, g->indices[i], &chunk, &row);
        g->mask[i] = row_is_null(view, row);
        if (g->mask[i] || gather_text_row(g, i, chunk, view, row)) continue;
        return sdr_error_set(
            error, SDR_NOT_SUPPORTED,
            "take: expected strings of less than 1 GiB, found a longer "
            "one (row %lld)",
            (long long)g->indices[i]);
    }
    return SDR_OK;
}

/* --- dictionaries ----------------------------------------------------------------- */

static bool shares_dictionary(const sdr_column *in) {
    for (int64_t c = 1; c < in->n_chunks; c++)
        if (in->chunks[c].dictionary != in->chunks[0].dictionary) return false;
    return true;
}

/* One dictionary of all chunks' dictionaries; first[c]: where chunk c's begins. */
static sdr_code join_dictionaries(gathering *g, sdr_error *error) {
    const sdr_view *chunks = g->in->chunks;
    int64_t n = 0, rows = 0;
    for (int64_t c = 0; c < g->in->n_chunks; c++)
        n += chunks[c].dictionary->n_chunks;
    sdr_view *parts = sdr_arena_allocate(&g->arena, (size_t)n * sizeof *parts);
    sdr_column *joined = sdr_arena_allocate(&g->arena, sizeof *joined);
    if (parts == NULL || joined == NULL) return sdr_no_memory(error);
    n = 0;
    for (int64_t c = 0; c < g->in->n_chunks; c++) {
        const sdr_column *part = chunks[c].dictionary;
        g->first[c] = rows;
        rows += part->length;
        for (int64_t k = 0; k < part->n_chunks; k++)
            parts[n++] = part->chunks[k];
    }
    const sdr_column *one = chunks[0].dictionary;
    SDR_TRY(
        sdr_column_assemble(joined, &g->arena, one->type, one->unit, parts, n, error));
    sdr_column_sum_nulls(joined);
    g->view.dictionary = joined;
    return SDR_OK;
}

static sdr_code gather_joined(gathering *g, sdr_error *error) {
    int64_t chunk = 0, row, index;
    SDR_TRY(join_dictionaries(g, error));
    for (int64_t i = 0; i < g->n; i++) {
        const sdr_view *view = locate(g->in, g->indices[i], &chunk, &row);
        sdr_view_load_indices(&index, view, row, 1);
        g->mask[i] = index < 0;
        index = index < 0 ? 0 : index + g->first[chunk];
        memcpy(g->data + i * (int64_t)sizeof index, &index, sizeof index);
    }
    return SDR_OK;
}

/* --- the result ------------------------------------------------------------------- */

typedef sdr_code (*gather_function)(gathering *g, sdr_error *error);

/* The result's type and how its rows are gathered. */
static gather_function choose(gathering *g) {
    const sdr_view *first = g->in->n_chunks > 0 ? &g->in->chunks[0] : NULL;
    g->view = (sdr_view){.type = g->in->type, .unit = g->in->unit, .length = g->n};
    if (g->in->kind == SDR_KIND_TEXT) {
        g->view.type = SDR_TYPE_STRING_VIEW;
        g->view.stride = VIEW_BYTES;
        return gather_text;
    }
    if (g->in->type == SDR_TYPE_BOOL_BITS) g->view.type = SDR_TYPE_BOOL_BYTES;
    if (g->in->type == SDR_TYPE_DICTIONARY && first != NULL) {
        bool is_shared = shares_dictionary(g->in);
        g->view.index_type = is_shared ? first->index_type : SDR_TYPE_INT64;
        g->view.dictionary = first->dictionary;
        g->view.stride = sdr_view_width(&g->view);
        if (!is_shared) return gather_joined;
    }
    g->view.stride = sdr_view_width(&g->view);
    return is_one_plain_chunk(g->in) ? gather_one_chunk : gather_fixed;
}

static sdr_code gather(gathering *g, gather_function fill, sdr_error *error) {
    size_t bytes = (size_t)(g->n + 1) * (size_t)g->view.stride;
    SDR_TRY(check_indices(g, error));
    g->data = sdr_arena_allocate(&g->arena, bytes);
    g->mask = sdr_arena_allocate(&g->arena, (size_t)g->n);
    g->first =
        sdr_arena_allocate(&g->arena, (size_t)g->in->n_chunks * sizeof *g->first);
    if (g->data == NULL || g->mask == NULL || g->first == NULL)
        return sdr_no_memory(error);
    g->view.data = g->data;
    g->view.mask = g->mask;
    g->view.mask_stride = 1;
    SDR_TRY(fill(g, error));
    g->view.null_count = sdr_view_count_all_nulls(&g->view);
    if (g->view.null_count == 0) g->view.mask = NULL;
    return SDR_OK;
}

sdr_code sdr_column_take(sdr_column *out, const sdr_column *in, const int64_t *indices,
                         int64_t n, sdr_error *error) {
    gathering g = {.in = in, .indices = indices, .n = n};
    memset(out, 0, sizeof *out);
    if (n < 0)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "n: expected >= 0, found %lld", (long long)n);
    gather_function fill = choose(&g);
    sdr_code code = gather(&g, fill, error);
    if (code == SDR_OK)
        code = sdr_column_assemble(out, &g.arena, g.view.type, g.view.unit, &g.view, 1,
                                   error);
    if (code != SDR_OK) {
        sdr_arena_free(&g.arena);
        memset(out, 0, sizeof *out);
        return code;
    }
    sdr_column_sum_nulls(out);
    sdr_column_own(out, &g.arena);
    return SDR_OK;
}
