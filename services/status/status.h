/* Inside the status service: what its files offer each other. */
#ifndef STATUS_STATUS_H
#define STATUS_STATUS_H

#include "core/service.h"
#include "status/tables.h"

#define STATUS_LINES_MAX 200 /* lines behind one appointment that are looked at */

enum status_timer { STATUS_TIMER_TASK = 1, STATUS_TIMER_CLOCK, STATUS_TIMER_VISIT, STATUS_TIMER_CASE };

struct status_work { /* one decision at work */
    const struct pp_ctx *ctx;
    struct pp_unit *u;
    const struct pp_in *in;
    struct pp_out *o;
    struct pp_arena *a;
    int64_t at; /* when the fact happened, else now */
};

struct status_case_row *status_find_case(struct status_work *w, struct pp_uuid case_id);
struct status_line_row *status_find_line(struct status_work *w, struct pp_uuid case_id, int64_t line);
struct pp_str status_zone(struct status_work *w, struct pp_str site);
int64_t status_dec(struct pp_str v);                     /* millionths; 0 when there is none */
struct pp_str status_cut(struct pp_str v, uint32_t max); /* at most max bytes, whole UTF-8 characters */

/* history.c: the time line. One fact, one plain sentence. kind: decisions, contact, documents, clocks, system.
 * `c` NULL: nothing is written (a fact about a case that is not known). */
void status_event(struct status_work *w, struct status_case_row *c, const char *kind, int64_t line, const char *tone,
                  struct pp_str actor, struct pp_str detail, struct pp_str evidence, const char *fmt, ...)
    __attribute__((format(printf, 9, 10)));
#define STATUS_SAY(w, c, kind, line, tone, ...)                                                                        \
    status_event(w, c, kind, line, tone, PP_STR_NONE, PP_STR_NONE, PP_STR_NONE, __VA_ARGS__)

/* cases.c */
void status_case(struct status_work *w, const struct ev_case *c, bool opened);
void status_case_withdrawn(struct status_work *w, const struct ev_case_withdrawn *e);
void status_patient(struct status_work *w, const struct ev_patient_reported *e);
void status_merged(struct status_work *w, const struct ev_patient_merged *e);
/* requirement.c */
void status_determined(struct status_work *w, const struct ev_requirement_determined *e);
/* document.c */
void status_checklist(struct status_work *w, const struct ev_checklist_changed *e);
void status_packet(struct status_work *w, const struct ev_packet_released *e);
/* submission.c */
void status_started(struct status_work *w, const struct ev_submission_started *e);
void status_acknowledged(struct status_work *w, const struct ev_submission_acknowledged *e);
void status_rejected(struct status_work *w, const struct ev_submission_rejected *e);
void status_delayed(struct status_work *w, const struct ev_submission_delayed *e);
void status_submission_cancelled(struct status_work *w, const struct ev_submission_cancelled *e);
void status_info(struct status_work *w, const struct ev_info_requested *e);
void status_decided(struct status_work *w, const struct ev_authorization_decided *e);
void status_expiring(struct status_work *w, const struct ev_authorization_expiring *e);
/* claim.c */
void status_claim_matched(struct status_work *w, const struct ev_claim_matched *e);
void status_claim_held(struct status_work *w, const struct ev_claim_held *e);
void status_claim_released(struct status_work *w, const struct ev_claim_released *e);
void status_claim_adjudicated(struct status_work *w, const struct ev_claim_adjudicated *e);
void status_claim_denied(struct status_work *w, const struct ev_claim_denied *e);
void status_claim_acknowledged(struct status_work *w, const struct ev_claim_acknowledgement_reported *e);
void status_units(struct status_work *w, const struct ev_units_used *e);
/* task.c */
void status_task_needed(struct status_work *w, const struct ev_task_needed *e);
void status_task_settled(struct status_work *w, const struct ev_task_settled *e);
void status_task_assign(struct status_work *w, const struct ev_task_assign *e);
void status_task_snooze(struct status_work *w, const struct ev_task_snooze *e);
void status_task_timer(struct status_work *w, struct pp_uuid task_id);
const char *status_task_step(struct pp_str kind); /* what to do, as a verb */
/* note.c */
void status_note(struct status_work *w, const struct ev_note_add *e);
void status_quarantined(struct status_work *w, const struct ev_message_quarantined *e);

/* refresh.c: everything that is derived for a case, and its public snapshots. */
void status_refresh(struct status_work *w, struct pp_uuid case_id);
void status_clock_timer(struct status_work *w, struct pp_uuid ref);
/* visit.c */
void status_refresh_visits(struct status_work *w, struct pp_uuid case_id);
void status_visit_timer(struct status_work *w, struct pp_uuid visit_id);
size_t status_booked(struct status_work *w, struct pp_uuid case_id, int32_t line);
/* The first visit of the line that is booked for `from` or later. NULL: none. */
const struct status_visit_row *status_first_booked(struct status_work *w, struct pp_uuid case_id, int32_t line,
                                                   pp_date from);
/* Approved, never used, and the window passed without a visit in it. */
bool status_expired(struct status_work *w, const struct status_case_row *c, const struct status_line_row *l);
void status_retract_visit(struct status_work *w, struct status_visit_row *v);
/* standing.c: words, tones and the headline; pure over rows */
struct status_standing {
    int rank;
    const char *stage, *headline, *tone;
};
void status_line_words(struct status_work *w, const struct status_case_row *c, struct status_line_row *l);
struct status_standing status_standing_of(const struct status_case_row *c, const struct status_line_row *l);
/* publish.c */
void status_publish_case(struct status_work *w, struct status_case_row *c);
void status_publish_visit(struct status_work *w, struct status_visit_row *v, const struct ev_readiness_reason *reasons,
                          size_t n);
void status_publish_auth(struct status_work *w, const struct status_case_row *c, const struct status_line_row *l);
void status_publish_task(struct status_work *w, struct status_task_row *t);
void status_notice(struct status_work *w, const char *kind, struct pp_uuid about, struct pp_uuid case_id,
                   const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* A finished step of the metric model, once; `again`: a later round replaces it. */
void status_measure(struct status_work *w, const struct status_case_row *c, const char *step, int64_t started,
                    int64_t ended, struct pp_str result, int32_t attempts, bool again);

pp_decide_fn status_decide;
pp_check_fn status_check;
extern const struct pp_service status_service;
#define STATUS_QUERIES 10
extern const struct pp_query status_queries[STATUS_QUERIES];
/* SQL of query_*.c */
extern const char status_worklist_sql[], status_counts_sql[];
extern const char status_case_sql[], status_timeline_sql[], status_cases_sql[];
extern const char status_matrix_sql[], status_appointments_sql[];
extern const char status_tasks_sql[], status_task_sql[], status_quarantine_sql[];

#endif
