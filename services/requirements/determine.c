/* One determination: all active lines of one version of a case. */
#include "refs/due.h"
#include "refs/papers.h"
#include "refs/payers.h"
#include "refs/places.h"
#include "requirements/requirements.h"

#include <stdio.h>

static struct pp_str zone_of(struct req *c, const struct req_case_row *k) {
    const struct pp_site *site = pp_refs_site(c->ctx->refs, k->site);
    return site ? site->zone : PP_STR_NONE;
}

/* ---- proofs ---- */

static bool same_finding(const struct req_line_row *l, const struct req_finding *f, struct pp_str coverage) {
    return !pp_uuid_none(l->proof_id) && pp_str_eq(l->coverage, coverage) && pp_str_eq(l->rule, f->rule) &&
           pp_str_eq(l->proof, f->proof) && pp_str_eq(l->reason, f->reason) && l->valid_until == f->valid_until;
}

/* Keeps the finding; true when it is another than before. */
static bool keep(struct req *c, const struct req_case_row *k, struct req_line_row *l, const struct req_finding *f) {
    struct pp_str coverage = pp_str_z(ev_determined_line_coverage_name(f->coverage));
    if (same_finding(l, f, coverage)) return false;
    struct pp_str name = pp_arena_printf(pp_out_arena(c->out), "proof/%d/%d", l->line, l->proofs + 1);
    const struct req_proof_row key = {.proof_id = pp_uuid_derive(k->case_id, name)};
    struct req_proof_row *p = pp_row_add(c->unit, REQ_PROOF, &key);
    if (!p) return true;
    p->case_id = k->case_id;
    p->line = l->line;
    p->case_version = k->case_version;
    p->coverage = l->coverage = coverage;
    p->rule = l->rule = f->rule;
    p->rule_text = f->rule_text;
    p->proof = l->proof = f->proof;
    p->reason = l->reason = f->reason;
    p->source = f->source;
    p->source_date = f->source_date;
    p->pack = f->pack;
    p->valid_until = l->valid_until = f->valid_until;
    p->facts = f->facts;
    p->considered = f->considered;
    p->at = c->ctx->now_ms;
    l->documents = f->documents;
    l->info_needed = req_join(c, f->info_needed, f->info_needed_n);
    l->proof_id = p->proof_id;
    l->proofs++;
    return true;
}

/* ---- tasks ---- */

static struct pp_uuid task_id_of(struct req *c, const struct req_line_row *l) {
    return pp_uuid_derive(l->case_id, pp_arena_printf(pp_out_arena(c->out), "decide_requirement/%d/", l->line));
}

static void ask(struct req *c, const struct req_case_row *k, const struct req_line_row *l) {
    const struct req_task_row key = {.task_id = task_id_of(c, l)};
    struct req_task_row *t = pp_row_find(c->unit, REQ_TASK, &key);
    struct pp_str reason = pp_str_cut(l->reason, 300);
    if (t && pp_str_eq(t->reason, reason)) return;
    if (!t && !(t = pp_row_add(c->unit, REQ_TASK, &key))) return;
    t->case_id = k->case_id;
    t->line = l->line;
    t->reason = reason;
    bool urgent = !pp_str_eqz(k->urgency, "routine");
    struct ev_task_needed e = {
        .task_id = t->task_id,
        .kind = EV_TASK_NEEDED_KIND_DECIDE_REQUIREMENT,
        .case_id = k->case_id,
        .line = l->line,
        .subject = pp_arena_printf(pp_out_arena(c->out), "%.*s under %.*s", PP_FMT(l->code), PP_FMT(k->payer)),
        .reason = reason,
        .queue = pp_refs_task_queue(c->ctx->refs, EV_TASK_NEEDED_KIND_DECIDE_REQUIREMENT),
        .due = pp_refs_task_due(c->ctx->refs, EV_TASK_NEEDED_KIND_DECIDE_REQUIREMENT, urgent, c->ctx->now_ms,
                                zone_of(c, k)),
        .owner = EV_TASK_NEEDED_OWNER_REQUIREMENTS};
    pp_emit(c->out, EV(task_needed, TASK_NEEDED, &e));
}

static void end_task(struct req *c, const struct req_line_row *l, const char *outcome) {
    const struct req_task_row key = {.task_id = task_id_of(c, l)};
    struct req_task_row *t = pp_row_find(c->unit, REQ_TASK, &key);
    if (!t) return;
    struct ev_task_settled e = {.task_id = t->task_id, .outcome = pp_str_z(outcome)};
    if (c->in->kind == PP_IN_COMMAND) e.by = c->in->hdr.actor;
    pp_emit(c->out, EV(task_settled, TASK_SETTLED, &e));
    pp_row_delete(c->unit, t);
}

static void sync_task(struct req *c, const struct req_case_row *k, const struct req_line_row *l) {
    bool person = pp_str_eqz(l->coverage, "unknown") || pp_str_eqz(l->coverage, "conditional");
    if (req_is_active(l) && person)
        ask(c, k, l);
    else
        end_task(c, l, req_is_active(l) ? l->coverage.s : "the line is cancelled");
}

/* ---- the next look ---- */

static const int days_before[] = {14, 7, 3, 1};

/* 07:00 at the site on the first day of the ladder that is still to come, over all lines. */
static int64_t next_check(struct req *c, const struct req_case_row *k) {
    struct pp_str zone = zone_of(c, k);
    int64_t next = 0;
    PP_EACH_ROW(c->unit, REQ_LINE, req_line_row, l) {
        if (!pp_uuid_eq(l->case_id, k->case_id) || !req_is_active(l)) continue;
        int64_t at = 0;
        if (!l->service_date)
            at = pp_zone_instant(zone, pp_zone_date(zone, c->ctx->now_ms) + REQ_UNDATED_CHECK_DAYS, 7 * 60);
        for (size_t i = 0; l->service_date && !at && i < sizeof days_before / sizeof *days_before; i++) {
            int64_t rung = pp_zone_instant(zone, l->service_date - days_before[i], 7 * 60);
            if (rung > c->ctx->now_ms) at = rung;
        }
        if (at && (!next || at < next)) next = at;
    }
    return next;
}

static void set_check(struct req *c, struct req_case_row *k, int64_t at) {
    if (at == k->next_check) return;
    k->next_check = at;
    pp_timer(c->out, REQ_TIMER_CHECK, k->case_id, at);
}

/* ---- the determination ---- */

struct said { /* of one run over the lines */
    struct ev_determined_line *lines;
    size_t n;
    bool changed;
    enum ev_requirement_determined_channel channel;
};

static struct ev_determined_line said_line(struct req *c, const struct req_line_row *l, const struct req_finding *f) {
    struct ev_determined_line e = {.line = l->line,
                                   .coverage = f->coverage,
                                   .rule = f->rule,
                                   .rule_text = f->rule_text,
                                   .proof = f->proof,
                                   .reason = f->reason,
                                   .valid_until = f->valid_until};
    const struct ev_required_document *docs;
    e.documents_n = pp_refs_doclist(c->ctx->refs, f->documents, &docs);
    e.documents = pp_arena_array(pp_out_arena(c->out), struct ev_required_document, e.documents_n ? e.documents_n : 1);
    if (!e.documents) e.documents_n = 0;
    for (size_t i = 0; i < e.documents_n; i++) e.documents[i] = docs[i];
    e.info_needed = pp_arena_array(pp_out_arena(c->out), struct pp_str, 8);
    for (size_t i = 0; e.info_needed && i < f->info_needed_n; i++) e.info_needed[e.info_needed_n++] = f->info_needed[i];
    return e;
}

/* The channel of the case: a rule's own when one line needs it, else the payer's. */
static enum ev_requirement_determined_channel channel_of(struct req *c, const struct req_case_row *k,
                                                         const struct said *s) {
    if (s->channel != EV_REQUIREMENT_DETERMINED_CHANNEL_NONE) return s->channel;
    const struct pp_payer *p = pp_refs_payer(c->ctx->refs, k->payer);
    return p ? p->channel : EV_REQUIREMENT_DETERMINED_CHANNEL_NONE;
}

static int judge_lines(struct req *c, struct req_case_row *k, struct said *s) {
    s->lines = pp_arena_array(pp_out_arena(c->out), struct ev_determined_line, REQ_LINES_MAX);
    if (!s->lines) return -1;
    PP_EACH_ROW(c->unit, REQ_LINE, req_line_row, l) {
        if (!pp_uuid_eq(l->case_id, k->case_id)) continue;
        if (req_is_active(l) && s->n < REQ_LINES_MAX) {
            struct req_finding f;
            if (req_judge(c, k, l, &f) < 0) return -1;
            s->changed |= keep(c, k, l, &f);
            if (f.coverage == EV_DETERMINED_LINE_COVERAGE_REQUIRED &&
                f.channel != EV_REQUIREMENT_DETERMINED_CHANNEL_NONE)
                s->channel = f.channel;
            s->lines[s->n++] = said_line(c, l, &f);
        }
        sync_task(c, k, l);
    }
    return 0;
}

static void say(struct req *c, struct req_case_row *k, const struct said *s, const char *why) {
    enum ev_requirement_determined_channel channel = channel_of(c, k, s);
    struct pp_str name = pp_arena_printf(pp_out_arena(c->out), "determination/%d", ++k->determinations);
    const struct req_determination_row key = {.determination_id = pp_uuid_derive(k->case_id, name)};
    struct req_determination_row *d = pp_row_add(c->unit, REQ_DETERMINATION, &key);
    if (!d) return;
    d->case_id = k->case_id;
    d->case_version = k->case_version;
    d->payer = k->payer;
    d->channel = k->channel = pp_str_z(ev_requirement_determined_channel_name(channel));
    d->packs = k->packs = pp_rules_packs(c->ctx->refs, pp_out_arena(c->out));
    d->why = pp_arena_strz(pp_out_arena(c->out), why);
    d->at = c->ctx->now_ms;
    struct ev_requirement_determined e = {.case_id = k->case_id,
                                          .case_version = k->case_version,
                                          .determination_id = d->determination_id,
                                          .payer = k->payer,
                                          .channel = channel,
                                          .pack = d->packs,
                                          .lines = s->lines,
                                          .lines_n = s->n};
    pp_emit(c->out, EV(requirement_determined, REQUIREMENT_DETERMINED, &e));
}

void req_determine(struct req *c, struct req_case_row *k, enum req_when when, const char *why) {
    struct said s = {.channel = EV_REQUIREMENT_DETERMINED_CHANNEL_NONE};
    if (judge_lines(c, k, &s) < 0) return; /* the arena is full: the runtime starts the batch again, smaller */
    k->checked = c->ctx->now_ms;
    if (when == REQ_ALWAYS || s.changed) say(c, k, &s, why);
    set_check(c, k, next_check(c, k));
}

void req_withdrawn(struct req *c, const struct ev_case_withdrawn *e) {
    const struct req_case_row key = {.case_id = e->case_id};
    struct req_case_row *k = pp_row_find(c->unit, REQ_CASE, &key);
    if (!k || e->case_version <= k->case_version) return;
    k->case_version = (int32_t)e->case_version;
    k->state = PP_STR("withdrawn");
    PP_EACH_ROW(c->unit, REQ_LINE, req_line_row, l) {
        if (!pp_uuid_eq(l->case_id, k->case_id)) continue;
        l->state = PP_STR("cancelled");
        end_task(c, l, "the case was withdrawn");
    }
    set_check(c, k, 0);
}

void req_check_timer(struct req *c, struct pp_uuid case_id) {
    const struct req_case_row key = {.case_id = case_id};
    struct req_case_row *k = pp_row_find(c->unit, REQ_CASE, &key);
    if (!k || !pp_str_eqz(k->state, "open")) return;
    k->next_check = 0; /* it has fired */
    req_determine(c, k, REQ_IF_CHANGED, "recheck");
}
