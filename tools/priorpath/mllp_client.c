#include "mllp_client.h"

#include "io/clock.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define SCHEME "mllp://"

void cli_mllp_init(struct cli_mllp *c, const char *at, int timeout_s) {
    *c = (struct cli_mllp){.fd = -1, .timeout_s = timeout_s};
    if (strncmp(at, SCHEME, strlen(SCHEME)) == 0) at += strlen(SCHEME);
    snprintf(c->at, sizeof c->at, "%s", at);
    pp_mllp_init(&c->framer, &(struct pp_mllp_opts){0});
}

void cli_mllp_close(struct cli_mllp *c) {
    struct pp_mllp_event e;
    if (c->fd >= 0) close(c->fd);
    c->fd = -1;
    pp_mllp_finish(&c->framer, &e); /* half an answer belongs to this connection */
}

void cli_mllp_free(struct cli_mllp *c) {
    cli_mllp_close(c);
    pp_mllp_free(&c->framer);
}

static int open_connection(struct cli_mllp *c, struct pp_err *err) {
    char host[256];
    snprintf(host, sizeof host, "%s", c->at);
    char *port = strrchr(host, ':');
    if (!port || !port[1]) return pp_err_set(err, PP_ERR_INVALID, "mllp: want host:port, not \"%s\"", c->at);
    *port++ = 0;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *a;
    int e = getaddrinfo(host, port, &hints, &list);
    if (e) return pp_err_set(err, PP_ERR_IO, "%s: %s", c->at, gai_strerror(e));
    struct timeval t = {.tv_sec = c->timeout_s};
    for (a = list; a && c->fd < 0; a = a->ai_next) {
        c->fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (c->fd < 0) continue;
        setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
        setsockopt(c->fd, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
        if (connect(c->fd, a->ai_addr, a->ai_addrlen) == 0) break;
        e = errno;
        close(c->fd);
        c->fd = -1;
    }
    freeaddrinfo(list);
    if (c->fd >= 0) return 0;
    return pp_err_set(err, PP_ERR_IO, "nobody listens for MLLP at %s (%s)", c->at, strerror(e));
}

int cli_mllp_send(struct cli_mllp *c, struct pp_str message, struct pp_err *err) {
    struct pp_buf b;
    if (c->fd < 0 && open_connection(c, err) < 0) return -1;
    pp_buf_init(&b, (size_t)message.n + 8);
    pp_mllp_wrap(message, &b);
    size_t at = 0;
    while (at < b.n) {
        ssize_t n = send(c->fd, b.p + at, b.n - at, MSG_NOSIGNAL);
        if (n <= 0) break;
        at += (size_t)n;
    }
    bool all = b.n && at == b.n;
    int e = errno;
    pp_buf_free(&b);
    if (all) return 0;
    cli_mllp_close(c);
    return pp_err_set(err, PP_ERR_IO, "%s: the connection broke while sending (%s)", c->at, strerror(e));
}

int cli_mllp_answer(struct cli_mllp *c, struct pp_arena *a, struct pp_str *ret, struct pp_err *err) {
    char part[8192];
    struct pp_mllp_event ev;
    int64_t end = pp_mono_ms() + (int64_t)c->timeout_s * 1000;
    while (c->fd >= 0) {
        ssize_t n = recv(c->fd, part, sizeof part, 0);
        bool late = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
        for (size_t at = 0; n > 0 && at < (size_t)n;) {
            at += pp_mllp_feed(&c->framer, part + at, (size_t)n - at, pp_mono_ms(), &ev);
            if (ev.what != PP_MLLP_FRAME) continue;
            *ret = pp_arena_str(a, ev.bytes);
            return 0;
        }
        if (n > 0 && pp_mono_ms() < end) continue;
        cli_mllp_close(c);
        if (late || n > 0)
            return pp_err_set(
                err, PP_ERR_TIMEOUT,
                "%s: no answer within %d s; the message may have been stored, sending it again is harmless", c->at,
                c->timeout_s);
    }
    return pp_err_set(err, PP_ERR_IO, "%s: the connection was closed before the answer came", c->at);
}
