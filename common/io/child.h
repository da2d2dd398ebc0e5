/* A process that is kept running: started, restarted with back-off when it ends, stopped on request.
 *
 *   STOPPED -> RUNNING -> (ends) WAITING -> RUNNING …      start, back-off
 *   RUNNING -> STOPPING -> STOPPED                         stop: SIGTERM, after a grace SIGKILL to its whole group
 *
 * Each child is the head of a process group of its own, so that a Ctrl-C at the terminal reaches only the supervisor,
 * which then stops its children in its own order. Output goes to a file that is appended to and does not grow without
 * bounds: above PP_CHILD_LOG_BYTES_MAX it is copied to <file>.1 and begun anew (pp_child_trim_log).
 */
#ifndef PP_IO_CHILD_H
#define PP_IO_CHILD_H

#include "base/err.h"

#include <stdint.h>
#include <uv.h>

#define PP_CHILD_BACKOFF_FIRST_MS 200
#define PP_CHILD_BACKOFF_MAX_MS 10000
#define PP_CHILD_STEADY_MS 30000 /* having run this long, it starts again with the first back-off */
#define PP_CHILD_LOG_BYTES_MAX (32 << 20)
#define PP_CHILD_ARGS_MAX 48

enum pp_child_state { PP_CHILD_STOPPED, PP_CHILD_WAITING, PP_CHILD_RUNNING, PP_CHILD_STOPPING };
const char *pp_child_state_name(enum pp_child_state s);

struct pp_child;
struct pp_child_opts {
    const char *name;
    const char *const *argv; /* NULL-terminated; argv[0] is looked up in PATH when it has no slash */
    const char *log_file;    /* both outputs are appended to it */
    const char *cwd;         /* NULL: as the supervisor */
    int backoff_max_ms;      /* longest wait before it is started again; 0: PP_CHILD_BACKOFF_MAX_MS */
    void (*on_change)(void *user, struct pp_child *c); /* after each change of state; not from within new or free */
    void *user;
};
/* Everything is copied. */
int pp_child_new(uv_loop_t *loop, const struct pp_child_opts *o, struct pp_child **ret, struct pp_err *err);
/* No effect unless STOPPED. A program that cannot be started counts as one that has ended. */
void pp_child_start(struct pp_child *c);
/* Ends in STOPPED, at once when nothing runs. */
void pp_child_stop(struct pp_child *c, int grace_ms);
/* Only when STOPPED. The memory goes once the loop has closed its handles. NULL is allowed. */
void pp_child_free(struct pp_child *c);

const char *pp_child_name(const struct pp_child *c);
const char *pp_child_log_file(const struct pp_child *c);
enum pp_child_state pp_child_state(const struct pp_child *c);
int pp_child_pid(const struct pp_child *c); /* 0: none runs */
int pp_child_restarts(const struct pp_child *c);
int64_t pp_child_since_ms(const struct pp_child *c); /* real time of the last change */
const char *
pp_child_last_end(const struct pp_child *c); /* "exit code 2", "signal 9 (Killed)", "cannot be started: …"; "" = none */
/* Copies and empties the log when it has grown too large; a few lines written meanwhile may be lost. */
void pp_child_trim_log(struct pp_child *c);

#endif
