/* Cases as chart tells them: the whole case each time. */
#include "status/status.h"
#include "refs/payers.h"

static struct pp_str join(struct status_work *w, const struct pp_str *items, size_t n) {
    struct pp_str out = PP_STR_NONE;
    for (size_t i = 0; i < n; i++)
        out = out.n ? pp_arena_printf(w->a, "%.*s,%.*s", PP_FMT(out), PP_FMT(items[i])) : items[i];
    return out;
}

static struct pp_str provider_name(struct status_work *w, const struct ev_provider *p) {
    if (!p->family.n) return p->organization;
    if (!p->given.n) return p->family;
    return pp_arena_printf(w->a, "%c. %.*s", p->given.s[0], PP_FMT(p->family));
}

static void copy_coverage(struct status_work *w, struct status_case_row *r, const struct ev_case *c) {
    static const struct ev_coverage none;
    const struct ev_coverage *first = &none;
    for (size_t i = 0; i < c->coverages_n; i++)
        if (c->coverages[i].rank == 1) first = &c->coverages[i];
    const struct pp_payer *p = pp_refs_payer(w->ctx->refs, first->payer);
    r->payer = first->payer;
    r->payer_name = p ? p->name : first->payer_name;
    r->lob = pp_str_z(ev_coverage_lob_name(first->lob ? first->lob : p ? p->lob : first->lob));
    r->plan = first->plan;
    r->member_id = first->member_id;
    r->coverage_from = first->effective;
    r->coverage_until = first->expires;
}

static void copy_patient(struct status_case_row *r, const struct ev_patient *p) {
    r->mrn = p->mrn;
    r->family = p->family;
    r->given = p->given;
    r->sex = pp_str_z(ev_patient_sex_name(p->sex));
    r->birth_date = p->birth_date;
}

static void copy_line(struct status_work *w, struct status_case_row *cr, const struct ev_case *c,
                      const struct ev_case_line *in) {
    const struct status_line_row key = {.case_id = c->case_id, .line = (int32_t)in->line};
    struct status_line_row *l = pp_row_find(w->u, STATUS_LINE, &key);
    bool fresh = !l;
    if (fresh) l = pp_row_add(w->u, STATUS_LINE, &key);
    if (!l) return;
    if (!fresh && l->code.n && in->code.n && !pp_str_eq(l->code, in->code)) {
        STATUS_SAY(w, cr, "system", in->line, "act", "Line %d changed from %.*s to %.*s", (int)in->line,
                   PP_FMT(l->code), PP_FMT(in->code));
        l->asked_code = l->code;
        l->code_since = (int32_t)c->case_version;
    }
    if (!fresh && in->state == EV_CASE_LINE_STATE_CANCELLED && pp_str_eqz(l->state, "active"))
        STATUS_SAY(w, cr, "system", in->line, "off", "Line %d is no longer wanted", (int)in->line);
    l->site = c->site;
    l->state = pp_str_z(ev_case_line_state_name(in->state));
    l->order_no = in->order_no;
    l->code = in->code;
    l->text = in->text;
    l->local = in->local.code;
    l->modifiers = join(w, in->modifiers, in->modifiers_n);
    l->units = in->units.n ? in->units : PP_STR("1");
    l->unit_type = in->unit_type;
    l->diagnoses = join(w, in->diagnoses, in->diagnoses_n);
    l->pos = in->place_of_service;
    l->service_date = in->service_date;
}

static void link_lines(struct status_work *w, struct pp_uuid case_id, const struct ev_visit *in) {
    for (size_t i = 0; i < (in->lines_n ? in->lines_n : 1); i++) {
        const struct status_visit_line_row key = {
            .visit_id = in->visit_id, .case_id = case_id, .line = in->lines_n ? (int32_t)in->lines[i] : 0};
        pp_row_add(w->u, STATUS_VISIT_LINE, &key);
    }
}

static void copy_visit(struct status_work *w, struct status_case_row *cr, const struct ev_visit *in) {
    const struct status_visit_row key = {.visit_id = in->visit_id};
    struct status_visit_row *v = pp_row_find(w->u, STATUS_VISIT, &key);
    bool fresh = !v;
    if (fresh) v = pp_row_add(w->u, STATUS_VISIT, &key);
    if (!v) return;
    const char *state = ev_visit_state_name(in->state);
    char day[11];
    pp_date_text(in->date, day);
    if (fresh) v->case_id = cr->case_id;
    if (fresh)
        STATUS_SAY(w, cr, "system", 0, "go", "Appointment %.*s is booked for %s", PP_FMT(in->visit_no), day);
    else if (!pp_str_eqz(v->state, state))
        STATUS_SAY(w, cr, "system", 0, in->state == EV_VISIT_STATE_CANCELLED ? "off" : "go",
                   "Appointment %.*s is now %s", PP_FMT(in->visit_no), state);
    else if (v->date != in->date)
        STATUS_SAY(w, cr, "system", 0, "act", "Appointment %.*s moved to %s", PP_FMT(in->visit_no), day);
    v->visit_no = in->visit_no;
    v->state = pp_str_z(state);
    v->start = in->start;
    v->date = in->date;
    v->zone = in->zone.n ? in->zone : status_zone(w, in->site.n ? in->site : cr->site);
    v->site = in->site.n ? in->site : cr->site;
    v->location = in->location;
    v->provider_npi = in->provider.npi;
    v->provider = provider_name(w, &in->provider);
}

/* Links are as the last snapshot says; a visit that no case names any more is taken back. */
static void copy_visits(struct status_work *w, struct status_case_row *cr, const struct ev_case *c) {
    PP_EACH_ROW(w->u, STATUS_VISIT_LINE, status_visit_line_row, vl)
    if (pp_uuid_eq(vl->case_id, c->case_id)) pp_row_delete(w->u, vl);
    for (size_t i = 0; i < c->visits_n; i++) {
        copy_visit(w, cr, &c->visits[i]);
        link_lines(w, c->case_id, &c->visits[i]);
    }
    PP_EACH_ROW(w->u, STATUS_VISIT, status_visit_row, v) {
        bool linked = false;
        PP_EACH_ROW(w->u, STATUS_VISIT_LINE, status_visit_line_row, vl)
        linked = linked || pp_uuid_eq(vl->visit_id, v->visit_id);
        if (!linked) status_retract_visit(w, v);
    }
}

static const char *changed_sentence(struct pp_str change) {
    static const struct {
        const char *change, *text;
    } known[] = {{"coverage", "The coverage changed"},
                 {"eligibility", "The payer says whether the coverage is in force"},
                 {"patient", "Patient data changed"},
                 {"mapping", "A service code was mapped"},
                 {"performer", "The performing provider changed"},
                 {"lines", "The ordered services changed"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (pp_str_eqz(change, known[i].change)) return known[i].text;
    return NULL; /* visits and lines speak for themselves */
}

/* A task may be asked for before its case is told. */
static void name_tasks(struct status_work *w, const struct status_case_row *c) {
    PP_EACH_ROW(w->u, STATUS_TASK, status_task_row, t) {
        if (!pp_uuid_eq(t->case_id, c->case_id)) continue;
        t->site = c->site;
        if (pp_str_eq(t->case_no, c->case_no)) continue;
        t->case_no = c->case_no;
        status_publish_task(w, t);
    }
}

void status_case(struct status_work *w, const struct ev_case *c, bool opened) {
    const struct status_case_row key = {.case_id = c->case_id};
    struct status_case_row *r = pp_row_add(w->u, STATUS_CASE, &key);
    if (!r || c->case_version <= r->case_version) return;
    if (!r->opened) r->opened = w->at;
    r->case_version = (int32_t)c->case_version;
    r->case_no = c->case_no;
    r->order_no = c->order_no;
    r->sender = c->sender;
    r->state = PP_STR("open");
    r->urgency = pp_str_z(ev_case_urgency_name(c->urgency));
    r->site = c->site;
    r->region = c->state;
    r->ordering = provider_name(w, &c->ordering);
    r->ordering_npi = c->ordering.npi;
    r->performer_npi = c->performer.npi;
    r->missing = join(w, c->missing, c->missing_n);
    r->ordered_at = c->ordered_at;
    copy_patient(r, &c->patient);
    copy_coverage(w, r, c);
    if (opened)
        STATUS_SAY(w, r, "system", 0, "go", "Order %.*s arrived with %zu service%s", PP_FMT(c->order_no), c->lines_n,
                   c->lines_n == 1 ? "" : "s");
    const char *said = opened ? NULL : changed_sentence(c->change);
    if (said) STATUS_SAY(w, r, "system", 0, "go", "%s", said);
    for (size_t i = 0; i < c->lines_n; i++) copy_line(w, r, c, &c->lines[i]);
    copy_visits(w, r, c);
    name_tasks(w, r);
    status_refresh(w, c->case_id);
}

void status_case_withdrawn(struct status_work *w, const struct ev_case_withdrawn *e) {
    struct status_case_row *c = status_find_case(w, e->case_id);
    if (!c) return;
    c->state = PP_STR("withdrawn");
    c->case_version = (int32_t)e->case_version;
    PP_EACH_ROW(w->u, STATUS_LINE, status_line_row, l)
    if (pp_uuid_eq(l->case_id, e->case_id)) l->state = PP_STR("cancelled");
    STATUS_SAY(w, c, "system", 0, "off", "The order was withdrawn");
    status_refresh(w, e->case_id);
}

void status_patient(struct status_work *w, const struct ev_patient_reported *e) {
    PP_EACH_ROW(w->u, STATUS_CASE, status_case_row, c)
    if (c->mrn.n && pp_str_eq(c->mrn, e->patient.mrn))
        copy_patient(c, &e->patient); /* another sender's number stays as it is */
}

void status_merged(struct status_work *w, const struct ev_patient_merged *e) {
    bool retired = pp_uuid_eq(pp_unit_person(w->u), e->retired);
    PP_EACH_ROW(w->u, STATUS_CASE, status_case_row, c) {
        if (retired)
            STATUS_SAY(w, c, "system", 0, "act", "The patient record was merged into %.*s; this case stays here",
                       PP_FMT(e->survivor_mrn));
        else
            STATUS_SAY(w, c, "system", 0, "go", "Patient record %.*s was merged into this one", PP_FMT(e->retired_mrn));
    }
}
