/* Schemas: format strings, names, extension metadata, dictionaries, children. */
#include "fuzz.h"

#include "simdrift/arrow_abi.h"

enum { MOST_SCHEMAS = 12, MOST_CHILDREN = 3, TEXT_BYTES = 24 };

typedef struct pool {
    struct ArrowSchema schemas[MOST_SCHEMAS];
    struct ArrowSchema *children[MOST_SCHEMAS][MOST_CHILDREN];
    char *texts[MOST_SCHEMAS][3];
    int used;
} pool;

static void keep(struct ArrowSchema *schema) {
    (void)schema;
}

/* A string of the fuzzer's, in a block that ends with it. */
static char *take_text(input *in) {
    size_t n = (size_t)take_below(in, TEXT_BYTES);
    char *text = take_block(in, n + 1);
    text[n] = '\0';
    return text;
}

/* Metadata as the interface lays it out; lengths are sound or negative. */
static char *take_metadata(input *in) {
    static const char key[] = "ARROW:extension:name";
    int32_t pairs = 1, key_size = sizeof key - 1, size = (int32_t)take_below(in, 16);
    char *block = calloc(1, 64);
    CHECK(block != NULL);
    int damage = (int)take_below(in, 8);
    if (damage == 1) pairs = -1;
    if (damage == 2) pairs = 0;
    if (damage == 3) key_size = -5;
    memcpy(block, &pairs, 4);
    memcpy(block + 4, &key_size, 4);
    memcpy(block + 8, key, sizeof key - 1);
    if (damage == 4) block[8] = '?';
    if (damage == 5) size = -1;
    memcpy(block + 28, &size, 4);
    take_bytes(in, block + 32, 16);
    return block;
}

static struct ArrowSchema *take_schema(pool *p, input *in, int depth) {
    if (p->used == MOST_SCHEMAS) return NULL;
    int i = p->used++;
    struct ArrowSchema *s = &p->schemas[i];
    int kind = (int)take_below(in, 64);
    p->texts[i][0] = take_text(in);
    p->texts[i][1] = kind & 1 ? take_text(in) : NULL;
    p->texts[i][2] = kind & 2 ? take_metadata(in) : NULL;
    *s = (struct ArrowSchema){.format = kind == 63 ? NULL : p->texts[i][0],
                              .name = p->texts[i][1],
                              .metadata = p->texts[i][2],
                              .release = kind == 62 ? NULL : keep};
    if (depth > 4) return s;
    s->dictionary = kind & 4 ? take_schema(p, in, depth + 1) : NULL;
    if ((kind & 8) == 0) return s;
    s->n_children = take_below(in, MOST_CHILDREN + 1);
    s->children = kind & 16 ? NULL : p->children[i];
    for (int64_t k = 0; k < s->n_children; k++)
        p->children[i][k] = take_schema(p, in, depth + 1);
    if (kind & 32) s->n_children = -s->n_children;
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size};
    pool *p = calloc(1, sizeof *p);
    CHECK(p != NULL);
    const struct ArrowSchema *schema = take_schema(p, &in, 0);
    for (size_t room = 0; room < 200; room += 1 + room) {
        char *name = malloc(room + 1);
        CHECK(name != NULL);
        sdr_type_name_from_arrow(name, room, schema, NULL);
        free(name);
    }
    sdr_column column;
    sdr_error error = {.message = ""};
    sdr_code code = sdr_column_from_arrow(&column, schema, NULL, 0, &error);
    CHECK(code == SDR_OK || code == SDR_NOT_SUPPORTED || code == SDR_INVALID_COLUMN);
    CHECK(code == SDR_OK || error.message[0] != '\0');
    CHECK(code != SDR_OK || column.length == 0);
    sdr_column_reset(&column);
    for (int i = 0; i < p->used; i++)
        for (int k = 0; k < 3; k++)
            free(p->texts[i][k]);
    free(p);
    return 0;
}
