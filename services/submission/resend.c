/* People's commands about whole requests: send again after a correction, take back at the payer. */
#include "submission/submission.h"

static struct submission_row *rejected_of(struct submission *s, const struct submission_case_row *c) {
    struct submission_row *best = NULL;
    PP_EACH_ROW(s->unit, SUBMISSION_SUBMISSION, submission_row, sub) {
        /* A request of which single lines were not considered is still there for the others. */
        if (!pp_uuid_eq(sub->case_id, c->case_id) || pp_str_eqz(sub->state, SUB_CLOSED)) continue;
        if (!pp_str_eq(sub->payer, c->payer)) continue; /* another payer is responsible by now */
        bool refused = false;
        SUBMISSION_EACH_LINE(s, sub, l)
        refused = refused || submission_state(l) == LINE_REFUSED;
        if (refused && (!best || sub->created >= best->created)) best = sub;
    }
    return best;
}

void submission_resend(struct submission *s, const struct ev_request_resend *e) {
    struct submission_case_row *c = submission_case(s, e->case_id);
    struct submission_row *old = c ? rejected_of(s, c) : NULL;
    const struct ev_pas_submit *was = old ? submission_request(s, old) : NULL;
    const struct ev_case *body = c ? submission_case_body(s, c) : NULL;
    if (!c) {
        pp_reply(s->out, PP_REPLY_NOTFOUND, 0, "no such case");
        return;
    }
    if (!was || !body) {
        pp_reply(s->out, PP_REPLY_CONFLICT, c->case_version, "no request of this case was refused");
        return;
    }
    /* What was refused is not at the payer: a refused update goes again as an update of what that one wanted to update.
     */
    struct submission_send q = {.c = c,
                                .prior = submission_find(s, old->prior_id),
                                .kind = was->kind,
                                .authorization = was->authorization,
                                .until = was->until,
                                .message = was->message,
                                .payer = c->payer,
                                .channel = c->channel,
                                .documents = was->documents,
                                .documents_n = was->documents_n};
    SUBMISSION_EACH_LINE(s, old, l) {
        const struct ev_case_line *cl = submission_case_line(body, l->line);
        if (submission_state(l) != LINE_REFUSED || !cl || cl->state != EV_CASE_LINE_STATE_ACTIVE) continue;
        /* A line that has gone again by itself is not sent a second time; one whose refused update left the request
         * before it in force is: the update goes again. */
        const struct submission_line_row *now = submission_newest_line(s, l->case_id, l->line, l->payer);
        if (now != l && (!now || !pp_uuid_eq(now->submission_id, old->prior_id))) continue;
        if (q.lines_n < SUBMISSION_LINES_MAX) q.lines[q.lines_n++] = l->line;
        if (was->kind == EV_PAS_SUBMIT_KIND_EXTENSION && was->quantity.n) q.quantity = was->quantity;
    }
    if (!q.lines_n) {
        pp_reply(s->out, PP_REPLY_CONFLICT, c->case_version, "its lines are no longer wanted");
        return;
    }
    SUBMISSION_EACH_LINE(s, old, l) {
        if (submission_state(l) == LINE_REFUSED) submission_line_set(s, l, LINE_SUPERSEDED, BY_US);
    }
    submission_task_settle(s, old, PP_STR("Sent again"));
    if (!submission_has_live(s, old)) old->state = PP_STR(SUB_CLOSED);
    submission_send(s, &q);
    pp_reply(s->out, PP_REPLY_DONE, c->case_version, "sent again");
}

void submission_cancel_command(struct submission *s, const struct ev_request_cancel *e) {
    struct submission_case_row *c = submission_case(s, e->case_id);
    if (!c) {
        pp_reply(s->out, PP_REPLY_NOTFOUND, 0, "no such case");
        return;
    }
    int n = 0;
    PP_EACH_ROW(s->unit, SUBMISSION_SUBMISSION, submission_row, sub) {
        if (!pp_uuid_eq(sub->case_id, c->case_id) || !submission_has_live(s, sub)) continue;
        if (pp_str_eqz(sub->state, SUB_CLOSED) || pp_str_eqz(sub->kind, "cancel")) continue;
        submission_cancel(s, c, sub, e->reason);
        n++;
    }
    c->packet = PP_STR_NONE;
    pp_reply(s->out, n ? PP_REPLY_DONE : PP_REPLY_CONFLICT, c->case_version,
             n ? "the request is being taken back" : "nothing is open at the payer");
}
