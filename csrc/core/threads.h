/* How many threads the machine lets this process use. */
#ifndef SDR_CORE_THREADS_H
#define SDR_CORE_THREADS_H

#include "simdrift/context.h"

/* No call uses more; it also bounds what an environment variable can ask for. */
#define SDR_MAXIMUM_THREADS 1024

/* CPUs that the cgroup quota pays for, rounded up; SDR_MAXIMUM_THREADS where there is
 * no quota. `proc_cgroup`: the file /proc/self/cgroup; `root`: where cgroups are
 * mounted (/sys/fs/cgroup). v2 and v1; the smallest quota on the way to the root. */
int sdr_threads_of_cgroup(const char *proc_cgroup, const char *root);

/* Threads that may still be started by the pids limits of this cgroup and of those
 * above it, as the limits and counts are now; SDR_UNLIMITED_THREADS without a limit. */
#define SDR_UNLIMITED_THREADS (1 << 30)
int sdr_threads_left(const char *proc_cgroup, const char *root);

/* min(CPU affinity, cgroup quota), >= 1. The quota is read once. */
int sdr_threads_of_machine(void);

#endif
