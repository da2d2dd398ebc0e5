/* What the typed X12 views (x12_278.h, x12_275.h, x12_270.h, x12_277.h, x12_835.h) have in common.
 *
 * Give every event of the reader to a view's _event(); it takes the transactions
 * that are its own and leaves the others alone, so that several views can hang on
 * one reader. What a view has read of a transaction is held until SE and then
 * given out item by item; a transaction with an error gives none of its items, only
 * its verdict, and the rest of the file goes on. Memory is bounded by an arena:
 * what does not fit is refused as too large.
 *
 * A view finds what leaves a transaction without meaning (levels that do not hang
 * together, numbers and dates that are none). Checking against the guide is
 * x12_check.h's work over the same events: where it rejects a transaction, call the
 * view's _refuse() before the SE event is given to the view.
 *
 * Values are trimmed, as sent; amounts, quantities and percentages stay decimal
 * text. What handlers get is valid during the call only.
 */
#ifndef PP_CODEC_X12_VIEW_H
#define PP_CODEC_X12_VIEW_H

#include "base/date.h"
#include "codec/x12.h"

#define PP_X12_VIEW_FINDINGS_MAX 50         /* kept for one transaction; more are counted */
#define PP_X12_VIEW_ARENA_BYTES (16u << 20) /* default for what one transaction may hold */

enum pp_x12_view_code {                                          /* pp_x12_finding.code of a view */
                        PP_X12_V_GUIDE_UNKNOWN = PP_X12_F_GUIDE, /* GS08/ST03 is another guide */
                        PP_X12_V_LEVEL,                          /* HL: no parent, wrong parent, unknown level */
                        PP_X12_V_LOOP,                           /* a segment that has no place where it stands */
                        PP_X12_V_MISSING,                        /* an element or a segment that must be there */
                        PP_X12_V_FORM,                           /* no number, no date */
                        PP_X12_V_REPEAT,                         /* more than we hold */
                        PP_X12_V_BALANCE,
                        PP_X12_V_REFUSED, /* _refuse(): somebody else found the errors */
                        PP_X12_V_TOO_LARGE,
                        PP_X12_V_EMPTY, /* the transaction holds no item */
};

enum pp_x12_view_outcome {
    PP_X12_VIEW_ACCEPTED,
    PP_X12_VIEW_REFUSED, /* of the view's kind, but has an error: no item of it is given out */
};

struct pp_x12_view_verdict {
    struct pp_x12_pos pos; /* of the ST */
    struct pp_x12_envelope envelope;
    enum pp_x12_view_outcome outcome;
    uint32_t items_n;
    const struct pp_x12_finding *findings; /* errors and warnings of the transaction */
    uint32_t findings_n;                   /* kept */
    uint32_t errors_n, warnings_n;         /* all */
};

/* NM1 or N1 and what belongs to it. */
struct pp_x12_party {
    bool present;
    struct pp_str role;                /* NM101, N101 */
    struct pp_str kind;                /* NM102: 1 person, 2 organization */
    struct pp_str name, given, middle; /* NM103, 104, 105 */
    struct pp_str id_type, id;         /* NM108, NM109 */
    struct pp_str npi;                 /* id when id_type is XX */
    struct pp_str taxonomy;            /* PRV03 of PXC */
    struct pp_str tax_id;              /* REF EI, SY or TJ */
    struct pp_str group_no;            /* REF 6P or 1L */
    struct pp_str account;             /* REF EJ: patient account number */
    struct pp_str address, address2, city, state, zip;
    pp_date birth_date;                                       /* DMG02 */
    struct pp_str sex;                                        /* DMG03 */
    struct pp_str relation;                                   /* INS02 */
    struct pp_str contact, phone, extension, fax, email, url; /* PER: name, TE, EX, FX, EM, UR */
};

/* TRN: number and the company that gave it. */
struct pp_x12_trace {
    struct pp_str number, org;
};

/* A request that was not considered: AAA with its place. */
struct pp_x12_aaa {
    struct pp_x12_pos pos;
    char loop[8];           /* "2010C" */
    struct pp_str code;     /* AAA03 */
    struct pp_str followup; /* AAA04: C, N, P, R, Y, S, W, X */
};

#endif
