/* Appointments, and which orders they serve. */
#include "intake/chart/chart.h"
#include "refs/due.h"
#include "refs/places.h"

#include <stdio.h>

/* ---- which orders a visit speaks of ---- */

static bool names(const struct chart_visit_row *v, const struct chart_order_row *o) {
    if (v->order_no.n && (pp_str_eq(v->order_no, o->order_no) || pp_str_eq(v->order_no, o->group_no))) return true;
    if (v->filler_no.n && pp_str_eq(v->filler_no, o->filler_no)) return true;
    return o->visit_no.n && pp_str_eq(o->visit_no, v->visit_no);
}

/* Sender of the orders that the visit names: the visit's own when it has such an order, else the only one that has. A
 * number that two other senders use names nothing. */
static bool order_sender(struct chart *c, const struct chart_visit_row *v, struct pp_str *ret) {
    bool found = false, two = false;
    PP_EACH_ROW(c->unit, CHART_ORDER, chart_order_row, o) {
        if (!names(v, o)) continue;
        if (pp_str_eq(o->sender, v->sender)) {
            *ret = o->sender;
            return true;
        }
        two |= found && !pp_str_eq(*ret, o->sender);
        *ret = o->sender;
        found = true;
    }
    return found && !two;
}

bool chart_visit_serves(struct chart *c, const struct chart_visit_row *v, const struct chart_case_row *k,
                        bool ret_lines[CHART_LINES_MAX + 1]) {
    struct pp_str sender;
    bool any = false;
    memset(ret_lines, 0, CHART_LINES_MAX + 1);
    if (!order_sender(c, v, &sender)) return false;
    PP_EACH_ROW(c->unit, CHART_ORDER, chart_order_row, o) {
        if (!pp_uuid_eq(o->case_id, k->case_id) || !pp_str_eq(o->sender, sender) || !names(v, o)) continue;
        any = ret_lines[o->line] = true;
    }
    return any;
}

/* ---- visits that wait ---- */

static struct pp_uuid unmatched_task(struct pp_uuid visit_id) { return pp_uuid_derive(visit_id, PP_STR("unmatched")); }

static bool waits(struct chart *c, const struct chart_visit_row *v) {
    struct pp_str sender;
    bool names_order = v->order_no.n || v->filler_no.n; /* an office visit names none and waits for nothing */
    return names_order && pp_str_eqz(v->state, "booked") && !order_sender(c, v, &sender);
}

static void end_waiting(struct chart *c, struct chart_unmatched_row *w, const char *outcome) {
    pp_timer(c->out, CHART_TIMER_UNMATCHED, w->visit_id, 0);
    if (w->task_open) {
        struct ev_task_settled s = {.task_id = unmatched_task(w->visit_id), .outcome = pp_str_z(outcome)};
        pp_emit(c->out, EV(task_settled, TASK_SETTLED, &s));
    }
    pp_row_delete(c->unit, w);
}

static void wait_or_not(struct chart *c, const struct chart_visit_row *v) {
    const struct chart_unmatched_row key = {.visit_id = v->visit_id};
    struct chart_unmatched_row *w = pp_row_find(c->unit, CHART_UNMATCHED, &key);
    if (!waits(c, v)) {
        if (w) end_waiting(c, w, pp_str_eqz(v->state, "booked") ? "the order arrived" : "the visit is off");
        return;
    }
    if (w || !(w = pp_row_add(c->unit, CHART_UNMATCHED, &key))) return;
    w->sender = v->sender;
    w->visit_no = v->visit_no;
    w->since = c->ctx->now_ms;
    pp_timer(c->out, CHART_TIMER_UNMATCHED, w->visit_id, c->ctx->now_ms + CHART_UNMATCHED_WAIT_MS);
}

void chart_visits_retry(struct chart *c) {
    PP_EACH_ROW(c->unit, CHART_UNMATCHED, chart_unmatched_row, w) {
        const struct chart_visit_row key = {.sender = w->sender, .visit_no = w->visit_no};
        const struct chart_visit_row *v = pp_row_find(c->unit, CHART_VISIT, &key);
        if (v) wait_or_not(c, v);
    }
}

void chart_unmatched_timer(struct chart *c, struct pp_uuid visit_id) {
    const struct chart_unmatched_row key = {.visit_id = visit_id};
    struct chart_unmatched_row *w = pp_row_find(c->unit, CHART_UNMATCHED, &key);
    if (!w || w->task_open) return;
    const struct chart_visit_row vkey = {.sender = w->sender, .visit_no = w->visit_no};
    const struct chart_visit_row *v = pp_row_find(c->unit, CHART_VISIT, &vkey);
    if (!v) return;
    struct ev_task_needed t = {
        .task_id = unmatched_task(visit_id),
        .kind = EV_TASK_NEEDED_KIND_UNMATCHED,
        .subject = pp_arena_printf(pp_out_arena(c->out), "Appointment %.*s", PP_FMT(v->visit_no)),
        .reason = pp_arena_printf(pp_out_arena(c->out), "The appointment names order %.*s, which nobody has sent.",
                                  PP_FMT(v->order_no.n ? v->order_no : v->filler_no)),
        .queue = pp_refs_task_queue(c->ctx->refs, EV_TASK_NEEDED_KIND_UNMATCHED),
        .due = pp_refs_task_due(c->ctx->refs, EV_TASK_NEEDED_KIND_UNMATCHED, false, c->ctx->now_ms, v->zone),
        .owner = EV_TASK_NEEDED_OWNER_CHART};
    pp_emit(c->out, EV(task_needed, TASK_NEEDED, &t));
    w->task_open = true;
}

/* ---- the event ---- */

static void take(struct pp_str *to, struct pp_str from) {
    if (from.n) *to = from;
}

static void set_visit(struct chart *c, struct chart_visit_row *v, const struct ev_visit_reported *e) {
    take(&v->location, e->location);
    const struct pp_site *found = e->site.n ? NULL : pp_refs_site_of(c->ctx->refs, e->sender, e->location);
    take(&v->site, e->site.n ? e->site : found ? found->id : PP_STR_NONE);
    const struct pp_site *site = pp_refs_site(c->ctx->refs, v->site);
    take(&v->zone, e->zone.n ? e->zone : site ? site->zone : PP_STR_NONE);
    if (e->start) v->start = e->start;
    if (e->date)
        v->date = e->date;
    else if (e->start)
        v->date = pp_zone_date(v->zone, e->start);
    take(&v->order_no, e->order_no);
    take(&v->filler_no, e->filler_no);
    if (e->provider.npi.n || e->provider.family.n || e->provider.organization.n) {
        v->provider_npi = e->provider.npi;
        v->provider_family = e->provider.family;
        v->provider_given = e->provider.given;
        v->provider_org = e->provider.organization;
    }
}

void chart_visit_reported(struct chart *c, const struct ev_visit_reported *e) {
    const struct chart_visit_row key = {.sender = e->sender, .visit_no = e->visit_no};
    struct chart_visit_row *v = pp_row_add(c->unit, CHART_VISIT, &key);
    if (!v) return;
    if (pp_uuid_none(v->visit_id)) {
        struct pp_str name =
            pp_arena_printf(pp_out_arena(c->out), "visit/%.*s/%.*s", PP_FMT(e->sender), PP_FMT(e->visit_no));
        v->visit_id = pp_uuid_derive(pp_unit_person(c->unit), name);
    }
    switch (e->action) {
    case EV_VISIT_REPORTED_ACTION_CANCEL: v->state = PP_STR("cancelled"); break;
    case EV_VISIT_REPORTED_ACTION_NO_SHOW: v->state = PP_STR("no_show"); break;
    case EV_VISIT_REPORTED_ACTION_DONE: v->state = PP_STR("done"); break;
    case EV_VISIT_REPORTED_ACTION_CHANGE:
        if (!v->state.n) v->state = PP_STR("booked");
        break;
    default: v->state = PP_STR("booked"); break;
    }
    set_visit(c, v, e);
    wait_or_not(c, v);
    chart_settle_all(c, "visit");
}
