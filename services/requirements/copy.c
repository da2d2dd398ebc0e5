/* This service's copy of a case: what a rule may look at. */
#include "requirements/requirements.h"

bool req_is_active(const struct req_line_row *l) { return pp_str_eqz(l->state, "active"); }

size_t req_split(struct req *c, struct pp_str csv, size_t max, struct pp_str **ret) {
    size_t n = 0;
    *ret = csv.n ? pp_arena_array(pp_out_arena(c->out), struct pp_str, max) : NULL;
    while (*ret && csv.n && n < max) (*ret)[n++] = pp_str_split(&csv, ',');
    return n;
}

struct pp_str req_join(struct req *c, const struct pp_str *v, size_t n) {
    struct pp_str out = PP_STR_NONE;
    for (size_t i = 0; i < n; i++)
        out = pp_arena_printf(pp_out_arena(c->out), "%.*s%s%.*s", PP_FMT(out), i ? "," : "", PP_FMT(v[i]));
    return out;
}

static void copy_coverage(struct req_case_row *k, const struct ev_case *e) {
    /* Judged under the first coverage. What a second one wants matters when the first does not pay: not decided here.
     */
    const struct ev_coverage none = {0}, *v = e->coverages_n ? &e->coverages[0] : &none;
    k->payer = v->payer;
    k->payer_code = v->payer_code;
    k->plan = v->plan;
    k->lob = v->lob == EV_COVERAGE_LOB_NONE ? PP_STR_NONE : pp_str_z(ev_coverage_lob_name(v->lob));
}

static void copy_line(struct req *c, const struct req_case_row *k, const struct ev_case_line *e) {
    const struct req_line_row key = {.case_id = k->case_id, .line = (int32_t)e->line};
    struct req_line_row *l = pp_row_add(c->unit, REQ_LINE, &key);
    if (!l) return;
    l->order_no = e->order_no;
    l->state = pp_str_z(ev_case_line_state_name(e->state));
    l->code = e->code;
    l->text = e->text;
    l->local_code = e->local.code;
    l->modifiers = req_join(c, e->modifiers, e->modifiers_n);
    l->diagnoses = req_join(c, e->diagnoses, e->diagnoses_n);
    l->pos = e->place_of_service;
    l->service_date = e->service_date;
}

struct req_case_row *req_copy_case(struct req *c, const struct ev_case *e) {
    const struct req_case_row key = {.case_id = e->case_id};
    struct req_case_row *k = pp_row_add(c->unit, REQ_CASE, &key);
    if (!k || e->case_version <= k->case_version) return NULL;
    k->case_version = (int32_t)e->case_version;
    k->case_no = e->case_no;
    k->order_no = e->order_no;
    k->state = PP_STR("open");
    k->site = e->site;
    k->site_state = e->state;
    k->patient_state = e->patient.state;
    k->birth_date = e->patient.birth_date;
    k->urgency = pp_str_z(ev_case_urgency_name(e->urgency));
    k->missing = req_join(c, e->missing, e->missing_n);
    copy_coverage(k, e);
    for (size_t i = 0; i < e->lines_n; i++) copy_line(c, k, &e->lines[i]);
    return k;
}
