/*
 * The second level of two_sample_cells.c: the cells that must be walked hold, of large
 * samples, too many values to sort. They are cut into parts by the bits of w below
 * those that make a cell (kernels/cells/cells.h), so parts nest in cells and keep their
 * order. Counted by part, all but a few of the values need no walk, by the same bounds.
 *
 * Time O(collected); memory 2^15 parts at most, and no copy of what was collected.
 */
#include <string.h>

#include "core/parallel.h"
#include "kernels/dispatch.h"
#include "metrics/drift/two_sample_cells.h"

enum {
    MOST_PARTS = 1 << 15,
    BATCH = 512,          /* values mapped at a time */
    POLL_VALUES = 1 << 20 /* some 2 ms of work */
};

/* The part, in the finer table, of each of n <= BATCH values whose cells are walked. */
static void parts_of(uint32_t *parts, const double *values, int64_t n,
                     const sdr_cells_work *w) {
    const sdr_cells_fine *fine = &w->fine;
    const uint32_t inside = (1u << fine->bits) - 1;
    sdr_dispatch_active()->cells.parts(parts, values, n, &w->map, fine->bits);
    for (int64_t i = 0; i < n; i++)
        parts[i] = (uint32_t)fine->rank[parts[i] >> fine->bits] + (parts[i] & inside);
}

/* Empty cells are wanted only so that runs are few. */
static bool is_walked(const sdr_cells_work *w, int id) {
    return sdr_cell_set_has(&w->wanted, id) &&
           (w->x.table[id].count > 0 || w->y.table[id].count > 0);
}

static void count_batch(sdr_cell *table, const sdr_cells_work *w, const double *values,
                        int64_t n) {
    uint32_t parts[BATCH];
    uint64_t fixed[BATCH] = {0};
    uint16_t ids[BATCH];
    parts_of(parts, values, n, w);
    if (w->want_w1)
        sdr_dispatch_active()->cells.map_fixed(ids, fixed, values, n, &w->map);
    for (int64_t i = 0; i < n; i++) {
        table[parts[i]].count++;
        table[parts[i]].sum += fixed[i];
    }
}

static void count_values(sdr_cell *table, const sdr_cells_work *w, const double *values,
                         int64_t n) {
    for (int64_t i = 0; i < n; i += BATCH)
        count_batch(table, w, values + i, n - i < BATCH ? n - i : BATCH);
}

/* Of sorted rows those of the cells to walk. */
static sdr_code count_sorted(sdr_cell *table, const sdr_cells_work *w,
                             const sdr_cells_sorted *sorted, const sdr_context *context,
                             sdr_error *error) {
    int64_t start = 0, looked = 0;
    for (int id = SDR_CELL_FIRST; id <= SDR_CELL_LAST; id++) {
        int64_t count = sorted->table[id].count;
        if (is_walked(w, id)) count_values(table, w, sorted->values + start, count);
        start += count;
        if (start - looked < POLL_VALUES) continue;
        looked = start;
        SDR_TRY(sdr_poll(context, start, sorted->n, error));
    }
    return SDR_OK;
}

static sdr_code count(sdr_cell *table, const sdr_cells_work *w,
                      const sdr_cells_side *side, const sdr_context *context,
                      sdr_error *error) {
    if (side->sorted != NULL)
        return count_sorted(table, w, side->sorted, context, error);
    for (int64_t i = 0; i < side->collected; i += POLL_VALUES) {
        int64_t left = side->collected - i;
        SDR_TRY(sdr_poll(context, i, side->collected, error));
        count_values(table, w, side->found + i,
                     left < POLL_VALUES ? left : POLL_VALUES);
    }
    return SDR_OK;
}

/* Moves those of n <= BATCH values whose part is walked to `kept`; how many. */
static int64_t keep_batch(double *kept, const double *values, int64_t n,
                          const sdr_cells_work *w) {
    uint32_t parts[BATCH];
    int64_t k = 0;
    parts_of(parts, values, n, w);
    for (int64_t i = 0; i < n; i++) {
        kept[k] = values[i];
        k += w->fine.to_walk[parts[i] >> 6] >> (parts[i] & 63) & 1;
    }
    return k;
}

/* Keeps the values of the parts to walk, in place. */
static sdr_code keep(sdr_cells_side *side, const sdr_cells_work *w,
                     const sdr_context *context, sdr_error *error) {
    int64_t kept = 0;
    if (side->sorted != NULL) return SDR_OK;
    for (int64_t i = 0; i < side->collected; i += BATCH) {
        int64_t left = side->collected - i;
        if (i % POLL_VALUES == 0) SDR_TRY(sdr_poll(context, i, side->collected, error));
        kept += keep_batch(side->found + kept, side->found + i,
                           left < BATCH ? left : BATCH, w);
    }
    side->collected = kept;
    return SDR_OK;
}

static sdr_code make(sdr_cells_fine *fine, const sdr_cells_work *w, sdr_error *error) {
    fine->rank = sdr_allocate(SDR_CELLS * sizeof *fine->rank);
    if (fine->rank == NULL) return sdr_error_set(error, SDR_NO_MEMORY, "no memory");
    memset(fine->rank, 0, SDR_CELLS * sizeof *fine->rank);
    for (int id = w->first; id <= w->last; id++)
        fine->cells += is_walked(w, id);
    int64_t values = w->x.collected + w->y.collected; /* more parts would be empty */
    int64_t most = values < MOST_PARTS ? values : MOST_PARTS;
    while (fine->bits < SDR_CELL_MOST_BITS &&
           (int64_t)fine->cells << (fine->bits + 1) <= most)
        fine->bits++;
    int32_t rank = 0;
    for (int id = w->first; id <= w->last; id++)
        if (is_walked(w, id)) fine->rank[id] = rank++ << fine->bits;
    size_t parts = (size_t)fine->cells << fine->bits, words = parts / 64 + 1;
    fine->x = sdr_allocate(parts * sizeof *fine->x);
    fine->y = sdr_allocate(parts * sizeof *fine->y);
    fine->to_walk = sdr_allocate(words * sizeof *fine->to_walk);
    if (fine->x == NULL || fine->y == NULL || fine->to_walk == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for parts of cells");
    memset(fine->x, 0, parts * sizeof *fine->x);
    memset(fine->y, 0, parts * sizeof *fine->y);
    memset(fine->to_walk, 0, words * sizeof *fine->to_walk);
    return SDR_OK;
}

/* Of a cell to walk, entered with A = a. */
typedef void (*visit)(sdr_cells_work *w, int id, int64_t a);

static void visit_cells(sdr_cells_work *w, visit body) {
    int64_t a = 0;
    for (int id = w->first; id <= w->last; id++) {
        if (is_walked(w, id)) body(w, id, a);
        a += sdr_cells_step(w, w->x.table[id].count, w->y.table[id].count);
    }
}

static void raise_border(sdr_cells_work *w, int id, int64_t a) {
    const sdr_cells_fine *fine = &w->fine;
    for (int64_t part = fine->rank[id], n = 1 << fine->bits; n > 0; part++, n--) {
        a += sdr_cells_step(w, fine->x[part].count, fine->y[part].count);
        w->border = sdr_larger(w->border, llabs(a));
    }
}

static void choose_parts(sdr_cells_work *w, int id, int64_t a) {
    const sdr_cells_fine *fine = &w->fine;
    for (int64_t part = fine->rank[id], n = 1 << fine->bits; n > 0; part++, n--) {
        int64_t hx = fine->x[part].count, hy = fine->y[part].count;
        if (hx == 0 && hy == 0) continue;
        if (sdr_cells_must_walk(w, id, a, hx, hy))
            fine->to_walk[part >> 6] |= UINT64_C(1) << (part & 63);
        a += sdr_cells_step(w, hx, hy);
    }
}

sdr_code sdr_cells_refine(sdr_cells_work *w, const sdr_context *context,
                          sdr_error *error) {
    SDR_TRY(make(&w->fine, w, error));
    w->has_sums = w->want_w1; /* parts always have them */
    SDR_TRY(count(w->fine.x, w, &w->x, context, error));
    SDR_TRY(count(w->fine.y, w, &w->y, context, error));
    visit_cells(w, raise_border);
    visit_cells(w, choose_parts);
    SDR_TRY(keep(&w->x, w, context, error));
    return keep(&w->y, w, context, error);
}

void sdr_cells_walk_parts(sdr_cells_walk *k, const sdr_cells_work *w, int id,
                          int64_t a) {
    const sdr_cells_fine *fine = &w->fine;
    for (int64_t part = fine->rank[id], n = 1 << fine->bits; n > 0; part++, n--) {
        const sdr_cell *x = &fine->x[part], *y = &fine->y[part];
        if (x->count == 0 && y->count == 0) continue;
        int64_t after = a + sdr_cells_step(w, x->count, y->count);
        if (fine->to_walk[part >> 6] >> (part & 63) & 1)
            sdr_cells_walk_values(k, w, a, x->count, y->count);
        else
            sdr_cells_take_sums(k, w, id, x, y, a, after);
        a = after;
    }
}

void sdr_cells_fine_reset(sdr_cells_fine *fine) {
    sdr_release(fine->rank);
    sdr_release(fine->x);
    sdr_release(fine->y);
    sdr_release(fine->to_walk);
}
