/* Null laws of many tables, side by side. */
#include <math.h>

#include "core/parallel.h"
#include "metrics/counts/blocks.h"

typedef struct laws_job {
    sdr_count_law *out;
    const sdr_count_tables *tables;
    const sdr_context *context; /* of a single table, which polls itself */
} laws_job;

/* Sums over the tables of two cells with these margins. */
typedef struct two_cells {
    const count_table *table;
    double bound; /* of values that reach the observed one */
    double mean;
    double all, kept, squares, cubes;
} two_cells;

static void add_two_cells(two_cells *sums, int64_t x, double weight) {
    const count_table *table = sums->table;
    double value = sdr_count_term(table, table->blocks[0].rows, x) +
                   sdr_count_term(table, sums->table->blocks[table->n_blocks - 1].rows,
                                  table->drawn - x);
    double off = value - sums->mean;
    sums->all += weight;
    sums->squares += weight * off * off;
    sums->cubes += weight * off * off * off;
    if (!(value < sums->bound)) sums->kept += weight;
}

/* Every table with the margins: no approximation. */
static void count_two_cells(sdr_count_law *out, const count_table *table,
                            double observed) {
    const count_block *last = &table->blocks[table->n_blocks - 1];
    int64_t a = table->blocks[0].rows, b = last->rows, m = table->drawn;
    int64_t low = m > b ? m - b : 0, high = a < m ? a : m;
    int64_t mode = (int64_t)((double)(a + 1) * ((double)(m + 1) / (double)(a + b + 2)));
    mode = mode < low ? low : mode > high ? high : mode;
    two_cells sums = {.table = table,
                      .bound = observed - SDR_COUNT_SAME * fabs(observed),
                      .mean = out->mean};
    double weight = 1.0;
    for (int64_t x = mode; x <= high && weight > 0.0; x++) {
        add_two_cells(&sums, x, weight);
        weight *= (double)(a - x) / (double)(x + 1) *
                  ((double)(m - x) / (double)(b - m + x + 1));
    }
    weight = 1.0;
    for (int64_t x = mode; x > low && weight > 0.0; x--) {
        weight *= (double)x / (double)(a - x + 1) *
                  ((double)(b - m + x) / (double)(m - x + 1));
        add_two_cells(&sums, x - 1, weight);
    }
    out->variance = sums.squares / sums.all;
    out->third = sums.cubes / sums.all;
    if (table->shape->most > 0 && !isnan(observed)) out->p_value = sums.kept / sums.all;
}

static sdr_code law_of(const laws_job *job, int64_t i, sdr_error *error) {
    const sdr_count_tables *tables = job->tables;
    sdr_count_law *out = &job->out[i];
    double observed = tables->observed[i];
    count_table table;
    SDR_TRY(sdr_count_table_open(&table, tables, i, error));
    sdr_code code = SDR_OK;
    double *scratch = sdr_allocate((size_t)table.n_values * 2 * sizeof *scratch);
    if (scratch == NULL) {
        code = sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld values",
                             (long long)table.n_values);
    } else {
        *out = (sdr_count_law){.p_value = NAN};
        sdr_count_moments(out, &table, scratch);
        if (table.n_cells == 2)
            count_two_cells(out, &table, observed);
        else if (tables->most > 0 && !isnan(observed))
            code = sdr_count_exchanges(out, &table, observed, scratch, job->context,
                                       error);
    }
    sdr_release(scratch);
    sdr_count_table_close(&table);
    return code;
}

static sdr_code run_tables(void *user, int64_t begin, int64_t end, int worker,
                           sdr_error *error) {
    (void)worker;
    for (int64_t i = begin; i < end; i++)
        SDR_TRY(law_of(user, i, error));
    return SDR_OK;
}

/* --- arguments -------------------------------------------------------------------- */

static const int64_t MOST_ROWS = (int64_t)1 << 53;

static sdr_code check_table(const sdr_count_tables *tables, int64_t i,
                            sdr_error *error) {
    int64_t total = 0;
    for (int64_t cell = 0; cell < tables->n_cells; cell++) {
        int64_t rows = tables->rows[i * tables->n_cells + cell];
        if (rows < 0 || rows > MOST_ROWS - total)
            return sdr_error_set(
                error, SDR_INVALID_ARGUMENT,
                "rows: expected counts >= 0, at most 2^53 together, found %lld",
                (long long)rows);
        total += rows;
    }
    if (tables->current[i] < 1 || tables->current[i] >= total)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "current: expected 1 to %lld rows, found %lld",
                             (long long)(total - 1), (long long)tables->current[i]);
    return SDR_OK;
}

static sdr_code check_tables(const sdr_count_tables *tables, sdr_error *error) {
    if (tables->n_tables < 0 || tables->n_cells < 0)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "tables: expected sizes >= 0, found %lld x %lld",
                             (long long)tables->n_tables, (long long)tables->n_cells);
    if ((int)tables->statistic < 0 || tables->statistic >= SDR_COUNT_STATISTICS)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "statistic: expected 0 to %d, found %d",
                             SDR_COUNT_STATISTICS - 1, (int)tables->statistic);
    if (!(tables->smoothing >= 0.0 && isfinite(tables->smoothing)))
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "smoothing: expected a number >= 0, found %g",
                             tables->smoothing);
    if (tables->most < 0 || tables->enough < 1)
        return sdr_error_set(
            error, SDR_INVALID_ARGUMENT,
            "exchanges: expected 0 or more, enough from 1 on, found %lld, %lld",
            (long long)tables->most, (long long)tables->enough);
    for (int64_t i = 0; i < tables->n_tables; i++)
        SDR_TRY(check_table(tables, i, error));
    return SDR_OK;
}

sdr_code sdr_count_laws(sdr_count_law *out, const sdr_count_tables *tables,
                        const sdr_context *context, sdr_error *error) {
    SDR_TRY(check_tables(tables, error));
    laws_job job = {out, tables, NULL};
    if (tables->n_tables == 1) {
        job.context = context;
        return law_of(&job, 0, error);
    }
    size_t cost = (size_t)(64 * tables->n_cells) + (size_t)tables->most * 1024;
    return sdr_parallel_groups(context, tables->n_tables, cost, run_tables, &job,
                               error);
}
