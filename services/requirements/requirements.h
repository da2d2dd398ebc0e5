/* Inside the requirements service: what its files offer each other. */
#ifndef REQUIREMENTS_REQUIREMENTS_H
#define REQUIREMENTS_REQUIREMENTS_H

#include "core/service.h"
#include "refs/rules.h"
#include "requirements/tables.h"

#define REQ_LINES_MAX 40         /* of a case: schemas/types/case.json */
#define REQ_EXPLAINED_MAX 10     /* rules written into a proof: the best of those considered */
#define REQ_UNDATED_CHECK_DAYS 7 /* a line without a date is judged as of today, and again after this */

enum req_timer {
    REQ_TIMER_CHECK = 1, /* ref = case: rules may have changed since; T-14, T-7, T-3 and T-1 before the service */
};

struct req { /* one input being decided */
    const struct pp_ctx *ctx;
    struct pp_unit *unit;
    const struct pp_in *in;
    struct pp_out *out;
};

/* What was found about one line. */
struct req_finding {
    enum ev_determined_line_coverage coverage;
    struct pp_str rule, rule_text, proof, reason, documents, source;
    pp_date source_date, valid_until;
    struct pp_str pack;
    enum ev_requirement_determined_channel channel;
    struct pp_str info_needed[8];
    size_t info_needed_n;
    struct pp_str facts, considered; /* JSON, "" when no rule was asked */
};

pp_decide_fn requirements_decide;
pp_check_fn requirements_check;
extern const struct pp_service requirements_service;

/* copy.c: our copy of the case */
/* The row, or NULL when this version (or a later one) was seen before. */
struct req_case_row *req_copy_case(struct req *c, const struct ev_case *e);
size_t req_split(struct req *c, struct pp_str csv, size_t max, struct pp_str **ret);
struct pp_str req_join(struct req *c, const struct pp_str *v, size_t n);
bool req_is_active(const struct req_line_row *l);

/* judge.c: what one line needs; changes nothing */
int req_judge(struct req *c, const struct req_case_row *k, const struct req_line_row *l, struct req_finding *ret);

/* explain.c: JSON for the proof page */
struct pp_str req_explain_facts(struct req *c, const struct pp_rule_facts *f);
struct pp_str req_explain_rules(struct req *c, const struct pp_rule_verdict *v);

/* determine.c */
enum req_when { REQ_ALWAYS, REQ_IF_CHANGED };
/* Judges all active lines, keeps proofs, says the determination, asks for and ends tasks, sets the next timer. */
void req_determine(struct req *c, struct req_case_row *k, enum req_when when, const char *why);
void req_withdrawn(struct req *c, const struct ev_case_withdrawn *e);
void req_check_timer(struct req *c, struct pp_uuid case_id);

/* command.c */
void req_command_decide(struct req *c, const struct ev_requirement_decide *e);

#define REQUIREMENTS_QUERIES 2
extern const struct pp_query requirements_queries[REQUIREMENTS_QUERIES];

#endif
