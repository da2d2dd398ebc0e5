#include "io/supervise.h"

#include "base/buf.h"
#include "core/codec.h"
#include "io/child.h"
#include "io/clock.h"
#include "io/http_client.h"
#include "io/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 100
#define TRIM_EVERY_MS 10000
#define LEFTOVER_WAIT_MS 10000
#define COMMAND_MAX 1024
#define WAITS_MAX 200

struct one {
    struct supervisor *s;
    struct pp_child *child;
    const struct pp_supervised *what;
    bool ready, probing;
    int64_t probe_at;
    char waits[WAITS_MAX];
};

struct supervisor {
    uv_loop_t loop;
    uv_signal_t term, interrupt;
    uv_timer_t tick;
    struct pp_http_client *http;
    struct one ones[PP_SUPERVISED_MAX];
    int n, stopping; /* index of the one being stopped; -1 = nobody asked */
    int64_t since_ms, trim_at;
    const char *status_file;
    bool changed;
};

/* ---- who runs ---- */

/* Command line of a process, words parted by blanks. Empty when it does not run. */
static void command_of(int pid, char ret[COMMAND_MAX]) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/cmdline", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, ret, COMMAND_MAX - 1);
    if (fd >= 0) close(fd);
    if (n < 0) n = 0;
    while (n > 0 && ret[n - 1] == 0) n--;
    for (ssize_t i = 0; i < n; i++)
        if (ret[i] == 0) ret[i] = ' ';
    ret[n] = 0;
}

static bool runs_as(int pid, const char *command) {
    char now[COMMAND_MAX];
    if (pid <= 1 || !*command) return false;
    command_of(pid, now);
    return strcmp(now, command) == 0;
}

static void end_leftover(const char *name, int pid, const char *command) {
    if (!runs_as(pid, command)) return;
    pp_log(PP_LOG_WARN, "ending a process of an earlier supervisor", "name", PP_S(name), "pid", PP_I(pid), NULL);
    kill(pid, SIGTERM);
    int64_t until = pp_mono_ms() + LEFTOVER_WAIT_MS;
    while (runs_as(pid, command) && pp_mono_ms() < until) nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    if (runs_as(pid, command)) kill(-pid, SIGKILL);
}

static int end_leftovers(const char *status_file, struct pp_err *err) {
    json_t *j = json_load_file(status_file, 0, NULL), *p;
    if (!j) return 0;
    int rc = 0, pid = (int)json_integer_value(json_object_get(j, "supervisor"));
    const char *command = json_string_value(json_object_get(j, "command"));
    if (pid != (int)getpid() && command && runs_as(pid, command))
        rc = pp_err_set(err, PP_ERR_CONFLICT, "already running as process %d", pid);
    size_t i;
    if (rc == 0) json_array_foreach(json_object_get(j, "processes"), i, p) {
            const char *name = json_string_value(json_object_get(p, "name")),
                       *c = json_string_value(json_object_get(p, "command"));
            if (name && c) end_leftover(name, (int)json_integer_value(json_object_get(p, "pid")), c);
        }
    json_decref(j);
    return rc;
}

/* ---- status file ---- */

static void member(struct pp_buf *b, const char *name, const char *value) {
    pp_buf_printf(b, ",\"%s\":", name);
    if (!pp_json_string(b, pp_str_z(value))) pp_buf_addz(b, "\"\"");
}

static void status_text(const struct supervisor *s, struct pp_buf *b) {
    char command[COMMAND_MAX];
    command_of((int)getpid(), command);
    pp_buf_printf(b, "{\"supervisor\":%d,\"since\":%" PRId64, (int)getpid(), s->since_ms);
    member(b, "command", command);
    pp_buf_addz(b, ",\"processes\":[");
    for (int i = 0; i < s->n; i++) {
        const struct one *o = &s->ones[i];
        int pid = pp_child_pid(o->child);
        pp_buf_printf(b, "%s\n{\"pid\":%d,\"restarts\":%d,\"since\":%" PRId64 ",\"ready\":%s", i ? "," : "", pid,
                      pp_child_restarts(o->child), pp_child_since_ms(o->child), o->ready ? "true" : "false");
        member(b, "name", pp_child_name(o->child));
        member(b, "state", pp_child_state_name(pp_child_state(o->child)));
        member(b, "waits", o->waits);
        member(b, "last_end", pp_child_last_end(o->child));
        member(b, "log", pp_child_log_file(o->child));
        if (pid) command_of(pid, command);
        member(b, "command", pid ? command : "");
        pp_buf_addc(b, '}');
    }
    pp_buf_addz(b, "\n]}\n");
}

static void write_status(struct supervisor *s) {
    struct pp_buf b;
    char tmp[4096];
    s->changed = false;
    pp_buf_init(&b, PP_SUPERVISE_STATUS_BYTES_MAX);
    status_text(s, &b);
    snprintf(tmp, sizeof tmp, "%s.new", s->status_file);
    FILE *f = b.failed ? NULL : fopen(tmp, "we");
    bool ok = f && fwrite(b.p, 1, b.n, f) == b.n;
    if (f) ok = fclose(f) == 0 && ok;
    if (!ok || rename(tmp, s->status_file) != 0)
        pp_log(PP_LOG_WARN, "status file not written", "why", PP_S(strerror(errno)), NULL);
    pp_buf_free(&b);
}

/* ---- readiness ---- */

static void set_waits(struct one *o, struct pp_str text) {
    char now[WAITS_MAX];
    uint32_t n = 0;
    for (uint32_t i = 0; i < text.n && n + 1 < sizeof now; i++)
        if (text.s[i] >= ' ' && text.s[i] < 127) now[n++] = text.s[i];
    now[n] = 0;
    if (strcmp(now, o->waits) == 0) return;
    snprintf(o->waits, sizeof o->waits, "%s", now);
    o->s->changed = true;
}

static void probed(void *user, const struct pp_http_result *r) {
    struct one *o = user;
    o->probing = false;
    bool ready = r->status == 200 && pp_child_state(o->child) == PP_CHILD_RUNNING;
    if (ready != o->ready) o->s->changed = true;
    o->ready = ready;
    o->probe_at = pp_mono_ms() + (ready ? PP_SUPERVISE_PROBE_READY_MS : PP_SUPERVISE_PROBE_MS);
    if (ready)
        set_waits(o, PP_STR_NONE);
    else
        set_waits(o, r->status ? pp_str_trim(r->body) : pp_str_z("does not answer yet"));
}

static void probe(struct one *o) {
    struct pp_http_req req = {.method = PP_STR("GET"),
                              .url = pp_str_z(o->what->ready_url),
                              .connect_timeout_ms = 1000,
                              .timeout_ms = 3000,
                              .answer_bytes_max = 1 << 20};
    struct pp_err err = {0};
    o->probing = true;
    if (pp_http_send(o->s->http, &req, probed, o, &err) == 0) return;
    o->probing = false;
    o->probe_at = pp_mono_ms() + PP_SUPERVISE_PROBE_READY_MS;
    pp_log_err(PP_LOG_WARN, "readiness cannot be asked for", &err);
}

static void child_changed(void *user, struct pp_child *c) {
    struct one *o = user;
    enum pp_child_state st = pp_child_state(c);
    o->ready = st == PP_CHILD_RUNNING && !o->what->ready_url;
    o->probe_at = 0;
    set_waits(o, PP_STR_NONE);
    o->s->changed = true;
}

/* ---- the loop ---- */

static void close_all(struct supervisor *s) {
    write_status(s);
    if (s->http) pp_http_client_free(s->http);
    for (int i = 0; i < s->n; i++) pp_child_free(s->ones[i].child);
    uv_close((uv_handle_t *)&s->term, NULL);
    uv_close((uv_handle_t *)&s->interrupt, NULL);
    uv_close((uv_handle_t *)&s->tick, NULL);
}

/* Stops the next one in the list as soon as the one before has ended. */
static void stop_step(struct supervisor *s) {
    while (s->stopping < s->n && pp_child_state(s->ones[s->stopping].child) == PP_CHILD_STOPPED) s->stopping++;
    if (s->stopping == s->n)
        close_all(s);
    else if (pp_child_state(s->ones[s->stopping].child) != PP_CHILD_STOPPING)
        pp_child_stop(s->ones[s->stopping].child, PP_SUPERVISE_GRACE_MS);
}

static void on_tick(uv_timer_t *t) {
    struct supervisor *s = t->data;
    int64_t now = pp_mono_ms();
    for (int i = 0; i < s->n && s->stopping < 0; i++) {
        struct one *o = &s->ones[i];
        if (o->what->ready_url && !o->probing && now >= o->probe_at && pp_child_state(o->child) == PP_CHILD_RUNNING)
            probe(o);
        if (now >= s->trim_at) pp_child_trim_log(o->child);
    }
    if (now >= s->trim_at) s->trim_at = now + TRIM_EVERY_MS;
    if (s->changed) write_status(s);
    if (s->stopping >= 0) stop_step(s);
}

static void on_signal(uv_signal_t *sig, int number) {
    struct supervisor *s = sig->data;
    if (s->stopping >= 0) return;
    pp_log(PP_LOG_INFO, "stopping", "why", PP_S(number == SIGINT ? "interrupt" : "asked to"), NULL);
    s->stopping = 0;
}

static int add_children(struct supervisor *s, const struct pp_supervised *list, int n, const char *cwd,
                        struct pp_err *err) {
    for (int i = 0; i < n; i++) {
        struct one *o = &s->ones[i];
        *o = (struct one){.s = s, .what = &list[i]};
        struct pp_child_opts co = {.name = list[i].name,
                                   .argv = list[i].argv,
                                   .log_file = list[i].log_file,
                                   .cwd = cwd,
                                   .backoff_max_ms = list[i].backoff_max_ms,
                                   .on_change = child_changed,
                                   .user = o};
        if (pp_child_new(&s->loop, &co, &o->child, err) < 0) return -1;
        s->n++;
    }
    return 0;
}

int pp_supervise(const struct pp_supervised *list, int n, const char *status_file, const char *cwd,
                 struct pp_err *err) {
    if (n > PP_SUPERVISED_MAX) return pp_err_set(err, PP_ERR_LIMIT, "more than %d processes", PP_SUPERVISED_MAX);
    if (end_leftovers(status_file, err) < 0) return -1;
    struct supervisor *s = calloc(1, sizeof *s);
    if (!s) return pp_err_set(err, PP_ERR_NOMEM, "supervisor");
    uv_loop_init(&s->loop);
    s->status_file = status_file;
    s->since_ms = pp_real_ms();
    s->stopping = -1;
    uv_signal_init(&s->loop, &s->term);
    uv_signal_init(&s->loop, &s->interrupt);
    uv_timer_init(&s->loop, &s->tick);
    s->term.data = s->interrupt.data = s->tick.data = s;
    int rc = pp_http_client_new(&s->loop, PP_SUPERVISED_MAX, &s->http, err);
    if (rc == 0) rc = add_children(s, list, n, cwd, err);
    if (rc < 0) {
        close_all(s);
    } else {
        uv_signal_start(&s->term, on_signal, SIGTERM);
        uv_signal_start(&s->interrupt, on_signal, SIGINT);
        uv_timer_start(&s->tick, on_tick, TICK_MS, TICK_MS);
        for (int i = 0; i < s->n; i++) pp_child_start(s->ones[i].child);
        write_status(s);
    }
    uv_run(&s->loop, UV_RUN_DEFAULT);
    uv_loop_close(&s->loop);
    free(s);
    return rc;
}

/* ---- one question ---- */

struct asked {
    struct pp_http_client *http;
    int status;
    char *text;
    int text_n;
    struct pp_err err;
};

static void answered(void *user, const struct pp_http_result *r) {
    struct asked *a = user;
    a->status = r->status;
    a->err = r->err;
    if (a->text_n > 0) snprintf(a->text, (size_t)a->text_n, "%.*s", PP_FMT(pp_str_trim(r->body)));
}

int pp_probe_sync(const char *url, int timeout_ms, int *ret_status, char *text, int text_n, struct pp_err *err) {
    uv_loop_t loop;
    struct asked a = {.text = text, .text_n = text_n};
    struct pp_http_req req = {.method = PP_STR("GET"),
                              .url = pp_str_z(url),
                              .connect_timeout_ms = timeout_ms,
                              .timeout_ms = timeout_ms,
                              .answer_bytes_max = 1 << 20};
    uv_loop_init(&loop);
    int rc = pp_http_client_new(&loop, 1, &a.http, err);
    if (rc == 0) {
        rc = pp_http_send(a.http, &req, answered, &a, err);
        while (rc == 0 && !a.status && a.err.kind == PP_ERR_NONE) uv_run(&loop, UV_RUN_ONCE);
        pp_http_client_free(a.http);
    }
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    if (rc == 0 && !a.status) {
        if (err) *err = a.err;
        return -1;
    }
    if (rc == 0) *ret_status = a.status;
    return rc;
}
