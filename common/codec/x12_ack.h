/* Acknowledgements: writing 999 and TA1 for what was read, and reading TA1, 999, 997 and 277CA of what was sent.
 *
 * Writing. One interchange comes out for each that came in: a TA1 when the sender wants one (ISA14 1) or the envelope
 * is not right, and a group FA with one 999 for each functional group. The bad value itself is never copied into an
 * acknowledgement.
 *
 * Reading. Each answer is an item that names what it speaks of by the control numbers of ours, down to the place.
 */
#ifndef PP_CODEC_X12_ACK_H
#define PP_CODEC_X12_ACK_H

#include "codec/x12_build.h"
#include "codec/x12_view.h"

#define PP_ACK_BYTES_MAX (16u << 20)
#define PP_ACK_PLACES_MAX 100 /* places of one transaction that are told or kept; the rest is counted */
#define PP_ACK_CODES_MAX 5    /* IK502 to 06, AK905 to 09 */

/* ---- writing ---- */

struct pp_ack_opts {
    /* partner: empty members are taken from what is answered, sender and receiver turned round. control: of the first
     * interchange, the following ones count up. */
    struct pp_x12_sending sending;
    bool ta1_always;
    bool warnings;     /* tell warnings too: IK5 E, accepted with errors noted */
    bool own_findings; /* take the reader's findings from its events; else all come by pp_x12_ack_finding() */
};
struct pp_x12_ack;
/* NULL without memory. The interchanges are appended to out. */
struct pp_x12_ack *pp_x12_ack_open(const struct pp_ack_opts *opts, struct pp_buf *out);
void pp_x12_ack_close(struct pp_x12_ack *a);
/* A finding of the interchange, group or transaction in hand: before the event that closes it (SE, GE, IEA) is given.
 */
void pp_x12_ack_finding(struct pp_x12_ack *a, const struct pp_x12_finding *f);
/* The transaction in hand is not accepted although no error was told (a view refused it): 999 with IK5 R. */
void pp_x12_ack_refuse(struct pp_x12_ack *a);
/* Every event of the reader, those of pp_x12_finish included. */
void pp_x12_ack_event(struct pp_x12_ack *a, const struct pp_x12_reader *r, const struct pp_x12_event *e);
/* After the last event. -1: what was written does not fit or a value could not be written; *out is emptied. Without a
 * readable interchange nothing is written and 0 returned. */
int pp_x12_ack_end(struct pp_x12_ack *a, struct pp_err *err);

/* Codes of one finding: IK304 (of a segment), IK403 (of an element), IK502, AK905, TA105; "" where it says nothing on
 * that level. */
const char *pp_ack_ik304(const struct pp_x12_finding *f);
const char *pp_ack_ik403(const struct pp_x12_finding *f);
const char *pp_ack_ik502(const struct pp_x12_finding *f);
const char *pp_ack_ak905(const struct pp_x12_finding *f);
const char *pp_ack_ta105(const struct pp_x12_finding *f);

/* ---- reading ---- */

enum pp_ack_kind { PP_ACK_INTERCHANGE, PP_ACK_GROUP, PP_ACK_TRANSACTION, PP_ACK_CLAIM };
enum pp_ack_verdict {
    PP_ACK_ACCEPTED,
    PP_ACK_WITH_ERRORS, /* accepted, errors noted */
    PP_ACK_PARTLY,      /* of a group */
    PP_ACK_REJECTED,
    PP_ACK_UNCLEAR, /* a code that we do not know: never accepted */
};
struct pp_ack_place {
    struct pp_str segment;                  /* IK301, AK301 */
    int64_t position;                       /* IK302: segment in the transaction, ST = 1 */
    struct pp_str loop;                     /* IK303 */
    struct pp_str code;                     /* IK304, or IK403 when an element is named */
    int64_t element, component, repetition; /* IK401; 0 = none */
    struct pp_str data_element;             /* IK402 */
};
struct pp_ack {
    struct pp_x12_pos pos; /* in the answer */
    struct pp_x12_envelope envelope;
    char source[8]; /* "TA1", "999", "997", "277CA" */
    enum pp_ack_kind kind;
    enum pp_ack_verdict verdict;
    struct pp_str interchange_control;                /* TA101: our ISA13 */
    struct pp_str interchange_date, interchange_time; /* TA102, 103 */
    struct pp_str function, group_control, version;   /* AK101, 102, 103 */
    struct pp_str set, set_control;                   /* AK201, AK202; of a group: empty */
    struct pp_str claim_no, payer_claim_no;           /* of a 277CA */
    struct pp_str batch_ref;                          /* of a 277CA: BHT03 of the 837 */
    struct pp_str code;                               /* TA105, IK501 or AK501, AK901, STC01-1 */
    struct pp_str codes[PP_ACK_CODES_MAX];            /* IK502 …, AK905 …; of a claim: STC01-2 and entity */
    uint32_t codes_n;
    int64_t included, received, accepted; /* AK902, 903, 904 */
    struct pp_ack_place *places;
    uint32_t places_n, places_all;
};
/* "999 rejected, set 278 0001: NM1 at segment 12 loop 2010C element 9 (code 1)": fixed words and codes, no values. */
void pp_ack_text(const struct pp_ack *a, struct pp_buf *out);
/* "2010C-NM109", "" when no place is named: the element of submission.rejected. */
void pp_ack_element(const struct pp_ack *a, struct pp_buf *out);
const char *pp_ack_verdict_name(enum pp_ack_verdict v);

struct pp_ack_handlers {
    int (*ack)(void *user, const struct pp_ack *a); /* TA1 at once; of a 999: its transactions, then the group */
    int (*transaction)(void *user, const struct pp_x12_view_verdict *verdict); /* of a 999, 997, 277CA that was read */
    void *user;
};
struct pp_x12_ack_reader;
struct pp_x12_ack_reader *pp_x12_ack_reader_open(const struct pp_ack_handlers *handlers, size_t arena_bytes);
void pp_x12_ack_reader_close(struct pp_x12_ack_reader *v);
int pp_x12_ack_reader_event(struct pp_x12_ack_reader *v, const struct pp_x12_reader *r, const struct pp_x12_event *e);
int pp_x12_ack_reader_bytes(const struct pp_x12_opts *opts, struct pp_str bytes,
                            const struct pp_ack_handlers *handlers);

#endif
