/*
 * Memory: every allocation of the library, 64-byte aligned (one cache line, one
 * AVX-512 register), through a hook that tests use to let any one of them fail.
 */
#include "simdrift/context.h"

#include <stdlib.h>

enum { ALIGNMENT = 64 };

static sdr_allocator hook;

void sdr_allocator_set(const sdr_allocator *allocator) {
    hook = allocator != NULL ? *allocator : (sdr_allocator){0};
}

void *sdr_allocate(size_t bytes) {
    if (bytes > SIZE_MAX - ALIGNMENT) return NULL;
    /* aligned_alloc wants a multiple of the alignment */
    size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (rounded == 0) rounded = ALIGNMENT;
    if (hook.allocate != NULL) return hook.allocate(hook.user, rounded);
    return aligned_alloc(ALIGNMENT, rounded);
}

void sdr_release(void *block) {
    if (block == NULL) return;
    if (hook.release != NULL)
        hook.release(hook.user, block);
    else
        free(block);
}
