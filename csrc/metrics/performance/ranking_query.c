/*
 * The values of one query: DCG and nDCG, average precision, reciprocal rank, precision,
 * recall, hit and F-beta among the first k ranks.
 *
 * 64-bit keys that hold the upper bits of a score and the place of the item are sorted;
 * the items of the first ranks are then read, and those whose upper bits are equal put
 * in order by their whole scores. The ideal ranking is counted where relevances are
 * grades, whole numbers from 0 to 15, and sorted elsewhere. Time O(n log n).
 *
 * Ties: of t items of one score, c of them relevant, each order is as likely (McSherry
 * and Najork, Computing Information Retrieval Performance Measures Efficiently in the
 * Presence of Tied Scores, ECIR 2008). With s items before them, b of them relevant,
 * the item at rank s + i (i from 1) is relevant with probability c / t, and b + 1 +
 * (i - 1)(c - 1) / (t - 1) items up to it are if it is; it is the first relevant one
 * with probability p_i, p_1 = c / t and p_(i+1) = p_i (t - c - i + 1) / (t - i).
 *
 * Everything is a function of the items in their order, in plain C: no bit depends on
 * the ISA. Logarithm and power are of this file, so none depends on a C library.
 */
#include "metrics/performance/ranking_query.h"

#include <math.h>
#include <string.h>

#include "kernels/dispatch.h"
#include "metrics/common/sort.h"

/* --- discounts and gains ---------------------------------------------------------- */

static const double LN_2 = 0x1.62e42fefa39efp-1, PER_LN_2 = 0x1.71547652b82fep+0;

/* log2 of a whole number from 1 on: exponent and mantissa m in [0.7, 1.42), then log m
 * = 2 artanh((m - 1) / (m + 1)) by its series. Error: some 2 ulp. */
static double log2_of(int64_t n) {
    enum { TERMS = 12 };
    const double root = 1.4142135623730951;
    int exponent = 0;
    double m = frexp((double)n, &exponent) * 2.0;
    exponent--;
    if (m > root) m *= 0.5, exponent++;
    const double s = (m - 1.0) / (m + 1.0), z = s * s;
    double sum = 0.0;
    for (int i = TERMS; i >= 0; i--)
        sum = sum * z + 1.0 / (2 * i + 1);
    return exponent + 2.0 * s * sum * PER_LN_2;
}

sdr_code sdr_discounts_reach(sdr_discounts *discounts, int64_t n, sdr_error *error) {
    if (n <= discounts->n) return SDR_OK;
    const int64_t room = n < 2 * discounts->n ? 2 * discounts->n : n;
    double *values = sdr_allocate((size_t)room * sizeof *values);
    if (values == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld discounts",
                             (long long)room);
    if (discounts->n > 0)
        memcpy(values, discounts->values, (size_t)discounts->n * sizeof *values);
    for (int64_t i = discounts->n; i < room; i++)
        values[i] = 1.0 / log2_of(i + 2);
    sdr_release(discounts->values);
    *discounts = (sdr_discounts){values, room};
    return SDR_OK;
}

/* 2^x - 1: exact for whole x, else e^t - 1 of t = (x - k) ln 2 by its series. */
static double power_less_one(double x) {
    enum { TERMS = 15, MOST = 1100 };
    if (x > MOST) return INFINITY;
    if (x < -MOST) return -1.0;
    const double k = floor(x + 0.5), scale = ldexp(1.0, (int)k);
    if (k == x) return scale - 1.0;
    const double t = (x - k) * LN_2;
    double sum = 1.0;
    for (int i = TERMS; i > 1; i--)
        sum = 1.0 + sum * t / i;
    return scale * (sum * t) + (scale - 1.0);
}

static double gain_of(double relevance, const sdr_ranking_options *options) {
    return options->exponential ? power_less_one(relevance) : relevance;
}

/* --- ranks ------------------------------------------------------------------------ */

/* Items in order of their ranks: those of the ranks that count, and those that tie with
 * the last of them. */
typedef struct ranked {
    double *score, *relevance;
    int64_t n;
} ranked;

static int64_t ranks_of(int64_t n, const sdr_ranking_options *options) {
    return options->k == 0 || options->k > n ? n : options->k;
}

static int bits_of(int64_t n) {
    int bits = 0;
    while (n >> bits > 0)
        bits++;
    return bits;
}

/* Ascending keys, as int64, are descending scores; items of one key by their place. */
static void make_keys(sdr_key *keys, const sdr_ranking_query *q, sdr_key places) {
    for (int64_t i = 0; i < q->n; i++) {
        const double score = q->score[i] + 0.0; /* -0.0 becomes 0.0 */
        uint64_t bits;
        memcpy(&bits, &score, sizeof bits);
        /* ascending as an int64, then with all bits turned */
        const uint64_t order = bits ^ (uint64_t)((int64_t)bits >> 63) >> 1;
        keys[i] = (~order & ~places) | (uint64_t)i;
    }
}

static sdr_code sort_keys(sdr_key *keys, sdr_key *room, int64_t n, bool is_float,
                          sdr_error *error) {
    static const sdr_context serial = {.threads = 1};
    const sdr_sort_kernels *kernels = &sdr_dispatch_active()->sort;
    if (n <= kernels->most) {
        (is_float ? &kernels->f64 : &kernels->i64)->few(keys, keys, n);
        return SDR_OK;
    }
    const sdr_sort_job job = {keys, room, n, is_float, 0};
    return sdr_sort_jobs(&job, 1, &serial, error);
}

static sdr_code sort_descending(double *values, const double *from, sdr_key *room,
                                int64_t n, sdr_error *error) {
    for (int64_t i = 0; i < n; i++)
        values[i] = -from[i];
    SDR_TRY(sort_keys((sdr_key *)values, room, n, true, error));
    for (int64_t i = 0; i < n; i++)
        values[i] = -values[i];
    return SDR_OK;
}

enum { MOVES_EACH = 16 }; /* of an item, before all are sorted by their whole scores */

/* Items whose upper bits are equal in order of their scores; false: too many moves. */
static bool settle(ranked *r) {
    int64_t left = MOVES_EACH * r->n;
    for (int64_t i = 1; i < r->n; i++) {
        if (!(r->score[i - 1] < r->score[i])) continue;
        const double score = r->score[i], relevance = r->relevance[i];
        int64_t at = i;
        for (; at > 0 && r->score[at - 1] < score; at--) {
            r->score[at] = r->score[at - 1];
            r->relevance[at] = r->relevance[at - 1];
        }
        r->score[at] = score;
        r->relevance[at] = relevance;
        left -= i - at;
        if (left < 0) return false;
    }
    return true;
}

/* Scores that differ in their last bits only: sorted alone, then each item is searched.
 * `next` holds the next free rank of each run of equal scores. */
static sdr_code sort_whole(ranked *r, const sdr_ranking_query *q, sdr_key *next,
                           sdr_key *room, sdr_error *error) {
    r->n = q->n;
    SDR_TRY(sort_descending(r->score, q->score, room, q->n, error));
    memset(next, 0, (size_t)q->n * sizeof *next);
    for (int64_t i = 0; i < q->n; i++) {
        int64_t low = 0, high = q->n;
        while (low < high) {
            const int64_t middle = low + (high - low) / 2;
            if (r->score[middle] > q->score[i])
                low = middle + 1;
            else
                high = middle;
        }
        r->relevance[low + (int64_t)next[low]++] = q->relevance[i];
    }
    return SDR_OK;
}

static sdr_code rank_items(ranked *r, const sdr_ranking_query *q, int64_t ranks,
                           sdr_key *keys, sdr_error *error) {
    const sdr_key places = ((sdr_key)1 << bits_of(q->n - 1)) - 1;
    sdr_key *room = keys + q->n;
    make_keys(keys, q, places);
    SDR_TRY(sort_keys(keys, room, q->n, false, error));
    r->n = ranks;
    while (r->n < q->n && (keys[r->n] & ~places) == (keys[ranks - 1] & ~places))
        r->n++;
    for (int64_t i = 0; i < r->n; i++) {
        const int64_t place = (int64_t)(keys[i] & places);
        r->score[i] = q->score[place];
        r->relevance[i] = q->relevance[place];
    }
    return settle(r) ? SDR_OK : sort_whole(r, q, keys, room, error);
}

/* --- the walk --------------------------------------------------------------------- */

typedef struct walk {
    double dcg, hits, precisions, reciprocal, hit;
    int64_t before; /* relevant items at earlier ranks */
} walk;

/* Items of one score, from rank `first` (0-based) on; `ranks` count. */
typedef struct tie {
    int64_t first, n, relevant, ranks;
    double gain;
} tie;

static void add_first_hit(walk *w, const tie *t) {
    const int64_t others = t->n - t->relevant;
    double p = (double)t->relevant / (double)t->n;
    for (int64_t i = 0; t->first + i < t->ranks && i <= others; i++) {
        w->reciprocal += p / (double)(t->first + i + 1);
        w->hit += p;
        if (i < others) p *= (double)(others - i) / (double)(t->n - i - 1);
    }
}

static void add_tie(walk *w, const tie *t, const double *discounts) {
    const int64_t end = t->first + t->n < t->ranks ? t->first + t->n : t->ranks;
    const int64_t counted = end - t->first;
    const double n = (double)t->n, share = (double)t->relevant / n;
    double discount = 0.0;
    for (int64_t i = t->first; i < end; i++)
        discount += discounts[i];
    w->dcg += t->gain / n * discount;
    if (t->relevant == 0) return;
    if (w->before == 0) add_first_hit(w, t);
    w->hits += share * (double)counted;
    const double step = t->n > 1 ? (double)(t->relevant - 1) / (double)(t->n - 1) : 0.0;
    for (int64_t i = 0; i < counted; i++)
        w->precisions += share * ((double)(w->before + 1) + (double)i * step) /
                         (double)(t->first + i + 1);
    w->before += t->relevant;
}

/* An item that ties with none. */
static void add_item(walk *w, int64_t rank, bool relevant, double gain,
                     double discount) {
    w->dcg += gain * discount;
    if (!relevant) return;
    if (w->before == 0) {
        w->reciprocal = 1.0 / (double)(rank + 1);
        w->hit = 1.0;
    }
    w->before++;
    w->hits += 1.0;
    w->precisions += (double)w->before / (double)(rank + 1);
}

/* The items from `first` on that share its score. */
static tie tie_at(const ranked *r, int64_t first, int64_t ranks,
                  const sdr_ranking_options *options) {
    tie t = {.first = first, .ranks = ranks};
    int64_t i = first;
    for (; i < r->n && !(r->score[i] < r->score[first]); i++) {
        t.relevant += r->relevance[i] > options->threshold;
        t.gain += gain_of(r->relevance[i], options);
    }
    t.n = i - first;
    return t;
}

static walk walk_ranks(const ranked *r, int64_t ranks,
                       const sdr_ranking_options *options, const double *discounts) {
    walk w = {0};
    for (int64_t i = 0; i < ranks;) {
        const bool is_tied =
            !options->ignores_ties && i + 1 < r->n && !(r->score[i + 1] < r->score[i]);
        if (is_tied) {
            const tie t = tie_at(r, i, ranks, options);
            add_tie(&w, &t, discounts);
            i += t.n;
        } else {
            const double relevance = r->relevance[i];
            add_item(&w, i, relevance > options->threshold, gain_of(relevance, options),
                     discounts[i]);
            i++;
        }
    }
    return w;
}

/* --- the ideal ranking ------------------------------------------------------------ */

/* Grades are counted in tables of their own, as equal ones follow one another. */
enum { GRADES = 16, TABLES = 4, GRADED_ROWS = 16 };

/* counts[grade]; false where a relevance is none. Of a double from 2^52 to 2^53 the low
 * bits are the whole number above 2^52. */
static bool count_grades(int32_t *counts, const sdr_ranking_query *q) {
    const double shift = 0x1p52;
    const uint64_t shift_bits = UINT64_C(0x4330000000000000);
    int32_t tables[TABLES][GRADES] = {{0}};
    uint64_t lost = 0;
    for (int64_t i = 0; i < q->n; i++) {
        const double shifted = q->relevance[i] + shift;
        uint64_t grade;
        memcpy(&grade, &shifted, sizeof grade);
        grade ^= shift_bits;
        lost |= grade / GRADES | (uint64_t)(shifted - shift != q->relevance[i]);
        tables[i % TABLES][grade % GRADES]++;
    }
    for (int g = 0; g < GRADES; g++)
        counts[g] = (tables[0][g] + tables[1][g]) + (tables[2][g] + tables[3][g]);
    return lost == 0;
}

static double ideal_of_grades(sdr_ranking_query *q, const int32_t *counts,
                              int64_t ranks, const sdr_ranking_options *options,
                              const double *discounts) {
    double sum = 0.0;
    int64_t rank = 0;
    for (int grade = GRADES - 1; grade >= 0; grade--) {
        const double gain = gain_of(grade, options);
        if (grade > options->threshold) q->relevant += counts[grade];
        for (int32_t i = 0; i < counts[grade] && rank < ranks; i++)
            sum += gain * discounts[rank++];
    }
    return sum;
}

static void count(sdr_ranking_query *q, double threshold) {
    int64_t relevant = 0, negative = 0;
    for (int64_t i = 0; i < q->n; i++) {
        relevant += q->relevance[i] > threshold;
        negative += q->relevance[i] < 0.0;
    }
    q->relevant = relevant;
    q->negative = negative;
}

/* With the counts of the query. */
static sdr_code ideal_of(double *sum, sdr_ranking_query *q, int64_t ranks,
                         const sdr_ranking_options *options, const double *discounts,
                         double *largest, sdr_error *error) {
    int32_t counts[GRADES];
    q->relevant = q->negative = 0;
    *sum = 0.0;
    if (q->n >= GRADED_ROWS && q->n <= INT32_MAX && count_grades(counts, q)) {
        *sum = ideal_of_grades(q, counts, ranks, options, discounts);
        return SDR_OK;
    }
    count(q, options->threshold);
    sdr_key *room = (sdr_key *)(largest + q->n);
    SDR_TRY(sort_descending(largest, q->relevance, room, q->n, error));
    for (int64_t i = 0; i < ranks; i++)
        *sum += gain_of(largest[i], options) * discounts[i];
    return SDR_OK;
}

/* --- one query -------------------------------------------------------------------- */

static void finish(sdr_ranking_query *q, const walk *w, double ideal,
                   const sdr_ranking_options *options) {
    const double ranks = (double)(options->k == 0 ? q->n : options->k);
    const double relevant = (double)q->relevant, square = options->beta * options->beta;
    double *v = q->values;
    v[SDR_RANKING_DCG] = w->dcg;
    v[SDR_RANKING_NDCG] = ideal > 0.0 ? w->dcg / ideal : 0.0;
    v[SDR_RANKING_AVERAGE_PRECISION] = relevant > 0.0 ? w->precisions / relevant : 0.0;
    v[SDR_RANKING_RECIPROCAL_RANK] = w->reciprocal;
    v[SDR_RANKING_PRECISION] = w->hits / ranks;
    v[SDR_RANKING_RECALL] = relevant > 0.0 ? w->hits / relevant : 0.0;
    v[SDR_RANKING_HIT] = w->hit < 1.0 ? w->hit : 1.0;
    v[SDR_RANKING_FBETA] = (1.0 + square) * w->hits / (square * relevant + ranks);
}

/* Scores and relevances by rank, keys and their room. */
size_t sdr_ranking_scratch(int64_t n) {
    return 4 * (size_t)n * sizeof(double);
}

sdr_code sdr_ranking_query_run(sdr_ranking_query *q, const sdr_ranking_options *options,
                               const double *discounts, void *scratch,
                               sdr_error *error) {
    const int64_t ranks = ranks_of(q->n, options);
    double *room = scratch, ideal;
    sdr_key *keys = (sdr_key *)(room + 2 * q->n);
    ranked r = {.score = room, .relevance = room + q->n};
    SDR_TRY(rank_items(&r, q, ranks, keys, error));
    const walk w = walk_ranks(&r, ranks, options, discounts);
    SDR_TRY(ideal_of(&ideal, q, ranks, options, discounts, room, error));
    finish(q, &w, ideal, options);
    return SDR_OK;
}
