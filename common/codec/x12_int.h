/* Inside of the X12 reader; included by x12*.c only. */
#ifndef PP_CODEC_X12_INT_H
#define PP_CODEC_X12_INT_H

#include "codec/x12.h"

/* A segment id as pp_x12_seg.key has it. */
#define X12_KEY(a, b, c)                                                                                               \
    ((uint32_t)(unsigned char)(a) | (uint32_t)(unsigned char)(b) << 8 | (uint32_t)(unsigned char)(c) << 16)
#define ISA_BYTES 105        /* without the terminator */
#define CONTROL_NUMBERS 8192 /* ST02 of one group that are checked for doubles; power of two */

enum state {
    SEEK,       /* between interchanges */
    HEADER,     /* inside an ISA */
    HEADER_END, /* its terminator is a character of several bytes */
    SEGMENT,
    BINARY_HEAD, /* BIN or BDS up to its data */
    BINARY,
    BINARY_END, /* the terminator must follow */
    SKIP,       /* up to the next terminator */
};

struct pp_x12_reader {
    struct pp_x12_opts opts;
    enum state state;
    struct pp_x12_delims d;
    struct pp_x12_envelope env;
    struct pp_buf carry; /* a segment that began in an earlier chunk */
    bool carry_used;     /* carry was given out with the last event */
    struct pp_x12_seg seg;
    struct pp_x12_pos pos;
    uint64_t offset;     /* of the next byte to be taken */
    uint64_t seg_offset; /* where the segment in hand began */
    /* the header in hand */
    char isa[ISA_BYTES + 1];
    uint32_t isa_n, isa_seps;
    bool isa_free, isa_wrapped, isa_blank, lost; /* lost: looking for an ISA after something unreadable */
    char before;                                 /* byte before the one in hand, while lost */
    uint8_t found;                               /* bytes of "ISA" that have matched */
    /* binary */
    uint64_t binary_left, binary_n;
    uint32_t head_seps;
    /* levels */
    bool in_isa, in_gs, in_st, has_ta1;
    bool told_breaks, told_indent;
    uint32_t groups, transactions;
    uint32_t st_hashes_n;
    uint64_t *st_hashes; /* open addressing; 0 = free */
    bool closing;        /* forget the closed level at the next call */
    enum pp_x12_role closed;
    struct pp_x12_finding findings[PP_X12_EVENT_FINDINGS_MAX];
    uint32_t findings_n;
    bool finished;
};

/* A finding at the segment in hand. Returns it for more detail; never NULL (a full list gives the last place). */
struct pp_x12_finding *x12_find(struct pp_x12_reader *r, enum pp_x12_severity severity, enum pp_x12_code code,
                                const char *segment, unsigned element, const char *text);
/* A plain body segment at p, inside of a transaction: its event, and how many bytes it took. 0: it is not plain, and
 * nothing has been done. */
size_t x12_quick_segment(struct pp_x12_reader *r, const char *p, size_t n, struct pp_x12_event *ret);
/* Forgets the numbers of the level that the last segment closed. */
void x12_forget(struct pp_x12_reader *r);
/* The segment in r->seg: its role, its envelope checks, and the event. */
void x12_envelope_segment(struct pp_x12_reader *r, struct pp_x12_event *ret);
/* Something ended without its trailers: SE, GE, IEA as far as they are open. ret tells of a lost transaction. */
void x12_close_levels(struct pp_x12_reader *r, int down_to, struct pp_x12_event *ret);

#endif
