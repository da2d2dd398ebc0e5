#include "io/mllp_server.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/metrics.h"

#include <stdlib.h>

#define READ_BYTES ((size_t)64 * 1024)
#define REPLY_BYTES_MAX ((size_t)256 * 1024)
#define BACKLOG 256
#define SWEEP_MS 1000   /* how often ages are looked at */
#define SWEEP_MIN_MS 20 /* the same where silence is short */
#define PEER_MAX 64

struct pp_mllp_conn {
    uv_tcp_t tcp; /* first: the handle is the connection */
    struct pp_mllp_server *server;
    struct pp_mllp_conn *prev, *next;
    struct pp_mllp framer;
    struct pp_buf left; /* bytes read behind the message in flight */
    int64_t last_ms;    /* of the last byte */
    bool in_flight, closing, handling;
    char peer[PEER_MAX];
};

struct pp_mllp_server {
    uv_tcp_t listener;
    uv_timer_t sweep;
    struct pp_mllp_server_opts opts;
    char *allow;
    struct pp_mllp_conn *conns;
    int nconns, open_handles;
    int sweep_ms;
    int64_t swept_ms; /* when the last sweep was */
    bool stopping;
    char read_buf[READ_BYTES]; /* one loop, one read at a time */
};

struct reply {
    uv_write_t req;
    struct pp_mllp_conn *conn;
    struct pp_buf bytes;
};

static void on_conn_closed(uv_handle_t *h) {
    struct pp_mllp_conn *c = (struct pp_mllp_conn *)h;
    struct pp_mllp_server *s = c->server;
    if (c->prev)
        c->prev->next = c->next;
    else
        s->conns = c->next;
    if (c->next) c->next->prev = c->prev;
    s->nconns--;
    pp_metric_set("pp_mllp_connections", NULL, s->nconns);
    pp_mllp_free(&c->framer);
    pp_buf_free(&c->left);
    /* a message in flight still holds the connection: pp_mllp_reply or _drop frees it */
    if (c->in_flight)
        c->server = NULL;
    else
        free(c);
}

static void close_conn(struct pp_mllp_conn *c) {
    if (c->closing) return;
    c->closing = true;
    uv_close((uv_handle_t *)&c->tcp, on_conn_closed);
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *buf) {
    (void)suggested;
    struct pp_mllp_conn *c = (struct pp_mllp_conn *)h;
    *buf = uv_buf_init(c->server->read_buf, sizeof c->server->read_buf);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf);

static void tell_error(struct pp_mllp_conn *c, const struct pp_mllp_event *e) {
    pp_metric_add("pp_mllp_framing_errors_total", NULL, 1);
    c->server->opts.on_error(c->server->opts.user, c, e->reason, e->bytes);
}

/* Hands a message over; the socket rests until it is answered. */
static void take(struct pp_mllp_conn *c, struct pp_str message) {
    c->handling = true;
    c->server->opts.on_message(c->server->opts.user, c, message);
    c->handling = false;
}

/* Feeds bytes until a message is in flight or they are used up; what follows a message waits in `left`. */
static void feed(struct pp_mllp_conn *c, const char *p, size_t n) {
    while (n && !c->in_flight && !c->closing) {
        struct pp_mllp_event e;
        size_t used = pp_mllp_feed(&c->framer, p, n, pp_mono_ms(), &e);
        p += used;
        n -= used;
        if (e.what == PP_MLLP_ERROR) tell_error(c, &e);
        if (e.what != PP_MLLP_FRAME) continue;
        c->in_flight = true;
        uv_read_stop((uv_stream_t *)&c->tcp);
        if (n) {
            pp_buf_reset(&c->left);
            pp_buf_add(&c->left, p, n);
            if (c->left.failed) close_conn(c);
        }
        n = 0;
        take(c, e.bytes);
    }
}

/* Bytes that were read behind an answered message, then the socket again. */
static void read_on(struct pp_mllp_conn *c) {
    while (c->left.n && !c->in_flight && !c->closing) {
        struct pp_buf held = c->left;
        pp_buf_init(&c->left, held.max);
        feed(c, held.p, held.n);
        pp_buf_free(&held);
    }
    if (c->in_flight || c->closing) return;
    if (c->server->stopping)
        close_conn(c);
    else
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf) {
    struct pp_mllp_conn *c = (struct pp_mllp_conn *)stream;
    if (n == 0) return;
    if (n < 0) {
        struct pp_mllp_event e;
        pp_mllp_finish(&c->framer, &e);
        if (e.what == PP_MLLP_ERROR) tell_error(c, &e);
        /* a frame that lacked only its last CR is not taken: nobody is left to hear the answer */
        close_conn(c);
        return;
    }
    c->last_ms = pp_mono_ms();
    feed(c, buf->base, (size_t)n);
    /* a handler that answered at once leaves the rest in `left` */
    if (!c->in_flight && c->left.n) read_on(c);
}

static void on_written(uv_write_t *req, int status) {
    struct reply *r = (struct reply *)req;
    struct pp_mllp_conn *c = r->conn;
    pp_buf_free(&r->bytes);
    free(r);
    if (status < 0 && status != UV_ECANCELED) close_conn(c);
}

static bool send_reply(struct pp_mllp_conn *c, struct pp_str message) {
    struct reply *r = calloc(1, sizeof *r);
    if (!r) return false;
    r->conn = c;
    pp_buf_init(&r->bytes, REPLY_BYTES_MAX);
    pp_mllp_wrap(message, &r->bytes);
    uv_buf_t b = uv_buf_init(r->bytes.p, (unsigned)r->bytes.n);
    if (r->bytes.failed || uv_write(&r->req, (uv_stream_t *)&c->tcp, &b, 1, on_written) < 0) {
        pp_buf_free(&r->bytes);
        free(r);
        return false;
    }
    return true;
}

/* Ends the time in flight. False: the peer has gone and the connection is freed. */
static bool land(struct pp_mllp_conn *c) {
    c->in_flight = false;
    if (c->server) return !c->closing;
    free(c);
    return false;
}

void pp_mllp_reply(struct pp_mllp_conn *c, struct pp_str message) {
    bool was_in_flight = c->in_flight;
    if (was_in_flight && !land(c)) return;
    if (c->closing) return;
    if (message.n && !send_reply(c, message)) {
        close_conn(c);
        return;
    }
    c->last_ms = pp_mono_ms();
    if (was_in_flight && !c->handling)
        read_on(c);
    else if (was_in_flight)
        uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

void pp_mllp_drop(struct pp_mllp_conn *c) {
    if (c->in_flight && !land(c)) return;
    close_conn(c);
}

struct pp_str pp_mllp_peer(const struct pp_mllp_conn *c) {
    return pp_str_z(c->peer);
}

/* ---- listening ---- */

static bool allowed(const struct pp_mllp_server *s, const char *peer) {
    struct pp_str rest = pp_str_z(s->allow);
    if (!rest.n) return true;
    while (rest.n)
        if (pp_str_eqz(pp_str_trim(pp_str_split(&rest, ',')), peer)) return true;
    return false;
}

static void peer_name(struct pp_mllp_conn *c) {
    struct sockaddr_storage a;
    int n = sizeof a;
    if (uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&a, &n) == 0)
        uv_ip_name((struct sockaddr *)&a, c->peer, sizeof c->peer);
}

static void on_connection(uv_stream_t *listener, int status) {
    struct pp_mllp_server *s = listener->data;
    if (status < 0 || s->stopping) return;
    struct pp_mllp_conn *c = calloc(1, sizeof *c);
    if (!c || uv_tcp_init(listener->loop, &c->tcp) < 0) {
        free(c);
        return;
    }
    c->server = s;
    c->last_ms = pp_mono_ms();
    pp_mllp_init(&c->framer, &(struct pp_mllp_opts){.max_bytes = s->opts.message_bytes_max,
                                                    .idle_ms = (uint32_t)s->opts.silence_timeout_ms});
    pp_buf_init(&c->left, READ_BYTES);
    c->next = s->conns;
    if (s->conns) s->conns->prev = c;
    s->conns = c;
    s->nconns++;
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0) {
        close_conn(c);
        return;
    }
    peer_name(c);
    if (s->nconns > s->opts.connections_max || !allowed(s, c->peer)) {
        pp_metric_add("pp_mllp_refused_total", NULL, 1);
        pp_log(PP_LOG_WARN, "MLLP connection refused", "peer", PP_S(c->peer), "connections", PP_I(s->nconns), NULL);
        close_conn(c);
        return;
    }
    pp_metric_set("pp_mllp_connections", NULL, s->nconns);
    uv_tcp_nodelay(&c->tcp, 1);
    uv_tcp_keepalive(&c->tcp, 1, 60);
    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

/* The sender fell silent inside of a frame. What it gave up is told; a frame that lacks only its last byte is taken. */
static void silence(struct pp_mllp_conn *c, int64_t now) {
    struct pp_mllp_event e;
    pp_mllp_tick(&c->framer, now, &e);
    if (e.what == PP_MLLP_ERROR) tell_error(c, &e);
    if (e.what != PP_MLLP_FRAME) return;
    c->in_flight = true;
    uv_read_stop((uv_stream_t *)&c->tcp);
    take(c, e.bytes);
}

static void on_sweep(uv_timer_t *t) {
    struct pp_mllp_server *s = t->data;
    int64_t now = pp_mono_ms();
    /* When the loop itself stood still, bytes may wait in the sockets: that is no silence of the senders. */
    bool stood_still = now - s->swept_ms > 2 * (int64_t)s->sweep_ms;
    s->swept_ms = now;
    for (struct pp_mllp_conn *c = s->conns, *next; c; c = next) {
        next = c->next;
        if (c->closing || c->in_flight) continue;
        if (!stood_still) silence(c, now);
        if (c->closing || c->in_flight) continue;
        if (pp_mllp_age_ms(&c->framer, now) > s->opts.partial_timeout_ms) {
            struct pp_mllp_event e;
            pp_mllp_finish(&c->framer, &e);
            if (e.what == PP_MLLP_ERROR) tell_error(c, &e);
            close_conn(c);
        } else if (s->opts.idle_timeout_ms && now - c->last_ms > s->opts.idle_timeout_ms) {
            close_conn(c);
        }
    }
}

int pp_mllp_server_new(uv_loop_t *loop, const struct pp_mllp_server_opts *opts, struct pp_mllp_server **ret,
                       struct pp_err *err) {
    struct sockaddr_in addr;
    if (uv_ip4_addr(opts->bind_addr, opts->port, &addr) < 0)
        return pp_err_set(err, PP_ERR_INVALID, "MLLP listener: '%s' is no IPv4 address", opts->bind_addr);
    struct pp_mllp_server *s = calloc(1, sizeof *s);
    if (!s) return pp_err_set(err, PP_ERR_NOMEM, "MLLP listener");
    s->opts = *opts;
    s->allow = strdup(opts->allow ? opts->allow : "");
    s->listener.data = s->sweep.data = s;
    uv_tcp_init(loop, &s->listener);
    uv_timer_init(loop, &s->sweep);
    int rc = uv_tcp_bind(&s->listener, (const struct sockaddr *)&addr, 0);
    if (rc == 0) rc = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection);
    s->open_handles = 2;
    if (rc < 0) {
        pp_err_set(err, PP_ERR_IO, "MLLP listener: port %d on %s: %s", opts->port, opts->bind_addr, uv_strerror(rc));
        err->fatal = true;
        *ret = s; /* its handles need the loop to close: the caller stops and frees it as a running one */
        return -1;
    }
    s->sweep_ms = opts->silence_timeout_ms ? opts->silence_timeout_ms / 4 : SWEEP_MS;
    if (s->sweep_ms > SWEEP_MS) s->sweep_ms = SWEEP_MS;
    if (s->sweep_ms < SWEEP_MIN_MS) s->sweep_ms = SWEEP_MIN_MS;
    s->swept_ms = pp_mono_ms();
    uv_timer_start(&s->sweep, on_sweep, (uint64_t)s->sweep_ms, (uint64_t)s->sweep_ms);
    uv_unref((uv_handle_t *)&s->sweep);
    *ret = s;
    return 0;
}

int pp_mllp_server_port(const struct pp_mllp_server *s) {
    struct sockaddr_in a;
    int n = sizeof a;
    return uv_tcp_getsockname(&s->listener, (struct sockaddr *)&a, &n) == 0 ? ntohs(a.sin_port) : 0;
}

int pp_mllp_server_connections(const struct pp_mllp_server *s) { return s->nconns; }

static void on_handle_closed(uv_handle_t *h) { ((struct pp_mllp_server *)h->data)->open_handles--; }

void pp_mllp_server_stop(struct pp_mllp_server *s) {
    if (s->stopping) return;
    s->stopping = true;
    uv_close((uv_handle_t *)&s->listener, on_handle_closed);
    uv_close((uv_handle_t *)&s->sweep, on_handle_closed);
    for (struct pp_mllp_conn *c = s->conns, *next; c; c = next) {
        next = c->next;
        if (!c->in_flight) close_conn(c);
    }
}

void pp_mllp_server_free(struct pp_mllp_server *s) {
    if (!s) return;
    free(s->allow);
    free(s);
}
