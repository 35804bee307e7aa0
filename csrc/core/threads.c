/*
 * The thread count rule: argument, SIMDRIFT_NUM_THREADS, OMP_NUM_THREADS, machine.
 *
 * The machine's count is min(affinity, cgroup quota): a container with a quota of two
 * CPUs on a host of 64 gets two threads, not 64 that are throttled.
 */
#define _GNU_SOURCE
#include "core/threads.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)
#include <sched.h>
#endif

enum { PATH_BYTES = 1024 };

/* quota / period rounded up; no limit where the quota is not positive. */
static int cpus_of(long long quota, long long period) {
    if (quota <= 0 || period <= 0) return SDR_MAXIMUM_THREADS;
    long long cpus = quota / period + (quota % period != 0);
    return cpus < SDR_MAXIMUM_THREADS ? (int)cpus : SDR_MAXIMUM_THREADS;
}

/* Reads up to two numbers of a file; 'max' is no number. How many were read. */
static int read_numbers(const char *folder, const char *name, long long *a,
                        long long *b) {
    char path[PATH_BYTES + 64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "re");
    if (file == NULL) return 0;
    int n = fscanf(file, "%lld %lld", a, b);
    fclose(file);
    return n > 0 ? n : 0;
}

static int quota_of_folder(const char *folder) {
    long long quota = 0, period = 0;
    if (read_numbers(folder, "cpu.max", &quota, &period) == 2) /* v2: 'max' is none */
        return cpus_of(quota, period);
    if (read_numbers(folder, "cpu.cfs_quota_us", &quota, &period) >= 1 && /* v1 */
        read_numbers(folder, "cpu.cfs_period_us", &period, &(long long){0}) >= 1)
        return cpus_of(quota, period);
    return SDR_MAXIMUM_THREADS;
}

/* Threads that the pids controller leaves. */
static int left_of_folder(const char *folder) {
    long long most = 0, now = 0;
    if (read_numbers(folder, "pids.max", &most, &(long long){0}) < 1 ||
        read_numbers(folder, "pids.current", &now, &(long long){0}) < 1)
        return SDR_UNLIMITED_THREADS;
    long long left = most > now ? most - now : 0;
    return left < SDR_UNLIMITED_THREADS ? (int)left : SDR_UNLIMITED_THREADS;
}

/* What a controller says of one folder, and its name in v1. */
typedef struct controller {
    const char *name;
    int (*of_folder)(const char *folder);
    int unlimited;
} controller;

static const controller cpu = {"cpu", quota_of_folder, SDR_MAXIMUM_THREADS};
static const controller pids = {"pids", left_of_folder, SDR_UNLIMITED_THREADS};

/* The least of root/path and of the folders above it, root included. */
static int least_upwards(const controller *c, const char *root, const char *path) {
    char folder[PATH_BYTES];
    int length = snprintf(folder, sizeof folder, "%s%s", root, path);
    if (length < 0 || length >= (int)sizeof folder) return c->of_folder(root);
    size_t root_length = strlen(root);
    int least = c->unlimited;
    for (;;) {
        int threads = c->of_folder(folder);
        if (threads < least) least = threads;
        char *slash = strrchr(folder, '/');
        if (slash == NULL || (size_t)(slash - folder) < root_length) return least;
        *slash = '\0';
    }
}

/* Whether the v1 controller list (cpu,cpuacct) holds a name. */
static bool has_controller(const char *controllers, const char *name) {
    for (const char *c = controllers; c != NULL; c = strchr(c, ',')) {
        if (*c == ',') c++;
        size_t length = strcspn(c, ",");
        if (length == strlen(name) && strncmp(c, name, length) == 0) return true;
    }
    return false;
}

/* A line is 'id:controllers:path'; v2's list is empty,
 * v1's names the mounted folder. */
static int least_of_line(const controller *c, char *line, const char *root) {
    char *controllers = strchr(line, ':');
    char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    if (path == NULL) return c->unlimited;
    *path++ = '\0';
    controllers++;
    path[strcspn(path, "\n")] = '\0';
    if (strcmp(path, "/") == 0) *path = '\0';
    if (*controllers == '\0') return least_upwards(c, root, path);
    if (!has_controller(controllers, c->name)) return c->unlimited;
    char mount[PATH_BYTES];
    int length = snprintf(mount, sizeof mount, "%s/%s", root, controllers);
    if (length < 0 || length >= (int)sizeof mount) return c->unlimited;
    return least_upwards(c, mount, path);
}

static int least_of_cgroup(const controller *c, const char *proc_cgroup,
                           const char *root) {
    FILE *file = fopen(proc_cgroup, "re");
    if (file == NULL) return c->unlimited;
    char line[PATH_BYTES];
    int least = c->unlimited;
    while (fgets(line, sizeof line, file) != NULL) {
        int threads = least_of_line(c, line, root);
        if (threads < least) least = threads;
    }
    fclose(file);
    return least;
}

int sdr_threads_of_cgroup(const char *proc_cgroup, const char *root) {
    return least_of_cgroup(&cpu, proc_cgroup, root);
}

int sdr_threads_left(const char *proc_cgroup, const char *root) {
    return least_of_cgroup(&pids, proc_cgroup, root);
}

static int affinity(void) {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

static pthread_once_t quota_once = PTHREAD_ONCE_INIT;
static int quota;

static void read_quota(void) {
    quota = sdr_threads_of_cgroup("/proc/self/cgroup", "/sys/fs/cgroup");
}

int sdr_threads_of_machine(void) {
    pthread_once(&quota_once, read_quota);
    int cpus = affinity();
    if (cpus > quota) cpus = quota;
    return cpus > 0 ? cpus : 1;
}

/* The variable's leading positive number ('4', '4,2'), 0 where it has none. */
static int threads_of_variable(const char *name) {
    const char *text = getenv(name);
    if (text == NULL) return 0;
    char *end;
    long n = strtol(text, &end, 10);
    if (end == text || n <= 0 || (*end != '\0' && *end != ',' && *end != ' ')) return 0;
    return n < SDR_MAXIMUM_THREADS ? (int)n : SDR_MAXIMUM_THREADS;
}

int sdr_context_threads(const sdr_context *context) {
    int n = context != NULL ? context->threads : 0;
    if (n <= 0) n = threads_of_variable("SIMDRIFT_NUM_THREADS");
    if (n <= 0) n = threads_of_variable("OMP_NUM_THREADS");
    if (n <= 0) n = sdr_threads_of_machine();
    return n < SDR_MAXIMUM_THREADS ? n : SDR_MAXIMUM_THREADS;
}
