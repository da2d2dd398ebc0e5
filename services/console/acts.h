/* What people may do from the console: which service owns each command, and how it can be taken back.
 *
 * An act with a compensating command happens at once and can be undone for CONSOLE_UNDO_MS. One that has none is given
 * to its owner at once, who lets it wait (setting `hold`) before he decides; command.undo stops it there. A note can be
 * neither: it is said, and a later note corrects it. Pure. */
#ifndef CONSOLE_ACTS_H
#define CONSOLE_ACTS_H
#include "base/str.h"

#define CONSOLE_UNDO_MS 20000
#define CONSOLE_TARGETS_MAX 25

enum console_service {
    CONSOLE_STATUS,
    CONSOLE_CLAIMS,
    CONSOLE_DOCUMENTS,
    CONSOLE_SUBMISSION,
    CONSOLE_REQUIREMENTS,
    CONSOLE_CHART,
    CONSOLE_SERVICES
};
enum console_undo {
    CONSOLE_UNDO_NONE,   /* at once, for good */
    CONSOLE_UNDO_ASSIGN, /* the same command with the assignee before */
    CONSOLE_UNDO_WAKE,   /* snooze: comes back now */
    CONSOLE_UNDO_STOP    /* its owner lets it wait, and it can be stopped until it goes */
};
struct console_act {
    const char *type;
    enum console_service owner;
    const char *target; /* member of args that holds the target's id */
    const char *roles;  /* who may give it, as the owner has it; so that people are not offered what will be refused */
    enum console_undo undo;
};

const struct console_act *console_act_find(struct pp_str type);
const struct console_act *console_acts(int *ret_n);

/* Where a read goes. `path` is what follows /api/v1/, e.g. "cases/0193…/timeline". False: there is no such read.
 * The same path is asked of the owner under /v1/, but for cases/{id}/chart, which the chart calls /v1/cases/{id}. */
bool console_read_owner(struct pp_str path, enum console_service *ret_owner, struct pp_str *ret_path);
/* A path segment or query value with everything but unreserved characters as %XX; bytes written, 0 when it does not
 * fit. */
size_t console_url_escape(struct pp_str v, char *ret, size_t ret_n);
/* One of the roles of `have` is in `wanted`. */
bool console_roles_meet(const char *have, const char *wanted);

#endif
