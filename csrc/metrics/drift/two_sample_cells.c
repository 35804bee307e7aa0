/*
 * KS and Wasserstein-1 of two large columns without sorting them; bit for bit the
 * answer of the walk over sorted values (merge.h has the formulas).
 *
 * One pass a side counts by cell of a monotone map. With A = i*m - j*n at a cell's
 * entry and h_x, h_y its counts, |A| inside is at most max(|A + h_x m|, |A - h_y n|),
 * and at borders A is exact. So:
 *   KS  only cells whose bound reaches the largest |A| at a border can hold the
 *       maximum.
 *   W1  where A keeps its sign s over a cell, the cell gives s * (n sum(y) - m sum(x)),
 *       a function of its exact sums; these come from wrapping fixed point, which is
 *       right where count * width stays below 2^62 quanta and no value is finer than
 *       one.
 *
 * The other cells are collected and, where they hold many values, cut finer first
 * (two_sample_refine.c); what is left is sorted and walked value by value. Cells that
 * hold a single value need no walk: where a sample says that nearly all do, they are
 * found as they are counted, where ties crowd some cells, by a pass of its own.
 *
 * Time O(n + m); memory some 3 MiB a worker and what is collected: of 1e7 rows a side
 * some 2 % where the samples differ, up to a third for W1 where they do not.
 * Infinities: ordered by the walk for KS; W1 with infinities is left to the sorted way.
 */
#include "metrics/drift/two_sample_cells.h"

#include <math.h>

#include "metrics/common/sort.h"

enum {
    CROWD_SHARE = 16, /* more than 1 / 16 collected: look for ties first */
    FEW_SHARE = 16,
    JOINED_SHARE = 32,     /* at most 1 / 32 collected in gaps */
    SORTED_AT_ONCE = 20000 /* more values are cut finer first */
};

/* --- which cells to walk --- */

static bool keeps_sign(int64_t a, int64_t up, int64_t down) {
    return (a >= 0 && a - down >= 0) || (a <= 0 && a + up <= 0);
}

static bool is_empty(const sdr_cells_work *w, int id) {
    return w->x.table[id].count == 0 && w->y.table[id].count == 0;
}

static void find_ends(sdr_cells_work *w) {
    w->first = SDR_CELL_FIRST;
    w->last = SDR_CELL_LAST;
    while (w->first < w->last && is_empty(w, w->first))
        w->first++;
    while (w->last > w->first && is_empty(w, w->last))
        w->last--;
}

static void find_border(sdr_cells_work *w) {
    int64_t a = 0;
    w->border = 0;
    for (int id = w->first; id <= w->last; id++) {
        a += sdr_cells_step(w, w->x.table[id].count, w->y.table[id].count);
        w->border = sdr_larger(w->border, llabs(a));
    }
}

bool sdr_cells_must_walk(const sdr_cells_work *w, int id, int64_t a, int64_t hx,
                         int64_t hy) {
    int64_t up = hx * w->y.rows, down = hy * w->x.rows;
    if (w->want_ks && sdr_larger(llabs(a + up), llabs(a - down)) >= w->border)
        return true;
    if (!w->want_w1) return false;
    return !keeps_sign(a, up, down) || !w->has_sums ||
           !sdr_cells_sums_hold(w, id, hx > hy ? hx : hy);
}

/* Fills `wanted`, but for cells that are known to hold one value; counts their rows. */
static void choose_cells(sdr_cells_work *w) {
    int64_t a = 0;
    memset(&w->wanted, 0, sizeof w->wanted);
    w->x.collected = w->y.collected = 0;
    for (int id = w->first; id <= w->last; id++) {
        int64_t hx = w->x.table[id].count, hy = w->y.table[id].count;
        if (hx == 0 && hy == 0) continue;
        if (!sdr_cell_set_has(&w->single, id) &&
            (sdr_cell_set_has(&w->drawn, id) ||
             sdr_cells_must_walk(w, id, a, hx, hy))) {
            sdr_cell_set_add(&w->wanted, id);
            w->x.collected += hx;
            w->y.collected += hy;
        }
        a += sdr_cells_step(w, hx, hy);
    }
}

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static double value_of(uint64_t bits) {
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* One value, and a finite one: infinities are for the walk to see. */
static bool is_single(const sdr_cell_bits *bits) {
    return bits->all == bits->any && isfinite(value_of(bits->all));
}

static void find_single(sdr_cells_work *w) {
    for (int id = w->first; id <= w->last; id++)
        if (is_single(&w->bits[id])) sdr_cell_set_add(&w->single, id);
}

static bool is_crowded(const sdr_cells_work *w) {
    return w->x.collected + w->y.collected >= (w->x.rows + w->y.rows) / CROWD_SHARE;
}

/* Of sorted rows the first and the last of a cell tell. */
static void share_sorted(sdr_cells_work *w, const sdr_cells_sorted *sorted) {
    int64_t start = 0;
    for (int id = SDR_CELL_FIRST; id <= SDR_CELL_LAST; id++) {
        int64_t count = sorted->table[id].count;
        if (count == 0) continue;
        uint64_t first = bits_of(sorted->values[start]);
        uint64_t last = bits_of(sorted->values[start + count - 1]);
        w->bits[id].all &= first & last;
        w->bits[id].any |= first | last;
        start += count;
    }
}

static sdr_code share_side(sdr_cells_work *w, sdr_cells_side *s,
                           const sdr_context *context, sdr_error *error) {
    if (s->sorted == NULL)
        return sdr_cells_share(w->bits, &w->wanted, &s->source, &w->map, context,
                               error);
    share_sorted(w, s->sorted);
    return SDR_OK;
}

/* Where much would be collected: finds cells of one value, which need no walk. */
static sdr_code spare_ties(sdr_cells_work *w, const sdr_context *context,
                           sdr_error *error) {
    if (w->ties != SDR_CELL_TIES_SOME || !is_crowded(w)) return SDR_OK;
    SDR_TRY(sdr_cell_bits_new(&w->bits, error));
    SDR_TRY(share_side(w, &w->x, context, error));
    SDR_TRY(share_side(w, &w->y, context, error));
    find_single(w);
    choose_cells(w);
    return SDR_OK;
}

/* The rows of a cell, both sides together. */
static int64_t rows_in(const sdr_cells_work *w, int id) {
    return w->x.table[id].count + w->y.table[id].count;
}

/* A single run is collected by comparing values, without a map: where the wanted cells
 * lie close together, those between them are walked too. */
static void join_runs(sdr_cells_work *w) {
    int first = SDR_CELL_LAST + 1, last = 0;
    int64_t rows = 0, between = 0;
    if (w->picture != NULL) return; /* its cells lie everywhere */
    for (int id = w->first; id <= w->last; id++) {
        rows += rows_in(w, id);
        if (!sdr_cell_set_has(&w->wanted, id)) continue;
        if (last > 0) between += rows - rows_in(w, id);
        if (first > id) first = id;
        last = id;
        rows = 0;
    }
    if (w->bits != NULL || between > (w->x.rows + w->y.rows) / JOINED_SHARE) return;
    for (int id = first; id < last; id++) {
        if (sdr_cell_set_has(&w->wanted, id)) continue;
        sdr_cell_set_add(&w->wanted, id);
        w->x.collected += w->x.table[id].count;
        w->y.collected += w->y.table[id].count;
    }
}

/* --- the walk --- */

/* Ascending; the room that sorting needs is given back before the other
 * side takes its. */
static sdr_code sort_side(sdr_cells_side *s, const sdr_context *context,
                          sdr_error *error) {
    if (s->sorted != NULL || s->collected == 0) return SDR_OK;
    sdr_key *scratch = sdr_allocate((size_t)s->collected * sizeof *scratch);
    if (scratch == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory to sort");
    sdr_code code = sdr_sort_doubles(s->found, scratch, s->collected, context, error);
    sdr_release(scratch);
    return code;
}

static sdr_code collect(sdr_cells_side *s, const sdr_cells_work *w,
                        const sdr_context *context, sdr_error *error) {
    if (s->sorted != NULL) return SDR_OK;
    s->values = s->found = sdr_allocate((size_t)s->collected * sizeof *s->found);
    if (s->found == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld values",
                             (long long)s->collected);
    if (s->collected == 0) return SDR_OK;
    bool few = s->collected < s->rows / FEW_SHARE;
    return sdr_cells_collect(s->found, s->collected, &w->wanted, few, &s->source,
                             &w->map, context, error);
}

static bool has_infinity(const sdr_cells_side *s) {
    int64_t n = s->sorted != NULL ? s->sorted->n : s->collected;
    return n > 0 && (isinf(s->values[0]) || isinf(s->values[n - 1]));
}

/* Rows that the walk leaves out: only a sorted side has them among its values. */
static void skip_values(sdr_cells_walk *k, const sdr_cells_work *w, int64_t hx,
                        int64_t hy) {
    k->i += w->x.sorted != NULL ? hx : 0;
    k->j += w->y.sorted != NULL ? hy : 0;
}

double sdr_cells_single_value(const sdr_cells_work *w, int id) {
    return value_of(w->bits[id].all);
}

static void pass_single(sdr_cells_walk *k, const sdr_cells_work *w, int id,
                        int64_t before, int64_t after) {
    double value = sdr_cells_single_value(w, id);
    if (w->want_ks) sdr_merge_note(&k->merge, after, value);
    if (w->want_w1)
        sdr_wide_add_product(&k->total, value, llabs(before) - llabs(after));
    skip_values(k, w, w->x.table[id].count, w->y.table[id].count);
}

void sdr_cells_walk_values(sdr_cells_walk *k, const sdr_cells_work *w, int64_t a,
                           int64_t hx, int64_t hy) {
    k->merge.a = a;
    sdr_merge_walk(&k->merge, w->x.values + k->i, hx, w->y.values + k->j, hy);
    k->i += hx;
    k->j += hy;
}

void sdr_cells_take_sums(sdr_cells_walk *k, const sdr_cells_work *w, int id,
                         const sdr_cell *x, const sdr_cell *y, int64_t before,
                         int64_t after) {
    skip_values(k, w, x->count, y->count);
    if (!w->want_w1) return;
    sdr_cells_add_sums(k, w, id, x, y, before > 0 || after > 0 ? 1 : -1);
}

static void pass_cell(sdr_cells_walk *k, const sdr_cells_work *w, int id,
                      int64_t before, int64_t after) {
    const sdr_cell *x = &w->x.table[id], *y = &w->y.table[id];
    if (sdr_cell_set_has(&w->single, id)) {
        pass_single(k, w, id, before, after);
    } else if (!sdr_cell_set_has(&w->wanted, id)) {
        sdr_cells_take_sums(k, w, id, x, y, before, after);
    } else if (w->fine.rank != NULL) {
        sdr_cells_walk_parts(k, w, id, before);
    } else {
        sdr_cells_walk_values(k, w, before, x->count, y->count);
    }
}

static void walk_cells(sdr_cells_walk *k, const sdr_cells_work *w) {
    int64_t a = 0;
    memset(k, 0, sizeof *k);
    sdr_merge_init(&k->merge, w->x.rows, w->y.rows);
    k->merge.want_ks = w->want_ks;
    k->merge.want_w1 = w->want_w1;
    for (int id = w->first; id <= w->last; id++) {
        int64_t hx = w->x.table[id].count, hy = w->y.table[id].count;
        if (hx == 0 && hy == 0) continue;
        int64_t after = a + sdr_cells_step(w, hx, hy);
        pass_cell(k, w, id, a, after);
        a = after;
    }
}

static void finish(sdr_two_sample *out, sdr_cells_walk *k, const sdr_cells_work *w) {
    if (w->want_ks)
        sdr_two_sample_set_ks(out, k->merge.best,
                              k->merge.best_value + (double)w->x.source.base);
    if (!w->want_w1) return;
    const int unit = 1074 - w->map.quantum; /* a quantum in units of 2^-1074 */
    sdr_merge_add_to(&k->merge, &k->total);
    sdr_wide_add_scaled(&k->total, k->tx, unit, w->y.rows);
    sdr_wide_add_scaled(&k->total, k->ty, unit, w->x.rows);
    sdr_two_sample_set_wasserstein(out, &k->total, w->x.rows, w->y.rows);
}

/* --- all of it --- */

static int64_t rows_of(const sdr_cell *table, int64_t length) {
    return length - table[SDR_CELL_MISSING].count;
}

static int64_t length_of(const sdr_cells_side *s) {
    return s->sorted != NULL ? s->sorted->n : s->source.column->length;
}

/* With sums, or where nearly all cells hold a single value, with those. */
static sdr_code count_rows(sdr_cells_side *s, sdr_cells_work *w,
                           const sdr_context *context, sdr_error *error) {
    if (w->bits != NULL)
        return sdr_cells_count_ties(s->counted, w->bits, &s->source, &w->map, context,
                                    error);
    return sdr_cells_count(s->counted, w->has_sums, &s->source, &w->map, context,
                           error);
}

static sdr_code count_side(sdr_cells_side *s, sdr_cells_work *w,
                           const sdr_context *context, sdr_error *error) {
    if (s->sorted != NULL) {
        s->table = s->sorted->table;
        s->values = s->sorted->values;
        s->rows = s->sorted->n;
        if (w->bits != NULL) share_sorted(w, s->sorted);
        return SDR_OK;
    }
    if (s->counted == NULL)
        s->table = s->counted = sdr_allocate(SDR_CELLS * sizeof *s->counted);
    if (s->counted == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    SDR_TRY(count_rows(s, w, context, error));
    s->rows = rows_of(s->counted, s->source.column->length);
    return SDR_OK;
}

static sdr_code count_sides(sdr_cells_work *w, const sdr_context *context,
                            sdr_error *error) {
    if (w->ties == SDR_CELL_TIES_MOST) SDR_TRY(sdr_cell_bits_new(&w->bits, error));
    w->has_sums = w->want_w1 && w->bits == NULL;
    SDR_TRY(count_side(&w->x, w, context, error));
    SDR_TRY(count_side(&w->y, w, context, error));
    find_ends(w);
    if (w->bits != NULL) find_single(w);
    return SDR_OK;
}

/* Where the sample promised single values and many cells have several:
 * W1 wants sums. */
static sdr_code sum_crowds(sdr_cells_work *w, const sdr_context *context,
                           sdr_error *error) {
    if (w->ties != SDR_CELL_TIES_MOST || !w->want_w1 || !is_crowded(w)) return SDR_OK;
    for (int i = 0; i < 2; i++) {
        sdr_cells_side *s = i == 0 ? &w->x : &w->y;
        if (s->sorted == NULL)
            SDR_TRY(
                sdr_cells_count(s->counted, true, &s->source, &w->map, context, error));
    }
    w->has_sums = true;
    choose_cells(w);
    return SDR_OK;
}

/* The map of both sides, or the one that the sorted side was counted with. */
static sdr_code choose_map(sdr_cells_work *w, sdr_error *error) {
    const sdr_cell_source both[] = {w->x.source, w->y.source};
    if (w->x.sorted != NULL) {
        w->map = w->x.sorted->map;
        w->ties = w->x.sorted->ties;
    } else {
        SDR_TRY(sdr_cells_choose(&w->map, &w->ties, both, 2, error));
    }
    return SDR_OK;
}

/* Whether the sorted side's map serves the other side: not if its rows crowd where
 * cells are wide. */
static bool map_serves(const sdr_cells_work *w) {
    if (w->x.sorted == NULL) return true;
    int64_t far = w->y.table[SDR_CELL_FIRST].count + w->y.table[SDR_CELL_LAST].count;
    return far <= w->y.rows / CROWD_SHARE;
}

static sdr_code compare(bool *done, sdr_two_sample *out, sdr_cells_work *w,
                        const sdr_context *context, sdr_error *error) {
    SDR_TRY(choose_map(w, error));
    SDR_TRY(count_sides(w, context, error));
    out->n = w->x.rows;
    out->m = w->y.rows;
    out->status =
        sdr_two_sample_status(length_of(&w->x), length_of(&w->y), out->n, out->m);
    out->wasserstein_status = out->status;
    *done = out->status != SDR_STATUS_OK;
    /* products of counts must fit the walk's 64-bit factors */
    if (*done || (sdr_int128)out->n * out->m > INT64_MAX / 2) return SDR_OK;
    if (!map_serves(w)) return SDR_OK;
    sdr_cells_sums_begin(w);
    find_border(w);
    sdr_cells_picture_want(w);
    choose_cells(w);
    SDR_TRY(spare_ties(w, context, error));
    if (sdr_cells_picture_spare(w)) choose_cells(w);
    SDR_TRY(sum_crowds(w, context, error));
    join_runs(w);
    SDR_TRY(collect(&w->x, w, context, error));
    SDR_TRY(collect(&w->y, w, context, error));
    SDR_TRY(sdr_cells_picture_count(w, context, error));
    if (w->x.collected + w->y.collected > SORTED_AT_ONCE)
        SDR_TRY(sdr_cells_refine(w, context, error));
    SDR_TRY(sort_side(&w->x, context, error));
    SDR_TRY(sort_side(&w->y, context, error));
    if (w->want_w1 && (has_infinity(&w->x) || has_infinity(&w->y))) return SDR_OK;
    sdr_cells_walk k;
    walk_cells(&k, w);
    finish(out, &k, w);
    *done = true;
    return SDR_OK;
}

static void side_reset(sdr_cells_side *s) {
    sdr_release(s->counted);
    sdr_release(s->found);
}

static sdr_code compare_sides(bool *done, sdr_two_sample *out, sdr_picture *picture,
                              sdr_cells_side x, sdr_cell_source y, int flags,
                              const sdr_context *context, sdr_error *error) {
    *done = false;
    sdr_cells_work *w = sdr_allocate(sizeof *w);
    if (w == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    memset(w, 0, sizeof *w);
    w->x = x;
    w->y.source = y;
    w->picture = y.base == 0 ? picture : NULL;
    w->want_ks = flags & SDR_TWO_SAMPLE_KS;
    w->want_w1 = flags & SDR_TWO_SAMPLE_WASSERSTEIN;
    sdr_code code = compare(done, out, w, context, error);
    side_reset(&w->x);
    side_reset(&w->y);
    sdr_release(w->bits);
    sdr_cells_fine_reset(&w->fine);
    sdr_release(w);
    return code;
}

sdr_code sdr_two_sample_by_cells(bool *done, sdr_two_sample *out, sdr_picture *picture,
                                 const sdr_column *reference, const sdr_column *current,
                                 int64_t base, int flags, const sdr_context *context,
                                 sdr_error *error) {
    sdr_cells_side x = {.source = {.column = reference, .base = base}};
    sdr_cell_source y = {.column = current, .base = base};
    return compare_sides(done, out, picture, x, y, flags, context, error);
}

sdr_code sdr_two_sample_by_sorted(bool *done, sdr_two_sample *out, sdr_picture *picture,
                                  const sdr_cells_sorted *reference,
                                  const sdr_column *current, int flags,
                                  const sdr_context *context, sdr_error *error) {
    sdr_cells_side x = {.sorted = reference};
    sdr_cell_source y = {.column = current};
    return compare_sides(done, out, picture, x, y, flags, context, error);
}
