/* Health care services review, 005010X217 (request and response) and 005010X215 (inquiry and response).
 *
 * The builder makes one interchange from the same ev_pas_submit that the FHIR request is built from.
 * The view reads all four directions (a payer reads requests with it); loop names follow the direction.
 * The decision is pure and stands apart from the view: what a level of the answer means, line by line.
 * A code that is not known is unclear and never approved.
 */
#ifndef PP_CODEC_X12_278_H
#define PP_CODEC_X12_278_H

#include "codec/x12_build.h"
#include "codec/x12_view.h"
#include "ev.h"

#define PP_278_REQUEST_BYTES_MAX (1u << 20)
#define PP_278_LINES_MAX 40     /* SS of one event that we build and read */
#define PP_278_DX_MAX 12        /* HI composites */
#define PP_278_PWK_MAX 10       /* of one level */
#define PP_278_PROVIDERS_MAX 14 /* 2010EA; 2010F has 10 */
#define PP_278_REASONS_MAX 5    /* repetitions of HCR03 */
#define PP_278_MESSAGES_MAX 10
#define PP_278_AAA_MAX 40 /* of one event with the levels above it */
#define PP_278_WANTED_MAX 20

/* ---- building ---- */

enum pp_278_action {                 /* BHT02 and UM02 */
                     PP_278_BY_KIND, /* of the request: initial I, update and documents S, extension 4, cancel 3 */
                     PP_278_INITIAL,
                     PP_278_REVISED,
                     PP_278_EXTENSION,
                     PP_278_RENEWAL,
                     PP_278_CANCEL,
                     PP_278_RECONSIDERATION,
                     PP_278_APPEAL,
                     PP_278_APPEAL_IMMEDIATE,
};

/* HSD: how much, how often, how long. Empty or 0 = not said. */
struct pp_278_delivery {
    struct pp_str unit, quantity;        /* HSD01 DY, FL, HS, MN, VS; HSD02 */
    struct pp_str per, modulus;          /* HSD03 DA, MO, WK; HSD04 */
    struct pp_str period, periods;       /* HSD05 6, 7, 21, 26, 27, 34, 35; HSD06 */
    struct pp_str pattern, time_pattern; /* HSD07, HSD08 */
};

/* What a line needs beyond the case; none of it must be given. */
struct pp_278_line_more {
    int64_t line;
    struct pp_str revenue;  /* a revenue code makes the line institutional (SV2) */
    struct pp_str amount;   /* SV102, SV203 */
    struct pp_str code_end; /* end of a range of codes */
    struct pp_278_delivery delivery;
    const struct pp_x12_org *performer; /* 2010F, role SJ */
};

struct pp_278_request {
    const struct ev_pas_submit *req; /* trace: TRN02; created: BHT04 and BHT05, the same on every try */
    struct pp_x12_sending sending;
    enum pp_278_action action;
    struct pp_str batch_ref;         /* BHT03, stable for a family of tries; empty: the trace */
    struct pp_x12_org umo;           /* who decides (2010A) */
    struct pp_x12_org requester;     /* 2010B */
    bool requester_is_facility;      /* role FA instead of 1P */
    struct pp_str trace_org;         /* TRN03, exactly 10; empty: the requester's NPI */
    struct pp_str category;          /* UM01 HS, SC, AR; empty: HS */
    struct pp_str pos;               /* place of service of lines that name none; empty: 11 */
    struct pp_str message;           /* MSG at the event, up to 264 */
    struct pp_278_delivery delivery; /* HSD at the event */
    const struct pp_278_line_more *more;
    size_t more_n;
};

/* A whole interchange: request, update, extension, cancel, appeal. Line trace numbers are "<trace>-<line>". On -1 *ret
 * is emptied. */
int pp_278_build_request(const struct pp_278_request *q, struct pp_buf *ret, struct pp_err *err);
/* X215 by what we know: REF BB (authorization), REF NT (reference), and the TRN the request went out with. */
int pp_278_build_inquiry(const struct pp_278_request *q, struct pp_buf *ret, struct pp_err *err);

/* ---- reading ---- */

struct pp_278_review { /* HCR */
    bool present;
    struct pp_str action; /* HCR01 */
    struct pp_str number; /* HCR02 */
    struct pp_str reasons[PP_278_REASONS_MAX];
    uint32_t reasons_n;
    struct pp_str second_opinion; /* HCR04 Y, N */
};

struct pp_278_paper {                   /* PWK, or HI LOI in an answer */
    struct pp_str report, transmission; /* PWK01, PWK02 */
    struct pp_str control;              /* PWK06, attachment control number */
    struct pp_str loinc;                /* of HI LOI; report is empty then */
};

struct pp_278_service { /* SV1, SV2, SV3 */
    uint8_t kind;       /* 1 professional, 2 institutional, 3 dental; 0 = none */
    struct pp_str revenue;
    struct pp_str code_type, code, code_end, modifiers[4], description;
    uint32_t modifiers_n;
    struct pp_str amount, unit, quantity;
};

struct pp_278_level { /* an event (EV) or a line of it (SS) */
    bool present;
    struct pp_x12_pos pos; /* of its HL */
    int64_t hl;
    struct pp_x12_trace ours, theirs; /* of an answer: TRN01 2 (our number comes back) and 1. Of a request: 1 is ours */
    struct pp_str category, certification, service_type; /* UM01, 02, 03 */
    struct pp_str facility, facility_type;               /* UM04-1, -2 */
    struct pp_str level_of_service;                      /* UM06 */
    struct pp_278_review review;
    struct pp_str authorization, reference; /* REF BB, NT */
    pp_date issued, from, until;            /* DTP 102; 007 and 036: what is authorized. 007 may be a range */
    pp_date event_from, event_until;        /* AAH */
    pp_date service_from, service_until;    /* 472 */
    pp_date admitted, discharged;           /* 435, 096 */
    struct pp_278_service service;
    struct pp_278_delivery delivery;
    struct pp_str diagnosis_types[PP_278_DX_MAX], diagnoses[PP_278_DX_MAX];
    uint32_t diagnoses_n;
    struct pp_278_paper papers[PP_278_PWK_MAX + PP_278_DX_MAX];
    uint32_t papers_n;
    struct pp_str messages[PP_278_MESSAGES_MAX]; /* MSG01 as it came */
    uint32_t messages_n;
    struct pp_x12_party *providers; /* 2010EA, 2010F, 2010FA */
    uint32_t providers_n;
    struct pp_x12_party contact; /* who wants more information: 2010EB or 2010FB of an answer */
    uint32_t aaa_from, aaa_n;    /* its AAA in pp_278.aaa, those of its providers included */
};

/* One event, with the levels above it. A transaction that ends above an event gives one without event. */
struct pp_278 {
    struct pp_x12_pos pos;
    struct pp_x12_envelope envelope;
    bool response, inquiry;  /* inquiry: X215 */
    struct pp_str purpose;   /* BHT02 */
    struct pp_str batch_ref; /* BHT03 */
    struct pp_str kind;      /* BHT06 */
    bool more_to_come;       /* BHT06 19 */
    struct pp_x12_party umo, requester, subscriber, dependent;
    struct pp_278_level event;
    struct pp_278_level *lines;
    uint32_t lines_n;
    struct pp_x12_aaa *aaa; /* all; the first aaa_above are of levels above the event */
    uint32_t aaa_n, aaa_above;
};

struct pp_278_handlers {
    int (*review)(void *user, const struct pp_278 *r); /* -1 stops */
    int (*transaction)(void *user, const struct pp_x12_view_verdict *verdict);
    void *user;
};

struct pp_x12_278;
/* NULL without memory. arena_bytes 0 = PP_X12_VIEW_ARENA_BYTES. Each handler may be NULL. */
struct pp_x12_278 *pp_x12_278_open(const struct pp_278_handlers *handlers, size_t arena_bytes);
void pp_x12_278_close(struct pp_x12_278 *v);
int pp_x12_278_event(struct pp_x12_278 *v, const struct pp_x12_reader *r, const struct pp_x12_event *e);
void pp_x12_278_refuse(struct pp_x12_278 *v);
/* A whole file at once. 0, or -1: no memory, or a handler said stop. */
int pp_x12_278_bytes(const struct pp_x12_opts *opts, struct pp_str bytes, const struct pp_278_handlers *handlers);

/* ---- deciding ---- */

enum pp_278_outcome {
    PP_278_NONE,               /* nothing was said */
    PP_278_TRANSPORT_REJECTED, /* TA1, 999: nobody who reviews has seen it (x12_ack.h) */
    PP_278_REJECTED_CORRECTABLE,
    PP_278_REJECTED_FINAL,
    PP_278_RETRY, /* the same again, later */
    PP_278_HELD,  /* taken in; the answer follows: do not send again, inquire */
    PP_278_APPROVED,
    PP_278_PARTIAL,
    PP_278_MODIFIED,
    PP_278_DENIED,
    PP_278_PENDED,
    PP_278_CANCELLED,
    PP_278_CONTACT_PAYER,
    PP_278_NOT_REQUIRED,
    PP_278_UNCLEAR, /* says something that we do not understand, or two things at once */
    PP_278_OUTCOME_COUNT,
};
const char *pp_278_outcome_name(enum pp_278_outcome o); /* "rejected-correctable" */

struct pp_278_line_decision {
    enum pp_278_outcome outcome;
    bool inherited;              /* the line says nothing itself; this is the event's */
    struct pp_str authorization; /* where it is granted: the line's HCR02, unless that is a mere line ordinal; else the
                                    event's HCR02; else REF BB */
    struct pp_str reference;     /* REF NT of the line, else of the event */
    pp_date issued, from, until; /* line, else event */
    const struct pp_278_review *review; /* that decided; NULL = none */
    const struct pp_x12_aaa *aaa;       /* that decided; NULL = none */
};
struct pp_278_decision {
    enum pp_278_outcome outcome; /* of the event and the levels above; PP_278_NONE: the lines alone say */
    struct pp_278_line_decision event;
    struct pp_278_line_decision *lines; /* as in pp_278.lines */
    bool rejected;                      /* not considered as a whole: an AAA above the lines */
    bool more_to_come;
};
/* -1 only without memory. */
int pp_278_decide(const struct pp_278 *r, struct pp_arena *a, struct pp_278_decision *ret);

/* The answer in the form that FHIR answers have too. `req` is what was asked: lines of the answer are found by their
 * trace number ("<trace>-<line>"), else by code and modifiers where only one line has them; never by position. Lines
 * that the answer does not name have the event's outcome. What cannot be laid to a line makes a task, not a decision:
 * it is told in error_text and the lines that nothing was said about stay unclear. `zone` is for due times. */
int pp_278_answered(const struct pp_278 *r, const struct ev_pas_submit *req, struct pp_arena *a,
                    struct ev_pas_answered *ret, struct pp_err *err);

#endif
