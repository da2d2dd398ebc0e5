/* Lines of submissions: finding them, the one setter of their state, and the tasks that belong to a state. */
#include "refs/due.h"
#include "refs/payers.h"
#include "submission/submission.h"

struct submission_row *submission_find(struct submission *s, struct pp_uuid submission_id) {
    struct submission_row key = {.submission_id = submission_id};
    return pp_row_find(s->unit, SUBMISSION_SUBMISSION, &key);
}

struct submission_row *submission_by_trace(struct submission *s, struct pp_str trace) {
    struct submission_row *best =
        NULL; /* documents by X12 carry the number of what they belong to: the newest counts */
    PP_EACH_ROW(s->unit, SUBMISSION_SUBMISSION, submission_row, sub)
    if (trace.n && pp_str_eq(sub->trace, trace) && (!best || sub->created >= best->created)) best = sub;
    return best;
}

enum submission_line_state submission_state(const struct submission_line_row *l) {
    return submission_line_state_of(l->state);
}

bool submission_line_carries(struct submission *s, const struct submission_line_row *l) {
    const struct submission_row *sub = submission_find(s, l->submission_id);
    if (!sub || !SUBMISSION_IS_EXTENSION(sub)) return sub != NULL;
    struct submission_line_row key = {.submission_id = sub->extends_id, .line = l->line};
    const struct submission_line_row *was = pp_row_find(s->unit, SUBMISSION_LINE, &key);
    return was && submission_state(was) == LINE_SUPERSEDED;
}

struct submission_line_row *submission_newest_line(struct submission *s, struct pp_uuid case_id, int32_t line,
                                                   struct pp_str payer) {
    struct submission_line_row *best = NULL;
    int64_t best_created = 0;
    PP_EACH_ROW(s->unit, SUBMISSION_LINE, submission_line_row, l) {
        enum submission_line_state st = submission_state(l);
        if (!pp_uuid_eq(l->case_id, case_id) || l->line != line) continue;
        if (st == LINE_SUPERSEDED || st == LINE_CANCELLED || (payer.n && !pp_str_eq(l->payer, payer))) continue;
        const struct submission_row *sub = submission_find(s, l->submission_id);
        if (!sub || !submission_line_carries(s, l)) continue;
        bool live = submission_line_live(st), best_live = best && submission_line_live(submission_state(best));
        if (best && (best_live != live ? best_live : sub->created < best_created)) continue;
        best = l;
        best_created = sub->created;
    }
    return best;
}

bool submission_has_live(struct submission *s, const struct submission_row *sub) {
    SUBMISSION_EACH_LINE(s, sub, l) {
        if (submission_line_live(submission_state(l))) return true;
    }
    return false;
}

/* ---- tasks ---- */

static struct pp_uuid task_id(struct submission *s, struct pp_uuid case_id, struct pp_str kind, int32_t line,
                              struct pp_uuid submission_id) {
    char of[PP_UUID_TEXT + 1];
    pp_uuid_text(submission_id, of);
    struct pp_str name = pp_arena_printf(pp_out_arena(s->out), "%.*s/%d/%s", PP_FMT(kind), line, of);
    return pp_uuid_derive(case_id, name);
}

static void need(struct submission *s, const struct submission_row *sub, int32_t line, enum ev_task_needed_kind kind,
                 struct pp_str subject, struct pp_str reason) {
    const struct submission_case_row *c = submission_case(s, sub->case_id);
    struct pp_str name = pp_str_z(ev_task_needed_kind_name(kind));
    struct ev_task_needed t = {.task_id = task_id(s, sub->case_id, name, line, sub->submission_id),
                               .kind = kind,
                               .case_id = sub->case_id,
                               .line = line,
                               .subject = subject,
                               .reason = reason,
                               .queue = pp_refs_task_queue(s->ctx->refs, kind),
                               .due = pp_refs_task_due(s->ctx->refs, kind, c && c->urgent, s->ctx->now_ms,
                                                       c ? submission_zone(s, c) : PP_STR_NONE),
                               .owner = EV_TASK_NEEDED_OWNER_SUBMISSION};
    t.reason = pp_str_cut(t.reason, 300);
    pp_emit(s->out, EV(task_needed, TASK_NEEDED, &t));
}

static void settle(struct submission *s, const struct submission_row *sub, int32_t line, struct pp_str kind,
                   struct pp_str outcome) {
    struct pp_str by = s->in->kind == PP_IN_COMMAND ? s->in->hdr.actor : PP_STR("submission");
    struct ev_task_settled t = {
        .task_id = task_id(s, sub->case_id, kind, line, sub->submission_id), .outcome = outcome, .by = by};
    pp_emit(s->out, EV(task_settled, TASK_SETTLED, &t));
}

void submission_line_task(struct submission *s, struct submission_line_row *l, enum ev_task_needed_kind kind,
                          struct pp_str reason) {
    const struct submission_row *sub = submission_find(s, l->submission_id);
    struct pp_str name = pp_str_z(ev_task_needed_kind_name(kind));
    if (!sub || pp_str_eq(l->task, name)) return;
    submission_line_task_settle(s, l, PP_STR("Another step is needed"));
    l->task = name;
    struct pp_str subject = pp_arena_printf(pp_out_arena(s->out), "line %d, code %.*s", l->line, PP_FMT(l->code));
    need(s, sub, l->line, kind, subject, reason);
}

void submission_line_task_settle(struct submission *s, struct submission_line_row *l, struct pp_str outcome) {
    const struct submission_row *sub = submission_find(s, l->submission_id);
    if (!l->task.n || !sub) return;
    settle(s, sub, l->line, l->task, outcome);
    l->task = PP_STR_NONE;
}

void submission_task(struct submission *s, struct submission_row *sub, enum ev_task_needed_kind kind,
                     struct pp_str reason) {
    struct pp_str name = pp_str_z(ev_task_needed_kind_name(kind));
    if (pp_str_eq(sub->task, name)) return;
    submission_task_settle(s, sub, PP_STR("Another step is needed"));
    sub->task = name;
    need(s, sub, 0, kind, pp_arena_printf(pp_out_arena(s->out), "request %.*s", PP_FMT(sub->trace)), reason);
}

void submission_task_settle(struct submission *s, struct submission_row *sub, struct pp_str outcome) {
    if (!sub->task.n) return;
    settle(s, sub, 0, sub->task, outcome);
    sub->task = PP_STR_NONE;
}

void submission_payer_task(struct submission *s, struct pp_str payer, struct pp_str about, struct pp_str reason) {
    struct pp_arena *a = pp_out_arena(s->out);
    struct pp_uuid unit = pp_pseudo_person(s->in->hdr.tenant, pp_arena_printf(a, "payer:%.*s", PP_FMT(payer)));
    const struct pp_payer *p = pp_refs_payer(s->ctx->refs, payer);
    enum ev_task_needed_kind kind = EV_TASK_NEEDED_KIND_PAYER_CONTACT;
    struct ev_task_needed t = {
        .task_id = pp_uuid_derive(unit, pp_arena_printf(a, "payer_contact/%.*s", PP_FMT(about))),
        .kind = kind,
        .subject = pp_arena_printf(a, "%.*s, %.*s", PP_FMT(p ? p->name : payer), PP_FMT(pp_str_cut(about, 40))),
        .reason = reason,
        .queue = pp_refs_task_queue(s->ctx->refs, kind),
        .due = pp_refs_task_due(s->ctx->refs, kind, false, s->ctx->now_ms, p ? p->zone : PP_STR_NONE),
        .owner = EV_TASK_NEEDED_OWNER_SUBMISSION};
    pp_emit_to(s->out, unit, EV(task_needed, TASK_NEEDED, &t));
}

/* ---- the one setter ---- */

/* Tasks are told to subscribers, who get no clinical text: the payer's own words stay with the decision. */
static struct pp_str why(struct submission *s, const struct submission_line_row *l, const char *what) {
    if (!l->reason_code.n) return pp_str_z(what);
    return pp_arena_printf(pp_out_arena(s->out), "%s (reason code %.*s)", what, PP_FMT(l->reason_code));
}

/* Opens the task of the state that a line came into; the one of the state it left has been settled. */
static void task_of_state(struct submission *s, struct submission_line_row *l, enum submission_line_state st) {
    switch (st) {
    case LINE_CONTACT:
        submission_line_task(s, l, EV_TASK_NEEDED_KIND_PAYER_CONTACT, why(s, l, "The payer wants to be called"));
        break;
    case LINE_UNCLEAR: {
        struct pp_str t = PP_STR("The answer names no decision for this line");
        if (l->review_code.n)
            t = pp_arena_printf(pp_out_arena(s->out), "The payer's review code \"%.*s\" is not known",
                                PP_FMT(l->review_code));
        submission_line_task(s, l, EV_TASK_NEEDED_KIND_DECISION_UNCLEAR, t);
        break;
    }
    case LINE_DENIED:
        submission_line_task(s, l, EV_TASK_NEEDED_KIND_DENIED,
                             why(s, l,
                                 submission_line_carries(s, l)
                                     ? "The payer denied the line"
                                     : "The payer did not extend the authorization; what it granted before stands"));
        break;
    case LINE_PARTIAL:
    case LINE_MODIFIED:
        submission_line_task(s, l, EV_TASK_NEEDED_KIND_ACCEPT_PARTIAL,
                             why(s, l, "The payer granted something else than was asked for"));
        break;
    default: break;
    }
}

bool submission_line_set(struct submission *s, struct submission_line_row *l, enum submission_line_state to,
                         enum submission_who who) {
    enum submission_line_state from = submission_state(l);
    if (!submission_line_may(from, to, who)) return false;
    l->state = pp_str_z(submission_line_state_name(to));
    l->accepted = false;
    submission_line_task_settle(s, l, pp_str_z(submission_line_state_name(to)));
    task_of_state(s, l, to);
    return true;
}
