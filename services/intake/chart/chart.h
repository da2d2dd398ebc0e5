/* Inside the chart: what its files offer each other. */
#ifndef CHART_CHART_H
#define CHART_CHART_H

#include "core/service.h"
#include "intake/chart/tables.h"

#define CHART_LINES_MAX 40 /* of a case: schemas/types/case.json */
#define CHART_VISITS_MAX 20
#define CHART_COVERAGES_MAX 3
#define CHART_UNMATCHED_WAIT_MS                                                                                        \
    (30 * PP_MS_MINUTE) /* a visit may come this long before its order without being a task */

enum chart_timer {
    CHART_TIMER_INTAKE = 1, /* ref = case: something is still missing; look again with the packs now in force */
    CHART_TIMER_UNMATCHED,  /* ref = visit */
};

enum chart_call {
    CHART_CALL_ELIGIBILITY = 1, /* ref: made from the trace number of the question */
};

struct chart { /* one input being decided */
    const struct pp_ctx *ctx;
    struct pp_unit *unit;
    const struct pp_in *in;
    struct pp_out *out;
    struct pp_str why; /* a line was taken away: the reason given */
    bool verified;     /* a payer said something of a coverage: tasks may change although the case does not */
};

/* decide.c */
pp_decide_fn chart_decide;
pp_check_fn chart_check;
extern const struct pp_service chart_service;

/* patient.c */
void chart_patient_reported(struct chart *c, const struct ev_patient_reported *e);
void chart_patient_merged(struct chart *c, const struct ev_patient_merged *e);
const struct chart_patient_row *chart_patient_of(struct chart *c, struct pp_str sender);

/* coverage.c */
void chart_coverage_reported(struct chart *c, const struct ev_coverage_reported *e);
/* Its payer in the directory; empty: unknown. */
struct pp_str chart_payer_of(struct chart *c, const struct chart_coverage_row *r);
/* Coverages that hold on `on`, by rank, newest report of each rank; up to CHART_COVERAGES_MAX. */
size_t chart_coverages_on(struct chart *c, pp_date on, struct ev_coverage *ret);

/* eligibility.c */
void chart_coverage_verified(struct chart *c, const struct ev_coverage_verified *e);
void chart_eligibility_failed(struct chart *c, struct pp_uuid ref);
/* Asks the payers of the case about coverages that nobody has verified lately. */
void chart_eligibility_ask(struct chart *c, const struct ev_case *e);
/* What the payer has said of a member number; NULL: nothing was asked or said. */
const struct chart_eligibility_row *chart_eligibility_of(struct chart *c, struct pp_str payer, struct pp_str member);
/* The payer says that it is not in force on this day. v may be NULL. */
bool chart_eligibility_ended(const struct chart_eligibility_row *v, pp_date on);
/* What registration must hear of it, one sentence; empty: nothing is wrong. */
struct pp_str chart_eligibility_words(struct chart *c, const struct ev_coverage *v);

/* call_eligibility.c */
int call_eligibility_build(const struct pp_call_ctx *x, const struct ev *request, struct pp_arena *a,
                           struct pp_http_msg *ret, struct pp_err *err);
enum pp_call_verdict call_eligibility_parse(const struct pp_call_ctx *x, const struct ev *request,
                                            const struct pp_http_answer *ans, struct pp_arena *a, struct ev *ret,
                                            struct pp_err *err);

/* order.c */
void chart_order_reported(struct chart *c, const struct ev_order_reported *e);
/* Asks the code map again about what nobody has mapped yet. */
void chart_map_line(struct chart *c, const struct chart_case_row *k, struct chart_line_row *l);
/* "a,b" -> strings in the arena. */
size_t chart_split(struct chart *c, struct pp_str csv, size_t max, struct pp_str **ret);

/* visit.c */
void chart_visit_reported(struct chart *c, const struct ev_visit_reported *e);
/* Looks again at the visits that wait for an order. */
void chart_visits_retry(struct chart *c);
void chart_unmatched_timer(struct chart *c, struct pp_uuid visit_id);
/* Lines of the case that the visit serves; false: none. */
bool chart_visit_serves(struct chart *c, const struct chart_visit_row *v, const struct chart_case_row *k,
                        bool ret_lines[CHART_LINES_MAX + 1]);

/* snapshot.c: the case as others see it, from the rows; version and change are left empty */
struct ev_case *chart_snapshot(struct chart *c, struct chart_case_row *k);
bool chart_is_active(const struct chart_line_row *l);
/* The first day on which a wanted line is to happen, else today: coverages must hold then. */
pp_date chart_first_service(struct chart *c, const struct ev_case *e);

/* settle.c: says what changed, asks for what is missing, ends what is answered */
void chart_settle(struct chart *c, struct chart_case_row *k, const char *change);
void chart_settle_all(struct chart *c, const char *change); /* every open case */
void chart_intake_timer(struct chart *c, struct pp_uuid case_id);
void chart_need_merge_review(struct chart *c, struct chart_case_row *k);
/* A person has looked at it. False: nobody was asked to. */
bool chart_settle_merge(struct chart *c, const struct chart_case_row *k);

/* command.c */
void chart_command(struct chart *c);

#define CHART_QUERIES 3
extern const struct pp_query chart_queries[CHART_QUERIES];

#endif
