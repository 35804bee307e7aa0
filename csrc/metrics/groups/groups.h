/*
 * The one way to run over groups: each group as a column of its own that shares the
 * memory of the whole one, without an allocation a group.
 */
#ifndef SDR_METRICS_GROUPS_H
#define SDR_METRICS_GROUPS_H

#include "core/parallel.h"
#include "simdrift/groups.h"

/* A group's rows: columns cut to them, alike. */
typedef struct sdr_group {
    int64_t index;
    const sdr_column *rows, *other; /* other: of the pass' second column, or NULL */
    int worker;                     /* below sdr_groups_workers */
} sdr_group;

/* Computes a group. `context` allows one thread, and polls nobody, where other workers
 * compute other groups meanwhile. */
typedef sdr_code (*sdr_group_body)(void *user, const sdr_group *group,
                                   const sdr_context *context, sdr_error *error);

typedef struct sdr_group_pass {
    const sdr_column *column, *other; /* other: NULL, or as long as `column` */
    const sdr_groups *groups;
    size_t row_bytes; /* about what a row costs, as bytes read */
    sdr_group_body body;
    void *user;
} sdr_group_pass;

sdr_code sdr_groups_check(const sdr_groups *groups, const sdr_column *column,
                          sdr_error *error);
/* How many workers sdr_groups_run will use at most. */
int sdr_groups_workers(const sdr_group_pass *pass, const sdr_context *context);
/* Checks the groups, then computes each of them once, in any order. */
sdr_code sdr_groups_run(const sdr_group_pass *pass, const sdr_context *context,
                        sdr_error *error);

/* 2 * SDR_EXTREMES finite values of a column of numbers: extremes.c. */
void sdr_extremes(double *out, const sdr_column *rows);

#endif
