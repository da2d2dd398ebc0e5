/* What one HL7 sender is known to do differently (kind "senders"): how its messages are read, which of them are taken,
 * and where its numbers stand. A sender without a row is read as the standard says (docs/hl7.md).
 *
 * The name is that of intake: partner of the listener, MSH-3 and MSH-4 ("ehr/EPICRIS/LAKESIDE"); a row's pattern is as
 * everywhere in packs. */
#ifndef PP_REFS_SENDERS_H
#define PP_REFS_SENDERS_H

#include "codec/hl7.h"
#include "refs/refs.h"

/* The zero of each is what holds without a row. What is empty at the place named lets the next one speak. */
enum pp_sender_account {
    PP_SENDER_ACCOUNT_PID18, /* PID-18 */
    PP_SENDER_ACCOUNT_PID3,  /* the PID-3 of type AN, else PID-18 */
    PP_SENDER_ACCOUNT_PV1,   /* PV1-19, else PID-18: the visit number stands for the account */
};
enum pp_sender_visit {
    PP_SENDER_VISIT_SCH2, /* SCH-2 (filler), else SCH-1 */
    PP_SENDER_VISIT_SCH1, /* SCH-1 (placer), else SCH-2 */
    PP_SENDER_VISIT_PV1,  /* PV1-19, else SCH-2, else SCH-1 */
};
enum pp_sender_order {
    PP_SENDER_ORDER_ORC2, /* ORC-2 (placer), else ORC-3; in an appointment SCH-26, in a document TXA-14 */
    PP_SENDER_ORDER_ORC3, /* ORC-3 (filler), else ORC-2; in an appointment SCH-27, in a document TXA-15 */
};

struct pp_sender {
    struct pp_str sender;      /* pattern */
    struct pp_hl7_profile hl7; /* for pp_hl7_parse and the views; its texts belong to the set */
    enum pp_sender_account account_from;
    enum pp_sender_visit visit_from;
    enum pp_sender_order order_from;
    struct pp_str note; /* why, for people */
};

/* The row that fits best; NULL: none. */
const struct pp_sender *pp_refs_sender(const struct pp_refs *r, struct pp_str sender);
const struct pp_sender *pp_refs_sender_next(const struct pp_refs *r, const struct pp_sender *prev);

#endif
