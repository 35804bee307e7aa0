/* The fixed grid and its tree; see blocks.h. */
#include "metrics/common/blocks.h"

#include "metrics/common/samples.h"

#include <string.h>

enum { NODE_BYTES = 768, GROUP_LEVELS = 5 };

void sdr_tree_push(sdr_tree *tree, const void *leaf) {
    memcpy(tree->nodes + (size_t)tree->depth * tree->size, leaf, tree->size);
    tree->depth++;
    /* a bit of count that carries is a pair of nodes of one level */
    for (int64_t carry = tree->count; carry & 1; carry >>= 1) {
        tree->depth--;
        char *left = tree->nodes + (size_t)(tree->depth - 1) * tree->size;
        tree->merge(left, left, left + tree->size);
    }
    tree->count++;
}

void sdr_tree_result(sdr_tree *tree, void *out) {
    while (tree->depth > 1) {
        tree->depth--;
        char *left = tree->nodes + (size_t)(tree->depth - 1) * tree->size;
        tree->merge(left, left, left + tree->size);
    }
    memcpy(out, tree->nodes, tree->size);
}

static void run_group(void *out, const sdr_grid_pass *pass, int64_t group) {
    _Alignas(16) char nodes[(GROUP_LEVELS + 1) * NODE_BYTES], leaf[NODE_BYTES];
    sdr_tree tree = {.nodes = nodes, .size = pass->size, .merge = pass->merge};
    int hint = 0;
    int64_t start = group * SDR_GROUP_ROWS, stop = start + SDR_GROUP_ROWS;
    if (stop > pass->length) stop = pass->length;
    for (; start < stop; start += SDR_BLOCK_ROWS) {
        int64_t count = stop - start < SDR_BLOCK_ROWS ? stop - start : SDR_BLOCK_ROWS;
        pass->leaf(leaf, pass->user, start, count, &hint);
        sdr_tree_push(&tree, leaf);
    }
    sdr_tree_result(&tree, out);
}

typedef struct groups {
    const sdr_grid_pass *pass;
    char *results;
} groups;

static sdr_code run_groups(void *user, int64_t begin, int64_t end, int worker,
                           sdr_error *error) {
    (void)worker, (void)error;
    const groups *g = user;
    for (int64_t i = begin; i < end; i++)
        run_group(g->results + (size_t)i * g->pass->size, g->pass, i);
    return SDR_OK;
}

static void merge_groups(void *out, const groups *g, int64_t n_groups) {
    _Alignas(16) char nodes[SDR_TREE_NODES * NODE_BYTES];
    sdr_tree tree = {.nodes = nodes, .size = g->pass->size, .merge = g->pass->merge};
    for (int64_t i = 0; i < n_groups; i++)
        sdr_tree_push(&tree, g->results + (size_t)i * g->pass->size);
    sdr_tree_result(&tree, out);
}

sdr_code sdr_grid_run(void *out, const sdr_grid_pass *pass, const sdr_context *context,
                      sdr_error *error) {
    int64_t n_groups = sdr_group_count(pass->length);
    if (n_groups == 1) {
        run_group(out, pass, 0);
        return SDR_OK;
    }
    groups g = {.pass = pass, .results = sdr_allocate((size_t)n_groups * pass->size)};
    if (g.results == NULL)
        return sdr_error_set(error, SDR_NO_MEMORY, "no memory for %lld partial results",
                             (long long)n_groups);
    sdr_code code = sdr_parallel_for(
        context, n_groups, SDR_GROUP_ROWS * pass->row_bytes, run_groups, &g, error);
    if (code == SDR_OK) merge_groups(out, &g, n_groups);
    sdr_release(g.results);
    return code;
}

sdr_code sdr_require_numeric(const sdr_column *column, const char *call,
                             sdr_error *error) {
    if (column->kind == SDR_KIND_NULL || sdr_column_is_ordered(column)) return SDR_OK;
    char name[96];
    if (sdr_column_type_name(name, sizeof name, column, NULL) != SDR_OK) name[0] = '\0';
    return sdr_error_set(
        error, SDR_NOT_SUPPORTED,
        "%s: expected a column of numbers, booleans or times, found %s", call, name);
}
