/* How strictly the X12 files of one sender are taken (kind "x12-senders"): which SNIP types refuse a transaction, and
 * what this sender is known for. A sender without a row: types 1 to 3 refuse, 4 and up are warnings.
 *
 * The name is that of intake: the folder, the token's subject, or the payer; a row's pattern is as everywhere in packs.
 */
#ifndef PP_REFS_X12_SENDERS_H
#define PP_REFS_X12_SENDERS_H

#include "refs/refs.h"

#define PP_X12_SENDER_ERRORS_TO 3 /* without a row, or with an empty cell */

struct pp_x12_sender {
    struct pp_str sender;  /* pattern */
    int32_t errors_to;     /* 1 to 7: findings of a higher SNIP type are warnings; 0 = PP_X12_SENDER_ERRORS_TO */
    struct pp_str lowered; /* "segment-order: warning|837p/claim-charge: off": lines of a pp_x12_profile, which its
                              reader knows the names of */
    bool counts_tolerant;  /* SE01, GE01, IEA01 that do not fit are warnings */
    bool repair;           /* an ISA whose blanks were collapsed is read */
    struct pp_str note;    /* why, for people */
};

/* The row that fits best; NULL: none. */
const struct pp_x12_sender *pp_refs_x12_sender(const struct pp_refs *r, struct pp_str sender);
const struct pp_x12_sender *pp_refs_x12_sender_next(const struct pp_refs *r, const struct pp_x12_sender *prev);

#endif
