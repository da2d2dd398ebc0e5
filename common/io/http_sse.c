/* Server-sent events (WHATWG HTML, 9.2). The reader copies from the queue; with an empty queue it suspends the
 * connection, because a reader that only returns 0 is called again at once and spins. */
#include "io/clock.h"
#include "io/http_internal.h"
#include "io/metrics.h"

#define BLOCK_BYTES 16384
#define BYE_ROOM 256

static struct pp_request *request_of(struct pp_sse *s) {
    return (struct pp_request *)((char *)s - offsetof(struct pp_request, sse));
}

static ssize_t read_queue(void *cls, uint64_t pos, char *buf, size_t max) {
    (void)pos;
    struct pp_request *r = cls;
    struct pp_sse *s = &r->sse;
    if (s->gone) return MHD_CONTENT_READER_END_WITH_ERROR;
    size_t n = s->queue.n - s->sent;
    if (n == 0) {
        if (s->ended) return MHD_CONTENT_READER_END_OF_STREAM;
        s->suspended = true;
        http_suspend(r, true);
        return 0;
    }
    if (n > max) n = max;
    memcpy(buf, s->queue.p + s->sent, n);
    s->sent += n;
    if (s->sent == s->queue.n) {
        pp_buf_reset(&s->queue);
        s->sent = 0;
    }
    return (ssize_t)n;
}

struct pp_sse *pp_http_sse_begin(struct pp_request *r, size_t queue_max, void (*on_gone)(void *), void *user) {
    struct pp_sse *s = &r->sse;
    if (r->gone) {
        http_hand_over(r);
        http_request_unref(r);
        return NULL;
    }
    *s = (struct pp_sse){.held = true, .queue_max = queue_max, .last_ms = pp_mono_ms()};
    /* What was sent is cut off only when it is half of the queue, so the buffer may be twice as long. */
    pp_buf_init(&s->queue, 2 * queue_max + BYE_ROOM);
    pp_buf_addz(&s->queue, ": open\n\n");
    r->on_gone = on_gone;
    r->gone_user = user;
    struct pp_str headers[] = {PP_STR("X-Accel-Buffering: no")};
    http_set_answer(r, MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_queue, r, NULL), 200,
                    "text/event-stream", headers, 1);
    http_hand_over(r);
    return s;
}

static void wake(struct pp_request *r) {
    if (!r->sse.suspended) return;
    r->sse.suspended = false;
    http_resume(r);
}

static void add(struct pp_request *r, struct pp_str text) {
    struct pp_sse *s = &r->sse;
    if (s->sent > s->queue_max) {
        memmove(s->queue.p, s->queue.p + s->sent, s->queue.n - s->sent);
        s->queue.n -= s->sent;
        s->sent = 0;
    }
    pp_buf_adds(&s->queue, text);
    s->last_ms = pp_mono_ms();
    wake(r);
}

void pp_sse_send(struct pp_sse *s, struct pp_str text) {
    struct pp_request *r = request_of(s);
    if (s->gone || s->ended) return;
    if (s->queue.n - s->sent + text.n > s->queue_max) {
        pp_metric_add("pp_http_sse_slow_total", NULL, 1);
        add(r, PP_STR("event: bye\ndata: {\"why\":\"slow\"}\n\n"));
        s->ended = true;
        return;
    }
    add(r, text);
}

void pp_sse_end(struct pp_sse *s) {
    struct pp_request *r = request_of(s);
    s->held = false;
    s->ended = true;
    wake(r);
    http_request_unref(r);
}

void http_sse_bye(struct pp_request *r) {
    if (r->sse.ended || r->sse.gone) return;
    add(r, PP_STR("event: bye\ndata: {\"why\":\"stop\",\"again_ms\":1000}\n\n"));
    r->sse.ended = true;
}

void http_sse_tick(struct pp_request *r, int64_t now_ms) {
    struct pp_sse *s = &r->sse;
    if (!s->gone && !s->ended && now_ms - s->last_ms >= PP_SSE_BEAT_MS) add(r, PP_STR(": beat\n\n"));
}
