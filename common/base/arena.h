/* Arena: memory of one message or one batch, released all at once.
 *
 * Allocation is a bump of a pointer; there is no single free. An arena has a
 * hard maximum. Reaching it is a limit, not a crash: the allocation returns
 * NULL and the arena remembers it (pp_arena_failed), so that a caller may check
 * once after many allocations. Returned memory is zeroed and aligned for any type.
 */
#ifndef PP_BASE_ARENA_H
#define PP_BASE_ARENA_H

#include "base/str.h"
#include <stdarg.h>

struct pp_arena_block;
struct pp_arena {
    struct pp_arena_block *head;
    size_t used, max;
    bool failed;
};

/* max_bytes: hard maximum over all blocks. Nothing is allocated yet. */
void pp_arena_init(struct pp_arena *a, size_t max_bytes);
void *pp_arena_alloc(struct pp_arena *a, size_t n);
/* Keeps one block for the next round. */
void pp_arena_reset(struct pp_arena *a);
void pp_arena_free(struct pp_arena *a);
static inline bool pp_arena_failed(const struct pp_arena *a) { return a->failed; }

/* Copies with a trailing NUL. On failure the empty string. */
struct pp_str pp_arena_str(struct pp_arena *a, struct pp_str v);
struct pp_str pp_arena_strz(struct pp_arena *a, const char *z);
struct pp_str pp_arena_printf(struct pp_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define pp_arena_new(a, type) ((type *)pp_arena_alloc((a), sizeof(type)))
#define pp_arena_array(a, type, count) ((type *)pp_arena_alloc((a), sizeof(type) * (size_t)(count)))

#endif
