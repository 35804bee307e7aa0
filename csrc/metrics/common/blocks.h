/*
 * The fixed grid of a column: blocks of SDR_BLOCK_ROWS rows, merged pairwise in order.
 *
 * Blocks 2i and 2i + 1 are merged, then those results pairwise, and so on, as if the
 * number of blocks were a power of two with nothing in the missing ones. A tree takes
 * its leaves from left to right and keeps one node for each bit of their count. Groups
 * of SDR_GROUP_BLOCKS blocks (a power of two, so a group is a subtree) are the items of
 * a parallel loop: the tree, and so every bit, is the same for any number of threads.
 */
#ifndef SDR_METRICS_BLOCKS_H
#define SDR_METRICS_BLOCKS_H

#include "core/parallel.h"
#include "simdrift/view.h"

enum {
    SDR_GROUP_BLOCKS = 16,
    SDR_GROUP_ROWS = SDR_GROUP_BLOCKS * SDR_BLOCK_ROWS,
    SDR_TREE_NODES = 48 /* levels: more than 2^47 leaves don't fit into memory */
};

/* A node is `size` bytes; out may be left or right. */
typedef void (*sdr_tree_merge)(void *out, const void *left, const void *right);

typedef struct sdr_tree {
    char *nodes; /* room for the levels that `count` can reach */
    size_t size;
    int64_t count; /* leaves taken */
    int depth;     /* nodes in use */
    sdr_tree_merge merge;
} sdr_tree;

void sdr_tree_push(sdr_tree *tree, const void *leaf);
/* All leaves taken, merged; at least one must have been. */
void sdr_tree_result(sdr_tree *tree, void *out);

/* One pass over the grid: `leaf` computes a block (rows [start, start + count)), the
 * blocks are merged into out. column->length > 0. */
typedef struct sdr_grid_pass {
    int64_t length;
    size_t row_bytes; /* about what a row reads, for the choice of threads */
    size_t size;      /* of a node */
    sdr_tree_merge merge;
    /* `hint`: worker-local memory of `leaf`'s own, 0 at the start of a group. */
    void (*leaf)(void *out, const void *user, int64_t start, int64_t count, int *hint);
    const void *user;
} sdr_grid_pass;

sdr_code sdr_grid_run(void *out, const sdr_grid_pass *pass, const sdr_context *context,
                      sdr_error *error);

static inline int64_t sdr_group_count(int64_t rows) {
    return (rows + SDR_GROUP_ROWS - 1) / SDR_GROUP_ROWS;
}

/* SDR_OK for numbers, booleans, times, categories of those, and null columns. */
sdr_code sdr_require_numeric(const sdr_column *column, const char *call,
                             sdr_error *error);

#endif
