/* The daemon on the loop, and the life of a request (http_internal.h). */
#include "io/http_internal.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/metrics.h"
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#define TICK_MS 1000
#define BACKLOG 1024

struct watch {
    uv_poll_t poll;
    struct pp_request *r; /* NULL: nobody asks any more */
};

/* ---- suspending, and the client's end ---- */

static void watch_closed(uv_handle_t *h) { free(h->data); }

static void unwatch(struct pp_request *r) {
    if (!r->watch) return;
    r->watch->r = NULL;
    uv_poll_stop(&r->watch->poll);
    uv_close((uv_handle_t *)&r->watch->poll, watch_closed);
    r->watch = NULL;
}

void http_resume(struct pp_request *r) {
    unwatch(r); /* before libmicrohttpd polls, and perhaps closes, the same socket */
    MHD_resume_connection(r->conn);
    /* Without a thread of its own the daemon has no descriptor that tells it of this. */
    r->server->resumed = true;
}

void http_tell_gone(struct pp_request *r) {
    if (r->gone) return;
    r->gone = true;
    if (r->on_gone) r->on_gone(r->gone_user);
}

static void client_ended(uv_poll_t *p, int status, int events) {
    (void)status;
    (void)events;
    struct pp_request *r = ((struct watch *)p->data)->r;
    if (r->sse.held || r->sse.suspended) {
        r->sse.gone = true; /* told when the connection is complete */
        r->sse.suspended = false;
    } else {
        http_tell_gone(r);
        r->state = REQUEST_ANSWERED; /* with nothing */
    }
    http_resume(r);
}

/* A suspended connection is in nobody's epoll set; this finds out when its client hangs up. */
void http_watch(struct pp_request *r) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(r->conn, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct watch *w = info ? calloc(1, sizeof *w) : NULL;
    if (!w) return; /* the answer time-out stands in for it */
    if (uv_poll_init(r->server->loop, &w->poll, info->connect_fd) != 0) {
        free(w);
        return;
    }
    w->poll.data = w;
    w->r = r;
    r->watch = w;
    uv_poll_start(&w->poll, UV_DISCONNECT, client_ended);
}

void http_suspend(struct pp_request *r, bool watch) {
    MHD_suspend_connection(r->conn);
    if (watch) http_watch(r);
}

void pp_request_on_gone(struct pp_request *r, void (*fn)(void *), void *user) {
    r->on_gone = fn;
    r->gone_user = user;
    if (fn && r->state == REQUEST_WAITING && !r->watch && r->conn && !r->gone) http_watch(r);
}

/* ---- life of a request ---- */

static void *on_uri(void *cls, const char *uri, struct MHD_Connection *conn) {
    struct pp_http_server *s = cls;
    struct pp_request *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->server = s;
    r->conn = conn;
    r->refs = 1;
    r->started_ms = pp_mono_ms();
    pp_arena_init(&r->arena, PP_HTTP_REQUEST_MEMORY_MAX);
    uint8_t random[10];
    if (getrandom(random, sizeof random, 0) != sizeof random)
        memset(random, 0, sizeof random); /* a log aid, no secret */
    pp_uuid_b32(pp_uuid_v7(pp_real_ms(), random), r->id);
    struct pp_str rest = pp_arena_strz(&r->arena, uri);
    r->raw_path = pp_str_split(&rest, '?');
    r->raw_query = rest;
    r->next = s->open;
    if (s->open) s->open->prev = r;
    s->open = r;
    s->nopen++;
    return r;
}

void http_request_unref(struct pp_request *r) {
    assert(r->refs > 0);
    if (--r->refs > 0) return;
    pp_buf_free(&r->body);
    pp_buf_free(&r->sse.queue);
    pp_arena_free(&r->arena);
    free(r);
}

static pp_mhd_result queue_answer(struct pp_request *r) {
    if (!r->response) return MHD_NO;
    pp_mhd_result rc = MHD_queue_response(r->conn, (unsigned)r->status, r->response);
    MHD_destroy_response(r->response);
    r->response = NULL;
    r->state = REQUEST_ANSWERED;
    return rc;
}

static pp_mhd_result take_head(struct pp_request *r, const char *method) {
    r->method = pp_arena_strz(&r->arena, method);
    r->state = REQUEST_BODY;
    if (http_request_head(r)) {
        pp_buf_init(&r->body, r->route->body_max + 1); /* and a NUL */
        return MHD_YES;
    }
    /* A client that asks first, or whose body is too long to be read to its end, is told at once; the others after
     * their body, because closing with unread bytes makes the kernel reset the connection and the answer is lost. */
    int64_t length = 0;
    bool big = pp_str_int(pp_request_header(r, "Content-Length"), &length) && length > PP_HTTP_DRAIN_BYTES_MAX;
    if (big || !pp_str_empty(pp_request_header(r, "Expect"))) return queue_answer(r);
    return MHD_YES;
}

static pp_mhd_result take_body(struct pp_request *r, const char *data, size_t n) {
    if (!r->response) {
        pp_buf_add(&r->body, data, n);
        r->server->body_bytes += n;
        bool over = r->body.failed || r->body.n > r->route->body_max;
        bool full = r->server->body_bytes > PP_HTTP_BODIES_BYTES_MAX;
        if (!over && !full) return MHD_YES;
        r->server->body_bytes -= r->body.failed ? r->body.n + n : r->body.n;
        pp_buf_free(&r->body);
        pp_buf_init(&r->body, 1);
        if (over)
            http_set_problem(r, 413, "The body is too long", NULL, "it passed the limit of this address", NULL);
        else
            http_set_problem(r, 503, "Too many large requests at once", NULL, "try again in a few seconds",
                             "Retry-After: 2");
    }
    r->drained += n;
    return r->drained <= PP_HTTP_DRAIN_BYTES_MAX ? MHD_YES : MHD_NO;
}

static pp_mhd_result call_handler(struct pp_request *r) {
    if (r->response) return queue_answer(r);
    pp_buf_addc(&r->body, 0);
    r->body.n--;
    r->state = REQUEST_HANDLER;
    r->refs++;
    r->route->handler(r->route->user, r);
    if (r->state == REQUEST_ANSWERED) return queue_answer(r);
    r->state = REQUEST_WAITING;
    r->started_ms = pp_mono_ms();
    http_suspend(r, r->on_gone != NULL);
    return MHD_YES;
}

static pp_mhd_result on_access(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
                               const char *version, const char *data, size_t *n, void **con_cls) {
    (void)cls;
    (void)conn;
    (void)url;
    (void)version;
    struct pp_request *r = *con_cls;
    if (!r) return MHD_NO;
    switch (r->state) {
    case REQUEST_HEAD: return take_head(r, method);
    case REQUEST_BODY: {
        if (*n == 0) return call_handler(r);
        size_t got = *n;
        *n = 0;
        return take_body(r, data, got);
    }
    case REQUEST_ANSWERED: return queue_answer(r);
    case REQUEST_HANDLER:
    case REQUEST_WAITING: break;
    }
    return MHD_NO;
}

static void count_request(const struct pp_request *r) {
    char labels[PP_METRIC_LABELS_MAX];
    const char *method = r->route ? r->route->method : "", *path = r->route ? r->route->path : "none";
    snprintf(labels, sizeof labels, "route=\"%s %s\",code=\"%d\"", method, path, r->status);
    pp_metric_add("pp_http_requests_total", labels, 1);
}

static void on_completed(void *cls, struct MHD_Connection *conn, void **con_cls, enum MHD_RequestTerminationCode code) {
    struct pp_http_server *s = cls;
    struct pp_request *r = *con_cls;
    (void)conn;
    (void)code;
    if (!r) return;
    *con_cls = NULL;
    unwatch(r);
    count_request(r);
    s->body_bytes -= r->body.n;
    if (r->next) r->next->prev = r->prev;
    if (r->prev)
        r->prev->next = r->next;
    else
        s->open = r->next;
    s->nopen--;
    r->conn = NULL;
    r->server = NULL;
    if (r->response) MHD_destroy_response(r->response);
    r->response = NULL;
    if (r->sse.held) {
        r->sse.held = false;
        r->sse.gone = true;
        http_tell_gone(r);
        http_request_unref(r);
    } else if (r->state == REQUEST_WAITING) {
        http_tell_gone(r);
    }
    http_request_unref(r);
}

/* ---- the daemon on the loop ---- */

static void run(struct pp_http_server *s) {
    s->resumed = false;
    if (s->daemon) MHD_run(s->daemon);
}

static void on_poll(uv_poll_t *h, int status, int events) {
    (void)status;
    (void)events;
    run(h->data);
}

static void on_timer(uv_timer_t *h) { run(h->data); }

/* Asked on every turn: between two calls it may have work that shows on no descriptor (a body already in its own
 * buffer, an upload to go on with), and without it large uploads hang. */
static void on_prepare(uv_prepare_t *h) {
    struct pp_http_server *s = h->data;
    MHD_UNSIGNED_LONG_LONG ms;
    if (s->daemon && s->resumed)
        uv_timer_start(&s->timer, on_timer, 0, 0);
    else if (s->daemon && MHD_get_timeout(s->daemon, &ms) == MHD_YES)
        uv_timer_start(&s->timer, on_timer, ms, 0);
    else
        uv_timer_stop(&s->timer);
}

static void cut_off(struct pp_http_server *s) {
    if (!s->daemon) return;
    /* libmicrohttpd must not be stopped while a connection is suspended. */
    for (struct pp_request *r = s->open; r; r = r->next) {
        if (r->state == REQUEST_WAITING || r->sse.suspended) {
            r->sse.suspended = false;
            r->sse.gone = true;
            http_resume(r);
        }
    }
    struct MHD_Daemon *d = s->daemon;
    uv_poll_stop(&s->poll);
    MHD_stop_daemon(d);
    s->daemon = NULL;
    uv_timer_stop(&s->timer);
}

static void on_tick(uv_timer_t *h) {
    struct pp_http_server *s = h->data;
    int64_t now = pp_mono_ms();
    for (struct pp_request *r = s->open; r; r = r->next) {
        if (r->sse.held) http_sse_tick(r, now);
        if (r->state != REQUEST_WAITING || now - r->started_ms < PP_HTTP_ANSWER_TIMEOUT_MS) continue;
        pp_log(PP_LOG_WARN, "request not answered in time", "route", PP_S(r->route->path), "request", PP_S(r->id),
               NULL);
        http_tell_gone(r);
        http_set_problem(r, 504, "The answer took too long", NULL, "try again", NULL);
        r->state = REQUEST_ANSWERED;
        http_resume(r);
    }
    if (s->stopping && (now >= s->cut_off_ms || s->nopen == 0)) cut_off(s);
}

static void daemon_log(void *cls, const char *fmt, va_list ap) {
    char text[256];
    (void)cls;
    /* The format is libmicrohttpd's own. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    vsnprintf(text, sizeof text, fmt, ap);
#pragma GCC diagnostic pop
    pp_log(PP_LOG_DEBUG, "libmicrohttpd", "text", PP_S(text), NULL);
}

static int listen_on(const char *addr, int port, int *ret_fd, int *ret_port, struct pp_err *err) {
    struct sockaddr_storage ss = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)&ss;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)&ss;
    socklen_t n;
    if (inet_pton(AF_INET, addr, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons((uint16_t)port);
        n = sizeof *v4;
    } else if (inet_pton(AF_INET6, addr, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        n = sizeof *v6;
    } else {
        return pp_err_set(err, PP_ERR_INVALID, "\"%s\" is not an IP address to listen on", addr);
    }
    int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), yes = 1;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(fd, (struct sockaddr *)&ss, n) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&ss, &n) != 0) {
        pp_err_set(err, PP_ERR_IO, "listening on %s port %d: %s", addr, port, strerror(errno));
        if (fd >= 0) close(fd);
        return -1;
    }
    *ret_fd = fd;
    *ret_port = ntohs(ss.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
    return 0;
}

static void set_up_handles(struct pp_http_server *s, int epoll_fd) {
    uv_poll_init(s->loop, &s->poll, epoll_fd);
    uv_prepare_init(s->loop, &s->prepare);
    uv_timer_init(s->loop, &s->timer);
    uv_timer_init(s->loop, &s->tick);
    s->poll.data = s->prepare.data = s->timer.data = s->tick.data = s;
    s->handles = 4;
    uv_poll_start(&s->poll, UV_READABLE, on_poll);
    uv_prepare_start(&s->prepare, on_prepare);
    uv_timer_start(&s->tick, on_tick, TICK_MS, TICK_MS);
}

int pp_http_server_new(uv_loop_t *loop, const char *bind_addr, int port, struct pp_auth *auth_or_null,
                       struct pp_http_server **ret, struct pp_err *err) {
    struct pp_http_server *s = calloc(1, sizeof *s);
    if (!s) return pp_err_set(err, PP_ERR_NOMEM, "HTTP server");
    s->loop = loop;
    s->auth = auth_or_null;
    int fd = -1;
    if (listen_on(bind_addr, port, &fd, &s->port, err) < 0) {
        free(s);
        return -1;
    }
    s->daemon = MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_access, s,
        MHD_OPTION_EXTERNAL_LOGGER, daemon_log, NULL, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK, on_uri,
        s, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s, MHD_OPTION_CONNECTION_LIMIT, (unsigned)PP_HTTP_CONNECTIONS_MAX,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)PP_HTTP_CONNECTIONS_PER_IP_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)(PP_HTTP_IDLE_TIMEOUT_MS / 1000), MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)PP_HTTP_HEAD_BYTES_MAX,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
    const union MHD_DaemonInfo *info = s->daemon ? MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info) {
        if (s->daemon)
            MHD_stop_daemon(s->daemon); /* closes fd */
        else
            close(fd);
        free(s);
        return pp_err_set(err, PP_ERR_IO, "HTTP server on %s port %d does not start", bind_addr, port);
    }
    set_up_handles(s, info->epoll_fd);
    *ret = s;
    return 0;
}

int pp_http_server_port(const struct pp_http_server *s) { return s->port; }

void pp_http_server_routes(struct pp_http_server *s, const struct pp_route *routes, int n) {
    s->routes = routes;
    s->nroutes = n;
}

int pp_http_server_busy(const struct pp_http_server *s) { return s->nopen; }

void pp_http_server_stop(struct pp_http_server *s) {
    if (s->stopping || !s->daemon) return;
    s->stopping = true;
    s->cut_off_ms = pp_mono_ms() + PP_HTTP_STOP_GRACE_MS;
    MHD_socket fd = MHD_quiesce_daemon(s->daemon);
    if (fd != MHD_INVALID_SOCKET) close(fd);
    for (struct pp_request *r = s->open; r; r = r->next)
        if (r->sse.held) http_sse_bye(r);
}

static void handle_closed(uv_handle_t *h) {
    struct pp_http_server *s = h->data;
    if (--s->handles == 0) free(s);
}

void pp_http_server_free(struct pp_http_server *s) {
    if (!s || s->freed) return;
    s->freed = true;
    cut_off(s);
    uv_close((uv_handle_t *)&s->poll, handle_closed);
    uv_close((uv_handle_t *)&s->prepare, handle_closed);
    uv_close((uv_handle_t *)&s->timer, handle_closed);
    uv_close((uv_handle_t *)&s->tick, handle_closed);
}
