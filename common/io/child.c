#include "io/child.h"

#include "io/clock.h"
#include "io/log.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct pp_child {
    uv_loop_t *loop;
    char *name, *log_file, *cwd;
    char *argv[PP_CHILD_ARGS_MAX + 1];
    void (*on_change)(void *user, struct pp_child *c);
    void *user;
    enum pp_child_state state;
    uv_process_t *process; /* its own memory: handle of the run, until its close callback */
    uv_timer_t timer;      /* back-off while WAITING, grace while STOPPING */
    int restarts, backoff_ms, backoff_max_ms;
    int64_t since_ms, started_mono;
    char last_end[160];
};

const char *pp_child_state_name(enum pp_child_state s) {
    static const char *const names[] = {"stopped", "waiting", "running", "stopping"};
    return names[s];
}

static bool may_go(enum pp_child_state from, enum pp_child_state to) {
    switch (from) {
    case PP_CHILD_STOPPED: return to == PP_CHILD_RUNNING || to == PP_CHILD_WAITING;
    case PP_CHILD_WAITING: return to == PP_CHILD_RUNNING || to == PP_CHILD_WAITING || to == PP_CHILD_STOPPED;
    case PP_CHILD_RUNNING: return to == PP_CHILD_WAITING || to == PP_CHILD_STOPPING;
    case PP_CHILD_STOPPING: return to == PP_CHILD_STOPPED;
    }
    return false;
}

static void set_state(struct pp_child *c, enum pp_child_state to) {
    if (!may_go(c->state, to)) {
        pp_log(PP_LOG_ERROR, "impossible change of a process", "name", PP_S(c->name), "from",
               PP_S(pp_child_state_name(c->state)), "to", PP_S(pp_child_state_name(to)), NULL);
        abort();
    }
    c->state = to;
    c->since_ms = pp_real_ms();
    if (to == PP_CHILD_WAITING)
        pp_log(PP_LOG_WARN, "process ended", "name", PP_S(c->name), "how", PP_S(c->last_end), "again_in_ms",
               PP_I(c->backoff_ms), NULL);
    else
        pp_log(PP_LOG_INFO, "process", "name", PP_S(c->name), "state", PP_S(pp_child_state_name(to)), "pid",
               PP_I(pp_child_pid(c)), NULL);
    if (c->on_change) c->on_change(c->user, c);
}

static void run(struct pp_child *c);
static void backoff_over(uv_timer_t *t) { run(t->data); }

static void wait_then_run(struct pp_child *c) {
    if (pp_mono_ms() - c->started_mono >= PP_CHILD_STEADY_MS) c->backoff_ms = 0;
    c->backoff_ms = c->backoff_ms ? c->backoff_ms * 2 : PP_CHILD_BACKOFF_FIRST_MS;
    if (c->backoff_ms > c->backoff_max_ms) c->backoff_ms = c->backoff_max_ms;
    c->restarts++;
    uv_timer_start(&c->timer, backoff_over, (uint64_t)c->backoff_ms, 0);
    set_state(c, PP_CHILD_WAITING);
}

static void process_closed(uv_handle_t *h) { free(h); }

static void ended(uv_process_t *p, int64_t code, int sig) {
    struct pp_child *c = p->data;
    if (sig)
        snprintf(c->last_end, sizeof c->last_end, "signal %d (%s)", sig, strsignal(sig));
    else
        snprintf(c->last_end, sizeof c->last_end, "exit code %d", (int)code);
    c->process = NULL;
    uv_close((uv_handle_t *)p, process_closed);
    uv_timer_stop(&c->timer);
    if (c->state == PP_CHILD_STOPPING)
        set_state(c, PP_CHILD_STOPPED);
    else
        wait_then_run(c);
}

static void run(struct pp_child *c) {
    c->started_mono = pp_mono_ms();
    int fd = open(c->log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    uv_stdio_container_t io[3] = {
        {.flags = UV_IGNORE}, {.flags = UV_INHERIT_FD, .data.fd = fd}, {.flags = UV_INHERIT_FD, .data.fd = fd}};
    uv_process_options_t o = {.file = c->argv[0],
                              .args = c->argv,
                              .cwd = c->cwd,
                              .exit_cb = ended,
                              .stdio = io,
                              .stdio_count = 3,
                              .flags = UV_PROCESS_DETACHED};
    c->process = calloc(1, sizeof *c->process);
    int rc = fd < 0 || !c->process ? UV_EIO : uv_spawn(c->loop, c->process, &o);
    if (fd >= 0) close(fd);
    if (rc == 0) {
        c->process->data = c;
        set_state(c, PP_CHILD_RUNNING);
        return;
    }
    snprintf(c->last_end, sizeof c->last_end, "cannot be started: %s",
             fd < 0 ? "its log cannot be written" : uv_strerror(rc));
    if (fd >= 0 && c->process)
        uv_close((uv_handle_t *)c->process, process_closed);
    else
        free(c->process);
    c->process = NULL;
    wait_then_run(c);
}

int pp_child_new(uv_loop_t *loop, const struct pp_child_opts *o, struct pp_child **ret, struct pp_err *err) {
    struct pp_child *c = calloc(1, sizeof *c);
    if (!c) return pp_err_set(err, PP_ERR_NOMEM, "process %s", o->name);
    c->loop = loop;
    c->on_change = o->on_change;
    c->backoff_max_ms = o->backoff_max_ms ? o->backoff_max_ms : PP_CHILD_BACKOFF_MAX_MS;
    c->user = o->user;
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    c->name = strdup(o->name);
    c->log_file = strdup(o->log_file);
    bool ok = c->name && c->log_file && (!o->cwd || (c->cwd = strdup(o->cwd)));
    int n = 0;
    for (; ok && o->argv[n] && n < PP_CHILD_ARGS_MAX; n++) ok = (c->argv[n] = strdup(o->argv[n])) != NULL;
    if (ok && n > 0 && !o->argv[n]) {
        *ret = c;
        return 0;
    }
    pp_err_set(err, ok ? PP_ERR_LIMIT : PP_ERR_NOMEM, "process %s: %s", o->name,
               ok ? "wants 1 to 48 words" : "no memory");
    pp_child_free(c);
    return -1;
}

void pp_child_start(struct pp_child *c) {
    if (c->state == PP_CHILD_STOPPED) run(c);
}

static void grace_over(uv_timer_t *t) {
    struct pp_child *c = t->data;
    if (!c->process) return;
    pp_log(PP_LOG_WARN, "process did not end when asked", "name", PP_S(c->name), "pid", PP_I(c->process->pid), NULL);
    kill(-c->process->pid, SIGKILL);
}

void pp_child_stop(struct pp_child *c, int grace_ms) {
    if (c->state == PP_CHILD_WAITING) {
        uv_timer_stop(&c->timer);
        set_state(c, PP_CHILD_STOPPED);
    } else if (c->state == PP_CHILD_RUNNING) {
        uv_process_kill(c->process, SIGTERM);
        uv_timer_start(&c->timer, grace_over, (uint64_t)grace_ms, 0);
        set_state(c, PP_CHILD_STOPPING);
    }
}

static void timer_closed(uv_handle_t *h) {
    struct pp_child *c = h->data;
    for (int i = 0; c->argv[i]; i++) free(c->argv[i]);
    free(c->name);
    free(c->log_file);
    free(c->cwd);
    free(c);
}

void pp_child_free(struct pp_child *c) {
    if (c) uv_close((uv_handle_t *)&c->timer, timer_closed);
}

const char *pp_child_name(const struct pp_child *c) { return c->name; }
const char *pp_child_log_file(const struct pp_child *c) { return c->log_file; }
enum pp_child_state pp_child_state(const struct pp_child *c) { return c->state; }
int pp_child_pid(const struct pp_child *c) { return c->process ? c->process->pid : 0; }
int pp_child_restarts(const struct pp_child *c) { return c->restarts; }
int64_t pp_child_since_ms(const struct pp_child *c) { return c->since_ms; }
const char *pp_child_last_end(const struct pp_child *c) { return c->last_end; }

void pp_child_trim_log(struct pp_child *c) {
    struct stat st;
    if (stat(c->log_file, &st) != 0 || st.st_size < PP_CHILD_LOG_BYTES_MAX) return;
    char old[4096];
    uv_fs_t req;
    snprintf(old, sizeof old, "%s.1", c->log_file);
    int rc = uv_fs_copyfile(c->loop, &req, c->log_file, old, 0, NULL);
    uv_fs_req_cleanup(&req);
    /* The child appends (O_APPEND), so what it writes next stands at the beginning. */
    if (rc < 0 || truncate(c->log_file, 0) != 0) pp_log(PP_LOG_WARN, "log not trimmed", "name", PP_S(c->name), NULL);
}
