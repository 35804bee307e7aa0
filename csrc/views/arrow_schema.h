/*
 * Arrow schemas: format strings, extension names, type names.
 */
#ifndef SDR_VIEWS_ARROW_SCHEMA_H
#define SDR_VIEWS_ARROW_SCHEMA_H

#include "simdrift/arrow_abi.h"
#include "simdrift/view.h"

#include <string.h>

/* What a schema of a flat type says. */
typedef struct sdr_arrow_type {
    sdr_type type;       /* of a dictionary: DICTIONARY; of a decimal: FLOAT64 */
    sdr_type index_type; /* of a dictionary */
    sdr_unit unit;
    int decimal_bits;  /* 32 to 256 of a decimal or time of day, else 0 */
    int decimal_scale; /* its value is the row's integer over 10^scale */
} sdr_arrow_type;

/* Bytes of a row in the array's buffer. */
int sdr_arrow_type_width(const sdr_arrow_type *type);

/* SDR_NOT_SUPPORTED: well-formed, but not computed on, with its name in the message;
 * SDR_INVALID_COLUMN: malformed. */
sdr_code sdr_arrow_schema_read(sdr_arrow_type *out, const struct ArrowSchema *schema,
                               sdr_error *error);

/* The i-th offset of texts, at any address. */
static inline int64_t sdr_arrow_offset(sdr_type type, const void *offsets, int64_t i) {
    int32_t small;
    int64_t large;
    if (type == SDR_TYPE_UTF8) {
        memcpy(&small, (const char *)offsets + i * (int64_t)sizeof small, sizeof small);
        return small;
    }
    memcpy(&large, (const char *)offsets + i * (int64_t)sizeof large, sizeof large);
    return large;
}

#endif
