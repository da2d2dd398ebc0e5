/* X12 guides as tables: what may stand where in a transaction.
 *
 * The tables are compiled by tools/gen/guides.py from common/codec/guides/ (docs/x12-guides.md tells its form) into
 * $(BUILD)/gen/x12_guides.c. All of it is constant data; nothing here allocates. A guide is a tree of loops; each loop
 * has its children in the order of the standard: segment uses and loops, a loop standing for its first segment, which
 * opens it. What a use allows in its elements is a form; equal forms are one.
 *
 * Codes are packed into numbers (pp_x12_pack), so that no strings are compared. The dictionary gives a form for every
 * segment known to X12 that we know, for what stands outside of a guide.
 */
#ifndef PP_CODEC_X12_GUIDE_H
#define PP_CODEC_X12_GUIDE_H

#include "base/str.h"

#define PP_X12_DEPTH_MAX 12   /* loops inside of each other, the transaction counted */
#define PP_X12_FACTS_MAX 256  /* facts that the rules of one path of loops keep */
#define PP_X12_COUNTS_MAX 256 /* counters of one path of loops */
#define PP_X12_CHILDREN_MAX 128
#define PP_X12_GUIDE_NONE 0xffffu

enum pp_x12_type {
    PP_X12_T_AN,
    PP_X12_T_ID,
    PP_X12_T_N, /* whole number, `scale` implied decimals */
    PP_X12_T_R, /* decimal number */
    PP_X12_T_DT,
    PP_X12_T_TM,
    PP_X12_T_B,
    PP_X12_T_COMPOSITE,
};
enum pp_x12_usage { PP_X12_SITUATIONAL, PP_X12_REQUIRED, PP_X12_NOT_USED };
enum pp_x12_format { /* of values whose type says nothing of it */
                     PP_X12_FORMAT_NONE,
                     PP_X12_FORMAT_BY_QUALIFIER, /* element 1251: by the 1250 before it */
                     PP_X12_FORMAT_D8,           /* CCYYMMDD */
                     PP_X12_FORMAT_RD8,          /* CCYYMMDD-CCYYMMDD */
                     PP_X12_FORMAT_D6,           /* YYMMDD */
                     PP_X12_FORMAT_TM,           /* HHMM, HHMMSS, … */
                     PP_X12_FORMAT_DT,           /* CCYYMMDDHHMM */
};
/* What the fast check of a value has to do beside its length. */
enum pp_x12_look {
    PP_X12_LOOK_NONE,
    PP_X12_LOOK_CODES,
    PP_X12_LOOK_NUMBER,
    PP_X12_LOOK_DECIMAL,
    PP_X12_LOOK_DATE,
    PP_X12_LOOK_TIME,
    PP_X12_LOOK_FORMAT,
    PP_X12_LOOK_COMPOSITE,
};

struct pp_x12_codes {
    const char *name;     /* of a file of codes/, or "" for codes written in a guide */
    const uint64_t *code; /* packed, ascending */
    uint32_t n;
    uint8_t snip;             /* of a value that is none of them: 2 fixed by the guide, 5 external */
    bool open;                /* the list is not complete: only the caller's own list can tell that a code is none */
    const char *const *words; /* short meanings in our own words, by the same index; NULL, or single NULLs */
};

struct pp_x12_form;
struct pp_x12_el_use {
    uint8_t usage, type, scale, format, look;
    uint8_t repeat;     /* at most so many; 1 = no repetition */
    uint8_t by;         /* format BY_QUALIFIER: position of the 1250 in the same form */
    uint16_t number;    /* of the data element; of a composite its number: 3 for C003 */
    uint16_t min, span; /* length: at least min, at most min + span (signs and points not counted) */
    union {
        const struct pp_x12_codes *codes; /* NULL = any value */
        const struct pp_x12_form *parts;  /* of a composite */
    };
};

enum pp_x12_note_kind {
    PP_X12_NOTE_P, /* all or none */
    PP_X12_NOTE_R, /* at least one */
    PP_X12_NOTE_E, /* at most one */
    PP_X12_NOTE_C, /* the first needs all others */
    PP_X12_NOTE_L, /* the first needs one of the others */
};
struct pp_x12_note {
    uint8_t kind;
    uint8_t first;      /* position */
    uint64_t all, rest; /* bit i = position i + 1; rest = all without the first */
};

struct pp_x12_form {
    uint8_t n, notes_n;
    uint64_t mandatory; /* by the dictionary; bit i = position i + 1 */
    uint64_t required;  /* by the guide or the dictionary */
    uint64_t unused;    /* by the guide */
    const struct pp_x12_el_use *el;
    const struct pp_x12_note *notes;
};

/* A fact that rules ask for: two conditions on a use, both true. element 0 = no condition. */
enum pp_x12_fact_op {
    PP_X12_FACT_PRESENT,
    PP_X12_FACT_IN,
    PP_X12_FACT_LESS,
    PP_X12_FACT_GREATER,
    PP_X12_FACT_KEEP, /* always true; the value is kept in a slot for SAME */
    PP_X12_FACT_SAME, /* the value is one of those kept */
};
#define PP_X12_SLOTS_MAX 8
struct pp_x12_cond {
    uint8_t element, component, op;
    uint8_t depth;                    /* KEEP, SAME: of the loop for whose life values are kept */
    const struct pp_x12_codes *codes; /* IN */
    int64_t number;                   /* LESS, GREATER: in ten-thousandths; KEEP, SAME: slot */
};
struct pp_x12_fact {
    uint16_t bit;
    struct pp_x12_cond cond[2];
};

enum pp_x12_balance {
    PP_X12_BALANCE_NONE,
    PP_X12_BALANCE_CLAIM_CHARGE, /* 837: CLM02 is the sum of the lines' charges */
    PP_X12_BALANCE_REMIT_TOTAL,  /* 835: BPR02 is the sum of CLP04 less the sum of PLB */
    PP_X12_BALANCE_REMIT_CLAIM,  /* 835: CLP03 less all CAS of the claim and its lines is CLP04 */
    PP_X12_BALANCE_REMIT_LINE,   /* 835: SVC02 less the CAS of the line is SVC03 */
    PP_X12_BALANCE_REMIT_LINES,  /* 835: the sum of SVC02 is CLP03, where there are lines */
    PP_X12_CHECK_LX,             /* LX01 counts 1, 2, 3, … in a claim */
    PP_X12_CHECK_POINTERS,       /* SV107 names diagnoses that the claim has */
};
/* What a segment adds to a balance. */
enum pp_x12_amount {
    PP_X12_AMOUNT_NONE,
    PP_X12_AMOUNT_CLM,
    PP_X12_AMOUNT_SV1, /* element 2 */
    PP_X12_AMOUNT_SV2, /* element 3 */
    PP_X12_AMOUNT_SV3, /* element 2 */
    PP_X12_AMOUNT_BPR,
    PP_X12_AMOUNT_CLP,
    PP_X12_AMOUNT_CAS,
    PP_X12_AMOUNT_SVC,
    PP_X12_AMOUNT_PLB,
    PP_X12_AMOUNT_HI,
    PP_X12_AMOUNT_LX,
};

/* Where a rule's finding points to, or what set it off. bit = the fact that noted the place, GUIDE_NONE = none. */
struct pp_x12_spot {
    char segment[4];
    char loop[8];
    uint8_t element, component;
    uint16_t data_element;
    uint16_t bit;
};
struct pp_x12_rule {
    uint8_t snip;
    bool warning;
    const char *name, *text;
    uint8_t balance;                   /* enum pp_x12_balance, or */
    bool (*holds)(const uint64_t *f);  /* true: all is well; f = bits of facts */
    bool forbids;                      /* what is there should not be (999: I9, I13), else something is missing */
    struct pp_x12_spot place, trigger; /* what the rule asks for; what made it ask */
};

/* A segment where it may stand, or a loop by its first segment. */
struct pp_x12_use {
    uint32_t id;      /* pp_x12_pack of the segment id */
    uint16_t loop;    /* it is a child of */
    uint16_t opens;   /* loop, or GUIDE_NONE */
    uint32_t pos;     /* children with the same pos may come in any order */
    uint32_t max;     /* 0 = any number */
    uint16_t counter; /* GUIDE_NONE = at most one, the bit tells it */
    uint8_t child;    /* its bit among the children of the loop */
    uint8_t required;
    /* Which of several uses of the same segment it is: key_codes holds this value. NULL = no key. */
    uint8_t key_element, key_component;
    bool sole; /* the only use of its segment in its loop: taken for it even if the key does not fit */
    uint8_t amount, facts_n;
    const struct pp_x12_codes *key_codes;
    const struct pp_x12_form *form;
    const struct pp_x12_fact *facts;
    uint64_t before[2]; /* required children that must have come before it */
    /* Rules about one segment, judged for each of its kind; their facts are forgotten at the next. */
    uint16_t own_from, own_to, rules_n;
    const struct pp_x12_rule *rules;
    const char *name; /* short, in our own words */
};

struct pp_x12_loop {
    char id[8]; /* "2300"; "" for the transaction itself */
    const char *name;
    uint16_t parent, depth;
    uint16_t opener;            /* the use that opens it; GUIDE_NONE for the transaction */
    bool hl;                    /* opened by HL */
    uint64_t required[2];       /* bits of children */
    uint16_t child, children_n; /* uses[child] … in order */
    uint16_t facts_from, facts_to, counters_from, counters_to;
    const struct pp_x12_rule *rules;
    uint32_t rules_n;
};

struct pp_x12_guide {
    const char *name;            /* "837p" */
    const char *const *versions; /* GS08 and ST03, NULL at the end */
    const char *st01, *gs01;
    const char *source;
    bool full;    /* false: integrity only, no source for its loops was found */
    bool hl_warn; /* levels numbered or hung otherwise are warnings: published examples have them */
    const struct pp_x12_codes *purpose; /* BHT02 that choose it among guides with the same version; NULL = any */
    const struct pp_x12_use *uses;
    const struct pp_x12_loop *loops; /* [0] is the transaction */
    uint16_t uses_n, loops_n;
    /* segment id -> number in this guide: ids[(id * ids_mult) >> 24], 0xff = free; then compare id_of[number] */
    const uint8_t *ids;
    uint32_t ids_mult;
    const uint32_t *id_of;
    uint16_t ids_n;
    /* first[loop * ids_n + number] -> the uses of that segment in that loop: list[…] up to GUIDE_NONE; 0 = none */
    const uint16_t *first, *list;
};

struct pp_x12_dict_segment {
    uint32_t id;
    const char *name; /* NULL: in the directory, but its elements are not known here */
    const struct pp_x12_form *form;
};
struct pp_x12_dict_element {
    uint16_t number;
    uint8_t type, scale;
    uint16_t min, max;
    const char *name;
};

extern const struct pp_x12_guide *const pp_x12_guides[];
extern const uint32_t pp_x12_guides_n;
extern const struct pp_x12_dict_segment pp_x12_dict[]; /* ascending by id */
extern const uint32_t pp_x12_dict_n;
extern const struct pp_x12_dict_element pp_x12_elements[]; /* ascending by number */
extern const uint32_t pp_x12_elements_n;
extern const struct pp_x12_codes *const pp_x12_lists[]; /* those of codes/ */
extern const uint32_t pp_x12_lists_n;

/* Up to eight bytes as a number, the first byte lowest; of more bytes a hash with the highest bit set. */
uint64_t pp_x12_pack_long(const char *p, uint32_t n);
static inline uint64_t pp_x12_pack(const char *p, uint32_t n) {
    if (n >= 4) {
        uint32_t low, high;
        if (n > 8) return pp_x12_pack_long(p, n);
        memcpy(&low, p, 4);
        memcpy(&high, p + n - 4, 4);
        return low | (uint64_t)high << ((n - 4) * 8);
    }
    uint64_t v = 0;
    for (uint32_t i = 0; i < n; i++) v |= (uint64_t)(unsigned char)p[i] << (i * 8);
    return v;
}
bool pp_x12_codes_have(const struct pp_x12_codes *list, uint64_t packed);
/* Meaning of a code in our own words; NULL when it is not known. */
const char *pp_x12_codes_words(const struct pp_x12_codes *list, struct pp_str code);
/* A list of codes/ by its name; NULL. */
const struct pp_x12_codes *pp_x12_list(const char *name);

/* The guide of a version (ST03, else GS08) and transaction; bht02 chooses among several and may be empty.
 * NULL: none here. *ret_several says that BHT02 must decide (ret_several may be NULL). */
const struct pp_x12_guide *pp_x12_guide_find(struct pp_str st01, struct pp_str version, struct pp_str bht02,
                                             bool *ret_several);
/* By its own name ("278-request"); NULL. */
const struct pp_x12_guide *pp_x12_guide_named(const char *name);
/* The uses of a segment in a loop, GUIDE_NONE at the end; NULL = none. */
const uint16_t *pp_x12_guide_uses(const struct pp_x12_guide *g, uint32_t loop, uint32_t id);
const struct pp_x12_dict_segment *pp_x12_dict_find(uint32_t id);
const struct pp_x12_dict_element *pp_x12_element_find(unsigned number);

#endif
