/* Inside of the 837P view; included by x12_837*.c only. */
#ifndef PP_CODEC_X12_837_INT_H
#define PP_CODEC_X12_837_INT_H

#include "codec/x12_837.h"

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

#define HL_MAX 20000 /* HL of one transaction */

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
    struct pp_837_line lines[PP_837_LINES_MAX];
    struct pp_837_diagnosis diagnoses[PP_837_DIAGNOSES_MAX];
    struct pp_837_line *line; /* open line, NULL = none */
    struct claim_item *first, **last;
    uint32_t claims_n;
    struct pp_x12_finding findings[PP_837_FINDINGS_MAX];
    uint32_t findings_n, errors_n, warnings_n;
    struct pp_x12_finding unread; /* what does not fit is written here */
};

struct pp_x12_finding *x837_find(struct pp_x12_837 *v, int snip, enum pp_x12_severity severity, enum pp_837_code code,
                                 const char *segment, unsigned element, const char *text);
/* Begins a transaction: everything but handlers and arena is new. */
void x837_begin(struct pp_x12_837 *v);
void x837_segment(struct pp_x12_837 *v);
/* The claim in hand, if any, is complete: checks it and puts it on the list. */
void x837_end_claim(struct pp_x12_837 *v);

#endif
