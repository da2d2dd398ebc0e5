#include "status/status.h"

static void on_event(struct status_work *w, const struct ev *e) {
    switch (e->type) {
    case EV_PATIENT_REPORTED: status_patient(w, e->as.patient_reported); return;
    case EV_PATIENT_MERGED: status_merged(w, e->as.patient_merged); return;
    case EV_MESSAGE_QUARANTINED: status_quarantined(w, e->as.message_quarantined); return;
    case EV_CASE_OPENED: status_case(w, e->as.case_opened, true); return;
    case EV_CASE_CHANGED: status_case(w, e->as.case_changed, false); return;
    case EV_CASE_WITHDRAWN: status_case_withdrawn(w, e->as.case_withdrawn); return;
    case EV_REQUIREMENT_DETERMINED: status_determined(w, e->as.requirement_determined); return;
    case EV_CHECKLIST_CHANGED: status_checklist(w, e->as.checklist_changed); return;
    case EV_PACKET_RELEASED: status_packet(w, e->as.packet_released); return;
    case EV_SUBMISSION_STARTED: status_started(w, e->as.submission_started); return;
    case EV_SUBMISSION_ACKNOWLEDGED: status_acknowledged(w, e->as.submission_acknowledged); return;
    case EV_SUBMISSION_REJECTED: status_rejected(w, e->as.submission_rejected); return;
    case EV_SUBMISSION_DELAYED: status_delayed(w, e->as.submission_delayed); return;
    case EV_SUBMISSION_CANCELLED: status_submission_cancelled(w, e->as.submission_cancelled); return;
    case EV_INFO_REQUESTED: status_info(w, e->as.info_requested); return;
    case EV_AUTHORIZATION_DECIDED: status_decided(w, e->as.authorization_decided); return;
    case EV_AUTHORIZATION_EXPIRING: status_expiring(w, e->as.authorization_expiring); return;
    case EV_CLAIM_MATCHED: status_claim_matched(w, e->as.claim_matched); return;
    case EV_CLAIM_HELD: status_claim_held(w, e->as.claim_held); return;
    case EV_CLAIM_RELEASED: status_claim_released(w, e->as.claim_released); return;
    case EV_CLAIM_ADJUDICATED: status_claim_adjudicated(w, e->as.claim_adjudicated); return;
    case EV_CLAIM_DENIED: status_claim_denied(w, e->as.claim_denied); return;
    case EV_CLAIM_ACKNOWLEDGEMENT_REPORTED: status_claim_acknowledged(w, e->as.claim_acknowledgement_reported); return;
    case EV_UNITS_USED: status_units(w, e->as.units_used); return;
    case EV_TASK_NEEDED: status_task_needed(w, e->as.task_needed); return;
    case EV_TASK_SETTLED: status_task_settled(w, e->as.task_settled); return;
    default: return;
    }
}

static void on_command(struct status_work *w, const struct ev *e) {
    switch (e->type) {
    case EV_TASK_ASSIGN: status_task_assign(w, e->as.task_assign); return;
    case EV_TASK_SNOOZE: status_task_snooze(w, e->as.task_snooze); return;
    case EV_NOTE_ADD: status_note(w, e->as.note_add); return;
    default: return;
    }
}

static void on_timer(struct status_work *w) {
    switch ((enum status_timer)w->in->timer_kind) {
    case STATUS_TIMER_TASK: status_task_timer(w, w->in->ref); return;
    case STATUS_TIMER_CLOCK: status_clock_timer(w, w->in->ref); return;
    case STATUS_TIMER_VISIT: status_visit_timer(w, w->in->ref); return;
    case STATUS_TIMER_CASE: status_refresh(w, w->in->ref); return;
    }
}

void status_decide(const struct pp_ctx *ctx, struct pp_unit *u, const struct pp_in *in, struct pp_out *o) {
    struct status_work w = {.ctx = ctx,
                            .u = u,
                            .in = in,
                            .o = o,
                            .a = pp_out_arena(o),
                            .at = in->hdr.time_ms ? in->hdr.time_ms : ctx->now_ms};
    switch (in->kind) {
    case PP_IN_EVENT: on_event(&w, in->ev); return;
    case PP_IN_COMMAND: on_command(&w, in->ev); return;
    case PP_IN_TIMER: on_timer(&w); return;
    case PP_IN_ANSWER: return; /* status calls nobody */
    }
}

/* A visit is green only when every wanted line of it rests on the present version of its case. */
bool status_check(struct pp_unit *u, struct pp_err *err) {
    PP_EACH_ROW(u, STATUS_VISIT_LINE, status_visit_line_row, vl) {
        const struct status_visit_row vkey = {.visit_id = vl->visit_id};
        const struct status_visit_row *v = pp_row_find(u, STATUS_VISIT, &vkey);
        if (!v || !pp_str_eqz(v->colour, "green")) continue;
        PP_EACH_ROW(u, STATUS_LINE, status_line_row, l) {
            const struct status_case_row ckey = {.case_id = l->case_id};
            const struct status_case_row *c = pp_row_find(u, STATUS_CASE, &ckey);
            bool serves = pp_uuid_eq(l->case_id, vl->case_id) && (!vl->line || vl->line == l->line) &&
                          pp_str_eqz(l->state, "active");
            if (c && serves && l->basis != c->case_version)
                return pp_err_set(err, PP_ERR_BUG, "a green visit rests on version %d of a case at version %d",
                                  l->basis, c->case_version),
                       false;
        }
    }
    return true;
}
