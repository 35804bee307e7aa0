/*
 * Whether an OpenMP region can be entered without a risk to the process: OpenMP
 * libraries end it where they can't start a thread.
 */
#ifndef SDR_CORE_TEAM_H
#define SDR_CORE_TEAM_H

#include <stdbool.h>

typedef struct sdr_team {
    int size;
    long last; /* the last thread, as the system numbers it */
} sdr_team;

/* Whether the calling thread may enter a region of `size` threads now: its team has as
 * many already, or can get them with room to spare. */
bool sdr_team_is_safe(int size);
/* Called in the region by each of its threads. */
void sdr_team_note(sdr_team *team, int thread, int size);
/* Called behind the region, by the thread that entered it. */
void sdr_team_keep(const sdr_team *team);
/* The calling thread's team is going: the next one is started anew. */
void sdr_team_forget(void);

#endif
