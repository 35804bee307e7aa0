/*
 * The profile of a text column: lengths, empty and blank rows, invalid UTF-8.
 *
 * Valid UTF-8 is RFC 3629's: shortest form, no surrogates, at most U+10FFFF. Length in
 * code points = bytes that are not 10xxxxxx. All results are integers, so workers' sums
 * do not depend on their order. Time O(bytes); ASCII eight bytes at a time.
 */
#include <string.h>

#include "core/parallel.h"
#include "simdrift/quality.h"

enum { COST_BYTES = SDR_BLOCK_ROWS * 24 };

static const uint64_t HIGH_BITS = UINT64_C(0x8080808080808080);

/* Bytes of the sequence that starts here, 0 where it is not valid. */
static int64_t sequence(const uint8_t *s, int64_t left) {
    uint8_t lead = s[0];
    if (lead < 0x80) return 1;
    int64_t size = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (lead < 0xC2 || lead > 0xF4 || size > left) return 0;
    for (int64_t i = 1; i < size; i++)
        if ((s[i] & 0xC0) != 0x80) return 0;
    if (lead == 0xE0 && s[1] < 0xA0) return 0; /* not the shortest form */
    if (lead == 0xED && s[1] > 0x9F) return 0; /* surrogate */
    if (lead == 0xF0 && s[1] < 0x90) return 0; /* not the shortest form */
    if (lead == 0xF4 && s[1] > 0x8F) return 0; /* above U+10FFFF */
    return size;
}

/* Code points of a text, -1 where it is not UTF-8. */
static int64_t code_points(sdr_string text) {
    int64_t points = 0, i = 0;
    while (i < text.size) {
        uint64_t word = HIGH_BITS;
        if (text.size - i >= 8) memcpy(&word, text.data + i, sizeof word);
        if ((word & HIGH_BITS) == 0) {
            points += 8;
            i += 8;
            continue;
        }
        int64_t size = sequence(text.data + i, text.size - i);
        if (size == 0) return -1;
        points++;
        i += size;
    }
    return points;
}

/* ASCII white space: space and \t \n \v \f \r. */
static bool is_blank(sdr_string text) {
    for (int64_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte != ' ' && (byte < '\t' || byte > '\r')) return false;
    }
    return true;
}

static void add_row(sdr_text_profile *sums, sdr_string text) {
    if (text.data == NULL) {
        sums->nulls++;
        return;
    }
    sums->empty += text.size == 0;
    sums->blank += is_blank(text);
    int64_t points = code_points(text);
    if (points < 0) {
        sums->invalid_utf8++;
        return;
    }
    if (points < sums->length_min) sums->length_min = points;
    if (points > sums->length_max) sums->length_max = points;
    sums->length_sum += points;
}

typedef struct job {
    const sdr_column *column;
    sdr_text_profile *sums; /* one a worker */
} job;

static sdr_code add_blocks(void *user, int64_t begin, int64_t end, int worker,
                           sdr_error *error) {
    (void)error;
    const job *j = user;
    sdr_string rows[SDR_BLOCK_ROWS];
    for (int64_t block = begin; block < end; block++) {
        int64_t start = block * SDR_BLOCK_ROWS, n = j->column->length - start;
        if (n > SDR_BLOCK_ROWS) n = SDR_BLOCK_ROWS;
        sdr_column_load_text(j->column, start, n, rows);
        for (int64_t i = 0; i < n; i++)
            add_row(&j->sums[worker], rows[i]);
    }
    return SDR_OK;
}

static void join(sdr_text_profile *out, const sdr_text_profile *part) {
    out->nulls += part->nulls;
    out->empty += part->empty;
    out->blank += part->blank;
    out->invalid_utf8 += part->invalid_utf8;
    out->length_sum += part->length_sum;
    if (part->length_min < out->length_min) out->length_min = part->length_min;
    if (part->length_max > out->length_max) out->length_max = part->length_max;
}

/* Whether the rows are text: a text column, or a dictionary of text. */
static bool holds_text(const sdr_column *column) {
    if (column->kind == SDR_KIND_TEXT) return true;
    return column->type == SDR_TYPE_DICTIONARY && column->n_chunks > 0 &&
           column->chunks[0].dictionary->kind == SDR_KIND_TEXT;
}

sdr_code sdr_profile_text(sdr_text_profile *out, const sdr_column *column,
                          const sdr_context *context, sdr_error *error) {
    const sdr_text_profile none = {.length_min = INT64_MAX};
    *out = none;
    if (column->length > 0 && !holds_text(column))
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "text profile: expected a column of text");
    int64_t blocks = (column->length + SDR_BLOCK_ROWS - 1) / SDR_BLOCK_ROWS;
    int workers = sdr_parallel_workers(context, blocks, COST_BYTES);
    job j = {.column = column};
    j.sums = sdr_allocate((size_t)workers * sizeof *j.sums);
    if (j.sums == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for a text profile");
    for (int w = 0; w < workers; w++)
        j.sums[w] = none;
    sdr_code code =
        sdr_parallel_for(context, blocks, COST_BYTES, add_blocks, &j, error);
    for (int w = 0; w < workers; w++)
        join(out, &j.sums[w]);
    sdr_release(j.sums);
    out->rows = column->length;
    if (out->length_min == INT64_MAX) out->length_min = 0; /* no valid row */
    return code;
}
