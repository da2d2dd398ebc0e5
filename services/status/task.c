/* Tasks as rows: asked for and settled by their owners, assigned and snoozed by people, escalated by time. What may
 * happen in which state is decided in tasks.c. */
#include "status/status.h"
#include "status/tasks.h"

const char *status_task_step(struct pp_str kind) {
    static const struct {
        const char *kind, *step;
    } steps[] = {{"map_code", "Say which code the local code is"},
                 {"same_person", "Decide whether this is the same person"},
                 {"registration", "Complete the coverage"},
                 {"unknown_payer", "Find the payer"},
                 {"decide_requirement", "Decide whether authorization is needed"},
                 {"get_document", "Get the missing document"},
                 {"review_packet", "Review the packet and release it"},
                 {"submit_by_hand", "Send the request by hand"},
                 {"correct_resend", "Correct the request and send it again"},
                 {"payer_contact", "Call the payer"},
                 {"decision_unclear", "Read the decision and record it"},
                 {"denied", "Appeal, ask for a peer-to-peer call, or drop the line"},
                 {"accept_partial", "Accept what was approved, or ask again"},
                 {"claim_hold", "Settle the claim hold"},
                 {"claim_denied", "Appeal the denial, correct the claim, or write it off"},
                 {"claim_rejected", "Correct the claim and send it again"},
                 {"unmatched", "Match what arrived too early"},
                 {"merge_review", "Review the case after the merge"},
                 {"visit_window", "Ask for an extension or move the visit"}};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
        if (pp_str_eqz(kind, steps[i].kind)) return steps[i].step;
    return "Look at the case";
}

static struct task_state_in state_of(const struct status_task_row *t) {
    return (struct task_state_in){.state = task_state_of(t->state.s, t->state.n),
                                  .overdue = t->overdue,
                                  .due = t->due,
                                  .snoozed_until = t->snoozed_until};
}

static struct status_task_row *find_task(struct status_work *w, struct pp_uuid id) {
    const struct status_task_row key = {.task_id = id};
    return pp_row_find(w->u, STATUS_TASK, &key);
}

/* The one place where a task changes its state. */
static void apply(struct status_work *w, struct status_task_row *t, const struct task_verdict *v) {
    t->state = pp_str_z(task_state_name(v->state));
    t->overdue = v->overdue;
    struct task_state_in now = state_of(t);
    pp_timer(w->o, STATUS_TIMER_TASK, t->task_id, task_timer(&now));
    status_publish_task(w, t);
    struct status_case_row *c = status_find_case(w, t->case_id);
    if (v->escalate) {
        STATUS_SAY(w, c, "clocks", t->line, "stop", "Overdue: %s (%.*s)", status_task_step(t->kind), PP_FMT(t->queue));
        status_notice(w, "task_overdue", t->task_id, t->case_id, "Overdue with %.*s: %s",
                      PP_FMT(t->assignee.n ? t->assignee : t->queue), status_task_step(t->kind));
        pp_count(w->o, "tasks_overdue", pp_arena_printf(w->a, "kind=%.*s", PP_FMT(t->kind)), 1);
    }
    if (c) status_refresh(w, t->case_id);
}

void status_task_needed(struct status_work *w, const struct ev_task_needed *e) {
    const struct status_task_row key = {.task_id = e->task_id};
    struct status_task_row *t = pp_row_add(w->u, STATUS_TASK, &key);
    if (!t) return;
    struct status_case_row *c = status_find_case(w, e->case_id);
    t->kind = pp_str_z(ev_task_needed_kind_name(e->kind));
    t->case_id = e->case_id;
    t->case_no = c ? c->case_no : PP_STR_NONE;
    t->site = c ? c->site : PP_STR_NONE;
    t->claim_id = e->claim_id;
    t->line = (int32_t)e->line;
    t->subject = e->subject;
    t->reason = e->reason;
    t->queue = e->queue;
    t->owner = pp_str_z(ev_task_needed_owner_name(e->owner));
    t->due = e->due;
    struct task_state_in now = state_of(t);
    struct task_verdict v = task_next(&now, TASK_NEED, 0, w->ctx->now_ms);
    if (v.opened) {
        t->opened = w->at;
        t->outcome = t->settled_by = t->assignee = t->previous = PP_STR_NONE;
        t->settled = t->snoozed_until = 0;
        status_event(w, c, "system", e->line, "act", PP_STR_NONE, e->reason, PP_STR_NONE, "To %.*s: %s",
                     PP_FMT(e->queue), status_task_step(t->kind));
    }
    apply(w, t, &v);
}

void status_task_settled(struct status_work *w, const struct ev_task_settled *e) {
    struct status_task_row *t = find_task(w, e->task_id);
    if (!t) return;
    struct task_state_in now = state_of(t);
    struct task_verdict v = task_next(&now, TASK_SETTLE, 0, w->ctx->now_ms);
    if (!v.allowed) return;
    t->outcome = e->outcome;
    t->settled_by = e->by;
    t->settled = w->at;
    status_event(w, status_find_case(w, t->case_id), "system", t->line, "clear", e->by, e->outcome, PP_STR_NONE,
                 "Done: %s", status_task_step(t->kind));
    apply(w, t, &v);
}

static struct status_task_row *commanded(struct status_work *w, struct pp_uuid id, enum task_act act, int64_t until,
                                         struct task_verdict *v) {
    struct status_task_row *t = find_task(w, id);
    if (!t) {
        pp_reply(w->o, PP_REPLY_NOTFOUND, 0, "no such task");
        return NULL;
    }
    if (w->in->hdr.expect_version && w->in->hdr.expect_version != t->version) {
        pp_reply(w->o, PP_REPLY_CONFLICT, t->version, "the task has changed: version %d now", t->version);
        return NULL;
    }
    struct task_state_in now = state_of(t);
    *v = task_next(&now, act, until, w->ctx->now_ms);
    if (!v->allowed) {
        pp_reply(w->o, PP_REPLY_CONFLICT, t->version, "%s", v->why);
        return NULL;
    }
    t->touched = w->ctx->now_ms;
    t->touched_by = w->in->hdr.actor;
    return t;
}

/* Undo is the same command with the previous assignee, which the answer and the row name. */
void status_task_assign(struct status_work *w, const struct ev_task_assign *e) {
    struct task_verdict v;
    struct status_task_row *t = commanded(w, e->task_id, TASK_ASSIGN, 0, &v);
    if (!t) return;
    bool queue = pp_str_starts(e->assignee, PP_STR("queue:"));
    t->previous = t->assignee.n ? t->assignee : pp_arena_printf(w->a, "queue:%.*s", PP_FMT(t->queue));
    if (queue) {
        t->queue = (struct pp_str){e->assignee.s + 6, e->assignee.n - 6};
        t->assignee = PP_STR_NONE;
    } else
        t->assignee = e->assignee;
    status_event(w, status_find_case(w, t->case_id), "system", t->line, "go", w->in->hdr.actor, PP_STR_NONE,
                 PP_STR_NONE, "%s: given to %.*s", status_task_step(t->kind), PP_FMT(queue ? t->queue : t->assignee));
    apply(w, t, &v);
    pp_reply(w->o, PP_REPLY_DONE, t->version, "assigned; before: %.*s", PP_FMT(t->previous));
}

void status_task_snooze(struct status_work *w, const struct ev_task_snooze *e) {
    struct task_verdict v;
    struct status_task_row *t = commanded(w, e->task_id, TASK_SNOOZE, e->until, &v);
    if (!t) return;
    t->snoozed_until = e->until;
    apply(w, t, &v);
    pp_reply(w->o, PP_REPLY_DONE, t->version, "snoozed");
}

void status_task_timer(struct status_work *w, struct pp_uuid task_id) {
    struct status_task_row *t = find_task(w, task_id);
    if (!t) return;
    struct task_state_in now = state_of(t);
    struct task_verdict v = task_next(&now, TASK_TIME, 0, w->ctx->now_ms);
    bool changed = v.escalate || v.state != now.state;
    if (changed)
        apply(w, t, &v);
    else
        pp_timer(w->o, STATUS_TIMER_TASK, task_id,
                 task_timer(&now)); /* fired too early after a change of the due time */
}
