/*
 * Integers beyond 2^53 that lie near each other: both sides less a common base are
 * float64, which buckets count. The reference is a column of its sorted integers.
 */
#include "metrics/drift/prepared_keys.h"

static const uint64_t SIGN = UINT64_C(1) << 63;

static sdr_code no_memory(sdr_error *error) {
    return sdr_error_set(error, SDR_NO_MEMORY, "no memory for a reference's integers");
}

static sdr_code column_over_keys(sdr_column *out, const void *values, int64_t n,
                                 bool is_unsigned, sdr_error *error) {
    sdr_view view;
    sdr_type type = is_unsigned ? SDR_TYPE_UINT64 : SDR_TYPE_INT64;
    SDR_TRY(sdr_view_init_strided(&view, type, SDR_UNIT_NONE, false, values, n,
                                  sizeof(int64_t), NULL, 0, error));
    return sdr_column_init(out, &view, 1, error);
}

/* The integers of a sample: its keys, or a copy in `copy` with the sign bit back. */
static sdr_code integers_of(const void **out, int64_t **copy, const sdr_sample *sample,
                            sdr_error *error) {
    *copy = NULL;
    *out = sample->keys;
    if (!sample->is_unsigned) return SDR_OK;
    *copy = sdr_allocate((size_t)sample->n * sizeof **copy);
    if (*copy == NULL) return no_memory(error);
    for (int64_t i = 0; i < sample->n; i++)
        (*copy)[i] = (int64_t)((uint64_t)sample->keys[i] ^ SIGN);
    *out = *copy;
    return SDR_OK;
}

/* The ends of sorted integers: a column of two rows has their range. */
static sdr_code common_base(sdr_domain *domain, const sdr_column *reference,
                            const sdr_column *current, const sdr_context *context,
                            sdr_error *error) {
    const sdr_view *all = &reference->chunks[0];
    sdr_view ends = *all;
    sdr_column range;
    ends.length = 2;
    ends.stride = (ptrdiff_t)((all->length - 1) * all->stride);
    SDR_TRY(sdr_column_init(&range, &ends, 1, error));
    sdr_code code = sdr_domain_choose(domain, &range, current, context, error);
    sdr_column_reset(&range);
    return code;
}

static sdr_code compare(bool *done, sdr_two_sample *out, sdr_two_sample_more more,
                        const sdr_column *reference, const sdr_column *current,
                        int flags, const sdr_context *context, sdr_error *error) {
    sdr_domain domain;
    SDR_TRY(common_base(&domain, reference, current, context, error));
    if (domain.integer) return SDR_OK;
    return sdr_two_sample_by_buckets(done, out, more, reference, current, domain.base,
                                     flags, context, error);
}

sdr_code sdr_two_sample_keys_by_buckets(bool *done, sdr_two_sample *out,
                                        sdr_two_sample_more more,
                                        const sdr_sample *reference,
                                        const sdr_column *current, int flags,
                                        const sdr_context *context, sdr_error *error) {
    const void *integers;
    int64_t *copy;
    sdr_column column = {0};
    *done = false;
    SDR_TRY(integers_of(&integers, &copy, reference, error));
    sdr_code code = column_over_keys(&column, integers, reference->n,
                                     reference->is_unsigned, error);
    if (code == SDR_OK)
        code = compare(done, out, more, &column, current, flags, context, error);
    sdr_column_reset(&column);
    sdr_release(copy);
    return code;
}
