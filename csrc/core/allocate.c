/*
 * Memory: every allocation of the library, 64-byte aligned (one cache line, one
 * AVX-512 register), through a hook that tests use to let any one of them fail.
 */
#define _DEFAULT_SOURCE
#include "simdrift/context.h"

#include <stdlib.h>

#if defined(__linux__)
#include <sys/mman.h>
#endif

enum { ALIGNMENT = 64, HUGE_PAGE = 1 << 21, HUGE_FROM = 4 * HUGE_PAGE };

static sdr_allocator hook;

void sdr_allocator_set(const sdr_allocator *allocator) {
    hook = allocator != NULL ? *allocator : (sdr_allocator){0};
}

/* aligned_alloc wants a multiple of the alignment; not 0. */
static size_t rounded(size_t bytes, size_t alignment) {
    size_t blocks = bytes / alignment + (bytes % alignment > 0);
    return (blocks > 0 ? blocks : 1) * alignment;
}

/* Large blocks ask for huge pages: the first touch of a page costs as much as sorting
 * the keys in it, and there are 512 times fewer. */
static void *allocate_large(size_t bytes) {
    bytes = rounded(bytes, HUGE_PAGE);
    void *block = aligned_alloc(HUGE_PAGE, bytes);
#if defined(__linux__)
    if (block != NULL) (void)madvise(block, bytes, MADV_HUGEPAGE);
#endif
    return block;
}

void *sdr_allocate(size_t bytes) {
    if (bytes > SIZE_MAX - HUGE_PAGE) return NULL;
    if (hook.allocate != NULL)
        return hook.allocate(hook.user, rounded(bytes, ALIGNMENT));
    if (bytes >= HUGE_FROM) return allocate_large(bytes);
    return aligned_alloc(ALIGNMENT, rounded(bytes, ALIGNMENT));
}

void sdr_release(void *block) {
    if (block == NULL) return;
    if (hook.release != NULL)
        hook.release(hook.user, block);
    else
        free(block);
}
