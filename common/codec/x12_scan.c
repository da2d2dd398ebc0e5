#include "codec/x12_int.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The hot path of the reader: one plain body segment that lies in the chunk in hand. What is not plain (the envelope,
 * binary data, line breaks inside, a segment cut by the chunk) is left to the careful way in x12.c, which comes to the
 * same events. */

struct scan {
    struct pp_x12_seg *s;
    const char *p, *from; /* start of the elements; of the element in hand */
    uint32_t n, specials; /* elements that have ended */
    unsigned char element, terminator, component, repetition;
};

/* The separators of one block, as bits from its start. False: more elements than there is room for. */
static inline bool take_separators(struct scan *c, const char *block, unsigned bits) {
    if (c->n + 16 > PP_X12_ELEMENTS_MAX) return false; /* rare: the careful way counts */
    while (bits) {
        const char *at = block + __builtin_ctz(bits);
        c->s->el[c->n++] = (struct pp_str){c->from, (uint32_t)(at - c->from)};
        c->from = at + 1;
        bits &= bits - 1;
    }
    return true;
}

/* From i on, byte by byte. The place of the terminator, or 0: there is none, or it is not plain. */
static size_t scan_bytes(struct scan *c, size_t i, size_t n) {
    for (; i < n; i++) {
        unsigned char b = (unsigned char)c->p[i];
        if (b == c->element) {
            if (!take_separators(c, c->p + i, 1)) return 0;
        } else if (b == c->terminator) {
            return i;
        } else if (b == c->component || (b == c->repetition && b)) {
            c->specials++;
        } else if (b < 0x20 || b >= 0x7f) {
            return 0;
        }
    }
    return 0;
}

#ifdef __SSE2__
static size_t scan_blocks(struct scan *c, size_t n) {
    const __m128i element = _mm_set1_epi8((char)c->element), terminator = _mm_set1_epi8((char)c->terminator),
                  component = _mm_set1_epi8((char)c->component), repetition = _mm_set1_epi8((char)c->repetition),
                  one = _mm_set1_epi8(1), above = _mm_set1_epi8(0x21);
    size_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(c->p + i));
        unsigned ends = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, terminator));
        unsigned seps = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(v, element));
        __m128i special = _mm_or_si128(_mm_cmpeq_epi8(v, component), _mm_cmpeq_epi8(v, repetition));
        /* one more, as signed numbers: controls and the bytes from 0x7f on are below '!' */
        unsigned others =
            (unsigned)_mm_movemask_epi8(_mm_or_si128(special, _mm_cmplt_epi8(_mm_add_epi8(v, one), above)));
        if (ends) {
            unsigned before = (ends & -ends) - 1;
            seps &= before;
            others &= before;
        }
        others &= ~seps;
        if (others) {
            unsigned bits = others & (unsigned)_mm_movemask_epi8(special);
            if (bits != others) return 0;
            for (; bits; bits &= bits - 1) c->specials++;
        }
        if (!take_separators(c, c->p + i, seps)) return 0;
        if (ends) return i + (unsigned)__builtin_ctz(ends);
    }
    return scan_bytes(c, i, n);
}
#endif

static bool is_upper(unsigned char c) { return c >= 'A' && c <= 'Z'; }
static bool is_digit(unsigned char c) { return c >= '0' && c <= '9'; }

/* Ids that mean more than a body segment. */
static bool is_special(uint32_t key) {
    switch (key) {
    case X12_KEY('I', 'S', 'A'):
    case X12_KEY('I', 'E', 'A'):
    case X12_KEY('G', 'S', 0):
    case X12_KEY('G', 'E', 0):
    case X12_KEY('S', 'T', 0):
    case X12_KEY('S', 'E', 0):
    case X12_KEY('B', 'I', 'N'):
    case X12_KEY('B', 'D', 'S'): return true;
    default: return false;
    }
}

size_t x12_quick_segment(struct pp_x12_reader *r, const char *p, size_t n, struct pp_x12_event *ret) {
    const unsigned char element = r->d.element, terminator = r->d.segment[0];
    size_t lead = 0;
    while (lead < n && (p[lead] == '\n' || p[lead] == '\r') && (unsigned char)p[lead] != terminator) lead++;
    if (n - lead < 5) return 0;
    const char *q = p + lead;
    uint32_t id_n = (unsigned char)q[2] == element ? 2 : 3;
    unsigned char third = id_n == 3 ? (unsigned char)q[2] : 0;
    if ((unsigned char)q[id_n] != element) return 0;
    if (!is_upper((unsigned char)q[0]) || !(is_upper((unsigned char)q[1]) || is_digit((unsigned char)q[1]))) return 0;
    if (id_n == 3 && !is_upper(third) && !is_digit(third)) return 0;
    uint32_t key = X12_KEY(q[0], q[1], third);
    if (is_special(key)) return 0;

    struct pp_x12_seg *s = &r->seg;
    struct scan c = {.s = s,
                     .p = q + id_n + 1,
                     .from = q + id_n + 1,
                     .element = element,
                     .terminator = terminator,
                     .component = r->d.component,
                     .repetition = r->d.repetition ? r->d.repetition : r->d.component};
    size_t room = n - lead - id_n - 1;
    if (room > r->opts.segment_max) room = r->opts.segment_max;
#ifdef __SSE2__
    size_t at = r->opts.portable ? scan_bytes(&c, 0, room) : scan_blocks(&c, room);
#else
    size_t at = scan_bytes(&c, 0, room);
#endif
    uint32_t len = (uint32_t)at + id_n + 1;
    if (at == 0 && (room == 0 || (unsigned char)*c.p != terminator)) return 0;
    if (c.n == PP_X12_ELEMENTS_MAX || len > r->opts.segment_max) return 0;
    s->el[c.n++] = (struct pp_str){c.from, (uint32_t)(c.p + at - c.from)};
    s->raw = (struct pp_str){q, len};
    s->id = (struct pp_str){q, id_n};
    s->key = key;
    s->n = c.n;
    s->specials = c.specials > UINT16_MAX ? UINT16_MAX : (uint16_t)c.specials;
    s->controls = false;
    s->binary_n = 0;
    s->d = &r->d;
    r->seg_offset = r->offset + lead;
    r->offset += lead + len + 1;
    /* Member by member: copying the whole right after parts of it were written makes the processor wait. */
    uint32_t segment = r->pos.segment + 1;
    uint64_t ordinal = r->pos.ordinal + 1;
    r->pos.segment = segment;
    r->pos.ordinal = ordinal;
    ret->what = PP_X12_SEGMENT;
    ret->role = PP_X12_BODY;
    ret->seg = s;
    ret->pos.interchange = r->pos.interchange;
    ret->pos.group = r->pos.group;
    ret->pos.transaction = r->pos.transaction;
    ret->pos.segment = segment;
    ret->pos.ordinal = ordinal;
    ret->pos.offset = r->seg_offset;
    return lead + len + 1;
}
