#include "status/tasks.h"
#include <string.h>

static const char *const names[] = {"", "open", "snoozed", "settled"};

const char *task_state_name(enum task_state s) { return names[s]; }

enum task_state task_state_of(const char *name, uint32_t n) {
    for (int s = TASK_OPEN; s <= TASK_SETTLED; s++)
        if (strlen(names[s]) == n && memcmp(names[s], name, n) == 0) return (enum task_state)s;
    return TASK_NONE;
}

int64_t task_timer(const struct task_state_in *t) {
    if (t->state == TASK_SNOOZED) return t->overdue || t->snoozed_until < t->due ? t->snoozed_until : t->due;
    return t->state == TASK_OPEN && !t->overdue ? t->due : 0;
}

struct task_verdict task_next(const struct task_state_in *t, enum task_act act, int64_t until, int64_t now_ms) {
    struct task_verdict v = {.allowed = true, .state = t->state, .overdue = t->overdue};
    bool live = t->state == TASK_OPEN || t->state == TASK_SNOOZED;
    switch (act) {
    case TASK_NEED: /* t->due is the new due time already */
        v.opened = !live;
        v.state = TASK_OPEN;
        v.overdue = live && t->overdue && t->due <= now_ms; /* asked for again: already said */
        break;
    case TASK_SETTLE:
        v.allowed = live;
        v.why = "the task is not open";
        if (live) v.state = TASK_SETTLED, v.overdue = false;
        return v;
    case TASK_ASSIGN:
        v.allowed = live;
        v.why = "the task is settled";
        return v;
    case TASK_SNOOZE:
        v.allowed = live && until > now_ms;
        v.why = live ? "the time to come back lies in the past" : "the task is settled";
        if (v.allowed) v.state = TASK_SNOOZED;
        return v;
    case TASK_TIME:
    case TASK_ACT_COUNT:
        if (t->state == TASK_SNOOZED && t->snoozed_until <= now_ms) v.state = TASK_OPEN;
        break;
    }
    /* Sleeping does not move a due time: a snoozed task is overdue as well. */
    if (v.state != TASK_SETTLED && v.state != TASK_NONE && t->due && t->due <= now_ms && !v.overdue)
        v.overdue = v.escalate = true;
    return v;
}
