/* Rules: is authorization needed for one service line (kind "rules").
 *
 * pp_rules_judge takes the facts of one line under one coverage and says which rules were considered, each condition
 * with what it wants and what the line has, and which rule decided. The order: the most specific rule that fits (code,
 * then payer, plan, state, …: docs/packs.md), then the greater priority. Two that are equal and say different things
 * decide nothing: the verdict is unknown and names both. No rule that fits: unknown. A verdict "not required" always
 * comes from a rule that says so, never from silence. A rule whose fit depends on something the line does not say (its
 * place of service, say) makes the verdict conditional when it would outrank what decided and would say otherwise.
 */
#ifndef PP_REFS_RULES_H
#define PP_REFS_RULES_H

#include "base/arena.h"
#include "refs/refs.h"
#include "ev.h"

struct pp_rule {
    struct pp_str id;
    struct pp_str payer, plan;        /* empty = any */
    enum ev_coverage_lob lob;         /* NONE = any */
    struct pp_str states, not_states; /* "IL,WI" */
    bool state_of_patient;            /* states are the patient's, else the site's */
    struct pp_str codes;              /* "72148,70551-70553", "*" any, "" = by category */
    struct pp_str category;
    struct pp_str modifiers; /* one of them on the line */
    struct pp_str dx;        /* one diagnosis begins with one of them */
    struct pp_str pos, not_pos;
    int32_t age_min, age_max;           /* years at the service date; -1 = no bound */
    pp_date from, until;                /* service date, both inclusive; 0 = open */
    struct pp_str urgency, not_urgency; /* "routine,urgent" */
    enum ev_determined_line_coverage outcome;
    struct pp_str documents;                        /* document list */
    enum ev_requirement_determined_channel channel; /* NONE = the payer's */
    int32_t priority;
    int32_t rank;       /* specificity, made from the conditions */
    struct pp_str text; /* the rule as an English sentence */
    struct pp_str source;
    pp_date source_date;
    const struct pp_pack *pack;
};

struct pp_rule_facts {
    struct pp_str payer, plan;
    enum ev_coverage_lob lob;
    struct pp_str code;
    const struct pp_str *modifiers;
    size_t modifiers_n;
    const struct pp_str *diagnoses;
    size_t diagnoses_n;
    struct pp_str pos;
    struct pp_str site_state, patient_state;
    enum ev_case_urgency urgency;
    pp_date date; /* service date, else the day of the decision */
    pp_date birth_date;
};

enum pp_fit { PP_FIT_NO, PP_FIT_YES, PP_FIT_UNSAID }; /* UNSAID: the line does not say */
struct pp_rule_cond {
    const char *name; /* "code", "payer", "state", "service date", … */
    struct pp_str want, have;
    enum pp_fit fit;
};
#define PP_RULE_CONDS_MAX 14
struct pp_considered {
    const struct pp_rule *rule;
    enum pp_fit fit; /* of all conditions together */
    bool decided;
    int nconds;
    struct pp_rule_cond conds[PP_RULE_CONDS_MAX];
};
#define PP_CONSIDERED_MAX 24
struct pp_rule_verdict {
    enum ev_determined_line_coverage coverage;
    const struct pp_rule *rule;   /* NULL when none decided */
    struct pp_str proof;          /* rule id, pack, version, hash; never empty, also when nothing fitted */
    struct pp_str reason;         /* for people; at most 400 bytes */
    struct pp_str info_needed[8]; /* of conditional: "place_of_service" … */
    size_t info_needed_n;
    const struct pp_considered *considered; /* the best PP_CONSIDERED_MAX: those that fit first, then by rank */
    size_t considered_n;
};

/* -1 only when the arena is full. */
int pp_rules_judge(const struct pp_refs *r, const struct pp_rule_facts *f, struct pp_arena *a,
                   struct pp_rule_verdict *ret, struct pp_err *err);
const struct pp_rule *pp_refs_rule(const struct pp_refs *r, struct pp_str id);
/* "rules 3f9ac21b1c2d, medicare 0a1b2c3d4e5f": packs of kind rules, at most 80 bytes. */
struct pp_str pp_rules_packs(const struct pp_refs *r, struct pp_arena *a);

#endif
