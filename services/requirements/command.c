/* What a person found out. */
#include "requirements/requirements.h"

void req_command_decide(struct req *c, const struct ev_requirement_decide *e) {
    const struct req_case_row key = {.case_id = e->case_id};
    struct req_case_row *k = pp_row_find(c->unit, REQ_CASE, &key);
    const struct req_line_row lkey = {.case_id = e->case_id, .line = (int32_t)e->line};
    struct req_line_row *l =
        k && e->line >= 1 && e->line <= REQ_LINES_MAX ? pp_row_find(c->unit, REQ_LINE, &lkey) : NULL;
    int32_t expect = c->in->hdr.expect_version;
    if (!k || !l) {
        pp_reply(c->out, PP_REPLY_NOTFOUND, 0, "There is no such case or line.");
    } else if (expect && expect != k->case_version) {
        pp_reply(c->out, PP_REPLY_CONFLICT, k->case_version, "The case has changed: it is at version %d.",
                 k->case_version);
    } else if (!req_is_active(l)) {
        pp_reply(c->out, PP_REPLY_CONFLICT, k->case_version, "The line is cancelled.");
    } else if (pp_str_eqz(l->coverage, "incomplete")) {
        pp_reply(c->out, PP_REPLY_CONFLICT, k->case_version, "First: %.*s", PP_FMT(l->reason));
    } else if (pp_str_trim(e->evidence).n < 5) {
        pp_reply(c->out, PP_REPLY_INVALID, k->case_version,
                 "Say how you know: who said it, where it stands, the call's reference.");
    } else {
        const struct req_decided_row dkey = {.case_id = k->case_id, .line = l->line};
        struct req_decided_row *d = pp_row_add(c->unit, REQ_DECIDED, &dkey);
        if (!d) return;
        d->coverage = pp_str_z(ev_requirement_decide_coverage_name(e->coverage));
        d->evidence = pp_str_trim(e->evidence);
        d->actor = c->in->hdr.actor;
        d->code = l->code;
        d->modifiers = l->modifiers;
        d->payer = k->payer;
        d->plan = k->plan;
        d->service_date = l->service_date;
        d->at = c->ctx->now_ms;
        req_determine(c, k, REQ_IF_CHANGED, "person");
        pp_reply(c->out, PP_REPLY_DONE, k->case_version, "Line %d: %.*s.", l->line, PP_FMT(l->coverage));
    }
}
