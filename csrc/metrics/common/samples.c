/*
 * Columns to samples. See samples.h.
 */
#include "metrics/common/samples.h"

#include "core/parallel.h"
#include "metrics/common/sort.h"

enum { EXACT_BITS = 53 }; /* every integer up to 2^53 is a float64 */

typedef struct range {
    int64_t min, max; /* keys; min > max: no value */
} range;

static sdr_code no_memory(sdr_error *error, int64_t rows) {
    return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld values",
                         (long long)rows);
}

sdr_code sdr_column_over(sdr_column *out, const double *values, int64_t n,
                         sdr_error *error) {
    sdr_view view;
    SDR_TRY(sdr_view_init_strided(&view, SDR_TYPE_FLOAT64, SDR_UNIT_NONE, false, values,
                                  n, sizeof *values, NULL, 0, error));
    return sdr_column_init(out, &view, 1, error);
}

bool sdr_column_is_ordered(const sdr_column *column) {
    sdr_kind kind = column->kind;
    if (kind == SDR_KIND_CATEGORY && column->n_chunks > 0) {
        const sdr_column *values = column->chunks[0].dictionary;
        return values && values->kind != SDR_KIND_CATEGORY &&
               sdr_column_is_ordered(values);
    }
    return kind == SDR_KIND_BOOLEAN || kind == SDR_KIND_INTEGER ||
           kind == SDR_KIND_FLOAT || kind == SDR_KIND_TEMPORAL;
}

sdr_status sdr_samples_agree(const sdr_column *a, const sdr_column *b) {
    if (a->kind == SDR_KIND_NULL || b->kind == SDR_KIND_NULL) return SDR_STATUS_OK;
    if (!sdr_column_is_ordered(a) && !sdr_column_is_ordered(b)) {
        return SDR_STATUS_NOT_APPLICABLE;
    }
    if (!sdr_column_is_ordered(a) || !sdr_column_is_ordered(b)) {
        return SDR_STATUS_TYPE_CHANGED;
    }
    bool a_time = a->kind == SDR_KIND_TEMPORAL, b_time = b->kind == SDR_KIND_TEMPORAL;
    if (a_time != b_time) return SDR_STATUS_TYPE_CHANGED;
    if (a_time && (a->type != b->type || a->unit != b->unit)) {
        return SDR_STATUS_TYPE_CHANGED;
    }
    return SDR_STATUS_OK;
}

static bool is_wide(const sdr_column *column) {
    switch (column->type) {
    case SDR_TYPE_INT64:
    case SDR_TYPE_UINT64:
    case SDR_TYPE_DATE64:
    case SDR_TYPE_TIMESTAMP:
    case SDR_TYPE_DURATION:
        return true;
    default:
        return false;
    }
}

static bool is_integral(const sdr_column *column) {
    return column->kind == SDR_KIND_INTEGER || column->kind == SDR_KIND_TEMPORAL;
}

static int64_t block_rows(const sdr_column *column, int64_t block) {
    int64_t left = column->length - block * SDR_BLOCK_ROWS;
    return left < SDR_BLOCK_ROWS ? left : SDR_BLOCK_ROWS;
}

static int64_t block_count(const sdr_column *column) {
    return (column->length + SDR_BLOCK_ROWS - 1) / SDR_BLOCK_ROWS;
}

static range range_of(const sdr_column *column) {
    int64_t scratch[SDR_BLOCK_ROWS];
    uint8_t valid[SDR_BLOCK_ROWS];
    range found = {INT64_MAX, INT64_MIN};
    for (int64_t block = 0; block < block_count(column); block++) {
        int64_t rows = block_rows(column, block), nulls = 0;
        const int64_t *keys = sdr_column_load_i64(column, block * SDR_BLOCK_ROWS, rows,
                                                  scratch, valid, &nulls);
        for (int64_t i = 0; i < rows; i++) {
            if (!valid[i]) continue;
            if (keys[i] < found.min) found.min = keys[i];
            if (keys[i] > found.max) found.max = keys[i];
        }
    }
    return found;
}

static void range_extend(sdr_int128 *min, sdr_int128 *max, const sdr_column *column) {
    sdr_int128 bias =
        column->type == SDR_TYPE_UINT64 ? (sdr_int128)1 << 63 : (sdr_int128)0;
    range found = range_of(column);
    if (found.min > found.max) return;
    if (found.min + bias < *min) *min = found.min + bias;
    if (found.max + bias > *max) *max = found.max + bias;
}

bool sdr_domain_has_base(sdr_int128 min, sdr_int128 max) {
    return max - min <= (sdr_int128)1 << EXACT_BITS && max <= INT64_MAX;
}

sdr_code sdr_domain_choose(sdr_domain *out, const sdr_column *a, const sdr_column *b,
                           const sdr_context *context, sdr_error *error) {
    (void)context;
    (void)error;
    *out = (sdr_domain){false, 0};
    if (!is_integral(a) || (b && !is_integral(b))) return SDR_OK;
    if (!is_wide(a) && !(b && is_wide(b))) return SDR_OK;
    const sdr_int128 exact = (sdr_int128)1 << EXACT_BITS;
    sdr_int128 min = (sdr_int128)1 << 100, max = -min;
    range_extend(&min, &max, a);
    if (b) range_extend(&min, &max, b);
    if (min > max || (min >= -exact && max <= exact)) return SDR_OK;
    if (sdr_domain_has_base(min, max))
        out->base = (int64_t)min;
    else
        out->integer = true;
    return SDR_OK;
}

static void load_doubles(sdr_sample *out, const sdr_column *column, int64_t base) {
    double scratch[SDR_BLOCK_ROWS];
    for (int64_t block = 0; block < block_count(column); block++) {
        int64_t rows = block_rows(column, block), nulls = 0;
        const double *values = sdr_column_load_f64(column, block * SDR_BLOCK_ROWS, rows,
                                                   base, scratch, &nulls);
        for (int64_t i = 0; i < rows; i++) {
            out->values[out->n] = values[i];
            out->n += values[i] == values[i];
        }
    }
}

static void load_keys(sdr_sample *out, const sdr_column *column) {
    int64_t scratch[SDR_BLOCK_ROWS];
    uint8_t valid[SDR_BLOCK_ROWS];
    for (int64_t block = 0; block < block_count(column); block++) {
        int64_t rows = block_rows(column, block), nulls = 0;
        const int64_t *keys = sdr_column_load_i64(column, block * SDR_BLOCK_ROWS, rows,
                                                  scratch, valid, &nulls);
        for (int64_t i = 0; i < rows; i++) {
            if (valid[i]) out->keys[out->n++] = keys[i];
        }
    }
}

sdr_code sdr_sample_load(sdr_sample *out, const sdr_column *column, sdr_domain domain,
                         const sdr_context *context, sdr_error *error) {
    (void)context;
    memset(out, 0, sizeof *out);
    void *memory = sdr_allocate(((size_t)column->length + 1) * sizeof(double));
    if (!memory) return no_memory(error, column->length);
    if (domain.integer) {
        out->keys = memory;
        out->is_unsigned = column->type == SDR_TYPE_UINT64;
        load_keys(out, column);
    } else {
        out->values = memory;
        if (column->kind != SDR_KIND_NULL) load_doubles(out, column, domain.base);
    }
    return SDR_OK;
}

sdr_code sdr_samples_sort(sdr_sample *const *samples, int n, const sdr_context *context,
                          sdr_error *error) {
    int64_t most = 0, all = 0;
    for (int k = 0; k < n; k++) {
        all += samples[k]->n;
        if (samples[k]->n > most) most = samples[k]->n;
    }
    /* one after another they share their scratch */
    const bool at_once = sdr_sort_is_parallel(all, context);
    const int64_t rows = at_once ? all : most;
    sdr_key *scratch = sdr_allocate((size_t)rows * sizeof *scratch);
    if (!scratch) return no_memory(error, rows);
    sdr_sort_job jobs[SDR_SAMPLES_SORTED];
    sdr_key *room = scratch;
    for (int k = 0; k < n; k++) {
        sdr_sample *s = samples[k];
        void *keys = s->values ? (void *)s->values : (void *)s->keys;
        jobs[k] = (sdr_sort_job){keys, room, s->n, s->values != NULL, 0};
        if (at_once) room += s->n;
    }
    sdr_code code = sdr_sort_jobs(jobs, n, context, error);
    sdr_release(scratch);
    return code;
}

sdr_code sdr_sample_sort(sdr_sample *sample, const sdr_context *context,
                         sdr_error *error) {
    return sdr_samples_sort(&sample, 1, context, error);
}

sdr_code sdr_sample_load_sorted(sdr_sample *out, const sdr_column *column,
                                sdr_domain domain, const sdr_context *context,
                                sdr_error *error) {
    SDR_TRY(sdr_sample_load(out, column, domain, context, error));
    return sdr_sample_sort(out, context, error);
}

sdr_code sdr_samples_load_sorted(sdr_sample *x, sdr_sample *y, const sdr_column *a,
                                 const sdr_column *b, sdr_domain domain,
                                 const sdr_context *context, sdr_error *error) {
    SDR_TRY(sdr_sample_load(x, a, domain, context, error));
    SDR_TRY(sdr_sample_load(y, b, domain, context, error));
    sdr_sample *const both[] = {x, y};
    return sdr_samples_sort(both, 2, context, error);
}

void sdr_sample_reset(sdr_sample *sample) {
    sdr_release(sample->values);
    sdr_release(sample->keys);
    memset(sample, 0, sizeof *sample);
}
