/* Inside of the view of claims; included by x12_837*.c only. */
#ifndef PP_CODEC_X12_837_INT_H
#define PP_CODEC_X12_837_INT_H

#include "codec/x12_837.h"
#include "codec/x12_view_int.h"

enum loop {
    L_HEAD,
    L_SUBMITTER,
    L_RECEIVER,
    L_BILLING,
    L_BILLING_NAME,
    L_PAY_TO,
    L_PAY_TO_PLAN,
    L_SUBSCRIBER,
    L_SUBSCRIBER_NAME,
    L_PAYER,
    L_PATIENT,
    L_PATIENT_NAME,
    L_CLAIM,
    L_CLAIM_PARTY,
    L_OTHER,
    L_OTHER_PARTY,
    L_LINE,
    L_DRUG,
    L_LINE_PARTY,
    L_ADJUDICATION,
    L_FORM,
};

struct claim_item {
    struct pp_claim837 claim;
    struct claim_item *next;
};

#define HL_MAX 1000000 /* HL of one transaction; they are only counted */

struct pp_x12_837 {
    struct pp_837_handlers h;
    struct pp_arena arena;
    const struct pp_x12_event *e; /* in hand */
    const struct pp_x12_seg *s;
    /* the transaction */
    bool in_st, ours, guide_ok;
    struct pp_x12_pos st_pos;
    struct pp_x12_envelope env;
    enum loop loop;
    char loop_name[8];
    struct pp_837_party *party; /* that N3, N4, PRV and REF speak of; NULL = none */
    struct pp_837_person *person;
    int64_t hl_billing, hl_subscriber, hl_patient, hl_last;
    uint32_t hl_n;
    struct pp_claim837 now; /* context that claims inherit; claim members are reset at each CLM */
    bool claim_open, subscriber_is_patient;
    struct pp_837_line lines[PP_837I_LINES_MAX];
    struct pp_837_diagnosis diagnoses[PP_837I_DIAGNOSES_MAX];
    struct pp_837_line *line; /* open line, NULL = none */
    struct claim_item *first, **last;
    uint32_t claims_n;
    struct x12v_findings found;
};

struct pp_x12_finding *x837_find(struct pp_x12_837 *v, int snip, enum pp_x12_severity severity, enum pp_837_code code,
                                 const char *segment, unsigned element, const char *text);
/* Begins a transaction: everything but handlers and arena is new. */
void x837_begin(struct pp_x12_837 *v);
/* The claim in hand, if any, is complete: checks it and puts it on the list. */
void x837_end_claim(struct pp_x12_837 *v);

/* ---- reading elements: trimmed, in the arena ---- */

static inline struct pp_str el(struct pp_x12_837 *v, unsigned n) {
    struct pp_str s = pp_str_trim(pp_x12_el(v->s, n));
    return s.n ? pp_arena_str(&v->arena, s) : PP_STR_NONE;
}
static inline struct pp_str comp(struct pp_x12_837 *v, unsigned n, unsigned c) {
    struct pp_str s = pp_str_trim(pp_x12_comp(v->s, n, c));
    return s.n ? pp_arena_str(&v->arena, s) : PP_STR_NONE;
}
static inline bool is(const struct pp_x12_837 *v, unsigned n, const char *text) {
    return pp_str_eqz(pp_str_trim(pp_x12_el(v->s, n)), text);
}
static inline void enter(struct pp_x12_837 *v, enum loop loop, const char *name) {
    v->loop = loop;
    memcpy(v->loop_name, name, strlen(name) + 1); /* a literal of at most six characters */
}
static inline void no_party(struct pp_x12_837 *v) {
    v->party = NULL;
    v->person = NULL;
}
struct pp_x12_finding *x837_missing(struct pp_x12_837 *v, const char *segment, unsigned element, const char *text);
/* A date in s; what is none is an error at `segment`. The time of the day in a DT is not needed. */
pp_date x837_date(struct pp_x12_837 *v, const char *segment, unsigned element, struct pp_str s);

/* x12_837_loops.c: HL, parties and their segments. False: none of them. */
bool x837_loop_segment(struct pp_x12_837 *v);
/* x12_837_claim.c: the claim in hand and its lines. */
void x837_claim_segment(struct pp_x12_837 *v);

#endif
