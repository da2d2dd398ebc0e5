/* First look at an X12 file: what of it is taken, what is refused, what the sender is answered, and in which pieces it
 * is read then. Pure, and fed in chunks of any size.
 *
 * Every transaction is checked against its guide as the sender's profile says, and by the view that will read it. What
 * is refused is told (findings, 999, TA1) and leaves no piece; the rest is cut into pieces of some hundred items: each,
 * with the headers and levels above it, is an interchange of its own. So a file of any size is read in the memory of a
 * piece, and its facts can be said in many small transactions.
 *
 * Answers of payers (278, 999, 997, TA1) are pieces too, but nobody refuses them for their guide: submission must hear
 * what a payer says.
 */
#ifndef INTAKE_RECEIVE_X12_PLAN_H
#define INTAKE_RECEIVE_X12_PLAN_H

#include "base/buf.h"
#include "codec/x12_check.h"
#include "refs/x12_senders.h"

#define RCV_X12_PIECE_ITEMS 200          /* claims of one piece, where the file can be cut */
#define RCV_X12_PIECE_BYTES (512u << 10) /* likewise */
#define RCV_X12_PIECES_MAX 500000        /* of one file; more: it is refused as a whole */
#define RCV_X12_PLAN_REFUSALS_MAX 256    /* told; more are counted */
#define RCV_X12_REFUSALS_EACH 5          /* told of one transaction */
#define RCV_X12_NOTES_MAX 40             /* warnings that are kept in words */
#define RCV_X12_LEVELS 3

struct rcv_range { /* bytes of the file; segments of the transaction in it */
    uint64_t from, until;
    uint32_t segments;
};

struct rcv_x12_piece {
    struct rcv_range isa, gs, head, level[RCV_X12_LEVELS], body;
    uint32_t tail, tail_n; /* SE, GE and IEA, in the plan's own bytes */
    uint32_t items;
};

struct rcv_x12_refusal {
    char place[64];
    char reason[300];
};

struct rcv_x12_plan; /* x12_plan.c */

struct rcv_x12_result {
    const struct rcv_x12_piece *pieces;
    uint32_t pieces_n;
    const struct rcv_x12_refusal *refusals;
    uint32_t refusals_n, refusals_all; /* told, and with those that are only counted */
    char type[8]; /* of the first transaction: "837P", "837I", "835", "271", "277CA", "278", "TA1" … */
    bool used;    /* something in it is of a kind that we take */
    uint32_t transactions, accepted, warnings;
    struct pp_str notes;    /* warnings, one a line */
    struct pp_str ack;      /* 999 and TA1; empty: nothing is to be answered */
    uint32_t acks_rejected; /* transactions, groups and interchanges that the answer refuses */
};

/* What a row lowers. -1: a name that neither guide nor checker has. */
int rcv_x12_profile_of(const struct pp_x12_sender *sender, struct pp_x12_profile *ret, struct pp_err *err);
/* sender NULL: as without a row. control: 1 to 999999999, of the acknowledgement; at: its time. NULL: no memory. */
struct rcv_x12_plan *rcv_x12_plan_open(const struct pp_x12_sender *sender, uint32_t control, int64_t at_ms);
void rcv_x12_plan_close(struct rcv_x12_plan *p); /* NULL is allowed */
void rcv_x12_plan_feed(struct rcv_x12_plan *p, struct pp_str bytes);
/* After the last chunk. -1: memory. The result lives as long as the plan. */
int rcv_x12_plan_end(struct rcv_x12_plan *p, const struct rcv_x12_result **ret);
/* The bytes of one piece to `out`, from those of the whole file. */
void rcv_x12_piece_bytes(const struct rcv_x12_plan *p, const struct rcv_x12_piece *piece, struct pp_str file,
                         struct pp_buf *out);

#endif
