/* The distinct scores of a column, and the weight of positives and negatives from each
 * of them on: what curves are drawn from. */
#include "core/two_sum.h"
#include "metrics/performance/rank_records.h"

#include <math.h>

static sdr_code curve_of(sdr_rank_curve *out, const sdr_rank_records *records,
                         const sdr_rank_source *source, sdr_error *error) {
    const sdr_rank_record *all = records->all;
    int64_t different = records->n > 0;
    for (int64_t i = 1; i < records->n; i++)
        different += all[i].key != all[i - 1].key;
    double *memory = sdr_allocate(3 * (size_t)different * sizeof *memory);
    if (memory == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for a curve");
    *out = (sdr_rank_curve){memory, memory + different, memory + 2 * different, 0,
                            records->n};
    sdr_sum p = {0}, m = {0};
    for (int64_t i = records->n - 1; i >= 0; i--) {
        sdr_sum_add(all[i].weight > 0.0 ? &p : &m, fabs(all[i].weight));
        if (i > 0 && all[i - 1].key == all[i].key) continue;
        out->thresholds[out->n] = sdr_rank_score(all[i].key, source);
        out->positives[out->n] = sdr_sum_value(&p);
        out->negatives[out->n++] = sdr_sum_value(&m);
    }
    return SDR_OK;
}

sdr_code sdr_rank_curve_new(sdr_rank_curve *out, const sdr_ranked *rows,
                            const sdr_context *context, sdr_error *error) {
    *out = (sdr_rank_curve){0};
    sdr_rank_source source;
    SDR_TRY(sdr_rank_source_init(&source, rows, "sdr_rank_curve_new", context, error));
    sdr_rank_records records = {0};
    sdr_code code = sdr_rank_records_sort(&records, &source, rows->weights, 0,
                                          rows->score->length, context, error);
    if (code == SDR_OK) code = curve_of(out, &records, &source, error);
    sdr_rank_records_reset(&records);
    return code;
}

void sdr_rank_curve_reset(sdr_rank_curve *curve) {
    sdr_release(curve->thresholds);
    *curve = (sdr_rank_curve){0};
}
