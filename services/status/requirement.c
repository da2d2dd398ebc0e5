/* Is authorization needed: the coverage axis. */
#include "status/status.h"

static const char *sentence(enum ev_determined_line_coverage c) {
    switch (c) {
    case EV_DETERMINED_LINE_COVERAGE_NOT_REQUIRED: return "No authorization is required";
    case EV_DETERMINED_LINE_COVERAGE_REQUIRED: return "Authorization is required";
    case EV_DETERMINED_LINE_COVERAGE_NOTIFICATION_ONLY: return "The payer only wants a notification";
    case EV_DETERMINED_LINE_COVERAGE_CONDITIONAL: return "The requirement depends on missing information";
    case EV_DETERMINED_LINE_COVERAGE_NOT_COVERED: return "The plan does not cover this service";
    case EV_DETERMINED_LINE_COVERAGE_EXEMPT: return "Exempt from authorization";
    case EV_DETERMINED_LINE_COVERAGE_SATISFIED: return "An authorization on file covers it";
    case EV_DETERMINED_LINE_COVERAGE_PERFORMER: return "The performing provider must ask the payer";
    case EV_DETERMINED_LINE_COVERAGE_OUT_OF_NETWORK: return "Required only out of network";
    case EV_DETERMINED_LINE_COVERAGE_INCOMPLETE: return "The requirement cannot be checked yet: data are missing";
    default: return "Whether authorization is required is not known: a person decides";
    }
}

static void copy_line(struct status_work *w, struct status_case_row *c, const struct ev_requirement_determined *e,
                      const struct ev_determined_line *in) {
    struct status_line_row *l = status_find_line(w, e->case_id, in->line);
    if (!l || e->case_version < l->basis) return;
    const char *name = ev_determined_line_coverage_name(in->coverage);
    if (!pp_str_eqz(l->coverage, name) || !pp_str_eq(l->proof, in->proof))
        status_event(w, c, "decisions", in->line, "go", PP_STR_NONE, in->reason.n ? in->reason : in->rule_text,
                     in->proof, "Line %d: %s", (int)in->line, sentence(in->coverage));
    l->coverage = pp_str_z(name);
    l->rule = in->rule;
    l->rule_text = in->rule_text;
    l->proof = in->proof;
    l->coverage_reason = in->reason;
    l->on_file = in->authorization;
    l->basis = (int32_t)e->case_version;
    l->proof_until = in->valid_until;
}

void status_determined(struct status_work *w, const struct ev_requirement_determined *e) {
    struct status_case_row *c = status_find_case(w, e->case_id);
    if (!c || e->case_version < c->basis) return;
    for (size_t i = 0; i < e->lines_n; i++) copy_line(w, c, e, &e->lines[i]);
    c->basis = (int32_t)e->case_version;
    c->pack = e->pack;
    c->channel = pp_str_z(ev_requirement_determined_channel_name(e->channel));
    if (!c->determined) {
        c->determined = w->at;
        status_measure(w, c, "detect", c->ordered_at ? c->ordered_at : c->opened, w->at, PP_STR("determined"), 1,
                       false);
    }
    status_refresh(w, e->case_id);
}
