/* The time line of a case: append-only, one plain sentence for each fact, never read by the decider. */
#include "status/status.h"
#include <stdarg.h>
#include <stdio.h>

#define TEXT_MAX 300

static const char *type_of(const struct pp_in *in) {
    if (in->kind == PP_IN_EVENT || in->kind == PP_IN_COMMAND) return ev_type_name(in->ev->type);
    return in->kind == PP_IN_TIMER ? "timer" : "";
}

void status_event(struct status_work *w, struct status_case_row *c, const char *kind, int64_t line, const char *tone,
                  struct pp_str actor, struct pp_str detail, struct pp_str evidence, const char *fmt, ...) {
    char text[2 * TEXT_MAX];
    va_list ap;
    if (!c) return;
    const struct status_event_row key = {.case_id = c->case_id, .seq = ++c->event_seq};
    struct status_event_row *e = pp_row_add(w->u, STATUS_EVENT, &key);
    if (!e) return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    e->line = (int32_t)line;
    e->at = w->at;
    e->kind = pp_str_z(kind);
    e->type = pp_str_z(type_of(w->in));
    e->text = pp_arena_str(w->a, status_cut(pp_str_z(text), TEXT_MAX));
    e->detail = status_cut(detail, 2000);
    e->tone = pp_str_z(tone);
    e->actor = actor;
    e->record = w->in->hdr.event_id;
    e->evidence = evidence;
    c->last_event = w->at;
    if (actor.n) c->last_actor = actor;
}
