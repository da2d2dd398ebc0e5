#include "io/kafka_int.h"

#include <stdio.h>
#include <stdlib.h>

#define TOPICS_MAX 32
#define METADATA_TIMEOUT_MS 5000

struct pp_producer {
    uv_loop_t *loop;
    struct pp_producer_opts o;
    char *name;
    rd_kafka_t *rk;
    rd_kafka_queue_t *q;
    struct pp_wake wake;
    uv_timer_t timer;
    rd_kafka_topic_t *topics[TOPICS_MAX]; /* held, so that their metadata stays known */
    int ntopics;
    int inflight;
    int work; /* of the thread pool */
    bool closing;
    uint64_t close_deadline;
    void (*closed)(void *user);
    void *closed_user;
    int open_handles;
};

struct delivery { /* opaque of a record; NULL when nobody wants to know */
    pp_producer_cb *cb;
    void *user;
};

static void delivered(struct pp_producer *p, rd_kafka_event_t *ev) {
    const rd_kafka_message_t *m;
    while ((m = rd_kafka_event_message_next(ev))) {
        p->inflight--;
        struct delivery *d = m->_private;
        if (!d) continue;
        struct pp_err err = {0};
        if (m->err) kafka_err(&err, m->err, "delivery");
        d->cb(d->user, m->err ? &err : NULL);
        free(d);
    }
}

static void close_step(struct pp_producer *p);

static void drain(void *user) {
    struct pp_producer *p = user;
    rd_kafka_event_t *ev;
    bool some = false;
    if (!p->q) return;
    while ((ev = rd_kafka_queue_poll(p->q, 0))) {
        if (rd_kafka_event_type(ev) == RD_KAFKA_EVENT_DR) {
            delivered(p, ev);
            some = true;
        } else if (rd_kafka_event_type(ev) == RD_KAFKA_EVENT_ERROR) {
            struct pp_err err;
            kafka_event_err(p->rk, ev, &err);
            if (p->o.on_error && !p->closing) p->o.on_error(p->o.user, &err);
        }
        rd_kafka_event_destroy(ev);
    }
    if (p->closing)
        close_step(p);
    else if (some && p->o.on_drained)
        p->o.on_drained(p->o.user);
}

static void tick(uv_timer_t *t) { drain(t->data); }

int pp_producer_new(uv_loop_t *loop, const struct pp_producer_opts *o, struct pp_producer **ret, struct pp_err *err) {
    char linger[16], timeout[16], text[256];
    snprintf(linger, sizeof linger, "%d", o->linger_ms);
    snprintf(timeout, sizeof timeout, "%d", o->message_timeout_ms);
    const struct kafka_setting list[] = {{"enable.idempotence", "true"},
                                         {"linger.ms", linger},
                                         {"message.timeout.ms", timeout},
                                         {"compression.codec", "lz4"},
                                         {"partitioner", "murmur2_random"},
                                         {"queue.buffering.max.messages", "400000"},
                                         {"queue.buffering.max.kbytes", "1048576"},
                                         {"message.max.bytes", "1000000"},
                                         {NULL, NULL}};
    struct pp_producer *p = calloc(1, sizeof *p);
    if (!p) return pp_err_set(err, PP_ERR_NOMEM, "producer");
    p->loop = loop;
    p->o = *o;
    rd_kafka_conf_t *conf;
    if (kafka_conf(o->brokers, list, &conf, err) < 0) {
        free(p);
        return -1;
    }
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    p->rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (!p->rk) {
        rd_kafka_conf_destroy(conf);
        free(p);
        return pp_err_set(err, PP_ERR_KAFKA, "producer: %s", text);
    }
    p->q = rd_kafka_queue_get_main(p->rk);
    if (pp_wake_init(&p->wake, loop, drain, p, err) < 0) return -1;
    static const uint64_t one = 1;
    rd_kafka_queue_io_event_enable(p->q, p->wake.fd, &one, sizeof one);
    uv_timer_init(loop, &p->timer);
    p->timer.data = p;
    uv_timer_start(&p->timer, tick, KAFKA_SAFETY_MS, KAFKA_SAFETY_MS);
    *ret = p;
    return 0;
}

static rd_kafka_topic_t *topic_of(struct pp_producer *p, const char *name) {
    for (int i = 0; i < p->ntopics; i++)
        if (strcmp(rd_kafka_topic_name(p->topics[i]), name) == 0) return p->topics[i];
    if (p->ntopics == TOPICS_MAX) return NULL;
    rd_kafka_topic_t *t = rd_kafka_topic_new(p->rk, name, NULL);
    if (t) p->topics[p->ntopics++] = t;
    return t;
}

int pp_producer_send(struct pp_producer *p, const struct pp_send *s, pp_producer_cb *cb, void *user,
                     struct pp_err *err) {
    rd_kafka_topic_t *t = topic_of(p, s->topic);
    if (!t) return pp_err_set(err, PP_ERR_LIMIT, "more than %d topics", TOPICS_MAX);
    struct delivery *d = NULL;
    if (cb && !(d = malloc(sizeof *d))) return pp_err_set(err, PP_ERR_NOMEM, "delivery");
    if (d) *d = (struct delivery){cb, user};
    rd_kafka_headers_t *h = rd_kafka_headers_new((size_t)s->nheaders);
    for (int i = 0; i < s->nheaders; i++)
        rd_kafka_header_add(h, s->headers[i].name.s, (ssize_t)s->headers[i].name.n, s->headers[i].value.s,
                            (ssize_t)s->headers[i].value.n);
    rd_kafka_resp_err_t e = rd_kafka_producev(
        p->rk, RD_KAFKA_V_RKT(t), RD_KAFKA_V_PARTITION(s->partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_KEY(s->key.n ? s->key.s : NULL, s->key.n),
        RD_KAFKA_V_VALUE((void *)(uintptr_t)(s->tombstone ? NULL
                                             : s->value.n ? s->value.s
                                                          : ""),
                         s->tombstone ? 0 : s->value.n),
        RD_KAFKA_V_TIMESTAMP(s->time_ms), RD_KAFKA_V_OPAQUE(d), RD_KAFKA_V_HEADERS(h), RD_KAFKA_V_END);
    if (e) {
        rd_kafka_headers_destroy(h); /* taken over only when it went well */
        free(d);
        kafka_err(err, e, s->topic);
        if (err && e == RD_KAFKA_RESP_ERR__QUEUE_FULL) err->kind = PP_ERR_LIMIT;
        return -1;
    }
    p->inflight++;
    return 0;
}

int pp_producer_inflight(const struct pp_producer *p) { return p->inflight; }

/* ---- metadata ---- */

struct warm {
    uv_work_t work;
    struct pp_producer *p;
    struct pp_topic_need needs[TOPICS_MAX];
    rd_kafka_topic_t *topics[TOPICS_MAX];
    int n;
    struct pp_err err;
    void (*done)(void *user, const struct pp_err *err);
    void *user;
};

static void warm_work(uv_work_t *work) {
    struct warm *w = work->data;
    for (int i = 0; i < w->n && w->err.kind == PP_ERR_NONE; i++) {
        const struct rd_kafka_metadata *md;
        rd_kafka_resp_err_t e = rd_kafka_metadata(w->p->rk, 0, w->topics[i], &md, METADATA_TIMEOUT_MS);
        if (e) {
            kafka_err(&w->err, e, "metadata");
            return;
        }
        const struct pp_topic_need *need = &w->needs[i];
        if (md->topic_cnt != 1 || md->topics[0].err || md->topics[0].partition_cnt == 0)
            pp_err_set(&w->err, PP_ERR_NOTFOUND, "topic %s does not exist", need->name);
        else if (need->partitions && md->topics[0].partition_cnt != need->partitions)
            pp_err_set(&w->err, PP_ERR_CONFLICT, "topic %s has %d partitions, the installation %d", need->name,
                       md->topics[0].partition_cnt, need->partitions);
        rd_kafka_metadata_destroy(md);
    }
}

static void warmed(uv_work_t *work, int status) {
    struct warm *w = work->data;
    (void)status;
    w->p->work--;
    if (w->done && !w->p->closing) w->done(w->user, w->err.kind == PP_ERR_NONE ? NULL : &w->err);
    free(w);
}

void pp_producer_warm(struct pp_producer *p, const struct pp_topic_need *topics, int n,
                      void (*done)(void *user, const struct pp_err *err), void *user) {
    struct warm *w = calloc(1, sizeof *w);
    if (!w) return; /* asked again by the next look at start, or not needed */
    w->p = p;
    w->done = done;
    w->user = user;
    for (int i = 0; i < n && i < TOPICS_MAX; i++) {
        rd_kafka_topic_t *t = topic_of(p, topics[i].name);
        if (!t) continue;
        w->topics[w->n] = t;
        w->needs[w->n++] = topics[i];
    }
    w->work.data = w;
    p->work++;
    uv_queue_work(p->loop, &w->work, warm_work, warmed);
}

/* ---- closing ---- */

static void handle_closed(struct pp_producer *p) {
    if (--p->open_handles > 0) return;
    void (*done)(void *) = p->closed;
    void *user = p->closed_user;
    free(p);
    if (done) done(user);
}

static void wake_closed(uv_handle_t *h) { handle_closed(((struct pp_wake *)h->data)->user); }
static void timer_closed(uv_handle_t *h) { handle_closed(h->data); }

static void destroy_work(uv_work_t *w) {
    struct pp_producer *p = w->data;
    rd_kafka_destroy(p->rk);
}

static void destroyed(uv_work_t *w, int status) {
    struct pp_producer *p = w->data;
    (void)status;
    free(w);
    p->open_handles = 2;
    pp_wake_close(&p->wake, wake_closed);
    uv_close((uv_handle_t *)&p->timer, timer_closed);
}

static void close_step(struct pp_producer *p) {
    bool late = uv_now(p->loop) >= p->close_deadline;
    if (p->work || (p->inflight > 0 && !late)) return;
    if (p->inflight > 0) {
        rd_kafka_purge(p->rk, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
        p->close_deadline = UINT64_MAX; /* the purged ones report at once */
        return;
    }
    uv_timer_stop(&p->timer);
    for (int i = 0; i < p->ntopics; i++) rd_kafka_topic_destroy(p->topics[i]);
    rd_kafka_queue_io_event_enable(p->q, -1, NULL, 0);
    rd_kafka_queue_destroy(p->q);
    p->q = NULL;
    uv_work_t *w = calloc(1, sizeof *w);
    if (!w) return;
    w->data = p;
    uv_queue_work(p->loop, w, destroy_work, destroyed);
}

void pp_producer_close(struct pp_producer *p, int wait_ms, void (*done)(void *user), void *user) {
    p->closing = true;
    p->closed = done;
    p->closed_user = user;
    p->close_deadline = uv_now(p->loop) + (uint64_t)wait_ms;
    uv_timer_start(&p->timer, tick, 0, 20);
}
