/* The case as others see it, made from the rows. */
#include "intake/chart/chart.h"
#include "refs/codes.h"
#include "refs/places.h"

#include <stdio.h>
#include <stdlib.h>

bool chart_is_active(const struct chart_line_row *l) { return pp_str_eqz(l->state, "active"); }

static struct ev_patient patient(const struct chart_patient_row *p) {
    if (!p) return (struct ev_patient){0};
    struct ev_patient e = {.mrn = p->mrn,
                           .family = p->family,
                           .given = p->given,
                           .middle = p->middle,
                           .birth_date = p->birth_date,
                           .address_line = p->address_line,
                           .city = p->city,
                           .state = p->state,
                           .zip = p->zip,
                           .phone = p->phone};
    ev_patient_sex_parse(p->sex, &e.sex);
    return e;
}

/* ---- visits ---- */

/* One table decides for all lines: which visits serve the case, and the best of each line. */
struct served {
    const struct chart_visit_row *visit;
    bool lines[CHART_LINES_MAX + 1];
};

static bool is_booked(const struct chart_visit_row *v) { return pp_str_eqz(v->state, "booked"); }

/* The visit that gives a line its date: the first that is booked, else the last that took place. */
static const struct chart_visit_row *visit_of_line(const struct served *s, size_t n, int32_t line) {
    const struct chart_visit_row *best = NULL;
    for (size_t i = 0; i < n; i++) {
        const struct chart_visit_row *v = s[i].visit;
        if (!s[i].lines[line] || !v->date || !(is_booked(v) || pp_str_eqz(v->state, "done"))) continue;
        bool better = !best || (is_booked(v) && !is_booked(best)) ||
                      (is_booked(v) == is_booked(best) && (is_booked(v) ? v->date < best->date : v->date > best->date));
        if (better) best = v;
    }
    return best;
}

/* Booked ones first, then by time, so that a case with more visits than fit keeps those that are to come. */
static int by_need(const void *a, const void *b) {
    const struct chart_visit_row *x = ((const struct served *)a)->visit, *y = ((const struct served *)b)->visit;
    if (is_booked(x) != is_booked(y)) return is_booked(x) ? -1 : 1;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return memcmp(&x->visit_id, &y->visit_id, sizeof x->visit_id);
}

static struct served *serving(struct chart *c, struct chart_case_row *k, size_t *ret_n) {
    size_t max = 0, n = 0;
    PP_EACH_ROW(c->unit, CHART_VISIT, chart_visit_row, v) max++;
    struct served *s = pp_arena_array(pp_out_arena(c->out), struct served, max ? max : 1);
    *ret_n = 0;
    if (!s) return NULL;
    PP_EACH_ROW(c->unit, CHART_VISIT, chart_visit_row, v) {
        s[n].visit = v;
        n += chart_visit_serves(c, v, k, s[n].lines);
    }
    qsort(s, n, sizeof *s, by_need);
    *ret_n = n < CHART_VISITS_MAX ? n : CHART_VISITS_MAX;
    return s;
}

/* Lines served; none in the list when it is all of them. */
static void lines_served(struct chart *c, const struct served *s, int32_t last, struct ev_visit *ret) {
    int64_t *lines = pp_arena_array(pp_out_arena(c->out), int64_t, (size_t)last + 1);
    size_t n = 0;
    for (int32_t i = 1; lines && i <= last; i++)
        if (s->lines[i]) lines[n++] = i;
    if (n == (size_t)last) return;
    ret->lines = lines;
    ret->lines_n = n;
}

static void add_visits(struct chart *c, struct ev_case *e, const struct served *s, size_t n, int32_t last) {
    e->visits = pp_arena_array(pp_out_arena(c->out), struct ev_visit, n ? n : 1);
    for (size_t i = 0; e->visits && i < n; i++) {
        const struct chart_visit_row *v = s[i].visit;
        struct ev_visit *r = &e->visits[e->visits_n++];
        *r = (struct ev_visit){.visit_id = v->visit_id,
                               .visit_no = v->visit_no,
                               .start = v->start,
                               .date = v->date,
                               .zone = v->zone,
                               .site = v->site,
                               .location = v->location,
                               .provider = {.npi = v->provider_npi,
                                            .family = v->provider_family,
                                            .given = v->provider_given,
                                            .organization = v->provider_org}};
        ev_visit_state_parse(v->state, &r->state);
        lines_served(c, &s[i], last, r);
    }
}

/* The rows that tie visits to the case, for readers by SQL. */
static void keep_links(struct chart *c, const struct chart_case_row *k, const struct ev_case *e) {
    PP_EACH_ROW(c->unit, CHART_CASE_VISIT, chart_case_visit_row, r) {
        bool still = !pp_uuid_eq(r->case_id, k->case_id);
        for (size_t i = 0; i < e->visits_n && !still; i++) still = pp_uuid_eq(e->visits[i].visit_id, r->visit_id);
        if (!still) pp_row_delete(c->unit, r);
    }
    for (size_t i = 0; i < e->visits_n; i++) {
        const struct chart_case_visit_row key = {.case_id = k->case_id, .visit_id = e->visits[i].visit_id};
        struct chart_case_visit_row *r = pp_row_add(c->unit, CHART_CASE_VISIT, &key);
        if (!r) return;
        struct pp_str lines = PP_STR_NONE;
        for (size_t j = 0; j < e->visits[i].lines_n; j++)
            lines = pp_arena_printf(pp_out_arena(c->out), "%.*s%s%d", PP_FMT(lines), j ? "," : "",
                                    (int)e->visits[i].lines[j]);
        r->lines = lines;
    }
}

/* ---- lines ---- */

static struct ev_case_line line(struct chart *c, const struct chart_line_row *l, const struct chart_visit_row *v,
                                const struct pp_site *site) {
    const struct pp_code_name *name = pp_refs_code(c->ctx->refs, l->code);
    const struct pp_site *where = v && v->site.n ? pp_refs_site(c->ctx->refs, v->site) : site;
    struct ev_case_line e = {.line = l->line,
                             .order_no = l->order_no,
                             .state = chart_is_active(l) ? EV_CASE_LINE_STATE_ACTIVE : EV_CASE_LINE_STATE_CANCELLED,
                             .local = {.code = l->local_code, .system = l->local_system, .text = l->local_text},
                             .code = l->code,
                             .text = l->text.n ? l->text : l->local_text,
                             .units = l->units.n ? l->units : PP_STR("1"),
                             .unit_type = l->unit_type.n              ? l->unit_type
                                          : name && name->unit_type.n ? name->unit_type
                                                                      : PP_STR("UN"),
                             .service_date = v ? v->date : l->service_date,
                             .place_of_service = l->pos.n ? l->pos
                                                 : where  ? where->pos
                                                          : PP_STR_NONE};
    e.modifiers_n = chart_split(c, l->modifiers, 4, &e.modifiers);
    e.diagnoses_n = chart_split(c, l->diagnoses, 12, &e.diagnoses);
    return e;
}

static int32_t last_line(struct chart *c, const struct chart_case_row *k) {
    int32_t last = 0;
    PP_EACH_ROW(c->unit, CHART_LINE, chart_line_row, l)
    if (pp_uuid_eq(l->case_id, k->case_id) && l->line > last) last = l->line;
    return last;
}

pp_date chart_first_service(struct chart *c, const struct ev_case *e) {
    const struct pp_site *site = pp_refs_site(c->ctx->refs, e->site);
    pp_date first = 0;
    for (size_t i = 0; i < e->lines_n; i++) {
        const struct ev_case_line *l = &e->lines[i];
        if (l->state == EV_CASE_LINE_STATE_ACTIVE && l->service_date && (!first || l->service_date < first))
            first = l->service_date;
    }
    return first ? first : pp_zone_date(site ? site->zone : PP_STR_NONE, c->ctx->now_ms);
}

static void say_missing(struct chart *c, struct ev_case *e, bool patient_known) {
    /* A first coverage that the payer says has ended is none. */
    bool coverage = e->coverages_n == 0 || e->coverages[0].standing == EV_COVERAGE_STANDING_INACTIVE, payer = false,
         mapping = false;
    for (size_t i = 0; i < e->coverages_n; i++)
        payer |= !e->coverages[i].payer.n && e->coverages[i].lob != EV_COVERAGE_LOB_SELF_PAY;
    for (size_t i = 0; i < e->lines_n; i++)
        mapping |= e->lines[i].state == EV_CASE_LINE_STATE_ACTIVE && !e->lines[i].code.n;
    e->missing = pp_arena_array(pp_out_arena(c->out), struct pp_str, 4);
    if (!e->missing) return;
    if (coverage) e->missing[e->missing_n++] = PP_STR("coverage");
    if (payer) e->missing[e->missing_n++] = PP_STR("payer");
    if (mapping) e->missing[e->missing_n++] = PP_STR("mapping");
    if (!patient_known) e->missing[e->missing_n++] = PP_STR("patient");
}

struct ev_case *chart_snapshot(struct chart *c, struct chart_case_row *k) {
    struct pp_arena *a = pp_out_arena(c->out);
    struct ev_case *e = pp_arena_new(a, struct ev_case);
    int32_t last = last_line(c, k);
    size_t served_n;
    struct served *s = serving(c, k, &served_n);
    if (!e || !s || !(e->lines = pp_arena_array(a, struct ev_case_line, last + 1)) ||
        !(e->coverages = pp_arena_array(a, struct ev_coverage, CHART_COVERAGES_MAX)))
        return NULL;
    if (!k->site.n && served_n) k->site = s[0].visit->site;
    const struct pp_site *site = pp_refs_site(c->ctx->refs, k->site);
    const struct chart_patient_row *p = chart_patient_of(c, k->sender);

    e->case_id = k->case_id;
    e->case_no = k->case_no;
    e->order_no = k->order_no;
    e->sender = k->sender;
    e->ordered_at = k->ordered;
    e->site = k->site;
    e->state = site ? site->state : PP_STR_NONE;
    e->ordering = (struct ev_provider){k->ordering_npi, k->ordering_family, k->ordering_given, k->ordering_org};
    e->performer = (struct ev_provider){k->performer_npi, k->performer_family, k->performer_given, k->performer_org};
    e->patient = patient(p);
    e->urgency = EV_CASE_URGENCY_ROUTINE;
    for (int32_t i = 1; i <= last; i++) {
        const struct chart_line_row key = {.case_id = k->case_id, .line = i};
        const struct chart_line_row *l = pp_row_find(c->unit, CHART_LINE, &key);
        if (!l) continue;
        e->lines[e->lines_n++] = line(c, l, visit_of_line(s, served_n, i), site);
        enum ev_case_urgency u;
        if (chart_is_active(l) && ev_case_urgency_parse(l->urgency, &u) && u > e->urgency) e->urgency = u;
    }
    e->coverages_n = chart_coverages_on(c, chart_first_service(c, e), e->coverages);
    add_visits(c, e, s, served_n, last);
    keep_links(c, k, e);
    say_missing(c, e, p && (p->family.n || p->mrn.n));
    return e;
}
