/* The guide checker: every event of an X12 reader in, findings with their place and one verdict a transaction out.
 *
 * SNIP 1 (dictionary: types, lengths, characters, syntax notes), 2 (guide: usage, repeats, order, codes fixed by the
 * guide, loops, HL levels), 3 (balancing), 4 (situational rules) and 5 (code lists, ours and the caller's). Memory does
 * not depend on the file. Pure: no I/O, no clock, no globals.
 *
 * A finding is given to the handler as soon as it is known, the reader's own included; it holds no value of
 * the data. The event that is being checked is given with it, for who needs the value (a 999 does) and may see it.
 * After PP_X12_FINDINGS_MAX findings of a transaction (or between transactions) they are only counted.
 */
#ifndef PP_CODEC_X12_CHECK_H
#define PP_CODEC_X12_CHECK_H

#include "codec/x12.h"
#include "codec/x12_guide.h"

#define PP_X12_FINDINGS_MAX 200     /* default of opts.findings_max */
#define PP_X12_PROFILE_LINES_MAX 64 /* of one partner */

/* Beyond enum pp_x12_code. Their names (pp_x12_code_name) are what a profile speaks of. */
enum pp_x12_check_code {
    PP_X12_F_GROUP_UNKNOWN = PP_X12_F_CHECK, /* GS08 is no guide known here: AK905 1 or 2 */
    PP_X12_F_GUIDE_UNKNOWN,                  /* ST03 (else GS08) with ST01 is no guide known here */
    PP_X12_F_GUIDE_DIFFERS,                  /* ST03 is not GS08; checked by ST03 */
    PP_X12_F_GUIDE_INTEGRITY,                /* warning: of this guide only envelope and dictionary are checked */
    PP_X12_F_SEGMENT_UNKNOWN,                /* the id is not in X12's directory: it must not stand in IK301 */
    PP_X12_F_SEGMENT_NOT_IN_GUIDE,
    PP_X12_F_SEGMENT_UNEXPECTED,
    PP_X12_F_SEGMENT_ORDER,
    PP_X12_F_SEGMENT_MISSING,
    PP_X12_F_SEGMENT_REPEATS,
    PP_X12_F_LOOP_MISSING,
    PP_X12_F_LOOP_REPEATS,
    PP_X12_F_HL_NUMBER,
    PP_X12_F_HL_PARENT,
    PP_X12_F_HL_CHILDREN,
    PP_X12_F_ELEMENT_MISSING,
    PP_X12_F_ELEMENT_NOT_USED,
    PP_X12_F_ELEMENTS_TOO_MANY,
    PP_X12_F_COMPONENTS_TOO_MANY,
    PP_X12_F_REPETITIONS_TOO_MANY,
    PP_X12_F_TOO_SHORT,
    PP_X12_F_TOO_LONG,
    PP_X12_F_CHARACTER,
    PP_X12_F_NUMBER,
    PP_X12_F_DATE,
    PP_X12_F_TIME,
    PP_X12_F_BLANKS,    /* blanks at the end of a value, or nothing but blanks */
    PP_X12_F_TRAILING,  /* empty elements or components at the end */
    PP_X12_F_NOTE,      /* a syntax note: elements that need or exclude each other */
    PP_X12_F_CODE,      /* no code that the guide allows here */
    PP_X12_F_CODE_LIST, /* no code of the external list */
    PP_X12_F_RULE,      /* a situational rule or a balance of the guide; the finding's name tells which */
    PP_X12_F_CHECK_LAST,
};

/* Which findings a partner is known for. Lines "name: warning" or "name: off"; name is that of a rule or of a code
 * ("segment-order"); "guide/name" for one guide only. # begins a comment. It never raises a severity. */
enum pp_x12_lowered { PP_X12_AS_IS, PP_X12_LOWER_WARNING, PP_X12_LOWER_OFF };
struct pp_x12_profile {
    struct {
        char guide[16], name[48];
        uint8_t to; /* enum pp_x12_lowered */
    } line[PP_X12_PROFILE_LINES_MAX];
    uint32_t n;
};
/* -1: a line that cannot be read, or a name that neither a guide nor a code has; err tells the line. */
int pp_x12_profile_parse(struct pp_x12_profile *p, struct pp_str text, struct pp_err *err);

struct pp_x12_verdict {
    enum pp_x12_verdict_of { PP_X12_OF_TRANSACTION, PP_X12_OF_GROUP, PP_X12_OF_INTERCHANGE } of;
    struct pp_x12_pos pos; /* of ST, GS, ISA */
    const struct pp_x12_envelope *envelope;
    const struct pp_x12_guide *guide; /* of a transaction; NULL = none known here */
    enum pp_x12_outcome {
        PP_X12_ACCEPTED,
        PP_X12_ACCEPTED_WITH_ERRORS, /* errors that the profile lowered, or warnings */
        PP_X12_PARTLY,               /* group: some transactions are rejected */
        PP_X12_REJECTED,
    } outcome;
    bool lost;                     /* it has ended without its trailer */
    bool unsupported;              /* no guide known here */
    uint32_t errors_n, warnings_n; /* all, also those not told */
    uint32_t untold_n;             /* beyond findings_max */
    uint32_t segments_n;           /* of a transaction, ST and SE counted */
    uint32_t transactions_n;       /* of a group, of an interchange: received */
    uint32_t accepted_n;           /* of them, with or without errors noted */
};

struct pp_x12_check_handlers {
    /* During pp_x12_check_event() and with its event; both are valid during the call only. */
    void (*finding)(void *user, const struct pp_x12_finding *f, const struct pp_x12_event *e);
    void (*verdict)(void *user, const struct pp_x12_verdict *v);
    void *user;
};

struct pp_x12_check_opts {
    uint8_t snip_max;                     /* 1 to 7; 0 = all */
    uint8_t snip_errors;                  /* errors of a type above this one are warnings; 0 = none is */
    uint32_t findings_max;                /* told for one transaction; 0 = PP_X12_FINDINGS_MAX */
    const struct pp_x12_profile *profile; /* NULL = none; must outlive the checker */
    const char *guide;                    /* check every transaction by this guide, whatever it says; NULL = by ST03 */
    bool careful;                         /* every segment the slow way: the result must be the same (for tests) */
    /* External lists ("icd10cm"). NULL = only the lists compiled in. Asked once a value: 1 it is a code, 0 it is none,
     * -1 not known. */
    int (*code_known)(void *user, const struct pp_x12_codes *list, struct pp_str code);
    void *user;
};

struct pp_x12_check;
/* NULL without memory. opts may be NULL; each handler may be NULL. */
struct pp_x12_check *pp_x12_check_open(const struct pp_x12_check_opts *opts, const struct pp_x12_check_handlers *h);
void pp_x12_check_close(struct pp_x12_check *c);
/* Every event of the reader, also those of pp_x12_finish, up to and including PP_X12_NOTHING from it. */
void pp_x12_check_event(struct pp_x12_check *c, const struct pp_x12_reader *r, const struct pp_x12_event *e);

/* Where the segment of the last event stands in its guide. */
struct pp_x12_place {
    const struct pp_x12_guide *guide; /* NULL: no transaction, or no guide known here */
    const struct pp_x12_use *use;     /* NULL: the segment has no place in the guide */
    uint32_t depth;                   /* loops that are open; [0] is the transaction */
    struct {
        const struct pp_x12_loop *loop;
        uint32_t instance;        /* of this loop in its parent, from 1 */
        struct pp_x12_pos opened; /* place of its first segment */
    } path[PP_X12_DEPTH_MAX];
};
const struct pp_x12_place *pp_x12_check_place(const struct pp_x12_check *c);

/* Stable name of a reason: "segment-order", "se-count". NULL for none of ours. */
const char *pp_x12_code_name(unsigned code);

#endif
