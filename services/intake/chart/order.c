/* Orders become lines of cases. */
#include "intake/chart/chart.h"
#include "refs/codes.h"
#include "refs/places.h"

#include <stdio.h>

size_t chart_split(struct chart *c, struct pp_str csv, size_t max, struct pp_str **ret) {
    size_t n = 0;
    *ret = csv.n ? pp_arena_array(pp_out_arena(c->out), struct pp_str, max) : NULL;
    while (*ret && csv.n && n < max) (*ret)[n++] = pp_arena_str(pp_out_arena(c->out), pp_str_split(&csv, ','));
    return n;
}

static struct pp_str join(struct chart *c, const struct pp_str *v, size_t n) {
    struct pp_str out = PP_STR_NONE;
    for (size_t i = 0; i < n; i++)
        out = pp_arena_printf(pp_out_arena(c->out), "%.*s%s%.*s", PP_FMT(out), i ? "," : "", PP_FMT(v[i]));
    return out;
}

static void take(struct pp_str *to, struct pp_str from) {
    if (from.n) *to = from;
}

static void take_provider(struct pp_str *npi, struct pp_str *family, struct pp_str *given, struct pp_str *org,
                          const struct ev_provider *p) {
    if (!p->npi.n && !p->family.n && !p->organization.n) return;
    *npi = p->npi;
    *family = p->family;
    *given = p->given;
    *org = p->organization;
}

/* ---- finding and making the case ---- */

static struct chart_case_row *find_case(struct chart *c, struct pp_uuid id) {
    const struct chart_case_row key = {.case_id = id};
    return pp_row_find(c->unit, CHART_CASE, &key);
}

/* The open case of this sender's group. A withdrawn one is closed for good: the group then gets a new case. */
static struct chart_case_row *open_group(struct chart *c, struct pp_str sender, struct pp_str group) {
    PP_EACH_ROW(c->unit, CHART_CASE, chart_case_row, k)
    if (pp_str_eqz(k->state, "open") && pp_str_eq(k->sender, sender) && pp_str_eq(k->order_no, group)) return k;
    return NULL;
}

/* Seven digits of the id's random part: short enough to say on the phone. It is a label; the id is the key. */
static struct pp_str case_no_of(struct chart *c, struct pp_uuid id) {
    uint64_t v = 0;
    for (int i = 8; i < 16; i++) v = v << 8 | id.b[i];
    return pp_arena_printf(pp_out_arena(c->out), "C-%07u", (unsigned)(v % 10000000));
}

static struct chart_case_row *mint_case(struct chart *c, const struct ev_order_reported *e) {
    const struct chart_case_row key = {.case_id = c->ctx->new_id(c->ctx)};
    struct chart_case_row *k = pp_row_add(c->unit, CHART_CASE, &key);
    if (!k) return NULL;
    k->case_no = case_no_of(c, k->case_id);
    k->sender = e->sender;
    k->order_no = e->group_no.n ? e->group_no : e->order_no;
    k->state = PP_STR("open");
    k->ordered = e->ordered_at ? e->ordered_at : c->in->hdr.time_ms;
    k->opened = c->ctx->now_ms;
    return k;
}

static struct chart_line_row *add_line(struct chart *c, struct chart_case_row *k, struct pp_str order_no) {
    int32_t last = 0;
    PP_EACH_ROW(c->unit, CHART_LINE, chart_line_row, l)
    if (pp_uuid_eq(l->case_id, k->case_id) && l->line > last) last = l->line;
    if (last == CHART_LINES_MAX) {
        pp_park(c->out, k->case_id, "case %.*s has %d lines already", PP_FMT(k->case_no), CHART_LINES_MAX);
        return NULL;
    }
    const struct chart_line_row key = {.case_id = k->case_id, .line = last + 1};
    struct chart_line_row *l = pp_row_add(c->unit, CHART_LINE, &key);
    if (!l) return NULL;
    l->order_no = order_no;
    l->state = PP_STR("active");
    return l;
}

/* ---- what an order says about its line ---- */

void chart_map_line(struct chart *c, const struct chart_case_row *k, struct chart_line_row *l) {
    if (l->code.n) return;
    struct pp_code_mapped m = pp_refs_map_code(c->ctx->refs, k->sender, l->local_code, l->local_system);
    if (m.how == PP_CODE_UNMAPPED) return;
    l->code = m.code;
    l->how = m.how == PP_CODE_BY_PACK ? PP_STR("pack") : PP_STR("sent");
    l->text = m.text;
}

static void set_service(struct chart *c, const struct chart_case_row *k, struct chart_line_row *l,
                        const struct ev_order_reported *e) {
    const struct ev_order_service *s = &e->service;
    bool other = !pp_str_eq(l->local_code, s->code.code) || !pp_str_eq(l->local_system, s->code.system);
    if (other) { /* another service: what was said of the old one, by a person too, does not hold for it */
        l->local_code = s->code.code;
        l->local_system = s->code.system;
        l->code = l->how = l->text = PP_STR_NONE;
        l->modifiers = PP_STR_NONE;
    }
    take(&l->local_text, s->code.text);
    if (s->modifiers_n) l->modifiers = join(c, s->modifiers, s->modifiers_n);
    take(&l->units, s->units);
    take(&l->unit_type, s->unit_type);
    if (s->diagnoses_n) l->diagnoses = join(c, s->diagnoses, s->diagnoses_n);
    if (s->service_date) l->service_date = s->service_date;
    take(&l->pos, s->place_of_service);
    if (e->priority != EV_ORDER_REPORTED_PRIORITY_NONE)
        l->urgency = pp_str_z(ev_order_reported_priority_name(e->priority));
    chart_map_line(c, k, l);
}

static void set_case(struct chart *c, struct chart_case_row *k, const struct ev_order_reported *e) {
    take_provider(&k->ordering_npi, &k->ordering_family, &k->ordering_given, &k->ordering_org, &e->ordering);
    take_provider(&k->performer_npi, &k->performer_family, &k->performer_given, &k->performer_org, &e->performer);
    const struct pp_site *site = e->site.n ? NULL : pp_refs_site_of(c->ctx->refs, e->sender, e->location);
    take(&k->site, e->site.n ? e->site : site ? site->id : PP_STR_NONE);
}

/* ---- the event ---- */

static void known_order(struct chart *c, struct chart_order_row *o, const struct ev_order_reported *e) {
    const struct chart_line_row key = {.case_id = o->case_id, .line = o->line};
    struct chart_line_row *l = pp_row_find(c->unit, CHART_LINE, &key);
    struct chart_case_row *k = find_case(c, o->case_id);
    if (!l || !k) {
        pp_park(c->out, o->case_id, "an order has no case");
        return;
    }
    take(&o->filler_no, e->filler_no);
    take(&o->visit_no, e->visit_no);
    /* A line that was cancelled or dropped stays so: an order that comes again is mostly a repeat, and a service that
     * is wanted after all comes with a new number. */
    if (!chart_is_active(l)) return;
    if (e->action == EV_ORDER_REPORTED_ACTION_CANCEL) {
        l->state = PP_STR("cancelled");
        l->reason = c->why = e->service.reason.n ? e->service.reason : PP_STR("cancelled by the ordering system");
    } else if (e->action != EV_ORDER_REPORTED_ACTION_STATUS) {
        set_service(c, k, l, e);
        set_case(c, k, e);
    }
    chart_visits_retry(c);
    chart_settle(c, k, "lines");
}

static void new_order(struct chart *c, const struct ev_order_reported *e) {
    struct chart_case_row *k = e->group_no.n ? open_group(c, e->sender, e->group_no) : NULL;
    if (!k) k = mint_case(c, e);
    struct chart_line_row *l = k ? add_line(c, k, e->order_no) : NULL;
    const struct chart_order_row key = {.sender = e->sender, .order_no = e->order_no};
    struct chart_order_row *o = l ? pp_row_add(c->unit, CHART_ORDER, &key) : NULL;
    if (!o) return;
    o->filler_no = e->filler_no;
    o->group_no = e->group_no;
    o->visit_no = e->visit_no;
    o->case_id = k->case_id;
    o->line = l->line;
    set_service(c, k, l, e);
    set_case(c, k, e);
    chart_visits_retry(c);
    chart_settle(c, k, k->case_version ? "lines" : "opened");
}

void chart_order_reported(struct chart *c, const struct ev_order_reported *e) {
    const struct chart_order_row key = {.sender = e->sender, .order_no = e->order_no};
    struct chart_order_row *o = pp_row_find(c->unit, CHART_ORDER, &key);
    if (o)
        known_order(c, o, e);
    else if (e->action == EV_ORDER_REPORTED_ACTION_NEW || e->action == EV_ORDER_REPORTED_ACTION_CHANGE)
        new_order(c, e);
    else
        pp_count(c->out, "chart_orders_ignored_total", PP_STR_NONE,
                 1); /* cancel or status of what was never ordered here */
}
