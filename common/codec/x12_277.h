/* Claim status: 277CA (005010X214, what became of an 837), 276 and 277 (005010X212), 277 request for information
 * (005010X313, a claim that waits for documents). One item for each STC-bearing level, the levels above it filled in.
 */
#ifndef PP_CODEC_X12_277_H
#define PP_CODEC_X12_277_H

#include "codec/x12_view.h"

#define PP_277_STATUS_MAX 12 /* STC with their composites, of one level */

enum pp_277_level { PP_277_SOURCE, PP_277_RECEIVER, PP_277_PROVIDER, PP_277_SUBSCRIBER, PP_277_PATIENT, PP_277_LINE };
enum pp_277_kind { PP_277_STATUS, PP_277_CA, PP_277_INFO_REQUEST, PP_277_INQUIRY /* 276 */ };

struct pp_277_status {      /* STC01, STC10, STC11 */
    struct pp_str category; /* A1 received, A2 accepted, A3 rejected, … F finalized, P pending, R requests, E error */
    struct pp_str code;     /* status, or a LOINC in a request for information */
    struct pp_str entity, list;
    pp_date date;         /* STC02 */
    struct pp_str action; /* STC03: WQ accepted, U rejected, 15 correct and resubmit */
    struct pp_str amount, paid;
    struct pp_str message; /* STC12 */
};

struct pp_277 {
    struct pp_x12_pos pos;
    struct pp_x12_envelope envelope;
    enum pp_277_kind kind;
    enum pp_277_level level;
    struct pp_str batch_ref;   /* BHT03 */
    struct pp_str batch_trace; /* TRN02 of the receiver: BHT03 of the 837 that a 277CA speaks of */
    struct pp_x12_party source, receiver, provider, patient;
    struct pp_x12_trace trace;              /* TRN of the level; of a claim: CLM01 */
    struct pp_str payer_claim_no;           /* REF 1K */
    struct pp_str clearinghouse_no;         /* REF D9 */
    struct pp_str bill_type;                /* REF BLT */
    struct pp_str account;                  /* REF EJ */
    struct pp_str line_control;             /* REF FJ */
    struct pp_str revenue, code_type, code; /* SVC01 */
    pp_date service_from, service_until;    /* DTP 472, 232, 233 */
    struct pp_277_status status[PP_277_STATUS_MAX];
    uint32_t status_n;
    struct pp_str attachment_control; /* TRN02 of a request for information: the 275 must carry it */
};

/* By the first status whose category is known; A0-A2 accepted, A3, A6, A7, A8 and E rejected. */
enum pp_277_verdict { PP_277_NOT_SAID, PP_277_ACCEPTED, PP_277_REJECTED, PP_277_PENDED, PP_277_FINAL, PP_277_REQUESTS };
enum pp_277_verdict pp_277_of_category(struct pp_str category);
enum pp_277_verdict pp_277_of(const struct pp_277 *s);

struct pp_277_handlers {
    int (*status)(void *user, const struct pp_277 *s);
    int (*transaction)(void *user, const struct pp_x12_view_verdict *verdict);
    void *user;
};
struct pp_x12_277;
struct pp_x12_277 *pp_x12_277_open(const struct pp_277_handlers *handlers, size_t arena_bytes);
void pp_x12_277_close(struct pp_x12_277 *v);
int pp_x12_277_event(struct pp_x12_277 *v, const struct pp_x12_reader *r, const struct pp_x12_event *e);
void pp_x12_277_refuse(struct pp_x12_277 *v);
int pp_x12_277_bytes(const struct pp_x12_opts *opts, struct pp_str bytes, const struct pp_277_handlers *handlers);

#endif
