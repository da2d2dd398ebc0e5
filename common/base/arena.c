#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA_FIRST_BLOCK ((size_t)8 * 1024)
#define ARENA_BLOCK_MAX ((size_t)1024 * 1024) /* growth stops doubling here */

struct pp_arena_block {
    struct pp_arena_block *next;
    size_t used, cap;
    max_align_t data[];
};

void pp_arena_init(struct pp_arena *a, size_t max_bytes) { *a = (struct pp_arena){.max = max_bytes}; }

static struct pp_arena_block *add_block(struct pp_arena *a, size_t need) {
    size_t cap = a->head ? a->head->cap * 2 : ARENA_FIRST_BLOCK;
    if (cap > ARENA_BLOCK_MAX) cap = ARENA_BLOCK_MAX;
    if (cap < need) cap = need;
    struct pp_arena_block *b = malloc(sizeof *b + cap);
    if (!b) return NULL;
    *b = (struct pp_arena_block){.next = a->head, .cap = cap};
    a->head = b;
    return b;
}

void *pp_arena_alloc(struct pp_arena *a, size_t n) {
    const size_t align = _Alignof(max_align_t);
    size_t need = (n + align - 1) / align * align;
    if (need < n || need > a->max - a->used) {
        a->failed = true;
        return NULL;
    }
    struct pp_arena_block *b = a->head;
    if ((!b || b->cap - b->used < need) && !(b = add_block(a, need))) {
        a->failed = true;
        return NULL;
    }
    void *p = (char *)b->data + b->used;
    b->used += need;
    a->used += need;
    return memset(p, 0, need);
}

/* The newest block of ordinary size stays, and with it what the last use needed: the next one asks for no memory. */
void pp_arena_reset(struct pp_arena *a) {
    struct pp_arena_block *kept = NULL;
    while (a->head) {
        struct pp_arena_block *b = a->head;
        a->head = b->next;
        if (!kept && b->cap <= ARENA_BLOCK_MAX)
            kept = b;
        else
            free(b);
    }
    if (kept) {
        kept->next = NULL;
        kept->used = 0;
    }
    a->head = kept;
    a->used = 0;
    a->failed = false;
}

void pp_arena_free(struct pp_arena *a) {
    pp_arena_reset(a);
    free(a->head);
    a->head = NULL;
}

struct pp_str pp_arena_str(struct pp_arena *a, struct pp_str v) {
    if (v.n == 0) return (struct pp_str){"", 0};
    char *p = pp_arena_alloc(a, (size_t)v.n + 1);
    if (!p) return (struct pp_str){"", 0};
    memcpy(p, v.s, v.n);
    return (struct pp_str){p, v.n};
}

struct pp_str pp_arena_strz(struct pp_arena *a, const char *z) {
    return pp_arena_str(a, pp_str_z(z));
}

struct pp_str pp_arena_printf(struct pp_arena *a, const char *fmt, ...) {
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    char *p = n > 0 ? pp_arena_alloc(a, (size_t)n + 1) : NULL;
    if (p) vsnprintf(p, (size_t)n + 1, fmt, again);
    va_end(again);
    return p ? (struct pp_str){p, (uint32_t)n} : (struct pp_str){"", 0};
}
