/*
 * Counting by index, a chunk of rows at a time.
 *
 *   domain <= 16     bytes, compared with each value (kernels/codes)
 *   domain <= 255    bytes, eight tables of 32-bit counters in turn
 *   else             32-bit indices, four, two or one table
 *
 * Several tables, because a run of one index would else wait for its own last store;
 * fewer where they would not fit into the cache.
 *
 * Order of first rows: at the end of a chunk the worker notes which indices it met
 * for the first time. Only the earliest chunk of an index is read again to find its
 * row, and only until all of the chunk's own are found: the first chunk for most,
 * any for the few rare ones.
 */
#include "metrics/categories/category_index.h"

#include <string.h>

#include "core/parallel.h"
#include "kernels/dispatch.h"

enum {
    BYTE_TABLES = 8,
    FOUR_TABLES_DOMAIN = 8192, /* 128 KiB: the second-level cache */
    TWO_TABLES_DOMAIN = 65536, /* 512 KiB: the second-level cache */
    CHUNK_ROWS = 1 << 18,
    CHUNK_DOMAINS = 16, /* or so many times the domain: its end reads every table */
    FEW_WANTED = 8,     /* as many compares a row cost less than looking it up */
    NEVER = INT32_MAX
};

typedef enum index_mode { FEW, BYTES, WIDE } index_mode;

typedef struct index_job {
    const sdr_index_source *source;
    index_mode mode;
    int tables;
    int64_t slots; /* of a table: WIDE has one more, for null rows */
    int64_t chunk, n_chunks;
    uint32_t *counters; /* worker after worker: tables of the chunk */
    int64_t *counts;    /* worker after worker: of each index */
    int32_t *first;     /* worker after worker: earliest chunk of each index */
} index_job;

static index_job job_of(const sdr_index_source *source) {
    index_job job = {.source = source, .mode = WIDE, .slots = source->domain + 1};
    bool every_byte =
        source->domain == SDR_INDEX_BYTES + 1 && !source->view->null_count;
    if (source->domain <= SDR_INDEX_BYTES || every_byte) {
        job.mode = source->domain <= SDR_CODES_FEW ? FEW : BYTES;
        job.slots = SDR_INDEX_BYTES + 1;
        job.tables = job.mode == FEW ? 0 : BYTE_TABLES;
    } else {
        job.tables = source->domain <= FOUR_TABLES_DOMAIN  ? 4
                     : source->domain <= TWO_TABLES_DOMAIN ? 2
                                                           : 1;
    }
    job.chunk = CHUNK_ROWS;
    while (job.chunk < CHUNK_DOMAINS * source->domain)
        job.chunk *= 2;
    job.n_chunks = (source->view->length + job.chunk - 1) / job.chunk;
    return job;
}

/* --- a block ---------------------------------------------------------------------- */

static void count_bytes(uint32_t *tables, const uint8_t *rows, int64_t n) {
    enum { SLOTS = SDR_INDEX_BYTES + 1 };
    int64_t i = 0;
    for (; i + BYTE_TABLES <= n; i += BYTE_TABLES) {
        uint64_t eight;
        memcpy(&eight, rows + i, sizeof eight);
        for (int k = 0; k < BYTE_TABLES; k++)
            tables[k * SLOTS + (eight >> 8 * k & 0xff)]++;
    }
    for (; i < n; i++)
        tables[rows[i]]++;
}

static inline void count_in_turn(uint32_t *tables, int n_tables, int64_t slots,
                                 const int32_t *rows, int64_t n) {
    int64_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (int k = 0; k < 4; k++)
            tables[k % n_tables * slots + rows[i + k]]++;
    for (; i < n; i++)
        tables[rows[i]]++;
}

static void count_wide(uint32_t *tables, const index_job *job, const int32_t *rows,
                       int64_t n) {
    if (job->tables == 4)
        count_in_turn(tables, 4, job->slots, rows, n);
    else if (job->tables == 2)
        count_in_turn(tables, 2, job->slots, rows, n);
    else
        count_in_turn(tables, 1, job->slots, rows, n);
}

static void count_block(int64_t *counts, uint32_t *tables, const index_job *job,
                        int64_t start, int64_t n) {
    const sdr_index_source *source = job->source;
    int32_t scratch[SDR_BLOCK_ROWS];
    uint8_t *bytes = (uint8_t *)scratch;
    if (job->mode == WIDE)
        count_wide(tables, job, sdr_index_load(source, start, n, scratch), n);
    else if (job->mode == BYTES)
        count_bytes(tables, sdr_index_load_bytes(source, start, n, bytes), n);
    else
        sdr_dispatch_active()->codes.few(counts,
                                         sdr_index_load_bytes(source, start, n, bytes),
                                         n, (int)source->domain);
}

/* --- a chunk -------------------------------------------------------------------- */

/* Adds the tables to the worker's counts and empties them. */
static void add_tables(int64_t *counts, uint32_t *tables, const index_job *job) {
    for (int k = 0; k < job->tables; k++) {
        uint32_t *table = tables + k * job->slots;
        for (int64_t index = 0; index < job->source->domain; index++)
            counts[index] += table[index];
        memset(table, 0, (size_t)job->slots * sizeof *table);
    }
}

/* Stretches of a worker come in order:
 * what has rows and no chunk yet has this one. */
static void note_first(int32_t *first, const int64_t *counts, int64_t domain,
                       int32_t chunk) {
    for (int64_t index = 0; index < domain; index++) {
        int32_t found = counts[index] > 0 ? chunk : NEVER;
        first[index] = first[index] < found ? first[index] : found;
    }
}

static sdr_code count_stretches(void *user, int64_t begin, int64_t end, int worker,
                                sdr_error *error) {
    (void)error;
    const index_job *job = user;
    int64_t domain = job->source->domain, length = job->source->view->length;
    int64_t *counts = job->counts + worker * domain;
    uint32_t *tables = job->counters + worker * job->tables * job->slots;
    for (int64_t chunk = begin; chunk < end; chunk++) {
        int64_t start = chunk * job->chunk, stop = start + job->chunk;
        if (stop > length) stop = length;
        for (; start < stop; start += SDR_BLOCK_ROWS) {
            int64_t n = stop - start < SDR_BLOCK_ROWS ? stop - start : SDR_BLOCK_ROWS;
            count_block(counts, tables, job, start, n);
        }
        add_tables(counts, tables, job);
        note_first(job->first + worker * domain, counts, domain, (int32_t)chunk);
    }
    return SDR_OK;
}

/* --- the order of first rows ------------------------------------------------------ */

static int64_t join_workers(sdr_index_counts *out, const index_job *job, int workers) {
    int64_t domain = job->source->domain, rows = 0;
    for (int64_t index = 0; index < domain; index++) {
        for (int w = 1; w < workers; w++) {
            job->counts[index] += job->counts[w * domain + index];
            int32_t first = job->first[w * domain + index];
            if (first < job->first[index]) job->first[index] = first;
        }
        out->counts[index] = job->counts[index];
        rows += job->counts[index];
    }
    return rows;
}

/* Where the indices of a chunk go: their places in the order come before those of
 * the next chunk, so chunks may be ordered in any order, at once. */
typedef struct order_job {
    const index_job *job;
    int64_t *order;
    const int64_t *places; /* chunk after chunk: first place; then the end */
    uint8_t
        *wanted; /* worker after worker: by index, 1 where its first row is sought */
} order_job;

/* The rows of a block that hold a wanted index first, which then is no longer: how
 * many. Eight rows that have none, as nearly all do, cost a branch together. */
static int64_t order_rows(int64_t *to, uint8_t *wanted, const int32_t *rows,
                          int64_t n) {
    enum { STEP = 8 };
    int64_t found = 0;
    for (int64_t i = 0; i < n; i += STEP) {
        int64_t stop = n - i < STEP ? n : i + STEP;
        int any = 0;
        for (int64_t row = i; row < stop; row++)
            any |= wanted[rows[row]];
        for (int64_t row = i; any && row < stop; row++) {
            if (!wanted[rows[row]]) continue;
            wanted[rows[row]] = 0;
            to[found++] = rows[row];
        }
    }
    return found;
}

static void order_chunk(const order_job *order, int32_t chunk, uint8_t *wanted) {
    const index_job *job = order->job;
    const sdr_index_source *source = job->source;
    int32_t scratch[SDR_BLOCK_ROWS];
    int64_t place = order->places[chunk], end = order->places[chunk + 1];
    for (int64_t index = 0; place < end && index < source->domain; index++)
        wanted[index] = job->first[index] == chunk;
    int64_t start = chunk * job->chunk;
    for (; place < end && start < source->view->length; start += SDR_BLOCK_ROWS) {
        int64_t n = source->view->length - start;
        if (n > SDR_BLOCK_ROWS) n = SDR_BLOCK_ROWS;
        const int32_t *rows = sdr_index_load(source, start, n, scratch);
        place += order_rows(order->order + place, wanted, rows, n);
    }
}

static sdr_code order_chunks(void *user, int64_t begin, int64_t end, int worker,
                             sdr_error *error) {
    (void)error;
    const order_job *order = user;
    uint8_t *wanted = order->wanted + worker * (order->job->source->domain + 1);
    for (int64_t chunk = begin; chunk < end; chunk++)
        order_chunk(order, (int32_t)chunk, wanted);
    return SDR_OK;
}

/* places[s]: how many indices have an earlier chunk than s. */
static void fill_places(int64_t *places, const index_job *job) {
    memset(places, 0, (size_t)(job->n_chunks + 1) * sizeof *places);
    for (int64_t index = 0; index < job->source->domain; index++)
        if (job->first[index] != NEVER) places[job->first[index] + 1]++;
    for (int64_t chunk = 0; chunk < job->n_chunks; chunk++)
        places[chunk + 1] += places[chunk];
}

static sdr_code order_by_first_row(sdr_index_counts *out, const index_job *job,
                                   int workers, size_t cost, const sdr_context *context,
                                   sdr_error *error) {
    size_t domain = (size_t)job->source->domain, slots = (domain + 1) * (size_t)workers;
    int64_t *places = sdr_allocate((size_t)(job->n_chunks + 1) * sizeof *places);
    order_job order = {job, out->order, places, sdr_allocate(slots)};
    sdr_code code = SDR_OK;
    if (places == NULL || order.wanted == NULL) {
        code = sdr_error_set(error, SDR_NO_MEMORY, "no memory to order categories");
    } else {
        fill_places(places, job);
        out->n = places[job->n_chunks];
        /* rows that change under the call may leave places without an index: then 0 */
        memset(out->order, 0, domain * sizeof *out->order);
        memset(order.wanted, 0, slots);
        code =
            sdr_parallel_for(context, job->n_chunks, cost, order_chunks, &order, error);
    }
    sdr_release(places);
    sdr_release(order.wanted);
    return code;
}

/* --- public ----------------------------------------------------------------------- */

static sdr_code allocate_counts(sdr_index_counts *out, int64_t domain,
                                sdr_error *error) {
    size_t n = (size_t)domain;
    *out = (sdr_index_counts){.counts = sdr_allocate(n * sizeof *out->counts),
                              .order = sdr_allocate(n * sizeof *out->order),
                              .codes = sdr_allocate(n * sizeof *out->codes)};
    if (out->counts != NULL && out->order != NULL && out->codes != NULL) return SDR_OK;
    sdr_index_counts_reset(out);
    return sdr_error_set(error, SDR_NO_MEMORY, "no memory to count categories");
}

static sdr_code allocate_job(index_job *job, int workers, sdr_error *error) {
    size_t domain = (size_t)(workers * job->source->domain);
    size_t counters = (size_t)(workers * job->tables * job->slots);
    job->counters = sdr_allocate(counters * sizeof *job->counters);
    job->counts = sdr_allocate(domain * sizeof *job->counts);
    job->first = sdr_allocate(domain * sizeof *job->first);
    if (job->counters == NULL || job->counts == NULL || job->first == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory to count categories");
    memset(job->counters, 0, counters * sizeof *job->counters);
    memset(job->counts, 0, domain * sizeof *job->counts);
    for (size_t i = 0; i < domain; i++)
        job->first[i] = NEVER;
    return SDR_OK;
}

static sdr_code count_and_order(sdr_index_counts *out, index_job *job,
                                const sdr_context *context, sdr_error *error) {
    size_t cost = (size_t)job->chunk * sizeof(int32_t);
    int workers = sdr_parallel_workers(context, job->n_chunks, cost);
    SDR_TRY(allocate_job(job, workers, error));
    SDR_TRY(
        sdr_parallel_for(context, job->n_chunks, cost, count_stretches, job, error));
    out->missing = job->source->view->length - join_workers(out, job, workers);
    return order_by_first_row(out, job, workers, cost, context, error);
}

sdr_code sdr_index_count(sdr_index_counts *out, const sdr_index_source *source,
                         const sdr_context *context, sdr_error *error) {
    SDR_TRY(allocate_counts(out, source->domain, error));
    index_job job = job_of(source);
    sdr_code code = count_and_order(out, &job, context, error);
    sdr_release(job.counters);
    sdr_release(job.counts);
    sdr_release(job.first);
    if (code != SDR_OK) sdr_index_counts_reset(out);
    return code;
}

void sdr_index_counts_reset(sdr_index_counts *counts) {
    sdr_release(counts->counts);
    sdr_release(counts->order);
    sdr_release(counts->codes);
    *counts = (sdr_index_counts){0};
}

void sdr_index_recode(int32_t *codes, const sdr_index_source *source,
                      const int32_t *map) {
    int32_t scratch[SDR_BLOCK_ROWS];
    int64_t length = source->view->length;
    for (int64_t start = 0; start < length; start += SDR_BLOCK_ROWS) {
        int64_t n = length - start < SDR_BLOCK_ROWS ? length - start : SDR_BLOCK_ROWS;
        const int32_t *rows = sdr_index_load(source, start, n, scratch);
        for (int64_t i = 0; i < n; i++)
            codes[start + i] = rows[i] == source->domain ? -1 : map[rows[i]];
    }
}
