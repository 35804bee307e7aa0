/*
 * Format strings of the Arrow C data interface (its section "Data type description").
 *
 * A format is read whole: its letters, then what must follow them, then the end. Flat
 * types that we compute on give an sdr_type; every other type of the specification is
 * known by name only, so that a message can say what was found ('decimal128(10, 2)',
 * 'list<int64>'); anything else is malformed. Extension types are known by the
 * metadata key ARROW:extension:name, and never read as their storage.
 */
#include "views/arrow_schema.h"

#include "views/types.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Schemas nest; a name stops there (a hostile schema may even be a circle). */
enum { NAME_DEPTH = 6, TYPE_NAME_BYTES = 200 };

static const char EXTENSION_KEY[] = "ARROW:extension:name";

/* --- formats ---------------------------------------------------------------------- */

typedef enum shape {
    SHAPE_FLAT,     /* computed on */
    SHAPE_NAMED,    /* only known by name */
    SHAPE_ZONE,     /* timestamp: ':' and a time zone, which may be empty */
    SHAPE_WIDTH,    /* fixed size: ':' and a number */
    SHAPE_DECIMAL,  /* ':' precision ',' scale, and ',' bits or not; computed on */
    SHAPE_CLOCK,    /* time of day; computed on as a decimal of seconds */
    SHAPE_TYPE_IDS, /* unions: ':' and numbers, or none */
    SHAPE_MALFORMED
} shape;

typedef struct format {
    const char *letters;
    const char *name; /* NULL: sdr_type_name */
    shape shape;
    sdr_type type;
    sdr_unit unit;
} format;

#define FLAT(letters, type) {letters, NULL, SHAPE_FLAT, SDR_TYPE_##type, SDR_UNIT_NONE}
#define TIME(letters, type, unit, shape)                                               \
    {letters, NULL, SHAPE_##shape, SDR_TYPE_##type, SDR_UNIT_##unit}
#define OTHER(letters, name, shape)                                                    \
    {letters, name, SHAPE_##shape, SDR_TYPE_NULL, SDR_UNIT_NONE}
#define CLOCK(letters, name, unit)                                                     \
    {letters, name, SHAPE_CLOCK, SDR_TYPE_NULL, SDR_UNIT_##unit}

static const format formats[] = {
    FLAT("n", NULL),
    FLAT("b", BOOL_BITS),
    FLAT("c", INT8),
    FLAT("C", UINT8),
    FLAT("s", INT16),
    FLAT("S", UINT16),
    FLAT("i", INT32),
    FLAT("I", UINT32),
    FLAT("l", INT64),
    FLAT("L", UINT64),
    FLAT("e", FLOAT16),
    FLAT("f", FLOAT32),
    FLAT("g", FLOAT64),
    FLAT("u", UTF8),
    FLAT("U", LARGE_UTF8),
    FLAT("vu", STRING_VIEW),
    FLAT("tdD", DATE32),
    TIME("tdm", DATE64, MS, FLAT),
    TIME("tss", TIMESTAMP, S, ZONE),
    TIME("tsm", TIMESTAMP, MS, ZONE),
    TIME("tsu", TIMESTAMP, US, ZONE),
    TIME("tsn", TIMESTAMP, NS, ZONE),
    TIME("tDs", DURATION, S, FLAT),
    TIME("tDm", DURATION, MS, FLAT),
    TIME("tDu", DURATION, US, FLAT),
    TIME("tDn", DURATION, NS, FLAT),
    CLOCK("tts", "time32[s]", S),
    CLOCK("ttm", "time32[ms]", MS),
    CLOCK("ttu", "time64[us]", US),
    CLOCK("ttn", "time64[ns]", NS),
    OTHER("tiM", "month_interval", NAMED),
    OTHER("tiD", "day_time_interval", NAMED),
    OTHER("tin", "month_day_nano_interval", NAMED),
    OTHER("z", "binary", NAMED),
    OTHER("Z", "large_binary", NAMED),
    OTHER("vz", "binary_view", NAMED),
    OTHER("w", "fixed_size_binary", WIDTH),
    OTHER("d", "decimal", DECIMAL),
    OTHER("+l", "list", NAMED),
    OTHER("+L", "large_list", NAMED),
    OTHER("+vl", "list_view", NAMED),
    OTHER("+vL", "large_list_view", NAMED),
    OTHER("+w", "fixed_size_list", WIDTH),
    OTHER("+s", "struct", NAMED),
    OTHER("+m", "map", NAMED),
    OTHER("+r", "run_end_encoded", NAMED),
    OTHER("+ud", "dense_union", TYPE_IDS),
    OTHER("+us", "sparse_union", TYPE_IDS),
};

/* A number at *text, which is moved behind it; false: none, or above INT_MAX. */
static bool take_number(const char **text, bool may_be_negative, int *out) {
    bool is_negative = may_be_negative && **text == '-';
    const char *digit = *text + (is_negative ? 1 : 0);
    int64_t value = 0;
    if (*digit < '0' || *digit > '9') return false;
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        value = value * 10 + (*digit - '0');
        if (value > INT_MAX) return false;
    }
    *text = digit;
    *out = (int)(is_negative ? -value : value);
    return true;
}

static bool take_letter(const char **text, char letter) {
    if (**text != letter) return false;
    ++*text;
    return true;
}

/* precision, scale and bits of "10,2" or "10,2,256". */
static bool read_decimal(int *numbers, const char *rest) {
    numbers[2] = 128;
    if (!take_number(&rest, false, &numbers[0]) || !take_letter(&rest, ','))
        return false;
    if (!take_number(&rest, true, &numbers[1])) return false;
    if (*rest == '\0') return true;
    bool has_bits = take_letter(&rest, ',') && take_number(&rest, false, &numbers[2]);
    return has_bits && *rest == '\0' && numbers[2] > 0;
}

static bool is_number_list(const char *rest) {
    int ignored;
    if (*rest == '\0') return true;
    while (take_number(&rest, false, &ignored)) {
        if (*rest == '\0') return true;
        if (!take_letter(&rest, ',')) return false;
    }
    return false;
}

/* Whether what follows the letters is what this format wants there. */
static bool rest_is_right(const format *f, const char *rest) {
    int numbers[3];
    switch (f->shape) {
    case SHAPE_FLAT:
    case SHAPE_NAMED:
    case SHAPE_CLOCK:
        return *rest == '\0';
    case SHAPE_ZONE:
        return *rest == ':';
    case SHAPE_WIDTH:
        return take_letter(&rest, ':') && take_number(&rest, false, numbers) &&
               *rest == '\0';
    case SHAPE_DECIMAL:
        return take_letter(&rest, ':') && read_decimal(numbers, rest);
    case SHAPE_TYPE_IDS:
        return take_letter(&rest, ':') && is_number_list(rest);
    default:
        return false;
    }
}

/* NULL: malformed. */
static const format *find_format(const char *text) {
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        size_t n = strlen(formats[i].letters);
        if (strncmp(text, formats[i].letters, n) == 0 &&
            rest_is_right(&formats[i], text + n))
            return &formats[i];
    }
    return NULL;
}

static const char *rest_of(const format *f, const char *text) {
    const char *rest = text + strlen(f->letters);
    return *rest == ':' ? rest + 1 : rest;
}

/* --- metadata --------------------------------------------------------------------- */

typedef struct span {
    const char *text;
    int32_t size;
} span;

/* The interface says no size of all metadata: what nobody writes is not followed. */
enum { MOST_PAIRS = 1 << 16, LONGEST_KEY = 1 << 20, LONGEST_VALUE = 1 << 28 };

/* A length and that many bytes; false: the length is negative, or beyond `longest`. */
static bool take_span(const char **at, int32_t longest, span *out) {
    memcpy(&out->size, *at, sizeof out->size);
    if (out->size < 0 || out->size > longest) return false;
    out->text = *at + sizeof out->size;
    *at = out->text + out->size;
    return true;
}

/* The extension's name; size -1: it is none, -2: malformed metadata. */
static span extension_name(const struct ArrowSchema *schema) {
    const span none = {NULL, -1}, malformed = {NULL, -2};
    const char *at = schema->metadata;
    int32_t n_pairs;
    span key, value;
    if (at == NULL) return none;
    memcpy(&n_pairs, at, sizeof n_pairs);
    if (n_pairs < 0 || n_pairs > MOST_PAIRS) return malformed;
    at += sizeof n_pairs;
    for (int32_t i = 0; i < n_pairs; i++) {
        if (!take_span(&at, LONGEST_KEY, &key) ||
            !take_span(&at, LONGEST_VALUE, &value))
            return malformed;
        if (key.size == sizeof EXTENSION_KEY - 1 &&
            memcmp(key.text, EXTENSION_KEY, (size_t)key.size) == 0)
            return value;
    }
    return none;
}

/* --- names ------------------------------------------------------------------------ */

static void write_schema(sdr_writer *writer, const struct ArrowSchema *schema,
                         int depth);

/* '<int64, utf8>', with the fields' names in front for structs and unions. */
static void write_children(sdr_writer *writer, const struct ArrowSchema *schema,
                           bool with_names, int depth) {
    bool readable = schema->n_children > 0 && schema->children != NULL;
    sdr_write(writer, "<");
    for (int64_t i = 0; readable && i < schema->n_children; i++) {
        const struct ArrowSchema *child = schema->children[i];
        if (writer->used >= writer->size) break;
        if (i > 0) sdr_write(writer, ", ");
        if (with_names && child != NULL && child->name != NULL)
            sdr_write(writer, "%s: ", child->name);
        write_schema(writer, child, depth + 1);
    }
    sdr_write(writer, ">");
}

/* 'map<utf8, int64>': the children of its one struct. */
static void write_map(sdr_writer *writer, const struct ArrowSchema *schema, int depth) {
    bool has_entries = schema->n_children == 1 && schema->children != NULL &&
                       schema->children[0] != NULL;
    sdr_write(writer, "map");
    write_children(writer, has_entries ? schema->children[0] : schema, false, depth);
}

static void write_format(sdr_writer *writer, const format *f,
                         const struct ArrowSchema *schema, int depth) {
    const char *rest = rest_of(f, schema->format);
    int numbers[3];
    if (f->name == NULL) {
        bool has_zone = f->shape == SHAPE_ZONE;
        sdr_write_type(writer, f->type, f->unit, has_zone ? rest : NULL);
    } else if (f->shape == SHAPE_DECIMAL) {
        if (read_decimal(numbers, rest))
            sdr_write(writer, "decimal%d(%d, %d)", numbers[2], numbers[0], numbers[1]);
    } else if (strcmp(f->letters, "+m") == 0) {
        write_map(writer, schema, depth);
    } else {
        bool with_names = f->letters[1] == 's' || f->letters[1] == 'u';
        sdr_write(writer, "%s", f->name);
        if (f->letters[0] == '+') write_children(writer, schema, with_names, depth);
        if (f->shape == SHAPE_WIDTH) sdr_write(writer, "[%s]", rest);
    }
}

static void write_schema(sdr_writer *writer, const struct ArrowSchema *schema,
                         int depth) {
    if (schema == NULL || schema->format == NULL || depth > NAME_DEPTH) {
        sdr_write(writer, "...");
        return;
    }
    span extension = extension_name(schema);
    if (extension.size >= 0) {
        sdr_write(writer, "extension<%.*s>", (int)extension.size, extension.text);
        return;
    }
    const format *f = find_format(schema->format);
    if (schema->dictionary != NULL) sdr_write(writer, "dictionary<");
    if (f == NULL)
        sdr_write(writer, "%s", schema->format);
    else
        write_format(writer, f, schema, depth);
    if (schema->dictionary == NULL) return;
    sdr_write(writer, ", ");
    write_schema(writer, schema->dictionary, depth + 1);
    sdr_write(writer, ">");
}

sdr_code sdr_type_name_from_arrow(char *text, size_t size,
                                  const struct ArrowSchema *schema, sdr_error *error) {
    sdr_writer writer = sdr_writer_new(text, size);
    if (schema == NULL || schema->format == NULL)
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "expected a schema with a format, found none");
    write_schema(&writer, schema, 0);
    return SDR_OK;
}

/* --- reading a schema ------------------------------------------------------------- */

static sdr_code refuse_type(const struct ArrowSchema *schema, sdr_error *error) {
    char name[TYPE_NAME_BYTES];
    SDR_TRY(sdr_type_name_from_arrow(name, sizeof name, schema, error));
    return sdr_error_set(error, SDR_NOT_SUPPORTED,
                         "expected booleans, numbers, times, text or a dictionary of "
                         "those, found %s",
                         name);
}

/* One level: format, metadata and children. */
static sdr_code read_level(const format **out, const struct ArrowSchema *schema,
                           sdr_error *error) {
    if (schema->release == NULL)
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "expected a schema, found one already released");
    if (schema->format == NULL)
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "expected a schema with a format, found none");
    if (extension_name(schema).size == -2)
        return sdr_error_set(
            error, SDR_INVALID_COLUMN,
            "expected metadata of at most 65536 pairs, keys of at most "
            "1 MiB and values of 256 MiB, found a length beyond");
    *out = find_format(schema->format);
    if (*out == NULL)
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "expected a format of the Arrow C data interface, found "
                             "'%.80s'",
                             schema->format);
    bool is_nested = schema->format[0] == '+';
    if (!is_nested && schema->n_children != 0)
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "expected no children of format '%.80s', found %lld",
                             schema->format, (long long)schema->n_children);
    return SDR_OK;
}

/* Bits and scale of a decimal or a time of day; false: it is none that is computed on. */
static bool read_scaled(sdr_arrow_type *out, const format *f, const char *text) {
    int numbers[3];
    if (f->shape == SHAPE_CLOCK) {
        out->decimal_bits = f->unit <= SDR_UNIT_MS ? 32 : 64;
        out->decimal_scale = 3 * ((int)f->unit - (int)SDR_UNIT_S);
        return true;
    }
    if (f->shape != SHAPE_DECIMAL || !read_decimal(numbers, rest_of(f, text)))
        return false;
    out->decimal_bits = numbers[2];
    out->decimal_scale = numbers[1];
    return numbers[2] == 32 || numbers[2] == 64 || numbers[2] == 128 ||
           numbers[2] == 256;
}

/* Sets what the type says; false: it is not computed on. */
static bool read_type(sdr_arrow_type *out, const format *f,
                      const struct ArrowSchema *schema) {
    *out = (sdr_arrow_type){.type = f->type, .unit = f->unit};
    if (extension_name(schema).size >= 0) return false;
    if (f->name == NULL) return true;
    out->type = SDR_TYPE_FLOAT64;
    out->unit = SDR_UNIT_NONE;
    return read_scaled(out, f, schema->format);
}

int sdr_arrow_type_width(const sdr_arrow_type *type) {
    if (type->decimal_bits != 0) return type->decimal_bits / 8;
    bool is_index = type->type == SDR_TYPE_DICTIONARY;
    return sdr_type_width(is_index ? type->index_type : type->type);
}

sdr_code sdr_arrow_schema_read(sdr_arrow_type *out, const struct ArrowSchema *schema,
                               sdr_error *error) {
    const format *f = NULL, *values = NULL;
    sdr_arrow_type ignored;
    if (schema == NULL)
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "expected a schema, found a null pointer");
    SDR_TRY(read_level(&f, schema, error));
    bool is_computed_on = read_type(out, f, schema);
    if (schema->dictionary == NULL)
        return is_computed_on ? SDR_OK : refuse_type(schema, error);
    if (!sdr_type_is_index(f->type) || f->name != NULL)
        return sdr_error_set(error, SDR_INVALID_COLUMN,
                             "expected dictionary indices of (u)int8 to (u)int64, "
                             "found format '%.80s'",
                             schema->format);
    SDR_TRY(read_level(&values, schema->dictionary, error));
    bool is_flat = schema->dictionary->dictionary == NULL &&
                   read_type(&ignored, values, schema->dictionary) && is_computed_on;
    if (!is_flat) return refuse_type(schema, error);
    *out = (sdr_arrow_type){.type = SDR_TYPE_DICTIONARY, .index_type = f->type};
    return SDR_OK;
}
