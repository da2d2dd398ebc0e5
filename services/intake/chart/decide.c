#include "intake/chart/chart.h"

static void on_event(struct chart *c) {
    const struct ev *e = c->in->ev;
    switch (e->type) {
    case EV_PATIENT_REPORTED: chart_patient_reported(c, e->as.patient_reported); break;
    case EV_PATIENT_MERGED: chart_patient_merged(c, e->as.patient_merged); break;
    case EV_COVERAGE_REPORTED: chart_coverage_reported(c, e->as.coverage_reported); break;
    case EV_ORDER_REPORTED: chart_order_reported(c, e->as.order_reported); break;
    case EV_COVERAGE_VERIFIED: chart_coverage_verified(c, e->as.coverage_verified); break;
    case EV_VISIT_REPORTED: chart_visit_reported(c, e->as.visit_reported); break;
    default: break;
    }
}

/* A question that takes long is asked on by the runtime; nothing waits for its answer. */
static void on_answer(struct chart *c) {
    if (c->in->call == PP_CALL_ANSWERED)
        chart_coverage_verified(c, c->in->ev->as.coverage_verified);
    else if (c->in->call == PP_CALL_FAILED)
        chart_eligibility_failed(c, c->in->ref);
}

void chart_decide(const struct pp_ctx *ctx, struct pp_unit *u, const struct pp_in *in, struct pp_out *o) {
    struct chart c = {.ctx = ctx, .unit = u, .in = in, .out = o};
    switch (in->kind) {
    case PP_IN_EVENT: on_event(&c); break;
    case PP_IN_COMMAND: chart_command(&c); break;
    case PP_IN_TIMER:
        if (in->timer_kind == CHART_TIMER_INTAKE)
            chart_intake_timer(&c, in->ref);
        else if (in->timer_kind == CHART_TIMER_UNMATCHED)
            chart_unmatched_timer(&c, in->ref);
        break;
    case PP_IN_ANSWER: on_answer(&c); break;
    }
}

static bool known_case(struct pp_unit *u, struct pp_uuid id) {
    const struct chart_case_row key = {.case_id = id};
    return pp_row_find(u, CHART_CASE, &key) != NULL;
}

/* An order and a line belong to a case; an open case has a line that is wanted; a mapped line says how. */
bool chart_check(struct pp_unit *u, struct pp_err *err) {
    PP_EACH_ROW(u, CHART_ORDER, chart_order_row, o) {
        const struct chart_line_row key = {.case_id = o->case_id, .line = o->line};
        if (!known_case(u, o->case_id) || !pp_row_find(u, CHART_LINE, &key))
            return pp_err_set(err, PP_ERR_BUG, "an order without its case or line"), false;
    }
    PP_EACH_ROW(u, CHART_CASE, chart_case_row, k) {
        int active = 0;
        PP_EACH_ROW(u, CHART_LINE, chart_line_row, l)
        active += pp_uuid_eq(l->case_id, k->case_id) && chart_is_active(l);
        if ((active > 0) != pp_str_eqz(k->state, "open"))
            return pp_err_set(err, PP_ERR_BUG, "case %.*s is %.*s with %d active lines", PP_FMT(k->case_no),
                              PP_FMT(k->state), active),
                   false;
        if (k->case_version < 1) return pp_err_set(err, PP_ERR_BUG, "a case that was never said"), false;
    }
    PP_EACH_ROW(u, CHART_LINE, chart_line_row, l) {
        if (!l->code.n != !l->how.n) return pp_err_set(err, PP_ERR_BUG, "a line is mapped by nobody"), false;
    }
    PP_EACH_ROW(u, CHART_TASK, chart_task_row, t) {
        const struct chart_case_row key = {.case_id = t->case_id};
        const struct chart_case_row *k = pp_row_find(u, CHART_CASE, &key);
        if (!k || !pp_str_eqz(k->state, "open"))
            return pp_err_set(err, PP_ERR_BUG, "a task of a case that is not open"), false;
    }
    return true;
}
