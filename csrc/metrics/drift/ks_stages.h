/* The exact law of D by the places that decide: ks_stages.c. */
#ifndef SDR_METRICS_KS_STAGES_H
#define SDR_METRICS_KS_STAGES_H

#include "metrics/drift/ks_paths.h"

/* Whether it costs less than walking all places of the band. */
bool sdr_ks_stages_serve(const sdr_ks_paths *paths);

/* p of paths that are not trivial (sdr_ks_paths_init). */
sdr_code sdr_ks_stages_p(double *p, const sdr_ks_paths *paths,
                         const sdr_context *context, sdr_error *error);

#endif
