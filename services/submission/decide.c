#include "submission/submission.h"

static void event(struct submission *s) {
    const struct ev *e = s->in->ev;
    switch (e->type) {
    case EV_CASE_OPENED: submission_case_changed(s, e->as.case_opened); break;
    case EV_CASE_CHANGED: submission_case_changed(s, e->as.case_changed); break;
    case EV_CASE_WITHDRAWN: submission_case_withdrawn(s, e->as.case_withdrawn); break;
    case EV_REQUIREMENT_DETERMINED: submission_determined(s, e->as.requirement_determined); break;
    case EV_PACKET_RELEASED: submission_packet(s, e->as.packet_released); break;
    case EV_PAYER_ANSWER_REPORTED: submission_payer_answer(s, e->as.payer_answer_reported); break;
    case EV_INTERCHANGE_SENT: submission_interchange_sent(s, e->as.interchange_sent); break;
    case EV_INTERCHANGE_ANSWERED: submission_interchange_answered(s, e->as.interchange_answered); break;
    /* Rows never move: an open request stays with the side that sent it, where its number leads. */
    case EV_PATIENT_MERGED: pp_count(s->out, "submission_merges_total", PP_STR_NONE, 1); break;
    default: break;
    }
}

static void command(struct submission *s) {
    const struct ev *e = s->in->ev;
    switch (e->type) {
    case EV_DECISION_RECORD: submission_decision_record(s, e->as.decision_record); break;
    case EV_DECISION_ACCEPT: submission_decision_accept(s, e->as.decision_accept); break;
    case EV_REQUEST_RESEND: submission_resend(s, e->as.request_resend); break;
    case EV_REQUEST_EXTEND: submission_extend(s, e->as.request_extend); break;
    case EV_REQUEST_CANCEL: submission_cancel_command(s, e->as.request_cancel); break;
    case EV_PAYER_SUBSCRIBE: submission_subscribe(s, e->as.payer_subscribe); break;
    default: pp_reply(s->out, PP_REPLY_INVALID, 0, "submission does not take this command"); break;
    }
}

static void outcome(struct submission *s) {
    struct submission_row *sub = submission_find(s, s->in->ref);
    bool direct = s->in->call_kind == SUBMISSION_CALL_SUBMIT || s->in->call_kind == SUBMISSION_CALL_X12_SUBMIT;
    if (!sub) return;
    switch (s->in->call) {
    case PP_CALL_ANSWERED: submission_answered(s, sub, s->in->ev->as.pas_answered, direct); break;
    case PP_CALL_DELAYED:
    case PP_CALL_RESUMED:
        if (direct) submission_delayed(s, sub, s->in->call == PP_CALL_DELAYED);
        break;
    case PP_CALL_FAILED:
        if (direct) submission_failed(s, sub);
        break;
    }
}

/* Documents that answer a request of the payer's are a request of their own; others stand beside theirs. */
static void attached(struct submission *s) {
    struct submission_row *sub = submission_find(s, s->in->ref);
    const struct ev_pas_answered *a = s->in->call == PP_CALL_ANSWERED ? s->in->ev->as.pas_answered : NULL;
    if (!sub) return;
    if (pp_str_eqz(sub->kind, "documents")) {
        if (a)
            submission_answered(s, sub, a, true);
        else if (s->in->call == PP_CALL_FAILED)
            submission_failed(s, sub);
        else
            submission_delayed(s, sub, s->in->call == PP_CALL_DELAYED);
        return;
    }
    struct pp_str why = a ? a->error_text : s->in->call == PP_CALL_FAILED ? s->in->why : PP_STR_NONE;
    bool refused = a ? a->error_code.n > 0 : s->in->call == PP_CALL_FAILED;
    if (refused && submission_has_live(s, sub))
        submission_task(s, sub, EV_TASK_NEEDED_KIND_PAYER_CONTACT,
                        pp_arena_printf(pp_out_arena(s->out), "The payer did not get the documents: %.*s",
                                        PP_FMT(pp_str_cut(why, 200))));
}

static void answer(struct submission *s) {
    switch (s->in->call_kind) {
    case SUBMISSION_CALL_SUBMIT:
    case SUBMISSION_CALL_X12_SUBMIT:
    case SUBMISSION_CALL_X12_INQUIRE:
    case SUBMISSION_CALL_INQUIRE: outcome(s); break;
    case SUBMISSION_CALL_X12_ATTACH: attached(s); break;
    case SUBMISSION_CALL_X12_READ: submission_x12_read_answered(s); break;
    case SUBMISSION_CALL_X12_ACK: submission_ack_answered(s); break;
    case SUBMISSION_CALL_READ: submission_read_answered(s); break;
    case SUBMISSION_CALL_SUBSCRIBE: submission_subscribed(s); break;
    default: break;
    }
}

void submission_decide(const struct pp_ctx *ctx, struct pp_unit *unit, const struct pp_in *in, struct pp_out *out) {
    struct submission s = {.ctx = ctx, .unit = unit, .in = in, .out = out};
    switch (in->kind) {
    case PP_IN_EVENT: event(&s); break;
    case PP_IN_COMMAND: command(&s); break;
    case PP_IN_TIMER:
        if (in->timer_kind == SUBMISSION_TIMER_DUE) submission_due(&s);
        if (in->timer_kind == SUBMISSION_TIMER_RENEW) submission_renew(&s);
        if (in->timer_kind == SUBMISSION_TIMER_EXPIRY) submission_expiring(&s);
        if (in->timer_kind == SUBMISSION_TIMER_SILENT) submission_silent(&s);
        if (in->timer_kind == SUBMISSION_TIMER_FORGET) submission_forget_number(&s);
        break;
    case PP_IN_ANSWER: answer(&s); break;
    }
    submission_watch_expiry(&s);
}

bool submission_check(struct pp_unit *unit, struct pp_err *err) {
    PP_EACH_ROW(unit, SUBMISSION_LINE, submission_line_row, l) {
        enum submission_line_state st = submission_line_state_of(l->state);
        struct submission_row key = {.submission_id = l->submission_id};
        const struct submission_row *sub = pp_row_find(unit, SUBMISSION_SUBMISSION, &key);
        if (!sub) return pp_err_set(err, PP_ERR_BUG, "a line without its submission") == 0;
        if (st == LINE_NONE) return pp_err_set(err, PP_ERR_BUG, "a line without a state") == 0;
        if (!submission_line_live(st) || st == LINE_CANCELLING) continue;
        PP_EACH_ROW(unit, SUBMISSION_LINE, submission_line_row, o) {
            enum submission_line_state other = submission_line_state_of(o->state);
            struct submission_row okey = {.submission_id = o->submission_id};
            const struct submission_row *of = pp_row_find(unit, SUBMISSION_SUBMISSION, &okey);
            if (of && SUBMISSION_IS_EXTENSION(of) != SUBMISSION_IS_EXTENSION(sub)) continue;
            if (o == l || !pp_uuid_eq(o->case_id, l->case_id) || o->line != l->line || !pp_str_eq(o->payer, l->payer))
                continue;
            if (submission_line_live(other) && other != LINE_CANCELLING)
                return pp_err_set(err, PP_ERR_BUG, "line %d is live twice at one payer", l->line) == 0;
        }
    }
    return true;
}
