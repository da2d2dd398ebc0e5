/* People of a development installation: who may sign in without a password, and what they may do.
 *
 * A real installation signs people in at its own identity provider and never sees this list; `sign-in=none` switches it
 * off. Roles and sites are those that the services check themselves: what stands here only decides what a token says.
 */
#ifndef CONSOLE_USERS_H
#define CONSOLE_USERS_H
#include "base/str.h"

struct console_user {
    const char *id;   /* subject of the token, and owner of tasks */
    const char *name; /* as people write it */
    const char *title;
    const char *roles;  /* comma separated */
    const char *sites;  /* comma separated, "*" all */
    const char *queues; /* work of the team, comma separated; "" none */
    const char *zone;   /* IANA name of the person's own place of work */
};

const struct console_user *console_users(int *ret_n);
/* NULL when there is no such person. */
const struct console_user *console_user_find(struct pp_str id);

#endif
