/* Growing byte buffer with a hard maximum, given when it is made.
 * Once an append would pass the maximum (or memory ends) the buffer is marked
 * failed and stays as it was; later appends do nothing. Check once at the end.
 */
#ifndef PP_BASE_BUF_H
#define PP_BASE_BUF_H

#include "base/str.h"

struct pp_buf {
    char *p;
    size_t n, cap, max;
    bool failed;
};

void pp_buf_init(struct pp_buf *b, size_t max_bytes);
void pp_buf_free(struct pp_buf *b);
static inline void pp_buf_reset(struct pp_buf *b) {
    b->n = 0;
    b->failed = false;
}
void pp_buf_add(struct pp_buf *b, const void *p, size_t n);
void pp_buf_addz(struct pp_buf *b, const char *z);
void pp_buf_adds(struct pp_buf *b, struct pp_str s);
void pp_buf_addc(struct pp_buf *b, char c);
void pp_buf_printf(struct pp_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Big endian integers, as PostgreSQL's binary format and our packed records want them. */
void pp_buf_be16(struct pp_buf *b, uint16_t v);
void pp_buf_be32(struct pp_buf *b, uint32_t v);
void pp_buf_be64(struct pp_buf *b, uint64_t v);
/* View of the content; valid until the next change. Not NUL-terminated. */
static inline struct pp_str pp_buf_str(const struct pp_buf *b) { return (struct pp_str){b->p, (uint32_t)b->n}; }

#endif
