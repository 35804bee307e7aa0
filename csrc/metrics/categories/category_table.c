/*
 * Labels by code, codes by label: open addressing, at most half full, label bytes in an
 * arena of chunks that never move. Time O(size of the label) a look-up.
 */
#include "metrics/categories/category_table.h"

enum { FIRST_SLOTS = 64, ARENA_BYTES = 1 << 16 };

typedef struct arena_chunk {
    struct arena_chunk *next;
    size_t used, capacity;
    uint8_t bytes[];
} arena_chunk;

struct sdr_categories {
    int64_t size, maximum, capacity,
        n_slots;        /* n_slots: a power of two, 2 * capacity */
    sdr_string *labels; /* by code */
    uint64_t *hashes;   /* by code */
    int32_t *slots;     /* code + 1; 0: free */
    arena_chunk *arena;
};

static sdr_code no_memory(sdr_error *error) {
    return sdr_error_set(error, SDR_NO_MEMORY, "no memory for a table of categories");
}

/* New arrays of twice the room; the old ones stay where that fails. */
static sdr_code grow(sdr_categories *c, int64_t capacity, sdr_error *error) {
    size_t n = (size_t)capacity;
    sdr_string *labels = sdr_allocate(n * sizeof *labels);
    uint64_t *hashes = sdr_allocate(n * sizeof *hashes);
    int32_t *slots = sdr_allocate(2 * n * sizeof *slots);
    if (labels == NULL || hashes == NULL || slots == NULL) {
        sdr_release(labels);
        sdr_release(hashes);
        sdr_release(slots);
        return no_memory(error);
    }
    memset(slots, 0, 2 * n * sizeof *slots);
    for (int64_t code = 0; code < c->size; code++) {
        labels[code] = c->labels[code];
        hashes[code] = c->hashes[code];
        uint64_t slot = hashes[code] & (2 * n - 1);
        while (slots[slot] != 0)
            slot = (slot + 1) & (2 * n - 1);
        slots[slot] = (int32_t)code + 1;
    }
    sdr_release(c->labels);
    sdr_release(c->hashes);
    sdr_release(c->slots);
    c->labels = labels;
    c->hashes = hashes;
    c->slots = slots;
    c->capacity = capacity;
    c->n_slots = 2 * capacity;
    return SDR_OK;
}

sdr_code sdr_categories_new(sdr_categories **out, int64_t maximum, sdr_error *error) {
    *out = NULL;
    if (maximum < 0 || maximum > SDR_CATEGORIES_LIMIT)
        return sdr_error_set(error, SDR_INVALID_ARGUMENT,
                             "maximum: expected 0 to %d, found %lld",
                             SDR_CATEGORIES_LIMIT, (long long)maximum);
    sdr_categories *c = sdr_allocate(sizeof *c);
    if (c == NULL) return no_memory(error);
    *c = (sdr_categories){.maximum = maximum};
    sdr_code code = grow(c, FIRST_SLOTS / 2, error);
    if (code != SDR_OK) {
        sdr_release(c);
        return code;
    }
    *out = c;
    return SDR_OK;
}

void sdr_categories_free(sdr_categories *categories) {
    if (categories == NULL) return;
    for (arena_chunk *chunk = categories->arena, *next; chunk != NULL; chunk = next) {
        next = chunk->next;
        sdr_release(chunk);
    }
    sdr_release(categories->labels);
    sdr_release(categories->hashes);
    sdr_release(categories->slots);
    sdr_release(categories);
}

int64_t sdr_categories_size(const sdr_categories *categories) {
    return categories->size;
}

int64_t sdr_categories_maximum(const sdr_categories *categories) {
    return categories->maximum;
}

sdr_string sdr_categories_label(const sdr_categories *categories, int64_t code) {
    if (code < 0 || code >= categories->size) return (sdr_string){NULL, 0};
    return categories->labels[code];
}

/* A copy of the bytes that lives as long as the table; never NULL but for no memory. */
static const uint8_t *keep(sdr_categories *c, sdr_string label) {
    size_t size = (size_t)label.size;
    if (c->arena == NULL || c->arena->capacity - c->arena->used < size) {
        size_t capacity = size > ARENA_BYTES ? size : ARENA_BYTES;
        arena_chunk *chunk = sdr_allocate(sizeof *chunk + capacity);
        if (chunk == NULL) return NULL;
        *chunk = (arena_chunk){.next = c->arena, .capacity = capacity};
        c->arena = chunk;
    }
    uint8_t *bytes = c->arena->bytes + c->arena->used;
    if (size > 0) memcpy(bytes, label.data, size);
    c->arena->used += size;
    return bytes;
}

static bool same(sdr_string a, sdr_string b) {
    return a.size == b.size && (a.size == 0 || !memcmp(a.data, b.data, (size_t)a.size));
}

/* The slot of a label: taken by it, or free. */
static uint64_t find(const sdr_categories *c, sdr_string label, uint64_t hash) {
    uint64_t mask = (uint64_t)c->n_slots - 1, slot = hash & mask;
    for (; c->slots[slot] != 0; slot = (slot + 1) & mask) {
        int32_t code = c->slots[slot] - 1;
        if (c->hashes[code] == hash && same(c->labels[code], label)) break;
    }
    return slot;
}

sdr_code sdr_categories_add(sdr_categories *categories, sdr_string label, int64_t *code,
                            sdr_error *error) {
    sdr_categories *c = categories;
    uint64_t hash = sdr_hash_bytes(label.data, label.size), slot = find(c, label, hash);
    *code = c->slots[slot] - 1;
    if (*code >= 0 || c->size == c->maximum) return SDR_OK;
    if (c->size == c->capacity) {
        SDR_TRY(grow(c, 2 * c->capacity, error));
        slot = find(c, label, hash);
    }
    const uint8_t *bytes = keep(c, label);
    if (bytes == NULL) return no_memory(error);
    *code = c->size++;
    c->labels[*code] = (sdr_string){bytes, label.size};
    c->hashes[*code] = hash;
    c->slots[slot] = (int32_t)*code + 1;
    return SDR_OK;
}
