/* After any change: what others must hear, what must be asked of people, what is answered. */
#include "base/hash.h"
#include "intake/chart/chart.h"
#include "refs/due.h"
#include "refs/places.h"

#include <stdio.h>

/* ---- tasks ---- */

struct wanted {
    enum ev_task_needed_kind kind;
    int32_t line; /* 0 = the case */
    int32_t slot; /* tells tasks of one kind apart: line, or rank of the coverage */
    struct pp_str subject, reason;
};
#define WANTED_MAX (CHART_LINES_MAX + 2 * CHART_COVERAGES_MAX + 1)

static struct pp_uuid task_id_of(struct chart *c, struct pp_uuid case_id, enum ev_task_needed_kind kind, int32_t slot) {
    struct pp_str name = pp_arena_printf(pp_out_arena(c->out), "%s/%d/", ev_task_needed_kind_name(kind), slot);
    return pp_uuid_derive(case_id, name);
}

static void need(struct chart *c, const struct chart_case_row *k, const struct wanted *w) {
    const struct chart_task_row key = {.task_id = task_id_of(c, k->case_id, w->kind, w->slot)};
    if (pp_row_find(c->unit, CHART_TASK, &key)) return;
    struct chart_task_row *t = pp_row_add(c->unit, CHART_TASK, &key);
    if (!t) return;
    t->case_id = k->case_id;
    t->kind = pp_str_z(ev_task_needed_kind_name(w->kind));
    t->line = w->line;
    const struct pp_site *site = pp_refs_site(c->ctx->refs, k->site);
    bool urgent = k->urgency.n && !pp_str_eqz(k->urgency, "routine");
    struct ev_task_needed e = {
        .task_id = t->task_id,
        .kind = w->kind,
        .case_id = k->case_id,
        .line = w->line,
        .subject = w->subject,
        .reason = w->reason,
        .queue = pp_refs_task_queue(c->ctx->refs, w->kind),
        .due = pp_refs_task_due(c->ctx->refs, w->kind, urgent, c->ctx->now_ms, site ? site->zone : PP_STR_NONE),
        .owner = EV_TASK_NEEDED_OWNER_CHART};
    pp_emit(c->out, EV(task_needed, TASK_NEEDED, &e));
}

static void end_task(struct chart *c, struct chart_task_row *t, const char *outcome) {
    struct ev_task_settled e = {.task_id = t->task_id, .outcome = pp_str_z(outcome)};
    if (c->in->kind == PP_IN_COMMAND) e.by = c->in->hdr.actor;
    pp_emit(c->out, EV(task_settled, TASK_SETTLED, &e));
    pp_row_delete(c->unit, t);
}

/* Sender, codes and order numbers only: the text of an order may hold a name. */
static size_t what_is_wanted(struct chart *c, const struct ev_case *e, struct wanted w[WANTED_MAX]) {
    struct pp_arena *a = pp_out_arena(c->out);
    size_t n = 0;
    for (size_t i = 0; i < e->lines_n; i++) {
        const struct ev_case_line *l = &e->lines[i];
        if (l->state != EV_CASE_LINE_STATE_ACTIVE || l->code.n) continue;
        /* A subject has 120 characters. */
        struct pp_str system = l->local.system.n ? pp_str_cut(l->local.system, 30) : PP_STR("no code system");
        w[n++] = (struct wanted){
            EV_TASK_NEEDED_KIND_MAP_CODE, (int32_t)l->line, (int32_t)l->line,
            pp_arena_printf(a, "Code %.*s (%.*s), order %.*s", PP_FMT(l->local.code), PP_FMT(system),
                            PP_FMT(pp_str_cut(l->order_no, 40))),
            pp_arena_printf(a, "No code map says which CPT or HCPCS code %.*s is.", PP_FMT(l->local.code))};
    }
    if (e->coverages_n == 0)
        w[n++] = (struct wanted){EV_TASK_NEEDED_KIND_REGISTRATION, 0, 0,
                                 pp_arena_printf(a, "Coverage for order %.*s", PP_FMT(e->order_no)),
                                 PP_STR("No coverage is known that holds on the day of the service.")};
    for (size_t i = 0; i < e->coverages_n; i++) {
        const struct ev_coverage *v = &e->coverages[i];
        struct pp_str wrong = chart_eligibility_words(c, v);
        if (wrong.n)
            w[n++] = (struct wanted){EV_TASK_NEEDED_KIND_REGISTRATION, 0, (int32_t)v->rank,
                                     pp_arena_printf(a, "Coverage %d of order %.*s", (int)v->rank, PP_FMT(e->order_no)),
                                     wrong};
        if (v->payer.n || v->lob == EV_COVERAGE_LOB_SELF_PAY) continue;
        w[n++] = (struct wanted){
            EV_TASK_NEEDED_KIND_UNKNOWN_PAYER, 0, (int32_t)v->rank,
            pp_arena_printf(a, "Payer %.*s", PP_FMT(v->payer_code.n ? v->payer_code : PP_STR("without a code"))),
            pp_arena_printf(a, "The payer of coverage %d is not in the directory.", (int)v->rank)};
    }
    return n;
}

static void sync_tasks(struct chart *c, struct chart_case_row *k, const struct ev_case *e) {
    struct wanted w[WANTED_MAX];
    size_t n = e ? what_is_wanted(c, e, w) : 0;
    PP_EACH_ROW(c->unit, CHART_TASK, chart_task_row, t) {
        if (!pp_uuid_eq(t->case_id, k->case_id)) continue;
        bool still = e && pp_str_eqz(t->kind, "merge_review");
        for (size_t i = 0; i < n && !still; i++)
            still = pp_uuid_eq(task_id_of(c, k->case_id, w[i].kind, w[i].slot), t->task_id);
        if (!still) end_task(c, t, e ? "answered" : "the case was withdrawn");
    }
    for (size_t i = 0; i < n; i++) need(c, k, &w[i]);
}

void chart_need_merge_review(struct chart *c, struct chart_case_row *k) {
    struct wanted w = {
        EV_TASK_NEEDED_KIND_MERGE_REVIEW, 0, 0, pp_arena_printf(pp_out_arena(c->out), "Case %.*s", PP_FMT(k->case_no)),
        PP_STR("The patient was merged into another record while this case is open. New coverages and appointments "
               "go to that record: check this case, or order again there and drop its lines.")};
    need(c, k, &w);
}

bool chart_settle_merge(struct chart *c, const struct chart_case_row *k) {
    const struct chart_task_row key = {.task_id = task_id_of(c, k->case_id, EV_TASK_NEEDED_KIND_MERGE_REVIEW, 0)};
    struct chart_task_row *t = pp_row_find(c->unit, CHART_TASK, &key);
    if (t) end_task(c, t, "looked at: the case stands");
    return t != NULL;
}

/* ---- the case ---- */

static struct pp_str joined(struct chart *c, const struct pp_str *v, size_t n) {
    struct pp_str out = PP_STR_NONE;
    for (size_t i = 0; i < n; i++)
        out = pp_arena_printf(pp_out_arena(c->out), "%.*s%s%.*s", PP_FMT(out), i ? "," : "", PP_FMT(v[i]));
    return out;
}

/* Fingerprint of all that readers see except version and reason. False: the runtime will hear of it from pp_emit. */
static bool digest_of(struct chart *c, const struct ev_case *e, struct pp_str *ret) {
    struct pp_buf b;
    struct pp_err err;
    pp_buf_init(&b, 128u << 10);
    bool ok = ev_encode(EV(case_changed, CASE_CHANGED, e), &b, &err) == 0;
    if (ok) {
        char hex[PP_SHA256_HEX + 1];
        pp_sha256_hex(pp_buf_str(&b), hex);
        *ret = pp_arena_str(pp_out_arena(c->out), (struct pp_str){hex, 32});
    }
    pp_buf_free(&b);
    return ok;
}

/* While something is missing the case is looked at again each business day: a pack may have learned the answer. */
static void watch_missing(struct chart *c, struct chart_case_row *k, bool missing) {
    if (missing == (k->intake_due != 0)) return;
    const struct pp_site *site = pp_refs_site(c->ctx->refs, k->site);
    k->intake_due =
        missing ? pp_refs_due(c->ctx->refs, c->ctx->now_ms, 1, PP_DUE_BUSINESS_DAY, site ? site->zone : PP_STR_NONE)
                : 0;
    pp_timer(c->out, CHART_TIMER_INTAKE, k->case_id, k->intake_due);
}

static void withdraw(struct chart *c, struct chart_case_row *k) {
    k->state = PP_STR("withdrawn");
    k->case_version++;
    k->changed = c->ctx->now_ms;
    k->missing = PP_STR_NONE;
    struct ev_case_withdrawn e = {
        .case_id = k->case_id, .case_version = k->case_version, .case_no = k->case_no, .reason = c->why};
    pp_emit(c->out, EV(case_withdrawn, CASE_WITHDRAWN, &e));
    sync_tasks(c, k, NULL);
    watch_missing(c, k, false);
}

static int active_lines(struct chart *c, const struct chart_case_row *k) {
    int n = 0;
    PP_EACH_ROW(c->unit, CHART_LINE, chart_line_row, l) n += pp_uuid_eq(l->case_id, k->case_id) && chart_is_active(l);
    return n;
}

void chart_settle(struct chart *c, struct chart_case_row *k, const char *change) {
    if (!pp_str_eqz(k->state, "open")) return;
    if (!active_lines(c, k)) {
        withdraw(c, k);
        return;
    }
    struct ev_case *e = chart_snapshot(c, k);
    if (!e) return; /* the arena is full: the runtime starts the batch again, smaller */
    k->urgency = pp_str_z(ev_case_urgency_name(e->urgency));
    k->missing = joined(c, e->missing, e->missing_n);
    k->payer = e->coverages_n ? e->coverages[0].payer : PP_STR_NONE;
    struct pp_str digest = PP_STR_NONE;
    chart_eligibility_ask(c, e);
    if (digest_of(c, e, &digest) && pp_str_eq(digest, k->digest)) {
        if (c->verified) sync_tasks(c, k, e);
        return;
    }
    k->digest = digest;
    k->case_version++;
    k->changed = c->ctx->now_ms;
    e->case_version = k->case_version;
    e->change = pp_str_z(change);
    pp_emit(c->out, k->case_version == 1 ? EV(case_opened, CASE_OPENED, e) : EV(case_changed, CASE_CHANGED, e));
    sync_tasks(c, k, e);
    watch_missing(c, k, e->missing_n > 0);
}

void chart_settle_all(struct chart *c, const char *change) {
    PP_EACH_ROW(c->unit, CHART_CASE, chart_case_row, k) chart_settle(c, k, change);
}

void chart_intake_timer(struct chart *c, struct pp_uuid case_id) {
    const struct chart_case_row key = {.case_id = case_id};
    struct chart_case_row *k = pp_row_find(c->unit, CHART_CASE, &key);
    if (!k || !pp_str_eqz(k->state, "open")) return;
    PP_EACH_ROW(c->unit, CHART_LINE, chart_line_row, l)
    if (pp_uuid_eq(l->case_id, case_id) && chart_is_active(l)) chart_map_line(c, k, l);
    k->intake_due = 0;
    chart_settle(c, k, "mapping");
    watch_missing(c, k, k->missing.n > 0);
}
