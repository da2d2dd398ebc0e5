/* Does a claim line match what is authorized? Pure: candidates in, one pick and a list of compared elements out.
 *
 * Order of finding (never by likeness):
 *   1. the authorization number after normalisation; a placeholder is no number;
 *   2. payer, member, code, date and provider, scored; below CLAIMS_SCORE_MIN nothing is attached, and two candidates
 *      with different authorization numbers that fit equally well are not attached either: a person picks.
 * Then the pick is compared element by element. An element that differs and would likely be denied holds the claim;
 * one that differs and is often paid only warns. Forecasts are claim adjustment reason codes (X12 list 139).
 * What a payer itself treats as the same code is asked through claims_equiv_fn: directed pairs, never symmetric.
 */
#ifndef CLAIMS_MATCH_H
#define CLAIMS_MATCH_H

#include "base/arena.h"
#include "base/date.h"
#include "base/uuid.h"
#include "claims/ledger.h"
#include "ev.h"

#define CLAIMS_SCORE_MIN 70
#define CLAIMS_SCORE_CODE 40
#define CLAIMS_SCORE_DATE 25      /* in the authorized window, or the day of the visit */
#define CLAIMS_SCORE_DATE_NEAR 15 /* within CLAIMS_NEAR_DAYS of the visit */
#define CLAIMS_SCORE_PAYER 15
#define CLAIMS_SCORE_MEMBER 10
#define CLAIMS_SCORE_PROVIDER 10
#define CLAIMS_NEAR_DAYS 14
#define CLAIMS_FAR_DAYS 90     /* a determination says nothing about a service this far from the ordered day */
#define CLAIMS_ELEMENTS_MAX 16 /* of one claim line */

/* True when the payer takes `billed` for an authorization of `approved`; *ret_rule names its rule. */
typedef bool claims_equiv_fn(const void *self, struct pp_str payer, struct pp_str approved, struct pp_str billed,
                             pp_date on, struct pp_str *ret_rule);

struct match_claim {
    struct pp_str payer, payer_code, member; /* member normalised */
    struct pp_str member_as_sent;
    struct pp_str billing_npi, rendering_npi, facility_npi;
};

struct match_line {
    int32_t line;
    struct pp_str code, modifiers, pos, rendering_npi, unit_type, diagnoses;
    struct pp_str number, number_as_sent; /* the line's, else the claim's; `number` normalised */
    bool placeholder;
    pp_date from, until;
    int64_t units;
};

struct match_auth {
    bool known;
    enum ev_decided_line_outcome outcome;
    struct pp_str number_as_sent, number, trace, reason;
    struct pp_str code, modifiers, unit_type, provider_npi; /* code and modifiers already filled from the request */
    pp_date from, until;
    bool limited, accepted;
    int64_t units, decided;
};

struct match_cand {
    struct pp_uuid case_id;
    struct pp_str case_no;
    int32_t case_line, case_version;
    bool active;
    struct pp_str payer, payer_code, second_payer, member, member_as_sent, performer_npi;
    pp_date coverage_from, coverage_until;
    struct pp_str code, modifiers, diagnoses, pos; /* as ordered now */
    pp_date service_date;
    enum ev_determined_line_coverage coverage; /* NONE: not determined yet */
    int32_t basis;
    struct pp_str proof, reason, on_file;
    pp_date valid_until;
    struct match_auth auth;
    int64_t used;                   /* by other claims */
    struct pp_str used_by_same_day; /* claim number of another claim for the same line and day; empty = none */
};

enum match_how { MATCH_NOT_FOUND, MATCH_BY_NUMBER, MATCH_BY_SEARCH, MATCH_AMBIGUOUS };
struct match_pick {
    enum match_how how;
    const struct match_cand *cand;  /* NULL unless how is BY_NUMBER or BY_SEARCH */
    const struct match_cand *other; /* AMBIGUOUS: two of them; NOT_FOUND: the nearest, for the hint; may be NULL */
    int score;
    bool number_elsewhere; /* the number is known, but belongs to another line than the one that fits */
    bool number_unknown;   /* a number was given and no authorization has it */
};
void match_find(const struct match_claim *c, const struct match_line *l, const struct match_cand *cands, size_t n,
                claims_equiv_fn *equiv, const void *self, struct match_pick *ret);

struct match_element {
    const char *code, *label; /* "units", "Units" */
    struct pp_str claim, auth;
    const char *relation;           /* eq, equiv, ne, missing */
    struct pp_str rule;             /* why equiv */
    enum ev_mismatch_reason reason; /* NONE: nothing to say */
    enum ev_mismatch_severity severity;
    const char *carc;
    struct pp_str hint;
};
struct match_result {
    enum ev_matched_line_result result;
    struct match_element e[CLAIMS_ELEMENTS_MAX];
    size_t n;
    struct pp_str authorization; /* to print; empty when none is needed */
    struct pp_str proof;         /* of not_needed */
    struct pp_str code;          /* authorized */
    bool held;                   /* at least one element holds the claim */
};
/* `used_here`: units that earlier lines of the same claim take of the same authorization. Texts live in `a`. */
void match_compare(const struct match_claim *c, const struct match_line *l, const struct match_pick *p,
                   int64_t used_here, claims_equiv_fn *equiv, const void *self, struct pp_arena *a,
                   struct match_result *ret);

#endif
