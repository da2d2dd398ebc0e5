/* Work for a person: what may happen to a task in which state, and when it is overdue. Pure.
 *
 * The owner of the question opens and settles it; status shows, assigns, snoozes and escalates. A task that is asked
 * for again while it is open keeps its assignee; one that was settled is opened again.
 */
#ifndef STATUS_TASKS_H
#define STATUS_TASKS_H

#include <stdbool.h>
#include <stdint.h>

enum task_state { TASK_NONE, TASK_OPEN, TASK_SNOOZED, TASK_SETTLED };
enum task_act { TASK_NEED, TASK_SETTLE, TASK_ASSIGN, TASK_SNOOZE, TASK_TIME, TASK_ACT_COUNT };

struct task_state_in {
    enum task_state state;
    bool overdue;
    int64_t due, snoozed_until;
};
struct task_verdict {
    bool allowed;
    enum task_state state;
    bool overdue;
    bool opened;     /* new, or opened again */
    bool escalate;   /* it became overdue now: say so once */
    const char *why; /* when not allowed */
};
/* `until`: of TASK_SNOOZE. */
struct task_verdict task_next(const struct task_state_in *t, enum task_act act, int64_t until, int64_t now_ms);
const char *task_state_name(enum task_state s);
enum task_state task_state_of(const char *name, uint32_t n);
/* The next instant at which time changes something; 0 = none. */
int64_t task_timer(const struct task_state_in *t);

#endif
