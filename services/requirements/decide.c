#include "requirements/requirements.h"

static void on_case(struct req *c, const struct ev_case *e) {
    struct req_case_row *k = req_copy_case(c, e);
    /* Said for every version, also when nothing that matters has changed: others wait for this basis. */
    if (k) req_determine(c, k, REQ_ALWAYS, e->change.n ? e->change.s : "changed");
}

static void on_event(struct req *c) {
    const struct ev *e = c->in->ev;
    switch (e->type) {
    case EV_CASE_OPENED: on_case(c, e->as.case_opened); break;
    case EV_CASE_CHANGED: on_case(c, e->as.case_changed); break;
    case EV_CASE_WITHDRAWN: req_withdrawn(c, e->as.case_withdrawn); break;
    case EV_PATIENT_MERGED: break; /* rows never move and no rule asks who a person is; the chart asks for the review */
    default: break;
    }
}

void requirements_decide(const struct pp_ctx *ctx, struct pp_unit *u, const struct pp_in *in, struct pp_out *o) {
    struct req c = {ctx, u, in, o};
    switch (in->kind) {
    case PP_IN_EVENT: on_event(&c); break;
    case PP_IN_COMMAND:
        if (in->ev->type == EV_REQUIREMENT_DECIDE) req_command_decide(&c, in->ev->as.requirement_decide);
        break;
    case PP_IN_TIMER:
        if (in->timer_kind == REQ_TIMER_CHECK) req_check_timer(&c, in->ref);
        break;
    case PP_IN_ANSWER: break; /* asks nobody outside */
    }
}

/* Nothing is said without a proof, and a task is open exactly where a person must decide. */
bool requirements_check(struct pp_unit *u, struct pp_err *err) {
    PP_EACH_ROW(u, REQ_LINE, req_line_row, l) {
        if (!req_is_active(l)) continue;
        if (pp_uuid_none(l->proof_id) || !l->proof.n)
            return pp_err_set(err, PP_ERR_BUG, "line %d says %.*s without a proof", l->line, PP_FMT(l->coverage)),
                   false;
        if (pp_str_eqz(l->coverage, "not_required") && !l->rule.n)
            return pp_err_set(err, PP_ERR_BUG, "line %d: not required, by no rule", l->line), false;
        bool open = pp_str_eqz(l->coverage, "unknown") || pp_str_eqz(l->coverage, "conditional"), task = false;
        PP_EACH_ROW(u, REQ_TASK, req_task_row, t) task |= pp_uuid_eq(t->case_id, l->case_id) && t->line == l->line;
        if (open != task)
            return pp_err_set(err, PP_ERR_BUG, "line %d is %.*s and its task is %d", l->line, PP_FMT(l->coverage),
                              task),
                   false;
    }
    return true;
}
