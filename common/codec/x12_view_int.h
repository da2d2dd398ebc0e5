/* What the X12 views share inside: a transaction's life, its findings, and reading elements. Included by x12_*.c only.
 *
 * A view begins with a struct x12v and is told of its transactions by the functions of its struct x12v_kind. */
#ifndef PP_CODEC_X12_VIEW_INT_H
#define PP_CODEC_X12_VIEW_INT_H

#include "codec/x12_view.h"

/* The findings of one transaction. */
struct x12v_findings {
    struct pp_x12_finding list[PP_X12_VIEW_FINDINGS_MAX];
    uint32_t n;                    /* in the list */
    uint32_t errors_n, warnings_n; /* all */
    struct pp_x12_finding unread;  /* what does not fit is written here */
};
static inline void x12v_forget(struct x12v_findings *l) { l->n = l->errors_n = l->warnings_n = 0; }
/* Counts it, and keeps it while there is room. Returns where it is kept, to be completed; never NULL. */
struct pp_x12_finding *x12v_note(struct x12v_findings *l, const struct pp_x12_finding *f);
/* Notes that somebody else's check refuses the transaction whose ST is at pos. */
void x12v_note_refusal(struct x12v_findings *l, const struct pp_x12_pos *pos, uint16_t code);
static inline bool x12v_same_transaction(const struct pp_x12_pos *a, const struct pp_x12_pos *b) {
    return a->interchange == b->interchange && a->group == b->group && a->transaction == b->transaction;
}

struct x12v;
struct x12v_kind {
    const char *sets[3];    /* ST01 that are the view's */
    const char *guides[4];  /* beginnings of GS08 or ST03 that it can read */
    const char *guide_text; /* told of another one */
    bool may_be_empty;      /* a transaction without an item is none of its errors */
    void (*begin)(struct x12v *b);
    void (*segment)(struct x12v *b);
    void (*binary)(struct x12v *b, struct pp_str bytes); /* may be NULL */
    void (*end)(struct x12v *b);                         /* what is in hand is complete; findings may still be added */
    void (*give_out)(struct x12v *b);
};

struct x12v {
    const struct x12v_kind *kind;
    void *user;
    int (*on_transaction)(void *user, const struct pp_x12_view_verdict *verdict);
    struct pp_arena arena;
    const struct pp_x12_event *e; /* in hand */
    const struct pp_x12_seg *s;
    bool in_st, ours, guide_ok, stopped; /* stopped: a handler said so */
    struct pp_x12_pos st_pos;
    struct pp_x12_envelope env;
    char loop[8];
    uint32_t items_n;
    struct x12v_findings found;
};

/* on_transaction may be NULL. */
void x12v_init(struct x12v *b, const struct x12v_kind *kind, size_t arena_bytes, void *user,
               int (*on_transaction)(void *, const struct pp_x12_view_verdict *));
void x12v_free(struct x12v *b);
int x12v_event(struct x12v *b, const struct pp_x12_reader *r, const struct pp_x12_event *e);
void x12v_refuse(struct x12v *b);
/* A whole file for anything that takes events. view NULL means that there was no memory for it. 0, or -1: no memory, or
 * an event gave -1. */
int x12v_feed(const struct pp_x12_opts *opts, struct pp_str bytes,
              int (*event)(void *view, const struct pp_x12_reader *r, const struct pp_x12_event *e), void *view);
/* The same for a view. */
int x12v_bytes(struct x12v *b, const struct pp_x12_opts *opts, struct pp_str bytes);

/* A finding at the segment in hand; never NULL. */
struct pp_x12_finding *x12v_find(struct x12v *b, int snip, enum pp_x12_severity severity, enum pp_x12_view_code code,
                                 unsigned element, enum pp_x12_class value, const char *text);
void x12v_loop(struct x12v *b, const char *name);

/* Segment ids as numbers, to be compared in a switch. */
#define X12_ID2(a, b) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8)
#define X12_ID3(a, b, c) (X12_ID2(a, b) | (uint32_t)(c))
static inline uint32_t x12v_id(const struct pp_x12_seg *s) {
    const unsigned char *p = (const unsigned char *)s->id.s;
    if (s->id.n == 3) return X12_ID3(p[0], p[1], p[2]);
    return s->id.n == 2 ? X12_ID2(p[0], p[1]) : 0;
}

/* Trimmed, not copied. */
static inline struct pp_str x12v_raw(const struct x12v *b, unsigned n) { return pp_str_trim(pp_x12_el(b->s, n)); }
static inline struct pp_str x12v_raw_comp(const struct x12v *b, unsigned n, unsigned c) {
    return pp_str_trim(pp_x12_comp(b->s, n, c));
}
static inline bool x12v_is(const struct x12v *b, unsigned n, const char *text) {
    return pp_str_eqz(x12v_raw(b, n), text);
}
/* Trimmed, in the arena. */
struct pp_str x12v_keep(struct x12v *b, struct pp_str s);
static inline struct pp_str x12v_el(struct x12v *b, unsigned n) { return x12v_keep(b, x12v_raw(b, n)); }
static inline struct pp_str x12v_comp(struct x12v *b, unsigned n, unsigned c) {
    return x12v_keep(b, x12v_raw_comp(b, n, c));
}
bool x12v_in(struct pp_str s, const char *const list[], size_t n);
/* Amount or quantity; an empty one is none, one that is no number an error. */
struct pp_str x12v_dec(struct x12v *b, unsigned n);
/* Date in element n in the form of element n-1 (D8, RD8, DT, RDT); what is none is an error. */
bool x12v_dates(struct x12v *b, unsigned n, pp_date *ret_from, pp_date *ret_until);
/* A date CCYYMMDD in element n; 0 when empty, an error when it is none. */
pp_date x12v_date(struct x12v *b, unsigned n);
int64_t x12v_int(struct x12v *b, unsigned n);
/* SV101, SVC01, EB13 and the like: type:code:four modifiers. */
void x12v_procedure(struct x12v *b, unsigned n, struct pp_str *type, struct pp_str *code, struct pp_str modifiers[4],
                    uint32_t *modifiers_n);

/* NM1 and N1. */
void x12v_nm1(struct x12v *b, struct pp_x12_party *p);
void x12v_n1(struct x12v *b, struct pp_x12_party *p);
/* N3, N4, PER, PRV, DMG, INS and REF of a party. False: the segment says nothing about it. */
bool x12v_party_segment(struct x12v *b, struct pp_x12_party *p);

#endif
