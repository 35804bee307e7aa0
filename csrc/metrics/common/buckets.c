/*
 * Passes over a column by bucket. See buckets.h.
 *
 * Each pass maps sub-blocks that stay in L1 and scatters from there; every worker has a
 * table of its own, added up at the end. Time O(rows); memory half a MiB a worker.
 */
#include "metrics/common/buckets.h"

#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "core/parallel.h"
#include "kernels/buckets/value.h"
#include "kernels/dispatch.h"
#include "metrics/common/samples.h"
#include "metrics/common/sort.h"

/* Order-preserving keys of -infinity and infinity. */
#define FIRST_KEY UINT64_C(0x000fffffffffffff)
#define LAST_KEY UINT64_C(0xfff0000000000000)

enum {
    PART_ROWS = 1024,   /* mapped at a time: ids and fixed point take 10 KiB */
    SAMPLE_ROWS = 2048, /* of each column */
    COST_BYTES = SDR_BLOCK_ROWS * sizeof(double),
    /* Shares of the sample's order that give the scale, and the quartile range of a
     * normal sample with that scale: quartiles, unless ties make them equal. */
    SPREADS = 4
};

/* Inside one quartile range from the center lie eight of the map's 256 units of t. */
static const double UNITS_PER_RANGE = 8.0;

typedef struct pass pass;
typedef void (*part_body)(const pass *p, int worker, const uint16_t *ids,
                          const uint64_t *fixed, const double *values, int64_t n);

struct pass {
    const sdr_bucket_source *source;
    const sdr_bucket_map *map;
    const uint8_t *wanted;                /* by bucket: 1 where it is to be collected */
    sdr_bucket_run runs[SDR_BUCKET_RUNS]; /* of wanted; n_runs 0: it has too many */
    int n_runs;
    sdr_value_run run; /* the same by value, where it is a single one */
    part_body body;
    bool with_sums, few;
    void *tables; /* one a worker */
    double *out;
    int64_t room;        /* of out */
    atomic_llong *taken; /* of it; more where rows have changed */
};

/* --- values of a source --- */

static double finite_or_nan(double value) {
    return isfinite(value) ? value : NAN;
}

const double *sdr_bucket_source_load(const sdr_bucket_source *source, int64_t start,
                                     int64_t n, double *scratch) {
    int64_t nulls;
    const double *values =
        sdr_column_load_f64(source->column, start, n, source->base, scratch, &nulls);
    if (source->rows == SDR_BUCKET_ROWS_ALL) return values;
    bool deviates = source->rows == SDR_BUCKET_ROWS_DEVIATION;
    for (int64_t i = 0; i < n; i++)
        scratch[i] =
            finite_or_nan(deviates ? fabs(values[i] - source->center) : values[i]);
    return scratch;
}

static sdr_code run_blocks(void *user, int64_t begin, int64_t end, int worker,
                           sdr_error *error) {
    (void)error;
    const pass *p = user;
    const sdr_buckets_kernels *kernels = &sdr_dispatch_active()->buckets;
    double scratch[SDR_BLOCK_ROWS];
    uint16_t ids[PART_ROWS];
    uint64_t fixed[PART_ROWS];
    for (int64_t block = begin; block < end; block++) {
        int64_t start = block * SDR_BLOCK_ROWS;
        int64_t rows = p->source->column->length - start;
        if (rows > SDR_BLOCK_ROWS) rows = SDR_BLOCK_ROWS;
        const double *values = sdr_bucket_source_load(p->source, start, rows, scratch);
        for (int64_t i = 0; i < rows; i += PART_ROWS) {
            int64_t n = rows - i < PART_ROWS ? rows - i : PART_ROWS;
            if (p->with_sums)
                kernels->map_fixed(ids, fixed, values + i, n, p->map);
            else if (p->n_runs != 1)
                kernels->map(ids, values + i, n, p->map);
            p->body(p, worker, ids, fixed, values + i, n);
        }
    }
    return SDR_OK;
}

static int64_t blocks_of(const sdr_bucket_source *source) {
    return (source->column->length + SDR_BLOCK_ROWS - 1) / SDR_BLOCK_ROWS;
}

static sdr_code run_pass(pass *p, const sdr_context *context, sdr_error *error) {
    return sdr_parallel_for(context, blocks_of(p->source), COST_BYTES, run_blocks, p,
                            error);
}

static sdr_code no_memory(sdr_error *error) {
    return sdr_error_set(error, SDR_NO_MEMORY, "no memory for tables of buckets");
}

/* --- counting --- */

static void count_part(const pass *p, int worker, const uint16_t *ids,
                       const uint64_t *fixed, const double *values, int64_t n) {
    (void)fixed, (void)values;
    uint32_t *counts = (uint32_t *)p->tables + (int64_t)worker * SDR_BUCKETS;
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) { /* four ids a load */
        uint64_t four;
        memcpy(&four, ids + i, sizeof four);
        counts[four & 0xffff]++;
        counts[four >> 16 & 0xffff]++;
        counts[four >> 32 & 0xffff]++;
        counts[four >> 48]++;
    }
    for (; i < n; i++)
        counts[ids[i]]++;
}

/* A bucket as one vector, so that its two words take one load and one store. */
typedef uint64_t bucket_vector __attribute__((vector_size(16), may_alias));
_Static_assert(sizeof(sdr_bucket) == sizeof(bucket_vector), "sum, then count");

static void sum_part(const pass *p, int worker, const uint16_t *ids,
                     const uint64_t *fixed, const double *values, int64_t n) {
    (void)values;
    bucket_vector *table = (bucket_vector *)p->tables + (int64_t)worker * SDR_BUCKETS;
    int64_t i = 0;
    for (; i + 4 <= n; i += 4) { /* four ids a load */
        uint64_t four;
        memcpy(&four, ids + i, sizeof four);
        table[four & 0xffff] += (bucket_vector){fixed[i], 1};
        table[four >> 16 & 0xffff] += (bucket_vector){fixed[i + 1], 1};
        table[four >> 32 & 0xffff] += (bucket_vector){fixed[i + 2], 1};
        table[four >> 48] += (bucket_vector){fixed[i + 3], 1};
    }
    for (; i < n; i++)
        table[ids[i]] += (bucket_vector){fixed[i], 1};
}

static void add_tables(sdr_bucket *table, const pass *p, int workers) {
    memset(table, 0, SDR_BUCKETS * sizeof *table);
    for (int worker = 0; worker < workers; worker++)
        for (int id = 0; id < SDR_BUCKETS; id++) {
            int64_t at = (int64_t)worker * SDR_BUCKETS + id;
            if (p->with_sums) {
                table[id].sum += ((const sdr_bucket *)p->tables)[at].sum;
                table[id].count += ((const sdr_bucket *)p->tables)[at].count;
            } else {
                table[id].count += ((const uint32_t *)p->tables)[at];
            }
        }
}

sdr_code sdr_buckets_count(sdr_bucket *table, bool with_sums,
                           const sdr_bucket_source *source, const sdr_bucket_map *map,
                           const sdr_context *context, sdr_error *error) {
    int workers = sdr_parallel_workers(context, blocks_of(source), COST_BYTES);
    if (source->column->length > UINT32_MAX) with_sums = true; /* has wider counts */
    size_t bucket_bytes = with_sums ? sizeof(sdr_bucket) : sizeof(uint32_t);
    pass p = {.source = source,
              .map = map,
              .body = with_sums ? sum_part : count_part,
              .with_sums = with_sums};
    if (workers == 1 && with_sums) { /* as they are wanted */
        memset(table, 0, SDR_BUCKETS * bucket_bytes);
        p.tables = table;
        return run_pass(&p, context, error);
    }
    p.tables = sdr_allocate((size_t)workers * SDR_BUCKETS * bucket_bytes);
    if (p.tables == NULL) return no_memory(error);
    memset(p.tables, 0, (size_t)workers * SDR_BUCKETS * bucket_bytes);
    sdr_code code = run_pass(&p, context, error);
    if (code == SDR_OK) add_tables(table, &p, workers);
    sdr_release(p.tables);
    return code;
}

/* --- counting where buckets hold single values --- */

/* Bits of NaN that no arithmetic makes: no value yet, several values. */
#define NO_VALUE UINT64_C(0x7ff4000000000001)
#define SEVERAL UINT64_C(0x7ff4000000000002)

typedef struct tied_bucket {
    uint64_t value, count;
} tied_bucket;

static void differ(tied_bucket *bucket, uint64_t value) {
    bucket->value = bucket->value == NO_VALUE ? value : SEVERAL;
}

static void tie_part(const pass *p, int worker, const uint16_t *ids,
                     const uint64_t *fixed, const double *values, int64_t n) {
    (void)fixed;
    tied_bucket *table = (tied_bucket *)p->tables + (int64_t)worker * SDR_BUCKETS;
    for (int64_t i = 0; i < n; i++) {
        double value = values[i] + 0.0; /* -0.0 is 0.0 */
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        tied_bucket *bucket = &table[ids[i]];
        if (__builtin_expect(bucket->value != bits, 0)) differ(bucket, bits);
        bucket->count++;
    }
}

static void add_tied(sdr_bucket *table, sdr_bucket_bits *bits,
                     const tied_bucket *tied) {
    for (int id = 0; id < SDR_BUCKETS; id++) {
        table[id].count += (int64_t)tied[id].count;
        if (tied[id].value == NO_VALUE) continue;
        bits[id].all &= tied[id].value == SEVERAL ? 0 : tied[id].value;
        bits[id].any |= tied[id].value == SEVERAL ? UINT64_MAX : tied[id].value;
    }
}

sdr_code sdr_buckets_count_ties(sdr_bucket *table, sdr_bucket_bits *bits,
                                const sdr_bucket_source *source,
                                const sdr_bucket_map *map, const sdr_context *context,
                                sdr_error *error) {
    int workers = sdr_parallel_workers(context, blocks_of(source), COST_BYTES);
    pass p = {.source = source, .map = map, .body = tie_part};
    tied_bucket *tables = sdr_allocate((size_t)workers * SDR_BUCKETS * sizeof *tables);
    if (tables == NULL) return no_memory(error);
    p.tables = tables;
    for (int64_t i = 0; i < (int64_t)workers * SDR_BUCKETS; i++)
        tables[i] = (tied_bucket){NO_VALUE, 0};
    sdr_code code = run_pass(&p, context, error);
    memset(table, 0, SDR_BUCKETS * sizeof *table);
    for (int worker = 0; worker < workers; worker++)
        add_tied(table, bits, tables + (int64_t)worker * SDR_BUCKETS);
    sdr_release(tables);
    return code;
}

/* --- bits that are shared --- */

sdr_code sdr_bucket_bits_new(sdr_bucket_bits **out, sdr_error *error) {
    *out = sdr_allocate(SDR_BUCKETS * sizeof **out);
    if (*out == NULL) return no_memory(error);
    for (int id = 0; id < SDR_BUCKETS; id++)
        (*out)[id] = (sdr_bucket_bits){UINT64_MAX, 0};
    return SDR_OK;
}

static void share_part(const pass *p, int worker, const uint16_t *ids,
                       const uint64_t *fixed, const double *values, int64_t n) {
    (void)fixed;
    sdr_bucket_bits *table =
        (sdr_bucket_bits *)p->tables + (int64_t)worker * SDR_BUCKETS;
    for (int64_t i = 0; i < n; i++) {
        double value = values[i] + 0.0; /* -0.0 is 0.0 */
        uint64_t bits;
        memcpy(&bits, &value, sizeof bits);
        table[ids[i]].all &= bits;
        table[ids[i]].any |= bits;
    }
}

sdr_code sdr_buckets_share(sdr_bucket_bits *bits, const sdr_bucket_set *wanted,
                           const sdr_bucket_source *source, const sdr_bucket_map *map,
                           const sdr_context *context, sdr_error *error) {
    int workers = sdr_parallel_workers(context, blocks_of(source), COST_BYTES);
    pass p = {.source = source, .map = map, .body = share_part};
    sdr_bucket_bits *tables =
        sdr_allocate((size_t)workers * SDR_BUCKETS * sizeof *tables);
    if (tables == NULL) return no_memory(error);
    p.tables = tables;
    for (int64_t i = 0; i < (int64_t)workers * SDR_BUCKETS; i++)
        tables[i] = (sdr_bucket_bits){UINT64_MAX, 0};
    sdr_code code = run_pass(&p, context, error);
    for (int64_t i = 0; i < (int64_t)workers * SDR_BUCKETS; i++) {
        int id = (int)(i % SDR_BUCKETS);
        if (!sdr_bucket_set_has(wanted, id)) continue;
        bits[id].all &= tables[i].all;
        bits[id].any |= tables[i].any;
    }
    sdr_release(tables);
    return code;
}

/* --- collecting --- */

/* Each row is moved, and counted as often as it is wanted: no branch. */
static inline int64_t move_wanted(double *out, const uint8_t *wanted,
                                  const uint16_t *ids, const double *values,
                                  int64_t n) {
    int64_t k = 0, i = 0;
    for (; i + 4 <= n; i += 4) { /* four ids a load */
        uint64_t four;
        memcpy(&four, ids + i, sizeof four);
        int64_t first = wanted[four & 0xffff];
        int64_t second = first + wanted[four >> 16 & 0xffff];
        int64_t third = second + wanted[four >> 32 & 0xffff];
        out[k] = values[i];
        out[k + first] = values[i + 1];
        out[k + second] = values[i + 2];
        out[k + third] = values[i + 3];
        k += third + wanted[four >> 48];
    }
    for (; i < n; i++) {
        out[k] = values[i];
        k += wanted[ids[i]];
    }
    return k;
}

/* Where few are wanted, eight rows that are not cost a branch, and their values are not
 * read. */
static int64_t move_few(double *out, const uint8_t *wanted, const uint16_t *ids,
                        const double *values, int64_t n) {
    enum { STEP = 8 };
    int64_t k = 0, i = 0;
    for (; i + STEP <= n; i += STEP) {
        int any = 0;
        for (int j = 0; j < STEP; j++)
            any |= wanted[ids[i + j]];
        if (any) k += move_wanted(out + k, wanted, ids + i, values + i, STEP);
    }
    return k + move_wanted(out + k, wanted, ids + i, values + i, n - i);
}

static void collect_part(const pass *p, int worker, const uint16_t *ids,
                         const uint64_t *fixed, const double *values, int64_t n) {
    (void)worker, (void)fixed;
    double found[PART_ROWS + SDR_SELECT_SLACK];
    int64_t k = 0;
    if (p->n_runs == 1)
        k = sdr_dispatch_active()->buckets.between(found, values, n, p->run);
    else if (p->n_runs > 0)
        k = sdr_dispatch_active()->buckets.select(found, ids, values, n, p->runs,
                                                  p->n_runs);
    else
        k = (p->few ? move_few : move_wanted)(found, p->wanted, ids, values, n);
    if (k == 0) return;
    long long at = atomic_fetch_add(p->taken, k);
    if (at + k > p->room) return;
    memcpy(p->out + at, found, (size_t)k * sizeof *found);
}

bool sdr_bucket_set_runs(sdr_bucket_run *runs, int *n_runs, const sdr_bucket_set *set) {
    *n_runs = 0;
    for (int id = SDR_BUCKET_FIRST; id <= SDR_BUCKET_LAST; id++) {
        if (!sdr_bucket_set_has(set, id)) continue;
        if (*n_runs == SDR_BUCKET_RUNS) return false;
        int low = id;
        while (id < SDR_BUCKET_LAST && sdr_bucket_set_has(set, id + 1))
            id++;
        runs[(*n_runs)++] = (sdr_bucket_run){(uint16_t)low, (uint16_t)(id - low)};
    }
    return true;
}

static double value_of_key(uint64_t key) {
    uint64_t bits = sdr_key_to_bits(key);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* The smallest value whose bucket is `id` or above; past them all, NaN's key. The map
 * is monotone, so that halving the keys of all values finds it. */
static uint64_t first_key(int id, const sdr_bucket_map *map) {
    uint64_t low = FIRST_KEY, high = LAST_KEY + 1;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (bucket_of(value_of_key(middle), map) >= id)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

sdr_value_run sdr_bucket_run_values(sdr_bucket_run run, const sdr_bucket_map *map) {
    uint64_t first = first_key(run.low, map);
    uint64_t stop = first_key(run.low + run.width + 1, map);
    if (first >= stop) return (sdr_value_run){INFINITY, -INFINITY};
    return (sdr_value_run){value_of_key(first), value_of_key(stop - 1)};
}

static void fill_bytes(uint8_t *table, const sdr_bucket_set *set) {
    memset(table, 0, SDR_BUCKETS);
    for (int word = 0; word < SDR_BUCKETS / 64; word++)
        for (uint64_t buckets = set->words[word]; buckets != 0; buckets &= buckets - 1)
            table[word * 64 + __builtin_ctzll(buckets)] = 1;
}

static sdr_code rows_changed(sdr_error *error) {
    return sdr_error_set(error, SDR_INVALID_COLUMN,
                         "expected rows that stay as they are until they are compared, "
                         "found others when they were read again: does another thread "
                         "write to them?");
}

sdr_code sdr_buckets_collect(double *out, int64_t room, const sdr_bucket_set *wanted,
                             bool few, const sdr_bucket_source *source,
                             const sdr_bucket_map *map, const sdr_context *context,
                             sdr_error *error) {
    atomic_llong taken;
    atomic_init(&taken, 0);
    uint8_t table[SDR_BUCKETS];
    pass p = {.source = source,
              .map = map,
              .wanted = table,
              .body = collect_part,
              .few = few,
              .out = out,
              .room = room,
              .taken = &taken};
    if (!sdr_bucket_set_runs(p.runs, &p.n_runs, wanted)) p.n_runs = 0;
    if (p.n_runs == 0) fill_bytes(table, wanted);
    if (p.n_runs == 1) p.run = sdr_bucket_run_values(p.runs[0], map);
    SDR_TRY(run_pass(&p, context, error));
    return atomic_load(&taken) == room ? SDR_OK : rows_changed(error);
}

/* --- the map --- */

/* Finite rows at equal distances; returns how many. */
static int64_t sample(double *out, const sdr_bucket_source *source) {
    int64_t rows = source->column->length, found = 0;
    int64_t wanted = rows < SAMPLE_ROWS ? rows : SAMPLE_ROWS;
    for (int64_t i = 0; i < wanted; i++) {
        double scratch,
            value = *sdr_bucket_source_load(source, rows / wanted * i, 1, &scratch);
        if (isfinite(value)) out[found++] = value;
    }
    return found;
}

/* The quartile range, or what it would be of a normal sample with this wider scale. */
static double range_of(const double *sorted, int64_t n) {
    static const struct {
        double tail, quartile_ranges;
    } spreads[SPREADS] = {{0.25, 1.0}, {0.1, 1.9}, {0.01, 3.45}, {0.0, 5.0}};
    for (int i = 0; i < SPREADS; i++) {
        int64_t low = (int64_t)(spreads[i].tail * (double)(n - 1));
        double range = sorted[n - 1 - low] - sorted[low];
        if (range > 0.0) return range / spreads[i].quartile_ranges;
    }
    return 1.0;
}

/* 2^quantum quanta a unit: as fine as leaves the wrapping sums of typical buckets,
 * 2^-30 of range * rows, a factor of 16 below 2^62. */
static int quantum_of(double range, int64_t rows) {
    enum { FINEST = 1000, SUM_BITS = 62, BUCKET_BITS = 28, SPARE_BITS = 4 };
    int quantum = SUM_BITS + BUCKET_BITS - SPARE_BITS - ilogb(range) - 1;
    for (; rows > 1; rows /= 2)
        quantum--;
    if (quantum > FINEST) return FINEST;
    return quantum < -FINEST ? -FINEST : quantum;
}

static sdr_bucket_ties ties_of(const double *sorted, int64_t n) {
    const double some = 1.0 / 32.0, most = 3.0 / 4.0; /* of the rows repeat another */
    int64_t repeated = 0;
    for (int64_t i = 1; i < n; i++)
        repeated += sorted[i] == sorted[i - 1];
    if ((double)repeated >= most * (double)n) return SDR_BUCKET_TIES_MOST;
    if ((double)repeated >= some * (double)n) return SDR_BUCKET_TIES_SOME;
    return SDR_BUCKET_TIES_FEW;
}

sdr_code sdr_buckets_choose(sdr_bucket_map *map, sdr_bucket_ties *ties,
                            const sdr_bucket_source *sources, int n, sdr_error *error) {
    double *values = sdr_allocate((size_t)n * SAMPLE_ROWS * 2 * sizeof *values);
    if (values == NULL) return no_memory(error);
    int64_t found = 0, rows = 0;
    for (int i = 0; i < n; i++) {
        found += sample(values + found, &sources[i]);
        rows += sources[i].column->length;
    }
    *map = (sdr_bucket_map){.center = 0.0, .inverse = 1.0};
    double range = 1.0;
    if (found > 0) {
        sdr_sort_doubles(values, (sdr_key *)(values + (int64_t)n * SAMPLE_ROWS), found,
                         NULL, NULL);
        map->center = values[found / 2];
        range = range_of(values, found);
        double inverse = UNITS_PER_RANGE / range;
        if (isnormal(inverse)) map->inverse = inverse;
    }
    if (!isfinite(range)) range = 1.0;
    *ties = ties_of(values, found);
    map->quantum = quantum_of(range, rows);
    sdr_release(values);
    return SDR_OK;
}

/* --- sorted rows --- */

sdr_code sdr_buckets_sorted_init(sdr_buckets_sorted *out, const double *values,
                                 int64_t n, const sdr_context *context,
                                 sdr_error *error) {
    *out = (sdr_buckets_sorted){.values = values, .n = n};
    sdr_column column;
    SDR_TRY(sdr_column_over(&column, values, n, error));
    const sdr_bucket_source source = {.column = &column};
    sdr_code code = sdr_buckets_choose(&out->map, &out->ties, &source, 1, error);
    out->table = code == SDR_OK ? sdr_allocate(SDR_BUCKETS * sizeof *out->table) : NULL;
    if (code == SDR_OK && out->table == NULL) code = no_memory(error);
    if (code == SDR_OK)
        code = sdr_buckets_count(out->table, true, &source, &out->map, context, error);
    sdr_column_reset(&column);
    if (code != SDR_OK) sdr_buckets_sorted_reset(out);
    return code;
}

void sdr_buckets_sorted_reset(sdr_buckets_sorted *sorted) {
    sdr_release(sorted->table);
    memset(sorted, 0, sizeof *sorted);
}

static uint64_t bits_of(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

void sdr_buckets_share_sorted(sdr_bucket_bits *bits, const sdr_buckets_sorted *sorted) {
    int64_t start = 0;
    for (int id = SDR_BUCKET_FIRST; id <= SDR_BUCKET_LAST; id++) {
        int64_t count = sorted->table[id].count;
        if (count == 0) continue;
        uint64_t first = bits_of(sorted->values[start]);
        uint64_t last = bits_of(sorted->values[start + count - 1]);
        bits[id].all &= first & last;
        bits[id].any |= first | last;
        start += count;
    }
}
