/* Taking requests back: because the order is gone, because nothing is needed any more, or because a person says so. */
#include "submission/submission.h"

static void told(struct submission *s, const struct submission_row *sub, struct pp_str reason) {
    struct ev_submission_cancelled e = {
        .case_id = sub->case_id, .submission_id = sub->submission_id, .payer = sub->payer, .reason = reason};
    pp_emit(s->out, EV(submission_cancelled, SUBMISSION_CANCELLED, &e));
}

/* All open lines end here; the payer knows nothing of them, or has been told. */
static void end_lines(struct submission *s, struct submission_row *sub, enum submission_who who) {
    struct ev_decided_line lines[SUBMISSION_LINES_MAX];
    size_t n = 0;
    SUBMISSION_EACH_LINE(s, sub, l) {
        if (submission_line_set(s, l, LINE_CANCELLED, who) && n < SUBMISSION_LINES_MAX)
            lines[n++] = submission_line_said(s, l);
    }
    submission_emit_decided(s, sub, lines, n, false, PP_STR_NONE);
}

void submission_cancel(struct submission *s, struct submission_case_row *c, struct submission_row *sub,
                       struct pp_str reason) {
    bool wire = submission_wire_of(s, sub) != WIRE_NONE, open = pp_str_eqz(sub->state, SUB_OPEN);
    sub->reason = reason;
    if (open && wire) {
        struct submission_send q = {
            .c = c, .prior = sub, .kind = EV_PAS_SUBMIT_KIND_CANCEL, .payer = sub->payer, .channel = sub->channel};
        SUBMISSION_EACH_LINE(s, sub, l) {
            enum submission_line_state st = submission_state(l);
            if (submission_line_live(st) && st != LINE_CANCELLING && q.lines_n < SUBMISSION_LINES_MAX)
                q.lines[q.lines_n++] = l->line;
        }
        if (q.lines_n) submission_send(s, &q);
        return;
    }
    pp_timer(s->out, SUBMISSION_TIMER_DUE, sub->submission_id, 0);
    if (pp_str_eqz(sub->state, SUB_SENDING)) {
        /* Not yet sent: the job goes away. Already on the wire: its answer finds the state below and the cancellation
         * follows then. */
        submission_take_back(s, sub);
        sub->state = PP_STR(SUB_WITHDRAWN);
        end_lines(s, sub, BY_US);
        told(s, sub, reason);
        return;
    }
    if (pp_str_eqz(sub->state, SUB_CLOSED) || pp_str_eqz(sub->state, SUB_WITHDRAWN)) return;
    submission_task_settle(s, sub, PP_STR("Taken back"));
    end_lines(s, sub, BY_US);
    sub->state = PP_STR(SUB_CLOSED);
    told(s, sub, reason);
    if (open)
        submission_task(s, sub, EV_TASK_NEEDED_KIND_PAYER_CONTACT,
                        PP_STR("Tell the payer that this request is taken back"));
}

/* ---- what the case no longer wants ---- */

bool submission_wanted(struct submission *s, const struct submission_case_row *c, const struct ev_case *body,
                       int32_t line) {
    static const char *const nothing[] = {"not_required", "exempt", "not_covered", "satisfied"};
    const struct ev_case_line *cl = submission_case_line(body, line);
    if (c->withdrawn || !cl || cl->state != EV_CASE_LINE_STATE_ACTIVE) return false;
    struct submission_need_row key = {.case_id = c->case_id, .line = line};
    const struct submission_need_row *need = pp_row_find(s->unit, SUBMISSION_NEED, &key);
    for (size_t i = 0; need && i < sizeof nothing / sizeof nothing[0]; i++)
        if (pp_str_eqz(need->coverage, nothing[i])) return false;
    return true;
}

/* Some lines stay, others go: an update that cancels those that go. */
static void drop_lines(struct submission *s, struct submission_case_row *c, const struct ev_case *body,
                       struct submission_row *sub) {
    struct submission_send q = {
        .c = c, .prior = sub, .kind = EV_PAS_SUBMIT_KIND_UPDATE, .payer = sub->payer, .channel = sub->channel};
    SUBMISSION_EACH_LINE(s, sub, l) {
        enum submission_line_state st = submission_state(l);
        if (!submission_line_live(st) || st == LINE_CANCELLING || !submission_wanted(s, c, body, l->line)) continue;
        if (q.lines_n < SUBMISSION_LINES_MAX) q.lines[q.lines_n++] = l->line;
    }
    submission_send(s, &q);
}

static void settle_unwanted(struct submission *s, struct submission_case_row *c, const struct ev_case *body) {
    PP_EACH_ROW(s->unit, SUBMISSION_LINE, submission_line_row, l) {
        if (!pp_uuid_eq(l->case_id, c->case_id) || submission_wanted(s, c, body, l->line)) continue;
        if (submission_state(l) == LINE_REFUSED) {
            struct submission_row *sub = submission_find(s, l->submission_id);
            submission_line_set(s, l, LINE_CANCELLED, BY_US);
            if (sub) submission_task_settle(s, sub, PP_STR("No longer wanted"));
        }
        if (!submission_line_live(submission_state(l))) submission_line_task_settle(s, l, PP_STR("No longer wanted"));
    }
}

static bool was_sent(struct submission *s, const struct submission_case_row *c) {
    PP_EACH_ROW(s->unit, SUBMISSION_SUBMISSION, submission_row, sub)
    if (pp_uuid_eq(sub->case_id, c->case_id)) return true;
    return false;
}

void submission_reconcile(struct submission *s, struct submission_case_row *c) {
    /* Most cases never need a request: their text is not even read. */
    const struct ev_case *body = was_sent(s, c) ? submission_case_body(s, c) : NULL;
    if (!body) return;
    PP_EACH_ROW(s->unit, SUBMISSION_SUBMISSION, submission_row, sub) {
        size_t stay = 0, go = 0;
        if (!pp_uuid_eq(sub->case_id, c->case_id) || pp_str_eqz(sub->state, SUB_CLOSED)) continue;
        SUBMISSION_EACH_LINE(s, sub, l) {
            if (!submission_line_live(submission_state(l)) || submission_state(l) == LINE_CANCELLING) continue;
            if (submission_wanted(s, c, body, l->line))
                stay++;
            else
                go++;
        }
        if (!go) continue;
        if (!stay) {
            submission_cancel(s, c, sub, c->withdrawn ? PP_STR("The order was cancelled") : PP_STR("No longer wanted"));
        } else if (pp_str_eqz(sub->state, SUB_OPEN) && !SUBMISSION_IS_EXTENSION(sub) && !submission_waits(s, sub)) {
            drop_lines(s, c, body, sub);
        } else if (pp_str_eqz(sub->state, SUB_BY_HAND)) {
            SUBMISSION_EACH_LINE(s, sub, l) {
                if (!submission_wanted(s, c, body, l->line)) submission_line_set(s, l, LINE_CANCELLED, BY_US);
            }
        }
        /* One that is under way with lines that stay is looked at again when its answer comes. */
    }
    settle_unwanted(s, c, body);
}

void submission_cancel_answered(struct submission *s, struct submission_row *sub, const struct ev_pas_answered *a) {
    struct submission_row *prior = submission_find(s, sub->prior_id);
    if (!prior) return;
    if (a->error_code.n) {
        sub->state = PP_STR(SUB_REJECTED);
        prior->state = PP_STR(SUB_OPEN); /* the payer still has it; a person records how it ended */
        submission_task(s, sub, EV_TASK_NEEDED_KIND_PAYER_CONTACT,
                        PP_STR("The payer did not take our cancellation; tell it by phone"));
        return;
    }
    sub->state = PP_STR(SUB_CLOSED);
    end_lines(s, prior, BY_PAYER);
    told(s, prior, prior->reason);
}
