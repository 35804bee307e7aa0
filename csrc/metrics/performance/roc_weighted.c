/*
 * ROC AUC and average precision of rows with weights: roc.c's sums with weights in the
 * place of counts, tie group by tie group in ascending order, on one thread a group of
 * rows.
 *
 * Weights of a side are in shares of its sum. Certainty is by Kish's effective sizes:
 * where all weights are equal it is that of roc.c.
 */
#include "core/two_sum.h"
#include "metrics/groups/groups.h"
#include "metrics/performance/rank_records.h"

#include <math.h>

enum { SORT_BYTES = 256 }; /* about what a row costs */

typedef struct totals {
    int64_t positives, negatives;
    sdr_sum p, m, p_squares, m_squares; /* of weights */
} totals;

/* Weights of a tie group. */
typedef struct tied {
    double p, m;
    int64_t end;
} tied;

static tied tied_at(const sdr_rank_records *records, int64_t i) {
    const sdr_rank_record *all = records->all;
    const uint64_t key = all[i].key;
    sdr_sum p = {0}, m = {0};
    for (; i < records->n && all[i].key == key; i++)
        sdr_sum_add(all[i].weight > 0.0 ? &p : &m, fabs(all[i].weight));
    return (tied){sdr_sum_value(&p), sdr_sum_value(&m), i};
}

static totals totals_of(const sdr_rank_records *records) {
    totals t = {0};
    for (int64_t i = 0; i < records->n; i++) {
        const double weight = records->all[i].weight;
        const bool is_positive = weight > 0.0;
        t.positives += is_positive;
        t.negatives += !is_positive;
        sdr_sum_add(is_positive ? &t.p_squares : &t.m_squares, weight * weight);
    }
    /* as the walk adds them: what is passed at the end is the total */
    for (int64_t i = 0; i < records->n;) {
        const tied own = tied_at(records, i);
        sdr_sum_add(&t.p, own.p);
        sdr_sum_add(&t.m, own.m);
        i = own.end;
    }
    return t;
}

/* What is left of a total after what was passed. */
static double left_of(const sdr_sum *total, const sdr_sum *passed) {
    return (total->high - passed->high) + (total->low - passed->low);
}

typedef struct sums {
    sdr_sum auc, precision, px, pxx, mbb, below, above;
    double rises, falls;
} sums;

/* With what was passed before the group. A positive's placement is its share of
 * negatives below and half of the tied, a negative's of positives above. */
static void add_group(sums *s, const totals *t, const tied *own,
                      const sdr_sum *passed_p, const sdr_sum *passed_m) {
    const double positives = left_of(&t->p, passed_p);
    if (own->p > 0.0) {
        const double negatives = left_of(&t->m, passed_m), all = positives + negatives;
        const double below =
            (sdr_sum_value(passed_m) + 0.5 * own->m) / sdr_sum_value(&t->m);
        const double share = positives / all, part = own->p / all;
        s->falls += part * share;
        s->rises += part * (negatives / all);
        const double x = share + s->rises;
        sdr_sum_add(&s->auc, own->p * below);
        sdr_sum_add(&s->below, own->p * below * below);
        sdr_sum_add(&s->precision, own->p * share);
        sdr_sum_add(&s->px, own->p * x);
        sdr_sum_add(&s->pxx, own->p * x * x);
    }
    if (own->m > 0.0) {
        const double above = (positives - 0.5 * own->p) / sdr_sum_value(&t->p);
        sdr_sum_add(&s->above, own->m * above * above);
        sdr_sum_add(&s->mbb, own->m * s->falls * s->falls);
    }
}

static sums sums_of(const sdr_rank_records *records, const totals *t) {
    sums s = {0};
    sdr_sum passed_p = {0}, passed_m = {0};
    for (int64_t i = 0; i < records->n;) {
        const tied own = tied_at(records, i);
        add_group(&s, t, &own, &passed_p, &passed_m);
        sdr_sum_add(&passed_p, own.p);
        sdr_sum_add(&passed_m, own.m);
        i = own.end;
    }
    return s;
}

/* Kish's; 0 of no rows. */
static double effective_size(const sdr_sum *sum, const sdr_sum *squares) {
    const double all = sdr_sum_value(sum), of_squares = sdr_sum_value(squares);
    return of_squares > 0.0 ? all / of_squares * all : 0.0;
}

/* Of the mean of placements whose squares have this mean. */
static double variance_of(double mean_square, double mean, double size) {
    return fmax(mean_square - mean * mean, 0.0) / (size - 1.0);
}

static void set_precision(sdr_roc *out, const sums *s, const totals *t) {
    const double p = sdr_sum_value(&t->p), m = sdr_sum_value(&t->m);
    const double value = sdr_sum_value(&s->precision) / p;
    const double px = sdr_sum_value(&s->px), pxx = sdr_sum_value(&s->pxx);
    const double gains = fmax(pxx - value * (2.0 * px - value * p), 0.0);
    out->average_precision = value;
    out->average_precision_variance = gains / p / out->positive_size;
    if (m > 0.0)
        out->average_precision_variance +=
            sdr_sum_value(&s->mbb) / p * (m / p) / out->negative_size;
}

static void set(sdr_roc *out, const sdr_rank_records *records) {
    const totals t = totals_of(records);
    const double p = sdr_sum_value(&t.p), m = sdr_sum_value(&t.m);
    *out = (sdr_roc){.positives = t.positives,
                     .negatives = t.negatives,
                     .positive_size = effective_size(&t.p, &t.p_squares),
                     .negative_size = effective_size(&t.m, &t.m_squares),
                     .prevalence = p / (p + m),
                     .auc = NAN,
                     .auc_variance = NAN,
                     .average_precision = NAN,
                     .average_precision_variance = NAN};
    if (t.positives == 0) return;
    const sums s = sums_of(records, &t);
    set_precision(out, &s, &t);
    if (t.negatives == 0) return;
    out->auc = sdr_sum_value(&s.auc) / p;
    if (out->positive_size > 1.0 && out->negative_size > 1.0)
        out->auc_variance =
            variance_of(sdr_sum_value(&s.below) / p, out->auc, out->positive_size) +
            variance_of(sdr_sum_value(&s.above) / m, out->auc, out->negative_size);
}

typedef struct job {
    sdr_roc *out;
    sdr_rank_source source;
    const double *weights;
    sdr_rank_records *records; /* one a worker */
    const sdr_groups *groups;
} job;

static sdr_code group_body(void *user, const sdr_group *group,
                           const sdr_context *context, sdr_error *error) {
    const job *j = user;
    sdr_rank_records *records = j->records + group->worker;
    SDR_TRY(sdr_rank_records_sort(records, &j->source, j->weights,
                                  j->groups->starts[group->index],
                                  j->groups->stops[group->index], context, error));
    sdr_rank_records_scale(records);
    set(j->out + group->index, records);
    return SDR_OK;
}

sdr_code sdr_roc_weighted_groups(sdr_roc *out, const sdr_ranked *rows,
                                 const sdr_groups *groups, const sdr_context *context,
                                 sdr_error *error) {
    job j = {.out = out, .weights = rows->weights, .groups = groups};
    SDR_TRY(sdr_rank_source_init(&j.source, rows, "sdr_roc_groups", context, error));
    const sdr_group_pass pass = {.column = rows->score,
                                 .groups = groups,
                                 .row_bytes = SORT_BYTES,
                                 .body = group_body,
                                 .user = &j};
    SDR_TRY(sdr_groups_check(groups, rows->score, error));
    const int workers = sdr_groups_workers(&pass, context);
    SDR_TRY(sdr_rank_records_new(&j.records, workers, error));
    sdr_code code = sdr_groups_run(&pass, context, error);
    sdr_rank_records_free(j.records, workers);
    return code;
}
