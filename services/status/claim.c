/* What claims says: held, released, units used. */
#include "status/status.h"

static struct status_claim_row *claim_row(struct status_work *w, struct pp_uuid id, struct pp_str no,
                                          struct pp_uuid case_id) {
    const struct status_claim_row key = {.claim_id = id};
    struct status_claim_row *r = pp_row_add(w->u, STATUS_CLAIM, &key);
    if (!r) return NULL;
    r->claim_no = no;
    if (!pp_uuid_none(case_id)) r->case_id = case_id;
    return r;
}

void status_claim_matched(struct status_work *w, const struct ev_claim_matched *e) {
    struct pp_uuid case_id = {{0}};
    for (size_t i = 0; i < e->lines_n && pp_uuid_none(case_id); i++) case_id = e->lines[i].case_id;
    struct status_claim_row *r = claim_row(w, e->claim_id, e->claim_no, case_id);
    if (!r) return;
    r->result = pp_str_z(ev_claim_matched_result_name(e->result));
    r->matched = w->at;
}

/* "units_exceeded: claim 12, authorization 10" of the first that holds. */
static struct pp_str first_hold(struct status_work *w, const struct ev_claim_held *e) {
    for (size_t i = 0; i < e->mismatches_n; i++) {
        const struct ev_mismatch *m = &e->mismatches[i];
        if (m->severity == EV_MISMATCH_SEVERITY_HOLD)
            return pp_arena_printf(w->a, "%s: claim %.*s, authorization %.*s", ev_mismatch_reason_name(m->reason),
                                   PP_FMT(m->claim_value.n ? m->claim_value : PP_STR("nothing")),
                                   PP_FMT(m->auth_value.n ? m->auth_value : PP_STR("nothing")));
    }
    return PP_STR_NONE;
}

void status_claim_held(struct status_work *w, const struct ev_claim_held *e) {
    struct status_claim_row *r = claim_row(w, e->claim_id, e->claim_no, e->case_id);
    if (!r) return;
    r->state = PP_STR("held");
    r->carc = e->carc;
    r->due = e->due;
    r->reasons = first_hold(w, e);
    struct status_case_row *c = status_find_case(w, r->case_id);
    if (!c) return;
    status_event(w, c, "decisions", 0, "act", PP_STR_NONE, r->reasons, PP_STR_NONE,
                 "Claim %.*s is held; the likely denial is CARC %.*s", PP_FMT(e->claim_no), PP_FMT(e->carc));
    status_refresh(w, c->case_id);
}

void status_claim_released(struct status_work *w, const struct ev_claim_released *e) {
    struct status_claim_row *r = claim_row(w, e->claim_id, e->claim_no, e->case_id);
    if (!r) return;
    r->state = PP_STR("released");
    r->carc = r->reasons = PP_STR_NONE;
    r->authorization_no = e->authorization;
    struct status_case_row *c = status_find_case(w, r->case_id);
    if (!c) return;
    bool policy = pp_str_starts(e->by, PP_STR("policy:"));
    status_event(w, c, "decisions", 0, "clear", policy ? PP_STR_NONE : e->by, e->reason, e->authorization,
                 "Claim %.*s may be sent", PP_FMT(e->claim_no));
    status_measure(w, c, "claim", r->matched ? r->matched : w->at, w->at, r->result, 1, false);
    status_refresh(w, c->case_id);
}

void status_units(struct status_work *w, const struct ev_units_used *e) {
    const struct status_used_row key = {.case_id = e->case_id, .line = (int32_t)e->line, .claim_id = e->claim_id};
    struct status_used_row *r = pp_row_add(w->u, STATUS_USED, &key);
    struct status_case_row *c = status_find_case(w, e->case_id);
    char sum[24];
    if (!r) return;
    pp_dec_text(status_dec(r->units) + status_dec(e->units), sum);
    r->units = pp_arena_strz(w->a, sum);
    r->authorization_no = e->authorization;
    if (!c) return;
    bool back = status_dec(e->units) < 0;
    struct pp_str amount = e->units;
    if (back) amount.s++, amount.n--; /* without the sign */
    status_event(w, c, "decisions", e->line, "go", PP_STR_NONE, PP_STR_NONE, e->authorization,
                 "Line %d: %.*s unit%s %s", (int)e->line, PP_FMT(amount), pp_str_eqz(amount, "1") ? "" : "s",
                 back ? "given back by a claim" : "used by a claim");
    if (!status_dec(r->units)) pp_row_delete(w->u, r);
    status_refresh(w, e->case_id);
}
