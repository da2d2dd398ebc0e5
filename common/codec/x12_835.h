/* Remittance: 835, 005010X221. Claim by claim; a file of any size in the memory of one claim when streamed. */
#ifndef PP_CODEC_X12_835_H
#define PP_CODEC_X12_835_H

#include "codec/x12_view.h"

#define PP_835_CAS_MAX 99    /* adjustments of one claim or one line */
#define PP_835_LINES_MAX 999 /* SVC of one claim */
#define PP_835_REMARKS_MAX 20
#define PP_835_REFS_MAX 16

struct pp_835_adjustment { /* CAS, one of its six places, or one of PLB */
    struct pp_str group;   /* CO, PR, OA, PI, CR; of PLB: empty */
    struct pp_str reason;  /* CARC; of PLB: PLB03-1 */
    struct pp_str amount, quantity;
    struct pp_str reference; /* of PLB: PLB03-2 */
};
struct pp_835_ref {
    struct pp_str type, value; /* REF01, REF02 */
};

struct pp_835_line { /* SVC */
    struct pp_x12_pos pos;
    struct pp_str code_type, code, modifiers[4];  /* SVC01, what was paid */
    struct pp_str revenue;                        /* SVC04, or SVC01 of NU */
    struct pp_str submitted_type, submitted_code; /* SVC06: when it is another than was billed */
    uint32_t modifiers_n;
    struct pp_str charge, paid, units, submitted_units; /* SVC02, 03, 05, 07 */
    pp_date from, until;                                /* DTM 472; 150 and 151 */
    struct pp_835_adjustment *adjustments;
    uint32_t adjustments_n;
    struct pp_str authorization; /* REF G1, else BB */
    struct pp_str control;       /* REF 6R */
    struct pp_str allowed;       /* AMT B6 */
    struct pp_str *remarks;      /* LQ HE */
    uint32_t remarks_n;
    struct pp_835_ref *refs; /* all of them, at most PP_835_REFS_MAX */
    uint32_t refs_n;
};

struct pp_835_payment { /* BPR, TRN, 1000A, 1000B: valid for the claims and adjustments that follow */
    struct pp_x12_pos pos;
    struct pp_x12_envelope envelope;
    struct pp_str handling, amount, credit, method; /* BPR01 to 04 */
    pp_date paid_on;                                /* BPR16 */
    struct pp_x12_trace trace;                      /* TRN02 check or EFT number, TRN03 */
    struct pp_str receiver_id;                      /* REF EV */
    pp_date produced;                               /* DTM 405 */
    struct pp_x12_party payer, payee;
};

struct pp_835_claim { /* CLP */
    struct pp_x12_pos pos;
    const struct pp_835_payment *payment;
    struct pp_str claim_no; /* CLP01: CLM01 of the 837 */
    struct pp_str status;   /* CLP02: 1, 2, 3 processed, 4 denied, 19-21 forwarded, 22 reversal, … */
    struct pp_str charge, paid, patient_part;                      /* CLP03, 04, 05 */
    struct pp_str filing;                                          /* CLP06 */
    struct pp_str payer_claim_no;                                  /* CLP07 */
    struct pp_str facility, frequency;                             /* CLP08, 09 */
    struct pp_str drg;                                             /* CLP11 */
    struct pp_x12_party patient, subscriber, corrected, rendering; /* NM1 QC, IL, 74, 82 */
    struct pp_str authorization;                                   /* REF G1, else BB */
    struct pp_str original_ref;                                    /* REF F8 */
    struct pp_835_ref *refs;                                       /* all of them, at most PP_835_REFS_MAX */
    uint32_t refs_n;
    pp_date from, until, received;         /* DTM 232, 233, 050 */
    struct pp_str covered_amount;          /* AMT AU */
    struct pp_835_adjustment *adjustments; /* of the claim level */
    uint32_t adjustments_n;
    struct pp_str *remarks; /* MOA, MIA */
    uint32_t remarks_n;
    struct pp_835_line *lines;
    uint32_t lines_n;
};
struct pp_835_provider_adjustment { /* PLB */
    struct pp_x12_pos pos;
    const struct pp_835_payment *payment;
    struct pp_str provider; /* PLB01 */
    pp_date year_end;       /* PLB02 */
    struct pp_835_adjustment adjustments[6];
    uint32_t adjustments_n;
};

struct pp_835_handlers {
    int (*payment)(void *user, const struct pp_835_payment *p); /* before the first claim */
    int (*claim)(void *user, const struct pp_835_claim *c);
    int (*provider)(void *user, const struct pp_835_provider_adjustment *p);
    int (*transaction)(void *user, const struct pp_x12_view_verdict *verdict);
    void *user;
    /* Give each claim out at its end, before the transaction is known to be well: for a second run over a file that
     * was checked before, and for files that do not fit into the arena. */
    bool streamed;
};
struct pp_x12_835;
/* arena_bytes 0: 64 MB. */
struct pp_x12_835 *pp_x12_835_open(const struct pp_835_handlers *handlers, size_t arena_bytes);
void pp_x12_835_close(struct pp_x12_835 *v);
int pp_x12_835_event(struct pp_x12_835 *v, const struct pp_x12_reader *r, const struct pp_x12_event *e);
void pp_x12_835_refuse(struct pp_x12_835 *v);
int pp_x12_835_bytes(const struct pp_x12_opts *opts, struct pp_str bytes, const struct pp_835_handlers *handlers);

#endif
