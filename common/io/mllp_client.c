#include "io/mllp_client.h"
#include "codec/mllp.h"

#include <stdlib.h>

#define READ_BYTES 16384

struct pp_mllp_client {
    struct pp_mllp_client_opts o;
    struct sockaddr_storage addr;
    uv_loop_t *loop;
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_connect_t connecting;
    uv_write_t writing;
    struct pp_mllp framer;
    struct pp_buf out;
    char in[READ_BYTES];
    bool tcp_open, up, busy, written, closed; /* written: the socket has taken the message in flight */
    bool answered;                            /* the answer came before the write was reported */
    int handles;                              /* not yet closed, at the end */
};

static void start(struct pp_mllp_client *c);

static void again(uv_timer_t *t) { start(t->data); }

static void broken_closed(uv_handle_t *h) {
    struct pp_mllp_client *c = h->data;
    c->tcp_open = false;
    if (!c->closed) uv_timer_start(&c->timer, again, PP_MLLP_CLIENT_RECONNECT_MS, 0);
}

static void down(struct pp_mllp_client *c, int status) {
    struct pp_err err;
    bool in_flight = c->busy;
    if (c->closed || uv_is_closing((uv_handle_t *)&c->tcp)) return;
    pp_err_set(&err, PP_ERR_IO, "MLLP connection: %s", uv_strerror(status));
    c->up = c->busy = c->answered = false;
    uv_close((uv_handle_t *)&c->tcp, broken_closed);
    c->o.on_down(c->o.user, in_flight, &err);
}

static void free_again(struct pp_mllp_client *c) {
    c->busy = c->answered = false;
    c->o.on_up(c->o.user);
}

static void on_alloc(uv_handle_t *h, size_t n, uv_buf_t *ret) {
    struct pp_mllp_client *c = h->data;
    (void)n;
    *ret = uv_buf_init(c->in, sizeof c->in);
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *buf) {
    struct pp_mllp_client *c = s->data;
    if (n < 0) {
        down(c, (int)n);
        return;
    }
    for (size_t at = 0; at < (size_t)n && !c->closed;) {
        struct pp_mllp_event ev;
        at += pp_mllp_feed(&c->framer, buf->base + at, (size_t)n - at, 0, &ev);
        if (ev.what != PP_MLLP_FRAME || !c->busy) continue;
        c->o.on_answer(c->o.user, ev.bytes);
        c->answered = true;
    }
    if (c->answered && c->written && !c->closed) free_again(c);
}

static void on_written(uv_write_t *w, int status) {
    struct pp_mllp_client *c = w->data;
    if (status < 0) {
        down(c, status);
        return;
    }
    c->written = true;
    if (c->answered && !c->closed) free_again(c);
}

static void on_connect(uv_connect_t *r, int status) {
    struct pp_mllp_client *c = r->data;
    if (c->closed) return;
    if (status == 0) status = uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
    if (status < 0) {
        down(c, status);
        return;
    }
    c->up = true;
    c->o.on_up(c->o.user);
}

static void start(struct pp_mllp_client *c) {
    uv_tcp_init(c->loop, &c->tcp);
    c->tcp.data = c;
    c->tcp_open = true;
    uv_tcp_nodelay(&c->tcp, 1);
    pp_mllp_free(&c->framer);
    pp_mllp_init(&c->framer, &(struct pp_mllp_opts){.max_bytes = PP_MLLP_CLIENT_ANSWER_BYTES_MAX});
    int rc = uv_tcp_connect(&c->connecting, &c->tcp, (struct sockaddr *)&c->addr, on_connect);
    if (rc < 0) down(c, rc);
}

int pp_mllp_client_new(uv_loop_t *loop, const struct pp_mllp_client_opts *opts, struct pp_mllp_client **ret,
                       struct pp_err *err) {
    struct pp_mllp_client *c = calloc(1, sizeof *c);
    if (!c) return pp_err_set(err, PP_ERR_NOMEM, "MLLP connection");
    c->o = *opts;
    c->loop = loop;
    if (uv_ip4_addr(opts->host, opts->port, (struct sockaddr_in *)&c->addr) < 0 &&
        uv_ip6_addr(opts->host, opts->port, (struct sockaddr_in6 *)&c->addr) < 0) {
        free(c);
        return pp_err_set(err, PP_ERR_INVALID, "\"%s\" is no address", opts->host);
    }
    pp_mllp_init(&c->framer, &(struct pp_mllp_opts){.max_bytes = PP_MLLP_CLIENT_ANSWER_BYTES_MAX});
    pp_buf_init(&c->out, PP_MLLP_MESSAGE_MAX + 16);
    uv_timer_init(loop, &c->timer);
    c->timer.data = c->connecting.data = c->writing.data = c;
    start(c);
    *ret = c;
    return 0;
}

int pp_mllp_client_send(struct pp_mllp_client *c, struct pp_str message, struct pp_err *err) {
    if (!c->up || c->busy) return pp_err_set(err, PP_ERR_LIMIT, "MLLP connection is not free");
    pp_buf_reset(&c->out);
    pp_mllp_wrap(message, &c->out);
    if (c->out.failed) return pp_err_set(err, PP_ERR_LIMIT, "message is too large");
    uv_buf_t b = uv_buf_init(c->out.p, (unsigned)c->out.n);
    c->busy = true;
    c->written = c->answered = false;
    int rc = uv_write(&c->writing, (uv_stream_t *)&c->tcp, &b, 1, on_written);
    if (rc < 0) down(c, rc);
    return 0;
}

static void handle_closed(uv_handle_t *h) {
    struct pp_mllp_client *c = h->data;
    if (--c->handles > 0) return;
    pp_mllp_free(&c->framer);
    pp_buf_free(&c->out);
    free(c);
}

void pp_mllp_client_close(struct pp_mllp_client *c) {
    if (!c || c->closed) return;
    c->closed = true;
    c->handles = 1;
    uv_close((uv_handle_t *)&c->timer, handle_closed);
    /* one that is being closed after a break is closed before the timer: handles close in the order they were told */
    if (c->tcp_open && !uv_is_closing((uv_handle_t *)&c->tcp)) {
        c->handles++;
        uv_close((uv_handle_t *)&c->tcp, handle_closed);
    }
}
