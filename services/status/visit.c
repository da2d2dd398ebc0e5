/* Appointments: the facts of their lines go into readiness(), its answer goes to the row and to the public topic. */
#include "status/readiness.h"
#include "status/status.h"
#include "refs/places.h"

struct pp_str status_zone(struct status_work *w, struct pp_str site) {
    const struct pp_site *s = pp_refs_site(w->ctx->refs, site);
    return s && s->zone.n ? s->zone : PP_STR("UTC");
}

static bool serves(const struct status_visit_line_row *vl, struct pp_uuid case_id, int32_t line) {
    return pp_uuid_eq(vl->case_id, case_id) && (!vl->line || vl->line == line);
}

size_t status_booked(struct status_work *w, struct pp_uuid case_id, int32_t line) {
    size_t n = 0;
    PP_EACH_ROW(w->u, STATUS_VISIT_LINE, status_visit_line_row, vl) {
        const struct status_visit_row key = {.visit_id = vl->visit_id};
        const struct status_visit_row *v = serves(vl, case_id, line) ? pp_row_find(w->u, STATUS_VISIT, &key) : NULL;
        if (v && (pp_str_eqz(v->state, "booked") || pp_str_eqz(v->state, "done"))) n++;
    }
    return n;
}

const struct status_visit_row *status_first_booked(struct status_work *w, struct pp_uuid case_id, int32_t line,
                                                   pp_date from) {
    const struct status_visit_row *first = NULL;
    PP_EACH_ROW(w->u, STATUS_VISIT_LINE, status_visit_line_row, vl) {
        const struct status_visit_row key = {.visit_id = vl->visit_id};
        const struct status_visit_row *v = serves(vl, case_id, line) ? pp_row_find(w->u, STATUS_VISIT, &key) : NULL;
        if (!v || !pp_str_eqz(v->state, "booked") || v->date < from) continue;
        if (!first || v->date < first->date) first = v;
    }
    return first;
}

bool status_expired(struct status_work *w, const struct status_case_row *c, const struct status_line_row *l) {
    if (!l->valid_until || l->valid_until >= pp_zone_date(status_zone(w, c->site), w->ctx->now_ms) ||
        status_dec(l->used))
        return false;
    PP_EACH_ROW(w->u, STATUS_VISIT_LINE, status_visit_line_row, vl) {
        const struct status_visit_row key = {.visit_id = vl->visit_id};
        const struct status_visit_row *v =
            serves(vl, l->case_id, l->line) ? pp_row_find(w->u, STATUS_VISIT, &key) : NULL;
        bool kept = v && (pp_str_eqz(v->state, "booked") || pp_str_eqz(v->state, "done"));
        if (kept && v->date >= l->valid_from && v->date <= l->valid_until) return false; /* its claim is on the way */
    }
    return true;
}

static void facts_of(const struct status_case_row *c, const struct status_line_row *l, struct readiness_line *r) {
    int64_t used = status_dec(l->used), booked = status_dec(l->scheduled);
    *r = (struct readiness_line){
        .line = l->line,
        .wanted = pp_str_eqz(l->state, "active") && pp_str_eqz(c->state, "open"),
        .determined = l->basis > 0,
        .current = l->basis == c->case_version,
        .proof = l->proof.n > 0,
        .proof_until = l->proof_until,
        .accepted = l->accepted,
        .sent = l->sent,
        .info_open = l->info_open,
        .documents_open = l->docs_done < l->docs_must,
        .code = l->code,
        .asked_code = l->asked_code.n && l->asked_version < l->code_since ? l->asked_code : PP_STR_NONE,
        .from = l->valid_from,
        .until = l->valid_until,
        .limited = l->authorized.n > 0,
        .authorized = status_dec(l->authorized),
        .committed = used > booked ? used : booked,
        .units = l->accepted ? 0 : status_dec(l->units), /* accepted: fewer than ordered is agreed */
        .auth_npi = l->provider_npi,
        .documents = l->docs_open,
        .coverage_until = c->coverage_until};
    ev_determined_line_coverage_parse(l->coverage, &r->coverage);
    ev_decided_line_outcome_parse(l->outcome, &r->outcome);
    if (l->accepted && r->committed > r->authorized && used <= r->authorized) r->committed = r->authorized;
}

static size_t lines_of(struct status_work *w, struct pp_uuid visit_id, struct readiness_line **ret) {
    size_t n = 0, most = 0;
    PP_EACH_ROW(w->u, STATUS_LINE, status_line_row, l) most++;
    if (most > STATUS_LINES_MAX) most = STATUS_LINES_MAX;
    struct readiness_line *lines = *ret = pp_arena_array(w->a, struct readiness_line, most + 1);
    if (!lines) return 0;
    PP_EACH_ROW(w->u, STATUS_LINE, status_line_row, l) {
        bool linked = false;
        PP_EACH_ROW(w->u, STATUS_VISIT_LINE, status_visit_line_row, vl)
        linked = linked || (pp_uuid_eq(vl->visit_id, visit_id) && serves(vl, l->case_id, l->line));
        const struct status_case_row *c = linked ? status_find_case(w, l->case_id) : NULL;
        if (c && n < most) facts_of(c, l, &lines[n++]);
    }
    return n;
}

static void fell(struct status_work *w, struct status_visit_row *v, const struct readiness_out *out, pp_date today) {
    struct status_case_row *c = status_find_case(w, v->case_id);
    struct pp_str why = out->n ? out->why[0].text : PP_STR_NONE;
    status_event(w, c, "system", 0, readiness_tone(out->colour), PP_STR_NONE, why, PP_STR_NONE, "Appointment %.*s: %s",
                 PP_FMT(v->visit_no), readiness_word(out->colour));
    if (out->colour == READINESS_RED && v->date - today <= READINESS_NEAR_DAYS)
        status_notice(w, "visit_blocked", v->visit_id, v->case_id, "Appointment %.*s is blocked: %.*s",
                      PP_FMT(v->visit_no), PP_FMT(why));
}

static void refresh_visit(struct status_work *w, struct status_visit_row *v) {
    static const char *const colours[READINESS_COLOUR_COUNT] = {"green", "amber", "grey", "red"};
    if (!pp_str_eqz(v->state, "booked") && !pp_str_eqz(v->state, "done")) {
        status_retract_visit(w, v);
        return;
    }
    struct readiness_line *lines;
    size_t n = lines_of(w, v->visit_id, &lines);
    struct readiness_out *out = pp_arena_new(w->a, struct readiness_out);
    if (!lines || !out) return;
    struct readiness_in in = {.today = pp_zone_date(v->zone, w->ctx->now_ms),
                              .date = v->date,
                              .provider_npi = v->provider_npi,
                              .lines = lines,
                              .n = n};
    readiness(&in, w->a, out);
    if (!pp_str_eqz(v->colour, colours[out->colour])) fell(w, v, out, in.today);
    v->colour = pp_str_z(colours[out->colour]);
    v->word = pp_str_z(readiness_word(out->colour));
    v->tone = pp_str_z(readiness_tone(out->colour));
    v->next_step = pp_str_z(out->next_step);
    v->owner = pp_str_z(out->owner);
    v->due = out->colour == READINESS_GREEN ? 0 : v->start;
    v->reasons = PP_STR_NONE;
    struct ev_readiness_reason *reasons = pp_arena_array(w->a, struct ev_readiness_reason, out->n + 1);
    for (size_t i = 0; reasons && i < out->n; i++) {
        reasons[i] = (struct ev_readiness_reason){
            .line = out->why[i].line, .code = pp_str_z(out->why[i].code), .text = status_cut(out->why[i].text, 200)};
        v->reasons =
            i ? pp_arena_printf(w->a, "%.*s; %.*s", PP_FMT(v->reasons), PP_FMT(reasons[i].text)) : reasons[i].text;
    }
    pp_date look = readiness_next_look(&in);
    pp_timer(w->o, STATUS_TIMER_VISIT, v->visit_id, look ? pp_zone_instant(v->zone, look, 0) : 0);
    status_publish_visit(w, v, reasons, out->n);
}

void status_refresh_visits(struct status_work *w, struct pp_uuid case_id) {
    PP_EACH_ROW(w->u, STATUS_VISIT, status_visit_row, v) {
        bool linked = false;
        PP_EACH_ROW(w->u, STATUS_VISIT_LINE, status_visit_line_row, vl)
        linked = linked || (pp_uuid_eq(vl->visit_id, v->visit_id) && pp_uuid_eq(vl->case_id, case_id));
        if (linked) refresh_visit(w, v);
    }
}

void status_retract_visit(struct status_work *w, struct status_visit_row *v) {
    char key[PP_UUID_TEXT + 1];
    pp_timer(w->o, STATUS_TIMER_VISIT, v->visit_id, 0);
    v->colour = v->word = v->tone = v->reasons = v->next_step = v->owner = v->printed = PP_STR_NONE;
    v->due = 0;
    if (!v->published) return;
    v->published = false;
    pp_uuid_text(v->visit_id, key);
    pp_retract(w->o, EV_READINESS, pp_str_z(key), ++v->version);
}

void status_visit_timer(struct status_work *w, struct pp_uuid visit_id) {
    const struct status_visit_row key = {.visit_id = visit_id};
    struct status_visit_row *v = pp_row_find(w->u, STATUS_VISIT, &key);
    if (v) status_refresh(w, v->case_id);
}
