/* Professional and institutional claims (837P, 005010X222; 837I, 005010X223; any addenda) as structs, from the stream
 * of an X12 reader. Institutional ones are read only when the handlers ask for them.
 *
 * Give every event of the reader to pp_x12_837_event(). Claims are held until
 * their transaction has ended well and are then given out one by one; a
 * transaction with an error gives none, only its verdict, and the rest of the
 * file goes on. Memory is bounded by the arena: a transaction that does not fit
 * is refused. What comes after the transactions (GE, IEA) does not call them
 * back: it is told with the group and interchange findings.
 *
 * Values are trimmed, as sent; amounts and units stay decimal text. A view of
 * what prior authorization needs, not a guide validation: the findings here are
 * the ones without which a claim has no meaning (SNIP 1 to 3).
 */
#ifndef PP_CODEC_X12_837_H
#define PP_CODEC_X12_837_H

#include "base/date.h"
#include "codec/x12_view.h"

#define PP_837_LINES_MAX 50   /* LX of one professional claim, by the guide */
#define PP_837I_LINES_MAX 999 /* of an institutional one */
#define PP_837_DIAGNOSES_MAX 12
#define PP_837I_DIAGNOSES_MAX 25 /* principal and other diagnoses of an institutional claim */
#define PP_837_REASONS_MAX 3     /* reasons for the visit */
#define PP_837_FINDINGS_MAX PP_X12_VIEW_FINDINGS_MAX
#define PP_837_ARENA_BYTES (64u << 20) /* default for what one transaction may hold */

enum pp_837_code {                                          /* pp_x12_finding.code */
                   PP_837_F_GUIDE_UNKNOWN = PP_X12_F_GUIDE, /* GS08/ST03 is another guide */
                   PP_837_F_LEVEL,        /* HL: no parent, wrong parent, number used twice, unknown level */
                   PP_837_F_LOOP,         /* a segment that has no place where it stands */
                   PP_837_F_MISSING,      /* an element or a segment that must be there */
                   PP_837_F_FORM,         /* no number, no date */
                   PP_837_F_REPEAT,       /* more than the guide allows */
                   PP_837_F_BALANCE,      /* CLM02 is not the sum of SV102 */
                   PP_837_F_POINTER,      /* SV107 names a diagnosis that is not there */
                   PP_837_F_UNKNOWN_CODE, /* a qualifier that we do not know; its value was left out */
                   PP_837_F_NO_CLAIM,
                   PP_837_F_TOO_LARGE,
                   PP_837_F_REFUSED, /* pp_x12_837_refuse(): somebody else found the errors */
};

struct pp_837_party { /* NM1 and what belongs to it */
    bool present;
    struct pp_str kind;                /* NM102: 1 person, 2 organization */
    struct pp_str name, given, middle; /* NM103, 104, 105 */
    struct pp_str id_type, id;         /* NM108, NM109 */
    struct pp_str npi;                 /* id when id_type is XX */
    struct pp_str taxonomy;            /* PRV03 of PXC */
    struct pp_str tax_id;              /* REF EI or SY */
    struct pp_str address, address2, city, state, zip;
};
struct pp_837_provider { /* of a line: NM103, NM104, and NM109 of XX */
    struct pp_str name, given, npi;
};
struct pp_837_person { /* subscriber or patient */
    struct pp_str family, given, middle;
    struct pp_str member_id; /* NM109 of MI */
    pp_date birth_date;      /* DMG02 */
    struct pp_str sex;       /* DMG03: F, M, U */
    struct pp_str address, city, state, zip;
};
struct pp_837_diagnosis {
    struct pp_str qualifier; /* ABK, ABF; BK, BF */
    struct pp_str code;
    struct pp_str present_on_admission; /* HI 9: Y, N, U, W; institutional */
};
struct pp_837_line {
    struct pp_x12_pos pos;                                    /* of the LX */
    int64_t number;                                           /* LX01 */
    struct pp_str revenue;                                    /* SV201; institutional lines may have no code at all */
    struct pp_str code_type, code, modifiers[4], description; /* SV101, SV202: HC, ER, HP, IV, WK */
    uint32_t modifiers_n;
    struct pp_str charge, unit, quantity; /* SV102, 103, 104; SV203, 204, 205 */
    struct pp_str place_of_service;       /* SV105, else the claim's; none of an institutional line */
    int pointers[4];                      /* SV107; 1 = first diagnosis; 0 = none */
    uint32_t pointers_n;
    pp_date date_from, date_until;         /* DTP 472; until = from for a single day */
    struct pp_str authorization, referral; /* REF G1, 9F of the line; never one of another payer (REF04 2U). A line of
                                              an 837I has none: the claim's holds */
    struct pp_str control;                 /* REF 6R */
    struct pp_837_provider rendering, facility, ordering, referring; /* 2420A, C, E, F */
    struct pp_str ndc;                                               /* LIN03 of N4 */
};
struct pp_claim837 {
    struct pp_x12_pos pos; /* of the CLM */
    bool institutional;    /* 837I */
    struct pp_x12_envelope envelope;
    struct pp_str batch_ref; /* BHT03 */
    struct pp_str use;       /* BHT06: CH chargeable, RP reporting, 31 subrogation */
    struct pp_837_party submitter, billing, pay_to, payer;
    struct pp_str payer_rank;                 /* SBR01: P, S, T, … */
    struct pp_str filing;                     /* SBR09 claim filing indicator */
    struct pp_str group_no;                   /* SBR03 */
    struct pp_str plan_name;                  /* SBR04 */
    struct pp_str relation;                   /* of the patient to the subscriber: SBR02 18 = self, else PAT01 */
    struct pp_837_person subscriber, patient; /* the patient is the subscriber when there is no 2000C */
    struct pp_str claim_no;                   /* CLM01 */
    struct pp_str total;                      /* CLM02 */
    struct pp_str place_of_service, facility_type, frequency;                 /* CLM05-1, -2, -3 */
    struct pp_str authorization, referral, original_ref, trace, pa_exception; /* REF G1, 9F, F8, D9, 4N */
    pp_date admitted, discharged;                                             /* DTP 435, 096 */
    struct pp_837_diagnosis *diagnoses;
    uint32_t diagnoses_n;
    struct pp_837_party referring, rendering, facility; /* 2310A, B, C; of an 837I: F, D, E */
    /* Institutional only. place_of_service is empty there. */
    struct pp_str bill_type;                                        /* CLM05-1 and -3: 131 */
    pp_date statement_from, statement_until;                        /* DTP 434 */
    struct pp_str admission_type, admission_source, patient_status; /* CL101, 02, 03 */
    struct pp_str drg;                                              /* HI DR */
    struct pp_str admitting;                                        /* HI ABJ, BJ */
    struct pp_str reasons[PP_837_REASONS_MAX];                      /* HI APR, PR */
    uint32_t reasons_n;
    struct pp_str peer_review;                /* REF G4 */
    struct pp_837_party attending, operating; /* 2310A, B */
    uint32_t other_payers_n;                  /* 2320 loops: coordination of benefits */
    struct pp_837_line *lines;
    uint32_t lines_n;
};

enum pp_837_outcome {
    PP_837_ACCEPTED,
    PP_837_REFUSED,  /* is or should be a transaction of claims, but has an error: no claim of it is given out */
    PP_837_NOT_OURS, /* another transaction (835, 999, …) */
};
struct pp_837_verdict {
    struct pp_x12_pos pos; /* of the ST */
    struct pp_x12_envelope envelope;
    enum pp_837_outcome outcome;
    uint32_t claims_n;
    const struct pp_x12_finding *findings; /* errors and warnings of the transaction */
    uint32_t findings_n;                   /* kept */
    uint32_t errors_n, warnings_n;         /* all */
};

struct pp_837_handlers {
    /* Everything is valid during the call only. -1 stops (pp_x12_837_event returns -1). */
    int (*claim)(void *user, const struct pp_claim837 *claim);
    /* After its claims, once for each transaction. */
    void (*transaction)(void *user, const struct pp_837_verdict *verdict);
    /* A finding outside of transactions: group, interchange, file. */
    void (*envelope)(void *user, const struct pp_x12_finding *finding);
    void *user;
    bool institutional; /* read 005010X223 too; else such a transaction is refused as another guide */
    bool partial;       /* a piece of a transaction that was checked before: HL01 rises, but levels are left out */
};

struct pp_x12_837;
/* NULL without memory. arena_bytes 0 = PP_837_ARENA_BYTES. Each handler may be NULL. */
struct pp_x12_837 *pp_x12_837_open(const struct pp_837_handlers *handlers, size_t arena_bytes);
void pp_x12_837_close(struct pp_x12_837 *v);
/* Every event of the reader, also those of pp_x12_finish. 0, or -1 when a handler said stop. */
int pp_x12_837_event(struct pp_x12_837 *v, const struct pp_x12_reader *r, const struct pp_x12_event *e);
/* The transaction in hand is refused for what somebody else found (x12_check.h): before its SE event is given. */
void pp_x12_837_refuse(struct pp_x12_837 *v);
/* A whole file at once: opens, feeds, finishes, closes. 0, or -1: no memory, or a handler said stop. */
int pp_x12_837_bytes(const struct pp_x12_opts *opts, struct pp_str bytes, const struct pp_837_handlers *handlers);

#endif
