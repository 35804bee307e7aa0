/*
 * Where the pooled value of two samples changes: one merge of both, O(n + m) after the
 * sorts.
 */
#include "metrics/drift/pooled_ends.h"

#include "metrics/drift/two_sample/two_sample.h"

static void merge_doubles(sdr_pooled_ends *out, const double *x, const double *y) {
    for (int64_t i = 0, j = 0; i < out->n || j < out->m;) {
        const bool from_y = i == out->n || (j < out->m && y[j] < x[i]);
        const double value = from_y ? y[j] : x[i];
        while (i < out->n && x[i] == value)
            i++;
        while (j < out->m && y[j] == value)
            j++;
        out->ends[out->n_ends++] = i + j;
    }
}

static void merge_integers(sdr_pooled_ends *out, const sdr_sample *x,
                           const sdr_sample *y) {
    for (int64_t i = 0, j = 0; i < out->n || j < out->m;) {
        const bool from_y = i == out->n || (j < out->m && sdr_sample_integer(y, j) <
                                                              sdr_sample_integer(x, i));
        const sdr_int128 value =
            from_y ? sdr_sample_integer(y, j) : sdr_sample_integer(x, i);
        while (i < out->n && sdr_sample_integer(x, i) == value)
            i++;
        while (j < out->m && sdr_sample_integer(y, j) == value)
            j++;
        out->ends[out->n_ends++] = i + j;
    }
}

sdr_code sdr_pooled_ends_sorted(sdr_pooled_ends *out, const sdr_sample *x,
                                const sdr_sample *y, sdr_error *error) {
    *out = (sdr_pooled_ends){.n = x->n, .m = y->n};
    if (x->n == 0 || y->n == 0) return SDR_OK;
    out->ends = sdr_allocate((size_t)(x->n + y->n) * sizeof *out->ends);
    if (out->ends == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld values",
                             (long long)(x->n + y->n));
    if (x->values != NULL)
        merge_doubles(out, x->values, y->values);
    else
        merge_integers(out, x, y);
    return SDR_OK;
}

sdr_code sdr_pooled_ends_columns(sdr_pooled_ends *out, const sdr_column *reference,
                                 const sdr_column *current, const sdr_context *context,
                                 sdr_error *error) {
    *out = (sdr_pooled_ends){0};
    if (sdr_samples_agree(reference, current) != SDR_STATUS_OK) return SDR_OK;
    sdr_domain domain;
    SDR_TRY(sdr_domain_choose(&domain, reference, current, context, error));
    sdr_sample x = {0}, y = {0};
    sdr_code code =
        sdr_samples_load_sorted(&x, &y, reference, current, domain, context, error);
    if (code == SDR_OK) code = sdr_pooled_ends_sorted(out, &x, &y, error);
    sdr_sample_reset(&x);
    sdr_sample_reset(&y);
    return code;
}

void sdr_pooled_ends_reset(sdr_pooled_ends *ends) {
    sdr_release(ends->ends);
    *ends = (sdr_pooled_ends){0};
}
