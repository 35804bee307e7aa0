/* What there is to know of each type: its width, its kind, its name. */
#ifndef SDR_VIEWS_TYPES_H
#define SDR_VIEWS_TYPES_H

#include "simdrift/view.h"

/* Bytes of a row's value, index, offset or string view; 0: NULL and BOOL_BITS. */
int sdr_type_width(sdr_type type);
/* Bytes of a row of this view: of a dictionary, its indices'. */
int sdr_view_width(const sdr_view *view);
sdr_kind sdr_type_kind(sdr_type type);
/* 'int64', 'large_utf8', ...; without unit. */
const char *sdr_type_name(sdr_type type);
/* 's', 'ms', 'us', 'ns', or '' */
const char *sdr_unit_name(sdr_unit unit);

static inline bool sdr_type_is_index(sdr_type type) {
    return type >= SDR_TYPE_INT8 && type <= SDR_TYPE_UINT64;
}

/* A text buffer that is filled piece by piece; what does not fit is cut off. */
typedef struct sdr_writer {
    char *text;
    size_t size, used;
} sdr_writer;

sdr_writer sdr_writer_new(char *text, size_t size);
void sdr_write(sdr_writer *writer, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;

/* 'timestamp[us, UTC]'; zone may be NULL. */
void sdr_write_type(sdr_writer *writer, sdr_type type, sdr_unit unit, const char *zone);

#endif
