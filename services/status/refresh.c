/* After each fact: ledger, words, clocks, readiness, headline and next step of one case, then its public snapshots. */
#include "status/clocks.h"
#include "status/ledger.h"
#include "status/status.h"
#include "refs/due.h"
#include "refs/payers.h"

struct status_case_row *status_find_case(struct status_work *w, struct pp_uuid case_id) {
    const struct status_case_row key = {.case_id = case_id};
    return pp_uuid_none(case_id) ? NULL : pp_row_find(w->u, STATUS_CASE, &key);
}

struct status_line_row *status_find_line(struct status_work *w, struct pp_uuid case_id, int64_t line) {
    const struct status_line_row key = {.case_id = case_id, .line = (int32_t)line};
    return pp_row_find(w->u, STATUS_LINE, &key);
}

int64_t status_dec(struct pp_str v) {
    int64_t n;
    return v.n && pp_dec_parse(v, &n) ? n : 0;
}

struct pp_str status_cut(struct pp_str v, uint32_t max) {
    if (v.n <= max) return v;
    while (max > 0 && ((unsigned char)v.s[max] & 0xC0) == 0x80) max--; /* not inside a UTF-8 character */
    return (struct pp_str){v.s, max};
}

static struct pp_str dec_text(struct status_work *w, int64_t v) {
    char t[24];
    pp_dec_text(v, t);
    return pp_arena_strz(w->a, t);
}

static bool approved(const struct status_line_row *l) {
    return pp_str_eqz(l->outcome, "approved") || pp_str_eqz(l->outcome, "partial") ||
           pp_str_eqz(l->outcome, "modified");
}

static void refresh_ledger(struct status_work *w, struct status_line_row *l) {
    struct ledger_in in = {
        .limited = approved(l), .units = status_dec(l->units), .booked = status_booked(w, l->case_id, l->line)};
    l->authorized = !approved(l) ? PP_STR_NONE : l->auth_units.n ? l->auth_units : l->units;
    in.authorized = status_dec(l->authorized);
    PP_EACH_ROW(w->u, STATUS_USED, status_used_row, r)
    if (pp_uuid_eq(r->case_id, l->case_id) && r->line == l->line) in.used += status_dec(r->units);
    struct ledger_out out = ledger(&in);
    l->used = dec_text(w, in.used);
    l->scheduled = dec_text(w, out.scheduled);
}

/* ---- clocks ---- */
static struct pp_uuid clock_ref(struct pp_uuid case_id, const char *kind) {
    return pp_uuid_derive(case_id, pp_str_z(kind));
}

static void clock_facts(struct status_work *w, const struct status_case_row *c, struct clock_facts *f) {
    const struct pp_payer *p = pp_refs_payer(w->ctx->refs, c->payer);
    struct pp_str payer_zone = p ? p->zone : status_zone(w, c->site);
    enum ev_coverage_lob lob = 0;
    ev_coverage_lob_parse(c->lob, &lob);
    int64_t started = c->received ? c->received : c->submitted;
    *f = (struct clock_facts){.open = pp_str_eqz(c->state, "open"),
                              .papers_complete = c->released > 0,
                              .papers_at = c->released,
                              .submitted = c->submitted,
                              .received = c->received,
                              .info_open = c->info_open,
                              .info_at = w->at,
                              .info_due = c->info_due,
                              .rejected = pp_str_eqz(c->submission_state, "rejected"),
                              .rejected_at = w->at,
                              .decided_at = c->last_decided};
    bool sent = false, open = false;
    PP_EACH_ROW(w->u, STATUS_LINE, status_line_row, l) {
        if (!pp_uuid_eq(l->case_id, c->case_id) || !pp_str_eqz(l->state, "active")) continue;
        f->required =
            f->required || pp_str_eqz(l->coverage, "required") || pp_str_eqz(l->coverage, "notification_only");
        if (!l->sent) continue;
        sent = true;
        open = open || !l->outcome.n || pp_str_eqz(l->outcome, "pended");
        if (l->decision_due && (!f->payer_due || l->decision_due < f->payer_due)) f->payer_due = l->decision_due;
    }
    f->decided = sent && !open;
    if (started)
        f->pack_due =
            pp_refs_decision_due(w->ctx->refs, c->payer, lob, !pp_str_eqz(c->urgency, "routine"), started, payer_zone);
    f->submit_due = pp_refs_due(w->ctx->refs, c->released ? c->released : w->at, CLOCKS_SUBMIT_BUSINESS_DAYS,
                                PP_DUE_BUSINESS_DAY, status_zone(w, c->site));
    f->correct_due =
        pp_refs_due(w->ctx->refs, w->at, CLOCKS_CORRECT_BUSINESS_DAYS, PP_DUE_BUSINESS_DAY, status_zone(w, c->site));
}

static enum clock_state state_of(struct pp_str name) {
    for (int s = CLOCK_RUNNING; s <= CLOCK_STOPPED; s++)
        if (pp_str_eqz(name, clock_state_name((enum clock_state)s))) return (enum clock_state)s;
    return CLOCK_OFF;
}

static void name_regime(struct status_work *w, const struct status_case_row *c, struct status_clock_row *r) {
    enum ev_coverage_lob lob = 0;
    ev_coverage_lob_parse(c->lob, &lob);
    const struct pp_payer *p = pp_refs_payer(w->ctx->refs, c->payer);
    const struct pp_clock *k =
        pp_refs_decision_clock(w->ctx->refs, c->payer, lob, !pp_str_eqz(c->urgency, "routine"), r->start);
    r->zone = p && p->zone.n ? p->zone : status_zone(w, c->site);
    r->regime = k ? k->regime : PP_STR_NONE;
    r->source = k ? k->source : PP_STR_NONE;
}

static void refresh_clock(struct status_work *w, const struct status_case_row *c, const struct clock_facts *f,
                          enum clock_kind kind) {
    const struct status_clock_row key = {.case_id = c->case_id, .kind = pp_str_z(clock_kind_name(kind))};
    struct status_clock_row *r = pp_row_find(w->u, STATUS_CLOCK, &key);
    struct clock was = {.kind = kind};
    int64_t timer = r && pp_str_eqz(r->state, "running") && !r->over ? r->due : 0; /* that stands */
    if (r) was = (struct clock){kind, state_of(r->state), r->start, r->due, r->ended};
    struct clock now = clock_plan(kind, f, &was, w->ctx->now_ms);
    if (now.state == CLOCK_OFF) return;
    if (!r) r = pp_row_add(w->u, STATUS_CLOCK, &key);
    if (!r) return;
    if (now.state == CLOCK_RUNNING && was.state == CLOCK_RUNNING && kind != CLOCK_PAYER_DECISION) now.start = was.start;
    if (now.due != r->due) r->over = false;
    r->whose = pp_str_z(clock_whose(kind));
    r->what = pp_str_z(clock_what(kind));
    r->start = now.start;
    r->due = now.due;
    r->ended = now.ended;
    r->state = pp_str_z(clock_state_name(now.state));
    if (kind == CLOCK_PAYER_DECISION)
        name_regime(w, c, r);
    else
        r->zone = status_zone(w, c->site);
    int64_t due = now.state == CLOCK_RUNNING && !r->over ? now.due : 0;
    if (due != timer) pp_timer(w->o, STATUS_TIMER_CLOCK, clock_ref(c->case_id, clock_kind_name(kind)), due);
}

static void refresh_clocks(struct status_work *w, struct status_case_row *c) {
    struct clock_facts f;
    clock_facts(w, c, &f);
    for (int k = 0; k < CLOCK_KIND_COUNT; k++) refresh_clock(w, c, &f, (enum clock_kind)k);
    const struct status_clock_row key = {.case_id = c->case_id, .kind = PP_STR("payer_decision")};
    const struct status_clock_row *p = pp_row_find(w->u, STATUS_CLOCK, &key);
    c->payer_due = p && pp_str_eqz(p->state, "running") ? p->due : 0;
    c->payer_clock = c->payer_due ? p->regime : PP_STR_NONE;
}

void status_clock_timer(struct status_work *w, struct pp_uuid ref) {
    PP_EACH_ROW(w->u, STATUS_CLOCK, status_clock_row, r) {
        if (!pp_uuid_eq(clock_ref(r->case_id, r->kind.s), ref) || !pp_str_eqz(r->state, "running") || r->over) continue;
        if (r->due > w->ctx->now_ms) {
            pp_timer(w->o, STATUS_TIMER_CLOCK, ref, r->due);
            return;
        }
        r->over = true;
        struct status_case_row *c = status_find_case(w, r->case_id);
        if (!c) return;
        bool payer = pp_str_eqz(r->whose, "payer");
        STATUS_SAY(w, c, "clocks", 0, "stop", payer ? "The payer is late: %.*s" : "We are late: %.*s", PP_FMT(r->what));
        status_notice(w, payer ? "payer_late" : "we_are_late", ref, r->case_id, "%.*s is past due", PP_FMT(r->what));
        pp_count(w->o, "clocks_over", pp_arena_printf(w->a, "kind=%.*s", PP_FMT(r->kind)), 1);
        status_refresh(w, r->case_id);
        return;
    }
}

/* ---- headline and next step ---- */
static void set_headline(struct status_work *w, struct status_case_row *c, struct status_standing s) {
    if (!pp_str_eqz(c->headline, s.headline)) c->status_since = w->at;
    c->stage = pp_str_z(s.stage);
    c->headline = pp_str_z(s.headline);
    c->tone = pp_str_z(s.tone);
}

struct worst { /* the worst line of each axis */
    struct status_standing standing;
    const struct status_line_row *line, *first;
    int active, approved, denied;
};

static int tone_rank(struct pp_str tone) {
    static const char *const order[] = {"off", "clear", "go", "wait", "none", "act", "stop"};
    for (int i = 0; i < 7; i++)
        if (pp_str_eqz(tone, order[i])) return i;
    return 0;
}

static void worse_word(struct pp_str *word, int *rank, struct pp_str candidate, struct pp_str tone) {
    if (tone_rank(tone) <= *rank) return;
    *rank = tone_rank(tone);
    *word = candidate;
}

static void survey(struct status_work *w, struct status_case_row *c, struct worst *x) {
    int cov = -1, doc = -1, aut = -1;
    *x = (struct worst){0};
    c->coverage_word = c->documentation_word = c->authorization_word = PP_STR_NONE;
    PP_EACH_ROW(w->u, STATUS_LINE, status_line_row, l) {
        if (!pp_uuid_eq(l->case_id, c->case_id)) continue;
        if (!x->first || (!pp_str_eqz(x->first->state, "active") && pp_str_eqz(l->state, "active"))) x->first = l;
        if (!pp_str_eqz(l->state, "active")) continue;
        x->active++;
        x->approved += approved(l);
        x->denied += pp_str_eqz(l->outcome, "denied");
        struct status_standing s = status_standing_of(c, l);
        if (s.rank > x->standing.rank) x->standing = s, x->line = l;
        worse_word(&c->coverage_word, &cov, l->coverage.n ? l->coverage : PP_STR("unknown"), l->coverage_tone);
        worse_word(&c->documentation_word, &doc, l->documentation, l->documentation_tone);
        worse_word(&c->authorization_word, &aut, l->authorization_state, l->authorization_tone);
    }
    c->lines_n = x->active;
    if (x->first)
        c->services = x->first->code.n
                          ? pp_arena_printf(w->a, "%.*s %.*s", PP_FMT(x->first->code), PP_FMT(x->first->text))
                          : x->first->local;
}

static void headline(struct status_work *w, struct status_case_row *c, const struct worst *x) {
    if (!pp_str_eqz(c->state, "open")) {
        set_headline(w, c, (struct status_standing){0, "closed", "Withdrawn", "off"});
        return;
    }
    const struct status_claim_row *held = NULL, *released = NULL, *refused = NULL, *paid = NULL;
    PP_EACH_ROW(w->u, STATUS_CLAIM, status_claim_row, r) {
        if (!pp_uuid_eq(r->case_id, c->case_id)) continue;
        if (pp_str_eqz(r->state, "held")) held = r;
        if (pp_str_eqz(r->state, "released")) released = r;
        if (pp_str_eqz(r->outcome, "denied") || pp_str_eqz(r->outcome, "rejected")) refused = r;
        if (pp_str_eqz(r->outcome, "paid")) paid = r;
    }
    struct status_standing s = x->standing;
    if (!x->active)
        s = (struct status_standing){0, "closed", "Nothing is wanted any more", "off"};
    else if (x->approved && x->denied)
        s = (struct status_standing){100, "decision", "Approved in part", "act"};
    else if (c->missing.n && s.rank < 88)
        s = (struct status_standing){88, "intake", "Intake incomplete", "act"};
    if (held && s.rank < 82)
        s = (struct status_standing){82, "ready", "Claim on hold", "act"};
    else if (refused && s.rank < 81)
        s = (struct status_standing){81, "ready",
                                     pp_str_eqz(refused->outcome, "denied") ? "Claim denied" : "Claim rejected", "act"};
    else if (paid && s.rank <= 10 && x->active)
        s = (struct status_standing){4, "closed", "Claim paid", "clear"};
    else if (released && s.rank <= 10 && x->active)
        s = (struct status_standing){4, "closed", "Claim released", "clear"};
    set_headline(w, c, s);
}

static const struct status_task_row *first_task(struct status_work *w, struct pp_uuid case_id) {
    const struct status_task_row *best = NULL;
    PP_EACH_ROW(w->u, STATUS_TASK, status_task_row, t) {
        if (!pp_uuid_eq(t->case_id, case_id) || !(pp_str_eqz(t->state, "open") || pp_str_eqz(t->state, "snoozed")))
            continue;
        if (!best || t->due < best->due) best = t;
    }
    return best;
}

static void set_step(struct status_case_row *c, const char *kind, struct pp_str step, struct pp_str why,
                     struct pp_str owner, struct pp_str queue, int64_t due) {
    c->next_kind = pp_str_z(kind);
    c->next_step = step;
    c->next_why = status_cut(why, 200);
    c->next_owner = owner;
    c->next_queue = queue;
    c->next_due = due;
}

static const struct status_visit_row *next_visit(struct status_work *w, struct pp_uuid case_id, int64_t now_ms) {
    const struct status_visit_row *best = NULL;
    PP_EACH_ROW(w->u, STATUS_VISIT_LINE, status_visit_line_row, vl) {
        const struct status_visit_row key = {.visit_id = vl->visit_id};
        if (!pp_uuid_eq(vl->case_id, case_id)) continue;
        const struct status_visit_row *v = pp_row_find(w->u, STATUS_VISIT, &key);
        if (!v || !pp_str_eqz(v->state, "booked") || v->date < pp_zone_date(v->zone, now_ms)) continue;
        if (!best || v->date < best->date || (v->date == best->date && v->start < best->start)) best = v;
    }
    return best;
}

static int64_t submit_due(struct status_work *w, const struct status_case_row *c) {
    const struct status_clock_row key = {.case_id = c->case_id, .kind = PP_STR("submit")};
    const struct status_clock_row *r = pp_row_find(w->u, STATUS_CLOCK, &key);
    return r && pp_str_eqz(r->state, "running") ? r->due : 0;
}

/* Whose turn it is: an open task first, then the payer's question, then what keeps the next visit from being ready,
 * then waiting for the payer. */
static void next_step(struct status_work *w, struct status_case_row *c, const struct status_visit_row *v,
                      const struct worst *x) {
    const struct status_task_row *t = first_task(w, c->case_id);
    c->next_task = (struct pp_uuid){{0}};
    c->assignee = t ? t->assignee : PP_STR_NONE;
    if (!pp_str_eqz(c->state, "open") && !t) {
        set_step(c, "none", PP_STR_NONE, PP_STR_NONE, PP_STR_NONE, PP_STR_NONE, 0);
    } else if (t) {
        c->next_task = t->task_id;
        set_step(c, "task", pp_str_z(status_task_step(t->kind)), t->reason, t->assignee.n ? t->assignee : t->queue,
                 t->queue, t->due);
    } else if (c->info_open) {
        set_step(c, "info", PP_STR("Answer the payer"), c->info_wanted, PP_STR("authorization"),
                 PP_STR("authorization"), c->info_due);
    } else if (v && v->next_step.n && !pp_str_eqz(v->owner, "payer") && !pp_str_eqz(v->colour, "green")) {
        set_step(c, "visit", v->next_step, v->reasons, v->owner, v->owner, c->items_due ? c->items_due : v->start);
    } else if (x->standing.rank >= 48 && x->standing.rank <= 50) {
        set_step(c, "wait", PP_STR("Wait for the payer's decision"), c->reference, PP_STR("payer"), PP_STR("payer"),
                 c->payer_due);
    } else if (pp_str_eqz(c->tone, "clear")) {
        set_step(c, "none", PP_STR_NONE, PP_STR_NONE, PP_STR_NONE, PP_STR_NONE, 0);
    } else if (pp_str_eqz(c->stage, "documents")) {
        set_step(c, "documents", PP_STR("Get the missing documents"), c->items_open, PP_STR("ordering"),
                 PP_STR("ordering"), c->items_due);
    } else if (pp_str_eqz(c->headline, "Ready to send")) {
        set_step(c, "send", PP_STR("Send the request"), PP_STR_NONE, PP_STR("authorization"), PP_STR("authorization"),
                 submit_due(w, c));
    } else {
        set_step(c, "look",
                 pp_str_eqz(c->tone, "wait") || pp_str_eqz(c->tone, "none") ? PP_STR("Wait for the check")
                                                                            : PP_STR("Look at the case"),
                 c->headline, PP_STR("authorization"), PP_STR("authorization"), 0);
    }
}

/* The day after an authorization's window ends, words change without any new fact. */
static void watch_expiry(struct status_work *w, const struct status_case_row *c) {
    pp_date first = 0, today = pp_zone_date(status_zone(w, c->site), w->ctx->now_ms);
    PP_EACH_ROW(w->u, STATUS_LINE, status_line_row, l) {
        if (!pp_uuid_eq(l->case_id, c->case_id) || !approved(l) || !l->valid_until || l->valid_until < today) continue;
        if (!first || l->valid_until < first) first = l->valid_until;
    }
    /* One that has nothing to watch any more fires in vain. */
    if (first) pp_timer(w->o, STATUS_TIMER_CASE, c->case_id, pp_zone_instant(status_zone(w, c->site), first + 1, 0));
}

void status_refresh(struct status_work *w, struct pp_uuid case_id) {
    struct status_case_row *c = status_find_case(w, case_id);
    struct worst x;
    if (!c) return;
    PP_EACH_ROW(w->u, STATUS_LINE, status_line_row, l) {
        if (!pp_uuid_eq(l->case_id, case_id)) continue;
        refresh_ledger(w, l);
        status_line_words(w, c, l);
        status_publish_auth(w, c, l);
    }
    watch_expiry(w, c);
    refresh_clocks(w, c);
    status_refresh_visits(w, case_id);
    survey(w, c, &x);
    headline(w, c, &x);
    const struct status_visit_row *v = next_visit(w, case_id, w->ctx->now_ms);
    c->visit_id = v ? v->visit_id : (struct pp_uuid){{0}};
    c->visit_date = v ? v->date : x.first ? x.first->service_date : 0;
    c->visit_start = v ? v->start : 0;
    c->visit_zone = v ? v->zone : status_zone(w, c->site);
    c->colour = v ? v->colour : PP_STR_NONE;
    next_step(w, c, v, &x);
    c->shown = !pp_str_eqz(c->stage, "closed") || pp_str_eqz(c->next_kind, "task");
    if (v && pp_str_eqz(v->colour, "green")) status_measure(w, c, "ready", c->opened, w->at, PP_STR("green"), 1, false);
    status_publish_case(w, c);
}
