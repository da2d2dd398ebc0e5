/* Eligibility: the 270 that we ask with and the 271 that answers it, 005010X279A1. */
#ifndef PP_CODEC_X12_270_H
#define PP_CODEC_X12_270_H

#include "codec/x12_build.h"
#include "codec/x12_view.h"
#include "ev.h"

#define PP_270_SERVICE_TYPES_MAX 10
#define PP_271_BENEFITS_MAX 2000 /* EB of one person */

/* One person's coverage is asked for. */
struct pp_270_request {
    struct pp_x12_sending sending;
    struct pp_str batch_ref;           /* BHT03; comes back in the answer */
    int64_t created;                   /* BHT04 and 05; 0: sending.at */
    struct pp_str trace, trace_org;    /* TRN02, TRN03 (exactly 10; empty: the receiver's NPI) */
    struct pp_x12_org payer, provider; /* information source (PR) and receiver (1P) */
    const struct ev_patient *patient;
    const struct ev_coverage *coverage; /* member_id, group_no, subscriber, relation */
    pp_date on;                         /* DTP 291; 0 = none */
    const struct pp_str *service_types; /* EQ01; none: 30, health benefit plan coverage */
    size_t service_types_n;
    struct pp_str code; /* EQ02: a CPT or HCPCS code instead; may be empty */
};
int pp_270_build(const struct pp_270_request *q, struct pp_buf *ret, struct pp_err *err);

/* ---- 271 ---- */

struct pp_271_benefit { /* EB and what belongs to it */
    struct pp_x12_pos pos;
    struct pp_str code;  /* EB01: 1-5 active, 6-8 inactive, A co-insurance, CB, D, I non-covered, … */
    struct pp_str level; /* EB02 */
    struct pp_str service_types[PP_270_SERVICE_TYPES_MAX]; /* EB03, repetitions */
    uint32_t service_types_n;
    struct pp_str insurance, plan;                    /* EB04, EB05 */
    struct pp_str period;                             /* EB06 */
    struct pp_str amount, percent;                    /* EB07, EB08 */
    struct pp_str quantity_type, quantity;            /* EB09, EB10 */
    struct pp_str authorization;                      /* EB11: Y needed, N not, U unknown, empty = not said */
    struct pp_str in_network;                         /* EB12: Y, N, U, W */
    struct pp_str code_type, procedure, modifiers[4]; /* EB13 */
    uint32_t modifiers_n;
    pp_date from, until;        /* DTP of this benefit */
    struct pp_str message;      /* the first MSG */
    struct pp_x12_party entity; /* LS 2120 NM1: other payer (PR, PRP, SEP, TTP), primary care (P3), … */
};

enum pp_271_coverage { PP_271_NOT_SAID, PP_271_ACTIVE, PP_271_INACTIVE };

struct pp_271 { /* one person: a subscriber, or a dependent with their subscriber */
    struct pp_x12_pos pos;
    struct pp_x12_envelope envelope;
    struct pp_str batch_ref;                                    /* BHT03, ours */
    struct pp_x12_trace ours, theirs;                           /* TRN01 2 and 1 of the person's level */
    struct pp_x12_party payer, provider, subscriber, dependent; /* id of MI is the member number */
    bool is_dependent;                                          /* the person is the dependent */
    struct pp_str group_no, plan_no;                            /* REF 6P or 1L, 18 */
    struct pp_str group_name, plan_name; /* REF03 of these, else EB05 of the first active benefit */
    struct pp_str former_member_id;      /* REF Q4 */
    bool corrected;                      /* INS03 001: the payer has changed what we sent (names, member number) */
    pp_date plan_from, plan_until;       /* DTP 291, 346, 347, 307, 356, 357 */
    enum pp_271_coverage coverage;       /* by EB01 of service type 30 or none; 1-5 active, 6-8 inactive */
    struct pp_271_benefit *benefits;
    uint32_t benefits_n;
    struct pp_x12_aaa *aaa; /* of this person and the levels above */
    uint32_t aaa_n;
};
/* Whether an authorization is needed for a code, else for its service type, by the most exact benefit that says so:
 * 'Y', 'N', 'U', or 0 when nothing is said. Only benefits in network or without network count. */
char pp_271_authorization(const struct pp_271 *p, struct pp_str code, struct pp_str service_type);

/* The person as a fact, without payer and sender, which the envelope's reader knows. The trace is ours only where it
 * is a number of ours. Texts are copied into the arena and cut to what the fact holds. -1: no memory. */
int pp_271_verified(const struct pp_271 *p, struct pp_arena *a, struct ev_coverage_verified *ret);

struct pp_271_handlers {
    int (*person)(void *user, const struct pp_271 *p);
    int (*transaction)(void *user, const struct pp_x12_view_verdict *verdict);
    void *user;
};
struct pp_x12_271;
struct pp_x12_271 *pp_x12_271_open(const struct pp_271_handlers *handlers, size_t arena_bytes);
void pp_x12_271_close(struct pp_x12_271 *v);
int pp_x12_271_event(struct pp_x12_271 *v, const struct pp_x12_reader *r, const struct pp_x12_event *e);
void pp_x12_271_refuse(struct pp_x12_271 *v);
int pp_x12_271_bytes(const struct pp_x12_opts *opts, struct pp_str bytes, const struct pp_271_handlers *handlers);

#endif
