#include "io/loop.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

int64_t pp_thread_cpu_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- turns ---- */

struct pp_turns {
    uv_prepare_t prepare; /* runs just before the loop waits: one turn lies between two of them */
    int64_t last_us, longest_us;
};

static void turn_ended(uv_prepare_t *h) {
    struct pp_turns *t = h->data;
    int64_t now = pp_thread_cpu_us();
    if (t->last_us && now - t->last_us > t->longest_us) t->longest_us = now - t->last_us;
    t->last_us = now;
}

int pp_turns_start(uv_loop_t *loop, struct pp_turns **ret, struct pp_err *err) {
    struct pp_turns *t = calloc(1, sizeof *t);
    if (!t) return pp_err_set(err, PP_ERR_NOMEM, "turn gauge");
    uv_prepare_init(loop, &t->prepare);
    t->prepare.data = t;
    uv_prepare_start(&t->prepare, turn_ended);
    uv_unref((uv_handle_t *)&t->prepare);
    *ret = t;
    return 0;
}

int64_t pp_turns_longest_us(struct pp_turns *t, bool reset) {
    int64_t v = t->longest_us;
    if (reset) t->longest_us = 0;
    return v;
}

static void turns_closed(uv_handle_t *h) { free(h->data); }

void pp_turns_stop(struct pp_turns *t) {
    if (t) uv_close((uv_handle_t *)&t->prepare, turns_closed);
}

/* ---- wake ---- */

static void woken(uv_poll_t *p, int status, int events) {
    (void)status;
    (void)events;
    struct pp_wake *w = p->data;
    uint64_t n;
    ssize_t got = read(w->fd, &n, sizeof n); /* before the queue is drained: a later event then fires again */
    (void)got;
    w->cb(w->user);
}

int pp_wake_init(struct pp_wake *w, uv_loop_t *loop, void (*cb)(void *user), void *user, struct pp_err *err) {
    memset(w, 0, sizeof *w);
    w->cb = cb;
    w->user = user;
    w->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (w->fd < 0) return pp_err_set(err, PP_ERR_IO, "eventfd: %s", strerror(errno));
    uv_poll_init(loop, &w->poll, w->fd);
    w->poll.data = w;
    uv_poll_start(&w->poll, UV_READABLE, woken);
    return 0;
}

void pp_wake_close(struct pp_wake *w, uv_close_cb closed) {
    if (w->fd < 0) return;
    uv_close((uv_handle_t *)&w->poll, closed);
    close(w->fd);
    w->fd = -1;
}
