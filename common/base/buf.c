#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUF_FIRST ((size_t)256)

void pp_buf_init(struct pp_buf *b, size_t max_bytes) { *b = (struct pp_buf){.max = max_bytes}; }

void pp_buf_free(struct pp_buf *b) {
    free(b->p);
    *b = (struct pp_buf){.max = b->max};
}

/* Makes room for n more bytes. */
static bool reserve(struct pp_buf *b, size_t n) {
    if (b->failed) return false;
    if (n > b->max - b->n) {
        b->failed = true;
        return false;
    }
    if (b->cap - b->n >= n) return true;
    size_t cap = b->cap ? b->cap : BUF_FIRST;
    while (cap - b->n < n) cap = cap > b->max / 2 ? b->max : cap * 2;
    char *p = realloc(b->p, cap);
    if (!p) {
        b->failed = true;
        return false;
    }
    b->p = p;
    b->cap = cap;
    return true;
}

void pp_buf_add(struct pp_buf *b, const void *p, size_t n) {
    if (n == 0 || !reserve(b, n)) return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
}

void pp_buf_addz(struct pp_buf *b, const char *z) { pp_buf_add(b, z, strlen(z)); }
void pp_buf_adds(struct pp_buf *b, struct pp_str s) { pp_buf_add(b, s.s, s.n); }
void pp_buf_addc(struct pp_buf *b, char c) { pp_buf_add(b, &c, 1); }

void pp_buf_printf(struct pp_buf *b, const char *fmt, ...) {
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    /* vsnprintf writes a NUL behind the text: room for it too, but it does not count */
    if (n > 0 && reserve(b, (size_t)n + 1)) {
        vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

static void add_be(struct pp_buf *b, uint64_t v, int bytes) {
    uint8_t raw[8];
    for (int i = 0; i < bytes; i++) raw[i] = (uint8_t)(v >> (8 * (bytes - 1 - i)));
    pp_buf_add(b, raw, (size_t)bytes);
}

void pp_buf_be16(struct pp_buf *b, uint16_t v) { add_be(b, v, 2); }
void pp_buf_be32(struct pp_buf *b, uint32_t v) { add_be(b, v, 4); }
void pp_buf_be64(struct pp_buf *b, uint64_t v) { add_be(b, v, 8); }
