/* Status, memory, threads, ISA: what every call stands on. */
#define _GNU_SOURCE
#include "support.h"

#include "core/threads.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void test_statuses_have_the_names_of_the_result_row(void **state) {
    (void)state;
    assert_string_equal(sdr_status_name(SDR_STATUS_OK), "ok");
    assert_string_equal(sdr_status_name(SDR_STATUS_ALL_NULL), "all_null");
    assert_string_equal(sdr_status_name(SDR_STATUS_TYPE_CHANGED), "type_changed");
    assert_string_equal(sdr_status_name(SDR_STATUS_ERROR), "error");
    assert_null(sdr_status_name(SDR_STATUS_COUNT));
    assert_null(sdr_status_name((sdr_status)-1));
    for (int s = 0; s < SDR_STATUS_COUNT; s++)
        assert_non_null(sdr_status_name((sdr_status)s));
}

static void test_an_error_keeps_code_and_message(void **state) {
    (void)state;
    sdr_error error;
    assert_int_equal(sdr_error_set(&error, SDR_INVALID_COLUMN, "row %d", 7),
                     SDR_INVALID_COLUMN);
    assert_int_equal(error.code, SDR_INVALID_COLUMN);
    assert_string_equal(error.message, "row 7");
    assert_int_equal(sdr_error_set(NULL, SDR_NO_MEMORY, "%s", "x"), SDR_NO_MEMORY);
}

static void test_a_long_message_is_cut_not_overrun(void **state) {
    (void)state;
    char text[2 * SDR_ERROR_MESSAGE_BYTES];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '\0';
    sdr_error error;
    sdr_error_set(&error, SDR_NO_MEMORY, "%s", text);
    assert_int_equal(strlen(error.message), SDR_ERROR_MESSAGE_BYTES - 1);
}

static void test_memory_is_aligned_to_64_bytes(void **state) {
    (void)state;
    const size_t sizes[] = {0, 1, 63, 64, 65, 4096};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        void *block = sdr_allocate(sizes[i]);
        assert_non_null(block);
        assert_int_equal((uintptr_t)block % 64, 0);
        sdr_release(block);
    }
    sdr_release(NULL);
}

static void test_an_impossible_size_gives_null(void **state) {
    (void)state;
    assert_null(sdr_allocate(SIZE_MAX));
    assert_null(sdr_allocate(SIZE_MAX - 63));
}

static void *count_and_allocate(void *user, size_t bytes) {
    (*(int *)user)++;
    return aligned_alloc(64, bytes);
}

static void uncount_and_release(void *user, void *block) {
    (*(int *)user)--;
    free(block);
}

static void test_the_hook_sees_every_block(void **state) {
    (void)state;
    int live = 0;
    const sdr_allocator hook = {count_and_allocate, uncount_and_release, &live};
    sdr_allocator_set(&hook);
    void *a = sdr_allocate(10), *b = sdr_allocate(0);
    assert_int_equal(live, 2);
    sdr_release(a);
    sdr_release(b);
    sdr_allocator_set(NULL);
    assert_int_equal(live, 0);
}

/* --- Threads ---------------------------------------------------------------------- */

static int threads_with(const char *own, const char *omp, int argument) {
    own != NULL ? setenv("SIMDRIFT_NUM_THREADS", own, 1)
                : unsetenv("SIMDRIFT_NUM_THREADS");
    omp != NULL ? setenv("OMP_NUM_THREADS", omp, 1) : unsetenv("OMP_NUM_THREADS");
    sdr_context context = {.threads = argument};
    int threads = sdr_context_threads(&context);
    unsetenv("SIMDRIFT_NUM_THREADS");
    unsetenv("OMP_NUM_THREADS");
    return threads;
}

static void test_the_argument_wins_then_our_variable_then_openmps(void **state) {
    (void)state;
    assert_int_equal(threads_with("5", "3", 7), 7);
    assert_int_equal(threads_with("5", "3", 0), 5);
    assert_int_equal(threads_with(NULL, "3", 0), 3);
    assert_int_equal(threads_with(NULL, "4,2", 0), 4);
    assert_int_equal(threads_with(NULL, NULL, 0), sdr_threads_of_machine());
}

static void test_values_that_are_no_count_are_passed_over(void **state) {
    (void)state;
    const char *const odd[] = {"", "0", "-2", "many", "3x"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        assert_int_equal(threads_with(odd[i], "6", 0), 6);
    assert_int_equal(threads_with("99999999999", NULL, 0), SDR_MAXIMUM_THREADS);
    assert_int_equal(threads_with(NULL, NULL, -3), sdr_threads_of_machine());
}

static char root[] = "/tmp/simdrift-cgroup-XXXXXX";

static int make_root(void **state) {
    (void)state;
    return mkdtemp(root) == NULL;
}

static int remove_root(void **state) {
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r '%s'", root);
    return system(command);
}

static void write_file(const char *folder, const char *name, const char *text) {
    char path[256];
    for (const char *slash = strchr(folder, '/');; slash = strchr(slash + 1, '/')) {
        int length = slash != NULL ? (int)(slash - folder) : (int)strlen(folder);
        snprintf(path, sizeof path, "%s/%.*s", root, length, folder);
        assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
        if (slash == NULL) break;
    }
    snprintf(path, sizeof path, "%s/%s/%s", root, folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int threads_of_group(const char *mount, const char *proc) {
    char proc_path[128], mount_path[128];
    write_file("proc", "cgroup", proc);
    snprintf(proc_path, sizeof proc_path, "%s/proc/cgroup", root);
    snprintf(mount_path, sizeof mount_path, "%s/%s", root, mount);
    return sdr_threads_of_cgroup(proc_path, mount_path);
}

static void test_a_cgroup_v2_quota_is_rounded_up(void **state) {
    (void)state;
    write_file("v2/job/step", "cpu.max", "250000 100000\n");
    assert_int_equal(threads_of_group("v2", "0::/job/step\n"), 3);
}

static void test_the_smallest_quota_on_the_way_up_holds(void **state) {
    (void)state;
    write_file("up/job/step", "cpu.max", "max 100000\n");
    write_file("up/job", "cpu.max", "200000 100000\n");
    assert_int_equal(threads_of_group("up", "0::/job/step\n"), 2);
    write_file("up", "cpu.max", "50000 100000\n");
    assert_int_equal(threads_of_group("up", "0::/job/step\n"), 1);
}

static void test_a_cgroup_v1_quota_is_read(void **state) {
    (void)state;
    write_file("v1/cpu,cpuacct/job", "cpu.cfs_quota_us", "400000\n");
    write_file("v1/cpu,cpuacct/job", "cpu.cfs_period_us", "100000\n");
    const char *proc = "12:cpuset:/other\n4:cpu,cpuacct:/job\n";
    assert_int_equal(threads_of_group("v1", proc), 4);
    write_file("v1/cpu,cpuacct/job", "cpu.cfs_quota_us", "-1\n");
    assert_int_equal(threads_of_group("v1", proc), SDR_MAXIMUM_THREADS);
}

static int left_of_group(const char *mount, const char *proc) {
    char proc_path[128], mount_path[128];
    write_file("proc", "cgroup", proc);
    snprintf(proc_path, sizeof proc_path, "%s/proc/cgroup", root);
    snprintf(mount_path, sizeof mount_path, "%s/%s", root, mount);
    return sdr_threads_left(proc_path, mount_path);
}

static void test_the_threads_that_a_pids_limit_leaves(void **state) {
    (void)state;
    write_file("left/job/step", "pids.max", "max\n");
    write_file("left/job/step", "pids.current", "7\n");
    assert_int_equal(left_of_group("left", "0::/job/step\n"), SDR_UNLIMITED_THREADS);
    write_file("left/job", "pids.max", "100\n");
    write_file("left/job", "pids.current", "60\n");
    assert_int_equal(left_of_group("left", "0::/job/step\n"), 40);
    write_file("left/job", "pids.current", "101\n");
    assert_int_equal(left_of_group("left", "0::/job/step\n"), 0);
    write_file("left1/pids/job", "pids.max", "32\n");
    write_file("left1/pids/job", "pids.current", "2\n");
    assert_int_equal(left_of_group("left1", "8:pids:/job\n4:cpu:/job\n"), 30);
    assert_int_equal(left_of_group("absent", "0::/\n"), SDR_UNLIMITED_THREADS);
}

static void test_no_quota_is_no_limit(void **state) {
    (void)state;
    assert_int_equal(threads_of_group("absent", "0::/\n"), SDR_MAXIMUM_THREADS);
    assert_int_equal(threads_of_group("absent", "nonsense\n::\n"), SDR_MAXIMUM_THREADS);
    assert_int_equal(sdr_threads_of_cgroup("/nonexistent", "/nonexistent"),
                     SDR_MAXIMUM_THREADS);
}

/* --- ISA -------------------------------------------------------------------------- */

static void test_an_isa_can_be_forced_where_it_is_available(void **state) {
    (void)state;
    assert_true(sdr_isa_available(SDR_ISA_SCALAR));
    sdr_isa before = sdr_isa_active();
    for (int isa = 0; isa < SDR_ISA_COUNT; isa++) {
        bool available = sdr_isa_available((sdr_isa)isa);
        sdr_code code = sdr_isa_force((sdr_isa)isa, NULL);
        assert_int_equal(code, available ? SDR_OK : SDR_INVALID_ARGUMENT);
        if (available) assert_int_equal(sdr_isa_active(), isa);
    }
    assert_int_equal(sdr_isa_force(before, NULL), SDR_OK);
}

static void test_an_isa_that_is_none_is_refused_with_a_message(void **state) {
    (void)state;
    sdr_error error;
    assert_int_equal(sdr_isa_force(SDR_ISA_COUNT, &error), SDR_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "expected an ISA of this build"));
    assert_false(sdr_isa_available((sdr_isa)-1));
    assert_null(sdr_isa_name(SDR_ISA_COUNT));
    assert_string_equal(sdr_isa_name(SDR_ISA_AVX512), "avx512");
}

/* This program run again with SIMDRIFT_ISA set prints what is active
 * and the warning. */
static void run_with_isa(const char *name, char *output, size_t size) {
    char command[512], self[256];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    assert_true(length > 0);
    self[length] = '\0';
    snprintf(command, sizeof command, "SIMDRIFT_ISA='%s' '%s' isa", name, self);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    size_t n = fread(output, 1, size - 1, pipe);
    output[n] = '\0';
    assert_int_equal(pclose(pipe), 0);
}

static void test_the_environment_chooses_the_isa(void **state) {
    (void)state;
    char output[400];
    run_with_isa("scalar", output, sizeof output);
    assert_string_equal(output, "scalar|");
    run_with_isa("sse9", output, sizeof output);
    assert_non_null(strstr(output, "SIMDRIFT_ISA: expected scalar, avx2"));
    assert_non_null(strstr(output, "found 'sse9'"));
}

static void test_version_and_build_are_told(void **state) {
    (void)state;
    const char *info = sdr_build_info(), *version = sdr_version();
    assert_true(version[0] >= '0' && version[0] <= '9');
    assert_non_null(strstr(info, version));
    assert_non_null(strstr(info, "-ffp-contract=off"));
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "isa") == 0) {
        const char *warning = sdr_isa_warning();
        printf("%s|%s", sdr_isa_name(sdr_isa_active()), warning != NULL ? warning : "");
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statuses_have_the_names_of_the_result_row),
        cmocka_unit_test(test_an_error_keeps_code_and_message),
        cmocka_unit_test(test_a_long_message_is_cut_not_overrun),
        cmocka_unit_test(test_memory_is_aligned_to_64_bytes),
        cmocka_unit_test(test_an_impossible_size_gives_null),
        cmocka_unit_test(test_the_hook_sees_every_block),
        cmocka_unit_test(test_the_argument_wins_then_our_variable_then_openmps),
        cmocka_unit_test(test_values_that_are_no_count_are_passed_over),
        cmocka_unit_test(test_a_cgroup_v2_quota_is_rounded_up),
        cmocka_unit_test(test_the_smallest_quota_on_the_way_up_holds),
        cmocka_unit_test(test_a_cgroup_v1_quota_is_read),
        cmocka_unit_test(test_the_threads_that_a_pids_limit_leaves),
        cmocka_unit_test(test_no_quota_is_no_limit),
        cmocka_unit_test(test_an_isa_can_be_forced_where_it_is_available),
        cmocka_unit_test(test_an_isa_that_is_none_is_refused_with_a_message),
        cmocka_unit_test(test_the_environment_chooses_the_isa),
        cmocka_unit_test(test_version_and_build_are_told),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
