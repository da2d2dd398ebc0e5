/* Our own copy of what other services decided: cases from chart, determinations from requirements, decisions from
 * submission. Nothing is concluded here. */
#include "claims/claims.h"
#include "claims/normalise.h"

static const struct ev_coverage *coverage_of_rank(const struct ev_case *c, int64_t rank) {
    for (size_t i = 0; i < c->coverages_n; i++)
        if (c->coverages[i].rank == rank) return &c->coverages[i];
    return NULL;
}

/* Remembers what the line asked for from this version on, when that differs from what is remembered. */
static void remember_ordered(struct pp_unit *u, struct pp_uuid case_id, int32_t version,
                             const struct claims_case_line_row *l) {
    const struct claims_ordered_row *last = NULL;
    PP_EACH_ROW(u, CLAIMS_ORDERED, claims_ordered_row, r)
    if (pp_uuid_eq(r->case_id, case_id) && r->line == l->line && (!last || r->case_version > last->case_version))
        last = r;
    if (last && pp_str_eq(last->code, l->code) && pp_str_eq(last->modifiers, l->modifiers) &&
        pp_str_eq(last->units, l->units) && pp_str_eq(last->unit_type, l->unit_type))
        return;
    const struct claims_ordered_row key = {.case_id = case_id, .line = l->line, .case_version = version};
    struct claims_ordered_row *r = pp_row_add(u, CLAIMS_ORDERED, &key);
    if (!r) return;
    r->code = l->code;
    r->modifiers = l->modifiers;
    r->units = l->units;
    r->unit_type = l->unit_type;
}

static void copy_line(struct pp_unit *u, struct pp_out *o, const struct ev_case *c, const struct ev_case_line *in) {
    const struct claims_case_line_row key = {.case_id = c->case_id, .line = (int32_t)in->line};
    struct claims_case_line_row *l = pp_row_add(u, CLAIMS_CASE_LINE, &key);
    if (!l) return;
    l->state = pp_str_z(ev_case_line_state_name(in->state));
    l->order_no = in->order_no;
    l->code = in->code;
    l->text = in->text;
    l->modifiers = claims_list_join(in->modifiers, in->modifiers_n, pp_out_arena(o));
    l->units = in->units;
    l->unit_type = in->unit_type;
    l->diagnoses = claims_list_join(in->diagnoses, in->diagnoses_n, pp_out_arena(o));
    l->pos = in->place_of_service;
    l->service_date = in->service_date;
    if (l->code.n) remember_ordered(u, c->case_id, (int32_t)c->case_version, l);
}

void claims_case(struct pp_unit *u, struct pp_out *o, const struct ev_case *c) {
    const struct claims_case_row key = {.case_id = c->case_id};
    struct claims_case_row *r = pp_row_add(u, CLAIMS_CASE, &key);
    if (!r || c->case_version <= r->case_version) return; /* an older snapshot says nothing new */
    r->case_version = (int32_t)c->case_version;
    r->case_no = c->case_no;
    r->order_no = c->order_no;
    r->site = c->site;
    r->state = PP_STR("open");
    r->performer_npi = c->performer.npi;
    r->mrn = c->patient.mrn;
    r->family = c->patient.family;
    r->given = c->patient.given;
    r->birth_date = c->patient.birth_date;
    r->sex = pp_str_z(ev_patient_sex_name(c->patient.sex));
    const struct ev_coverage *first = coverage_of_rank(c, 1), *second = coverage_of_rank(c, 2);
    static const struct ev_coverage none;
    if (!first) first = &none;
    r->payer = first->payer;
    r->payer_code = first->payer_code;
    r->plan = first->plan;
    r->member_id = first->member_id;
    r->coverage_from = first->effective;
    r->coverage_until = first->expires;
    r->second_payer = second ? second->payer : PP_STR_NONE;
    for (size_t i = 0; i < c->lines_n; i++) copy_line(u, o, c, &c->lines[i]);
}

void claims_case_withdrawn(struct pp_unit *u, const struct ev_case_withdrawn *w) {
    const struct claims_case_row key = {.case_id = w->case_id};
    struct claims_case_row *r = pp_row_find(u, CLAIMS_CASE, &key);
    if (!r) return;
    r->state = PP_STR("withdrawn");
    r->case_version = (int32_t)w->case_version;
    PP_EACH_ROW(u, CLAIMS_CASE_LINE, claims_case_line_row, l)
    if (pp_uuid_eq(l->case_id, w->case_id)) l->state = PP_STR("cancelled");
}

void claims_determined(struct pp_unit *u, struct pp_out *o, const struct ev_requirement_determined *d) {
    (void)o;
    for (size_t i = 0; i < d->lines_n; i++) {
        const struct ev_determined_line *in = &d->lines[i];
        const struct claims_case_line_row key = {.case_id = d->case_id, .line = (int32_t)in->line};
        struct claims_case_line_row *l = pp_row_add(u, CLAIMS_CASE_LINE, &key);
        if (!l || d->case_version < l->basis) continue;
        l->coverage = pp_str_z(ev_determined_line_coverage_name(in->coverage));
        l->proof = in->proof;
        l->reason = in->reason;
        l->on_file = in->authorization;
        l->basis = (int32_t)d->case_version;
        l->valid_until = in->valid_until;
    }
}

void claims_decided(const struct pp_ctx *ctx, struct pp_unit *u, struct pp_out *o,
                    const struct ev_authorization_decided *d) {
    for (size_t i = 0; i < d->lines_n; i++) {
        const struct ev_decided_line *in = &d->lines[i];
        const struct claims_auth_row key = {
            .case_id = d->case_id, .line = (int32_t)in->line, .submission_id = d->submission_id};
        struct claims_auth_row *r = pp_row_add(u, CLAIMS_AUTH, &key);
        if (!r) return;
        r->case_version = (int32_t)d->case_version;
        r->outcome = pp_str_z(ev_decided_line_outcome_name(in->outcome));
        /* A later answer to the same request may leave out what an earlier one said: the number stays. */
        if (in->authorization.n) r->authorization_no = in->authorization;
        if (in->reference.n) r->reference = in->reference;
        r->trace = d->trace;
        r->payer = d->payer;
        r->reason = in->reason;
        r->valid_from = in->valid_from;
        r->valid_until = in->valid_until;
        r->code = in->code;
        r->modifiers = claims_list_join(in->modifiers, in->modifiers_n, pp_out_arena(o));
        r->units = in->units;
        r->unit_type = in->unit_type;
        r->provider_npi = in->provider_npi;
        r->accepted = in->accepted;
        r->decided = ctx->now_ms;
    }
}
