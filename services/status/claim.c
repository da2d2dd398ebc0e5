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
    r->outcome = r->denial = PP_STR_NONE; /* it is sent once more */
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

/* ---- what the payer did with it ---- */

static struct pp_str code_words(struct status_work *w, struct pp_str carc, struct pp_str rarc) {
    if (!carc.n) return PP_STR_NONE;
    return rarc.n ? pp_arena_printf(w->a, "CARC %.*s, %.*s", PP_FMT(carc), PP_FMT(rarc))
                  : pp_arena_printf(w->a, "CARC %.*s", PP_FMT(carc));
}

void status_claim_adjudicated(struct status_work *w, const struct ev_claim_adjudicated *e) {
    struct status_claim_row *r = claim_row(w, e->claim_id, e->claim_no, e->case_id);
    if (!r) return;
    r->outcome = pp_str_z(ev_claim_adjudicated_outcome_name(e->outcome));
    r->denial = e->carc;
    struct status_case_row *c = status_find_case(w, r->case_id);
    if (!c) return;
    struct pp_str codes = code_words(w, e->carc, e->rarc);
    switch (e->outcome) {
    case EV_CLAIM_ADJUDICATED_OUTCOME_PAID:
        status_event(w, c, "decisions", 0, "clear", PP_STR_NONE, PP_STR_NONE, e->trace, "Claim %.*s is paid: %.*s",
                     PP_FMT(e->claim_no), PP_FMT(e->paid));
        break;
    case EV_CLAIM_ADJUDICATED_OUTCOME_REDUCED:
        status_event(w, c, "decisions", 0, "act", PP_STR_NONE, codes, e->trace, "Claim %.*s is paid in part: %.*s",
                     PP_FMT(e->claim_no), PP_FMT(e->paid));
        break;
    case EV_CLAIM_ADJUDICATED_OUTCOME_DENIED:
        status_event(w, c, "decisions", 0, "act", PP_STR_NONE, codes, e->trace, "Claim %.*s is denied by the payer",
                     PP_FMT(e->claim_no));
        break;
    case EV_CLAIM_ADJUDICATED_OUTCOME_REVERSED:
        status_event(w, c, "decisions", 0, "go", PP_STR_NONE, PP_STR_NONE, e->trace,
                     "The payer has taken back its answer to claim %.*s", PP_FMT(e->claim_no));
        break;
    default:
        status_event(w, c, "decisions", 0, "go", PP_STR_NONE, PP_STR_NONE, e->trace,
                     "Claim %.*s was sent on to another payer", PP_FMT(e->claim_no));
    }
    if (e->outcome == EV_CLAIM_ADJUDICATED_OUTCOME_PAID || e->outcome == EV_CLAIM_ADJUDICATED_OUTCOME_REDUCED ||
        e->outcome == EV_CLAIM_ADJUDICATED_OUTCOME_DENIED)
        status_measure(w, c, "remittance", r->matched ? r->matched : w->at, w->at, r->outcome, 1, false);
    status_refresh(w, c->case_id);
}

/* The task says what to do; the time line what the denial is about and what stands against it. */
void status_claim_denied(struct status_work *w, const struct ev_claim_denied *e) {
    struct status_case_row *c = status_find_case(w, e->case_id);
    if (!c) return;
    struct pp_str number = e->evidence_n ? e->evidence[0].authorization : PP_STR_NONE;
    status_event(w, c, "decisions", e->evidence_n ? e->evidence[0].claim_line : 0, "act", PP_STR_NONE, e->next_step,
                 number, "%s of claim %.*s: %.*s",
                 e->appeal ? "A denial that can be appealed" : "A denial for the authorization", PP_FMT(e->claim_no),
                 PP_FMT(e->words));
    status_publish_case(w, c);
}

/* Whoever takes claims for the payer names them by our number. */
void status_claim_acknowledged(struct status_work *w, const struct ev_claim_acknowledgement_reported *e) {
    struct status_claim_row *r = NULL;
    PP_EACH_ROW(w->u, STATUS_CLAIM, status_claim_row, x)
    if (pp_str_eq(x->claim_no, e->claim_no)) r = x;
    bool rejected = e->verdict == EV_CLAIM_ACKNOWLEDGEMENT_REPORTED_VERDICT_REJECTED;
    if (!r || e->verdict == EV_CLAIM_ACKNOWLEDGEMENT_REPORTED_VERDICT_UNCLEAR) return;
    if (rejected && !r->outcome.n)
        r->outcome = PP_STR("rejected");
    else if (!rejected && pp_str_eqz(r->outcome, "rejected"))
        r->outcome = PP_STR_NONE;
    struct status_case_row *c = status_find_case(w, r->case_id);
    if (!c) return;
    status_event(w, c, "decisions", 0, rejected ? "act" : "go", PP_STR_NONE, rejected ? e->text : PP_STR_NONE,
                 e->payer_claim_no, "Claim %.*s was %s processing", PP_FMT(e->claim_no),
                 rejected ? "not taken for" : "taken for");
    status_refresh(w, c->case_id);
}
