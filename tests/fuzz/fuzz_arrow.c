/*
 * Arrays and tables: whatever is not refused can be read to the last row. Buffers have
 * the size that the array's numbers say, and no byte more: what the interface can't say
 * (that a length goes beyond a buffer) is not asked of the library.
 */
#include "fuzz.h"

#include "views/arrow_table.h"

enum { ROWS = 80, OFFSETS = 20, BUFFERS = 8, FIELDS = 2, KEPT = 32 };

typedef struct memory {
    void *blocks[KEPT];
    int n;
} memory;

static void *keep(memory *m, void *block) {
    CHECK(m->n < KEPT);
    return m->blocks[m->n++] = block;
}

static void release_schema(struct ArrowSchema *schema) {
    (void)schema;
}
static void release_array(struct ArrowArray *array) {
    (void)array;
}

typedef struct field {
    struct ArrowSchema schema, values;
    struct ArrowArray array, dictionary;
    const void *buffers[BUFFERS], *dictionary_buffers[BUFFERS];
} field;

static const struct {
    const char *letters;
    int bits;
} formats[] = {{"n", 0},        {"b", 1},         {"c", 8},
               {"C", 8},        {"s", 16},        {"S", 16},
               {"i", 32},       {"I", 32},        {"l", 64},
               {"L", 64},       {"e", 16},        {"f", 32},
               {"g", 64},       {"u", 32},        {"U", 64},
               {"vu", 128},     {"tdD", 32},      {"tdm", 64},
               {"tsu:", 64},    {"tsn:UTC", 64},  {"tDms", 64},
               {"tDm", 64},     {"d:9,2,32", 32}, {"d:18,0,64", 64},
               {"d:38,0", 128}, {"d:38,-2", 128}, {"d:76,9,256", 256},
               {"tts", 32},     {"ttn", 64},      {"+l", 64},
               {"z", 32},       {"w:4", 32}};
enum { FORMATS = sizeof formats / sizeof *formats, DICTIONARY = FORMATS };

/* Offsets: most of them small steps; the last one within the characters. */
static void *take_offsets(input *in, memory *m, int width, int64_t rows, int64_t first,
                          int64_t n, int64_t *size) {
    uint8_t *block = keep(m, malloc((size_t)((rows + 1) * width)));
    int64_t at = take_below(in, 4), last = 0;
    for (int64_t i = 0; i <= rows; i++) {
        int64_t step = take_below(in, 300), value = at;
        if (step == 299) take_bytes(in, &value, sizeof value);
        if (step < 200) at += step % 5;
        if (i == first + n && (value < 0 ? 0 : value) > 4 * ROWS) value = at;
        memcpy(block + i * width, &value, (size_t)width);
        if (width == 4) value = (int32_t)value;
        if (i == first + n) last = value;
    }
    *size = last > 0 ? last : 0;
    return *size > 1 << 16 ? NULL : block;
}

static void take_text_buffers(input *in, memory *m, const void **buffers, int width,
                              const struct ArrowArray *a) {
    int64_t rows = a->offset + a->length, size;
    buffers[1] = take_offsets(in, m, width, rows, a->offset, a->length, &size);
    if (buffers[1] == NULL) size = 0; /* too large to make: no offsets, and no text */
    buffers[2] = keep(m, take_block(in, (size_t)size));
}

static void take_view_buffers(input *in, memory *m, const void **buffers,
                              struct ArrowArray *a) {
    int64_t rows = a->offset + a->length, n = take_below(in, 3);
    int64_t *sizes = keep(m, malloc((size_t)(n + 1) * sizeof *sizes));
    int32_t *views = keep(m, malloc((size_t)rows * 16 + 1));
    for (int64_t i = 0; i < n; i++) {
        sizes[i] = take_below(in, 40);
        buffers[2 + i] = keep(m, take_block(in, (size_t)sizes[i]));
        if (take_below(in, 50) == 0) sizes[i] = -1;
    }
    for (int64_t i = 0; i < rows; i++) {
        int32_t *view = views + 4 * i;
        take_bytes(in, view, 16);
        if (take_below(in, 8) > 0) view[0] = (int32_t)take_below(in, 40);
        if (view[0] <= 12 || n == 0 || take_below(in, 8) == 0) continue;
        view[2] = (int32_t)take_below(in, n);
        view[3] = (int32_t)take_below(in, 40);
        if (sizes[view[2]] >= (int64_t)view[3] + 4)
            memcpy(&view[1], (const char *)buffers[2 + view[2]] + view[3], 4);
    }
    buffers[1] = views;
    buffers[2 + n] = sizes;
    a->n_buffers = 3 + n;
}

/* Numbers that no sound array has. */
static void damage(input *in, struct ArrowArray *a) {
    static const int64_t values[] = {-1, -2, INT64_MAX, INT64_MIN, INT64_MAX - 1};
    int64_t value = values[take_below(in, 5)];
    switch (take_below(in, 24)) {
    case 0:
        a->length = value;
        break;
    case 1:
        a->offset = value;
        break;
    case 2:
        a->null_count = value;
        break;
    case 3:
        a->n_buffers = value;
        break;
    case 4:
        a->n_children = value;
        break;
    case 5:
        a->release = NULL;
        break;
    case 6:
        a->buffers = NULL;
        break;
    case 7:
        a->n_buffers = take_below(in, 3);
        break;
    case 8:
        a->null_count = take_below(in, 4);
        break;
    case 9:
        a->buffers[take_below(in, 2)] = NULL;
        break;
    default:
        break;
    }
}

static void take_array(input *in, memory *m, struct ArrowArray *a, const void **buffers,
                       int format) {
    int bits = formats[format].bits;
    const char *letters = formats[format].letters;
    *a = (struct ArrowArray){.length = take_below(in, ROWS),
                             .offset = take_below(in, OFFSETS),
                             .null_count = -1,
                             .n_buffers = bits == 0 ? 0 : 2,
                             .buffers = buffers,
                             .release = release_array};
    int64_t rows = a->offset + a->length;
    if (take_below(in, 2)) buffers[0] = keep(m, take_block(in, (size_t)(rows + 7) / 8));
    if (strcmp(letters, "u") == 0 || strcmp(letters, "U") == 0) {
        take_text_buffers(in, m, buffers, bits / 8, a);
        a->n_buffers = 3;
    } else if (strcmp(letters, "vu") == 0) {
        take_view_buffers(in, m, buffers, a);
    } else {
        buffers[1] = keep(m, take_block(in, (size_t)(rows * bits + 7) / 8));
    }
}

static void take_field(input *in, memory *m, field *f) {
    int format = (int)take_below(in, FORMATS + 4), index = 0;
    bool is_dictionary = format >= DICTIONARY;
    *f = (field){.schema = {.name = "x", .release = release_schema}};
    if (is_dictionary) {
        index = format = 2 + (int)take_below(in, 8);
        int values = (int)take_below(in, FORMATS - 3);
        f->values = (struct ArrowSchema){.format = formats[values].letters,
                                         .release = release_schema};
        f->schema.dictionary = &f->values;
        take_array(in, m, &f->dictionary, f->dictionary_buffers, values);
        damage(in, &f->dictionary);
    }
    f->schema.format = formats[format].letters;
    take_array(in, m, &f->array, f->buffers, format);
    if (is_dictionary) {
        int width = formats[index].bits / 8;
        uint8_t *rows = (uint8_t *)(uintptr_t)f->buffers[1];
        f->array.dictionary = &f->dictionary;
        for (int64_t i = 0; i < f->array.offset + f->array.length; i++) {
            int64_t value = take_below(in, 100) < 97 ? take_below(in, 8) : -1;
            memcpy(rows + i * width, &value, (size_t)width);
        }
    }
    damage(in, &f->array);
}

/* Which rows are there, whatever the type: of values that can be read, the same rows. */
static void try_presence(input *in, const struct ArrowSchema *schema,
                         const struct ArrowArray *const *arrays, int64_t n,
                         const sdr_column *values) {
    sdr_error error = {.message = ""};
    sdr_column rows;
    sdr_code code = sdr_column_presence_from_arrow(&rows, schema, arrays, n, &error);
    CHECK(code == SDR_OK || error.message[0] != '\0');
    CHECK(code == SDR_OK || code == SDR_INVALID_COLUMN || code == SDR_NOT_SUPPORTED);
    if (code == SDR_OK) {
        read_column(&rows, in);
        if (values != NULL && values->kind != SDR_KIND_CATEGORY)
            CHECK(rows.null_count == values->null_count);
    }
    sdr_column_reset(&rows);
}

static void try_field(input *in, field *f) {
    const struct ArrowArray *arrays[] = {&f->array, &f->array};
    int64_t n = 1 + take_below(in, 2);
    sdr_error error = {.message = ""};
    sdr_column column;
    sdr_code code = sdr_column_from_arrow(&column, &f->schema, arrays, n, &error);
    CHECK(code == SDR_OK || error.message[0] != '\0');
    CHECK(code == SDR_OK || code == SDR_INVALID_COLUMN || code == SDR_NOT_SUPPORTED);
    if (code == SDR_OK) read_column(&column, in);
    try_presence(in, &f->schema, arrays, n, code == SDR_OK ? &column : NULL);
    sdr_column_reset(&column);
}

static void try_table(input *in, memory *m, field *fields) {
    struct ArrowSchema *schemas[] = {&fields[0].schema, &fields[1].schema};
    struct ArrowSchema schema = {.format = "+s",
                                 .n_children = FIELDS,
                                 .children = schemas,
                                 .release = release_schema};
    struct ArrowArray *children[] = {&fields[0].array, &fields[1].array};
    int64_t rows = INT64_MAX;
    for (int i = 0; i < FIELDS; i++)
        if (children[i]->length < rows) rows = children[i]->length;
    if (rows < 0 || rows > ROWS) rows = 0;
    const void *buffers[2] = {NULL};
    if (take_below(in, 4) > 0)
        buffers[0] = keep(m, take_block(in, (size_t)(rows + 7) / 8));
    struct ArrowArray chunk = {.length = take_below(in, rows + 1),
                               .null_count = -1,
                               .n_buffers = 1,
                               .n_children = FIELDS,
                               .buffers = buffers,
                               .children = children,
                               .release = release_array};
    chunk.offset = take_below(in, rows - chunk.length + 1);
    if (take_below(in, 8) == 0) chunk.length += 1000;
    if (take_below(in, 16) == 0) children[take_below(in, FIELDS)] = NULL;
    if (take_below(in, 2)) damage(in, &chunk);
    const sdr_arrow_table table = {&schema, &chunk, 1};
    if (sdr_arrow_check_table(&table, NULL) != SDR_OK) return;
    for (int i = 0; i < FIELDS; i++) {
        const struct ArrowArray **arrays = NULL;
        sdr_arena arena = {NULL};
        sdr_column column = {0};
        sdr_code code = sdr_arrow_field(&arrays, &arena, &table, i, NULL);
        if (code == SDR_OK)
            code = sdr_column_from_arrow(&column, schemas[i], arrays, 1, NULL);
        if (code == SDR_OK) read_column(&column, in);
        sdr_column_reset(&column);
        sdr_arena_free(&arena);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    memory m = {.n = 0};
    field *fields = calloc(FIELDS, sizeof *fields);
    CHECK(fields != NULL);
    bool is_table = take_below(&in, 2);
    for (int i = 0; i < (is_table ? FIELDS : 1); i++)
        take_field(&in, &m, &fields[i]);
    if (is_table)
        try_table(&in, &m, fields);
    else
        try_field(&in, &fields[0]);
    for (int i = 0; i < m.n; i++)
        free(m.blocks[i]);
    free(fields);
    return 0;
}
