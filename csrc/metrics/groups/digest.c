/*
 * Digests of groups: 128 bits that tell whether rows have changed.
 *
 * What is digested does not depend on layout, chunks or library:
 *   numbers    the bits of the row as float64, of integers and times as int64 (uint64
 * as it is), of booleans 0.0 and 1.0; and which rows are null text       the length of
 * each row, all ones for null, and the bytes of all rows categories their values, as a
 * column of those would hold them -0.0 is not 0.0, and NaN are told apart by their
 * bits. The name and the kind of the values are left to the caller.
 *
 * A group is cut into segments of SDR_GROUP_ROWS rows from its first row on; each is
 * digested by itself, on any thread, then the digests in order, with the number of rows
 * and of nulls (digest_stream.h has the construction). Time: one read.
 */
#include <stdatomic.h>

#include "metrics/common/blocks.h"
#include "metrics/groups/digest_stream.h"
#include "metrics/groups/groups.h"
#include "views/reading.h"

enum { VALUES = 1, NULLS, LENGTHS, SEGMENTS }; /* purposes of streams */
enum { TEXT_BYTES = 24, NULL_WORDS = SDR_BLOCK_ROWS / 64, COPIED_BYTES = 1 << 12 };
enum { SHORT_BYTES = 16 };

/* The texts of a dictionary, of `bytes`: copies with SHORT_BYTES to read behind the
 * last, so that a short one is copied on as a whole register. */
typedef struct dictionary {
    const sdr_column *values;
    sdr_string *texts;
    uint8_t *bytes;
} dictionary;

typedef struct digest_job {
    uint8_t *out; /* 16 bytes a group */
    dictionary *dictionaries;
    int64_t n_dictionaries;
} digest_job;

typedef struct segment {
    const digest_job *job;
    const sdr_column *rows;
    int64_t start, stop;
    int64_t nulls;
    sdr_digest_stream values, nulls_or_lengths;
} segment;

static const sdr_column *values_of(const sdr_column *column) {
    bool is_category = column->type == SDR_TYPE_DICTIONARY && column->n_chunks > 0;
    return is_category ? column->chunks[0].dictionary : column;
}

static bool holds_integers(const sdr_column *column) {
    sdr_kind kind = values_of(column)->kind;
    return kind == SDR_KIND_INTEGER || kind == SDR_KIND_TEMPORAL;
}

/* --- numbers --- */

/* Which rows of a block are null, a bit a row: only blocks that have some, each with
 * its place, for which the first word is kept. */
static void add_null_words(segment *s, uint64_t *words, int64_t start, int64_t n) {
    words[0] = (uint64_t)(start - s->start);
    sdr_digest_add(&s->nulls_or_lengths, words,
                   (size_t)((n + 63) / 64 + 1) * sizeof *words);
}

static void add_nulls(segment *s, const uint8_t *valid, int64_t start, int64_t n) {
    uint64_t words[NULL_WORDS + 1] = {0};
    for (int64_t i = 0; i < n; i++)
        words[1 + i / 64] |= (uint64_t)!valid[i] << (i % 64);
    add_null_words(s, words, start, n);
}

/* Bit i of words: row start + i is null; rows that are no dictionary's, words zero. */
static void load_null_bits(uint64_t *words, const sdr_column *column, int64_t start,
                           int64_t n) {
    for (int64_t i = 0; i < n;) {
        int64_t chunk = sdr_column_chunk(column, start + i), bit = i % 64;
        int64_t at = start + i - column->starts[chunk];
        int64_t rows = column->starts[chunk + 1] - (start + i);
        if (rows > n - i) rows = n - i;
        if (rows > SDR_WORD_BITS) rows = SDR_WORD_BITS;
        uint64_t nulls =
            ~sdr_view_valid_bits(&column->chunks[chunk], at, rows) & sdr_bits_low(rows);
        words[i / 64] |= nulls << bit;
        if (bit + rows > 64) words[i / 64 + 1] |= nulls >> (64 - bit);
        i += rows;
    }
}

static void add_floats(segment *s, int64_t start, int64_t n) {
    double scratch[SDR_BLOCK_ROWS];
    uint64_t words[NULL_WORDS + 1] = {0};
    int64_t nulls;
    const double *values = sdr_column_load_f64(s->rows, start, n, 0, scratch, &nulls);
    sdr_digest_add(&s->values, values, (size_t)n * sizeof *values);
    s->nulls += nulls;
    if (nulls == 0) return;
    load_null_bits(words + 1, s->rows, start, n);
    add_null_words(s, words, start, n);
}

static void add_integers(segment *s, int64_t start, int64_t n) {
    int64_t scratch[SDR_BLOCK_ROWS], nulls;
    uint8_t valid[SDR_BLOCK_ROWS];
    const int64_t *values =
        sdr_column_load_i64(s->rows, start, n, scratch, valid, &nulls);
    if (s->rows->type == SDR_TYPE_UINT64) { /* keys, in scratch: the bits again */
        for (int64_t i = 0; i < n; i++)
            scratch[i] = valid[i] ? values[i] ^ INT64_MIN : 0;
        values = scratch;
    }
    sdr_digest_add(&s->values, values, (size_t)n * sizeof *values);
    s->nulls += nulls;
    if (nulls > 0) add_nulls(s, valid, start, n);
}

/* The word of a value of a dictionary; false where it is null. */
static bool word_of(uint64_t *word, const sdr_column *values, int64_t i,
                    bool integers) {
    int64_t integer, nulls;
    double real;
    uint8_t valid;
    if (integers) {
        *word = (uint64_t)*sdr_column_load_i64(values, i, 1, &integer, &valid, &nulls);
        if (values->type == SDR_TYPE_UINT64 && nulls == 0) *word ^= UINT64_C(1) << 63;
        return nulls == 0;
    }
    const double *loaded = sdr_column_load_f64(values, i, 1, 0, &real, &nulls);
    memcpy(word, loaded, sizeof *word);
    return nulls == 0;
}

/* What a null row loads as. */
static uint64_t null_word(bool integers) {
    const double nan = __builtin_nan("");
    uint64_t word = 0;
    if (!integers) memcpy(&word, &nan, sizeof word);
    return word;
}

/* Rows of one chunk that point to numbers. */
static void add_pointed(segment *s, const sdr_view *view, int64_t at, uint64_t *words,
                        uint8_t *valid, int64_t n) {
    int64_t indices[SDR_BLOCK_ROWS];
    bool integers = holds_integers(s->rows);
    sdr_view_load_indices(indices, view, at, n);
    for (int64_t i = 0; i < n; i++) {
        valid[i] = indices[i] >= 0 &&
                   word_of(&words[i], view->dictionary, indices[i], integers);
        if (!valid[i]) words[i] = null_word(integers);
    }
}

/* n > 0 */
static void add_numbers_of_dictionary(segment *s, int64_t start, int64_t n) {
    uint64_t words[SDR_BLOCK_ROWS];
    uint8_t valid[SDR_BLOCK_ROWS];
    int64_t i = 0, nulls = 0;
    do {
        int64_t chunk = sdr_column_chunk(s->rows, start + i);
        int64_t at = start + i - s->rows->starts[chunk];
        int64_t rows = s->rows->starts[chunk + 1] - (start + i);
        if (rows > n - i) rows = n - i;
        add_pointed(s, &s->rows->chunks[chunk], at, words + i, valid + i, rows);
        i += rows;
    } while (i < n);
    for (i = 0; i < n; i++)
        nulls += !valid[i];
    sdr_digest_add(&s->values, words, (size_t)n * sizeof *words);
    s->nulls += nulls;
    if (nulls > 0) add_nulls(s, valid, start, n);
}

static void digest_numbers(segment *s) {
    bool is_category = s->rows->type == SDR_TYPE_DICTIONARY;
    bool integers = holds_integers(s->rows);
    for (int64_t start = s->start; start < s->stop; start += SDR_BLOCK_ROWS) {
        int64_t n = s->stop - start < SDR_BLOCK_ROWS ? s->stop - start : SDR_BLOCK_ROWS;
        if (is_category)
            add_numbers_of_dictionary(s, start, n);
        else if (integers)
            add_integers(s, start, n);
        else
            add_floats(s, start, n);
    }
}

/* --- text --- */

/* Bytes of rows that do not lie side by side, on their way into the stream. */
typedef struct copier {
    sdr_digest_stream *stream;
    size_t n;
    bool may_read_on; /* SHORT_BYTES from the start of each text are there */
    uint8_t bytes[COPIED_BYTES + SHORT_BYTES];
} copier;

static void copier_flush(copier *c) {
    sdr_digest_add(c->stream, c->bytes, c->n);
    c->n = 0;
}

static inline void copier_add(copier *c, sdr_string text) {
    size_t size = (size_t)text.size;
    if (size > COPIED_BYTES - c->n) copier_flush(c);
    if (size > COPIED_BYTES) {
        sdr_digest_add(c->stream, text.data, size);
        return;
    }
    if (c->may_read_on && size <= SHORT_BYTES)
        memcpy(c->bytes + c->n, text.data, SHORT_BYTES);
    else if (size > 0)
        memcpy(c->bytes + c->n, text.data, size);
    c->n += size;
}

static void add_texts(segment *s, const sdr_string *texts, int64_t n,
                      bool may_read_on) {
    copier c;
    c.stream = &s->values;
    c.n = 0;
    c.may_read_on = may_read_on;
    uint64_t lengths[SDR_BLOCK_ROWS];
    for (int64_t i = 0; i < n; i++) {
        bool is_null = texts[i].data == NULL;
        lengths[i] = is_null ? UINT64_MAX : (uint64_t)texts[i].size;
        s->nulls += is_null;
        if (!is_null) copier_add(&c, texts[i]);
    }
    copier_flush(&c);
    sdr_digest_add(&s->nulls_or_lengths, lengths, (size_t)n * sizeof *lengths);
}

/* Rows of a buffer of bytes, none of them null. */
static bool add_in_place(segment *s, int64_t start, int64_t n) {
    const uint8_t *bytes;
    uint64_t lengths[SDR_BLOCK_ROWS];
    const void *offsets = sdr_column_offsets(s->rows, start, n, &bytes);
    if (offsets == NULL) return false;
    const sdr_any_int32 *narrow = offsets;
    const sdr_any_int64 *wide = offsets;
    bool is_narrow = s->rows->type == SDR_TYPE_UTF8;
    for (int64_t i = 0; i < n; i++)
        lengths[i] = (uint64_t)(is_narrow ? narrow[i + 1] - (int64_t)narrow[i]
                                          : wide[i + 1] - wide[i]);
    int64_t first = is_narrow ? narrow[0] : wide[0];
    int64_t stop = is_narrow ? narrow[n] : wide[n];
    if (stop > first) sdr_digest_add(&s->values, bytes + first, (size_t)(stop - first));
    sdr_digest_add(&s->nulls_or_lengths, lengths, (size_t)n * sizeof *lengths);
    return true;
}

static const sdr_string *texts_of(const digest_job *j, const sdr_column *values) {
    for (int64_t i = 0; i < j->n_dictionaries; i++)
        if (j->dictionaries[i].values == values) return j->dictionaries[i].texts;
    return NULL; /* does not happen: every chunk's has its texts */
}

static void load_pointed_texts(sdr_string *texts, const segment *s, int64_t start,
                               int64_t n) {
    int64_t indices[SDR_BLOCK_ROWS];
    for (int64_t i = 0; i < n;) {
        int64_t chunk = sdr_column_chunk(s->rows, start + i);
        const sdr_view *view = &s->rows->chunks[chunk];
        int64_t at = start + i - s->rows->starts[chunk];
        int64_t rows = s->rows->starts[chunk + 1] - (start + i);
        if (rows > n - i) rows = n - i;
        const sdr_string *all = texts_of(s->job, view->dictionary);
        sdr_view_load_indices(indices, view, at, rows);
        for (int64_t k = 0; k < rows; k++)
            texts[i + k] = indices[k] < 0 ? (sdr_string){NULL, 0} : all[indices[k]];
        i += rows;
    }
}

static void digest_texts(segment *s) {
    sdr_string texts[SDR_BLOCK_ROWS];
    bool is_category = s->rows->type == SDR_TYPE_DICTIONARY;
    for (int64_t start = s->start; start < s->stop; start += SDR_BLOCK_ROWS) {
        int64_t n = s->stop - start < SDR_BLOCK_ROWS ? s->stop - start : SDR_BLOCK_ROWS;
        if (!is_category && add_in_place(s, start, n)) continue;
        if (is_category)
            load_pointed_texts(texts, s, start, n);
        else
            sdr_column_load_text(s->rows, start, n, texts);
        add_texts(s, texts, n, is_category);
    }
}

/* --- segments --- */

static sdr_digest digest_segment(int64_t *nulls, const digest_job *j,
                                 const sdr_column *rows, int64_t start, int64_t stop) {
    segment s = {.job = j, .rows = rows, .start = start, .stop = stop};
    bool is_text = values_of(rows)->kind == SDR_KIND_TEXT;
    sdr_digest_begin(&s.values, VALUES);
    sdr_digest_begin(&s.nulls_or_lengths, is_text ? LENGTHS : NULLS);
    if (is_text)
        digest_texts(&s);
    else
        digest_numbers(&s);
    sdr_digest both[2] = {sdr_digest_end(&s.values),
                          sdr_digest_end(&s.nulls_or_lengths)};
    sdr_digest_stream stream;
    sdr_digest_begin(&stream, SEGMENTS);
    sdr_digest_add(&stream, both, sizeof both);
    *nulls = s.nulls;
    return sdr_digest_end(&stream);
}

typedef struct segments {
    const digest_job *job;
    const sdr_column *rows;
    sdr_digest *digests;
    atomic_llong nulls;
} segments;

static sdr_code digest_segments(void *user, int64_t begin, int64_t end, int worker,
                                sdr_error *error) {
    (void)worker, (void)error;
    segments *all = user;
    for (int64_t i = begin; i < end; i++) {
        int64_t start = i * SDR_GROUP_ROWS, stop = start + SDR_GROUP_ROWS, nulls;
        if (stop > all->rows->length) stop = all->rows->length;
        all->digests[i] = digest_segment(&nulls, all->job, all->rows, start, stop);
        atomic_fetch_add(&all->nulls, nulls);
    }
    return SDR_OK;
}

static void finish(uint8_t *out, const sdr_digest *digests, int64_t n, int64_t rows,
                   int64_t nulls) {
    sdr_digest_stream stream;
    sdr_digest_begin(&stream, SEGMENTS);
    if (n > 0) sdr_digest_add(&stream, digests, (size_t)n * sizeof *digests);
    sdr_digest_add_word(&stream, (uint64_t)rows);
    sdr_digest_add_word(&stream, (uint64_t)nulls);
    sdr_digest digest = sdr_digest_end(&stream);
    memcpy(out, digest.words, sizeof digest.words);
}

static sdr_code digest_group(void *user, const sdr_group *group,
                             const sdr_context *context, sdr_error *error) {
    const digest_job *j = user;
    const sdr_column *rows = group->rows;
    uint8_t *out = j->out + group->index * (int64_t)sizeof(sdr_digest);
    bool is_empty = rows->length == 0 || rows->kind == SDR_KIND_NULL;
    int64_t n = is_empty ? 0 : sdr_group_count(rows->length);
    sdr_digest one;
    segments all = {.job = j, .rows = rows, .digests = &one};
    atomic_init(&all.nulls, is_empty ? rows->length : 0);
    if (n > 1) all.digests = sdr_allocate((size_t)n * sizeof *all.digests);
    if (all.digests == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for digests of rows");
    sdr_code code = SDR_OK;
    if (n > 0)
        code = sdr_parallel_for(context, n, SDR_GROUP_ROWS * sizeof(double),
                                digest_segments, &all, error);
    if (code == SDR_OK)
        finish(out, all.digests, n, rows->length, atomic_load(&all.nulls));
    if (n > 1) sdr_release(all.digests);
    return code;
}

/* --- dictionaries --- */

static void dictionaries_reset(digest_job *j) {
    for (int64_t i = 0; i < j->n_dictionaries; i++) {
        sdr_release(j->dictionaries[i].texts);
        sdr_release(j->dictionaries[i].bytes);
    }
    sdr_release(j->dictionaries);
}

static sdr_code no_memory(sdr_error *error) {
    return sdr_error_set(error, SDR_NO_MEMORY, "no memory for a dictionary's text");
}

/* Moves the texts into memory of their own. */
static sdr_code copy_texts(dictionary *d, sdr_error *error) {
    size_t size = 0;
    for (int64_t i = 0; i < d->values->length; i++)
        size += (size_t)d->texts[i].size;
    d->bytes = sdr_allocate(size + SHORT_BYTES);
    if (d->bytes == NULL) return no_memory(error);
    memset(d->bytes + size, 0, SHORT_BYTES);
    uint8_t *to = d->bytes;
    for (int64_t i = 0; i < d->values->length; i++) {
        if (d->texts[i].data == NULL) continue;
        if (d->texts[i].size > 0)
            memcpy(to, d->texts[i].data, (size_t)d->texts[i].size);
        d->texts[i].data = to;
        to += d->texts[i].size;
    }
    return SDR_OK;
}

static sdr_code add_dictionary(digest_job *j, const sdr_column *values,
                               sdr_error *error) {
    if (texts_of(j, values) != NULL) return SDR_OK;
    dictionary *d = &j->dictionaries[j->n_dictionaries];
    *d = (dictionary){values, sdr_allocate((size_t)values->length * sizeof *d->texts),
                      NULL};
    if (d->texts == NULL) return no_memory(error);
    j->n_dictionaries++;
    for (int64_t start = 0; start < values->length; start += SDR_BLOCK_ROWS) {
        int64_t n = values->length - start;
        sdr_column_load_text(values, start, n < SDR_BLOCK_ROWS ? n : SDR_BLOCK_ROWS,
                             d->texts + start);
    }
    return copy_texts(d, error);
}

/* The texts of every chunk's dictionary, each once. */
static sdr_code load_dictionaries(digest_job *j, const sdr_column *column,
                                  sdr_error *error) {
    if (column->type != SDR_TYPE_DICTIONARY) return SDR_OK;
    if (values_of(column)->kind != SDR_KIND_TEXT) return SDR_OK;
    j->dictionaries = sdr_allocate((size_t)column->n_chunks * sizeof *j->dictionaries);
    if (j->dictionaries == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for dictionaries");
    for (int64_t i = 0; i < column->n_chunks; i++)
        SDR_TRY(add_dictionary(j, column->chunks[i].dictionary, error));
    return SDR_OK;
}

sdr_code sdr_digest_groups(uint8_t *out, const sdr_column *column,
                           const sdr_groups *groups, const sdr_context *context,
                           sdr_error *error) {
    digest_job j = {.out = out};
    bool is_text = values_of(column)->kind == SDR_KIND_TEXT;
    const sdr_group_pass pass = {.column = column,
                                 .groups = groups,
                                 .row_bytes = is_text ? TEXT_BYTES : sizeof(double),
                                 .body = digest_group,
                                 .user = &j};
    sdr_code code = load_dictionaries(&j, column, error);
    if (code == SDR_OK) code = sdr_groups_run(&pass, context, error);
    dictionaries_reset(&j);
    return code;
}
