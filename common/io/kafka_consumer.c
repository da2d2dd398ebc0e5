#include "io/kafka_int.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PARTS_MAX 1024
#define API_FETCH 1 /* Kafka protocol, ApiKey */
#define GAP_MAX_MS 1000
#define CLOSE_GIVE_UP_MS 5000 /* killing a consumer that does not close is always safe: the fence decides */

struct pp_consumer {
    uv_loop_t *loop;
    struct pp_consumer_opts o;
    char *group, *topics[PP_CONSUMER_TOPICS_MAX];
    rd_kafka_t *rk;
    rd_kafka_queue_t *q;
    struct pp_wake wake;
    uv_timer_t timer;  /* safety net */
    atomic_int gap_ms; /* pp_consumer_pace; read by librdkafka's threads */
    bool closing;
    uint64_t close_deadline;
    void (*closed)(void *user);
    void *closed_user;
    int open_handles;
};

static void close_step(struct pp_consumer *c);

static void ready(void *user) {
    struct pp_consumer *c = user;
    if (c->closing)
        close_step(c);
    else
        c->o.on_ready(c->o.user);
}

static void tick(uv_timer_t *t) { ready(t->data); }

static int topic_index(const struct pp_consumer *c, const char *name) {
    for (int i = 0; i < c->o.ntopics; i++)
        if (strcmp(c->topics[i], name) == 0) return i;
    return -1;
}

/* ---- pace ---- */

/* Waits after a fetch request until the next may go out. librdkafka asks that nothing takes long in here; the rule is
 * broken on purpose: its only knobs, fetch.min.bytes and fetch.wait.max.ms, are fixed when a client is made, and what
 * is right under load is wrong for a single record. This thread serves one broker of one consumer, so nothing waits but
 * that broker's fetches: producers are other clients, and the group coordinator has a thread of its own. */
static rd_kafka_resp_err_t on_request_sent(rd_kafka_t *rk, int sock, const char *broker, int32_t broker_id,
                                           int16_t api_key, int16_t api_version, int32_t corr_id, size_t size,
                                           void *user) {
    struct pp_consumer *c = user;
    int gap = atomic_load_explicit(&c->gap_ms, memory_order_relaxed);
    (void)rk, (void)sock, (void)broker, (void)broker_id, (void)api_version, (void)corr_id, (void)size;
    if (api_key != API_FETCH || gap == 0) return RD_KAFKA_RESP_ERR_NO_ERROR;
    nanosleep(&(struct timespec){.tv_sec = gap / 1000, .tv_nsec = gap % 1000 * 1000000L}, NULL);
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *rk, const rd_kafka_conf_t *conf, void *user, char *text, size_t size) {
    (void)conf, (void)text, (void)size;
    return rd_kafka_interceptor_add_on_request_sent(rk, "pace", on_request_sent, user);
}

void pp_consumer_pace(struct pp_consumer *c, int gap_ms) {
    atomic_store_explicit(&c->gap_ms, gap_ms < GAP_MAX_MS ? gap_ms : GAP_MAX_MS, memory_order_relaxed);
}

/* ---- making ---- */

int pp_consumer_new(uv_loop_t *loop, const struct pp_consumer_opts *o, struct pp_consumer **ret, struct pp_err *err) {
    char session[16], instance[160] = "", text[256];
    snprintf(session, sizeof session, "%d", o->session_timeout_ms);
    if (o->instance) snprintf(instance, sizeof instance, "%s-%s", o->group, o->instance);
    const struct kafka_setting list[] = {
        {"group.id", o->group},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"auto.offset.reset", "error"}, /* a lost start of the log is an error to see, not records to skip */
        {"partition.assignment.strategy", "range"},
        {"session.timeout.ms", session},
        {"heartbeat.interval.ms", o->session_timeout_ms <= 3000 ? "500" : "3000"},
        {"max.poll.interval.ms", "120000"}, /* longer than any step may wait for the database */
        /* 2.0.2 stops fetching for up to a second when it has this many; bytes are the bound that counts */
        {"queued.min.messages", "10000000"},
        {"queued.max.messages.kbytes", "65536"},
        {"fetch.wait.max.ms", "50"},
        {"fetch.error.backoff.ms", "50"},
        {"check.crcs", "true"},
        {o->instance ? "group.instance.id" : NULL, instance},
        {NULL, NULL}};
    struct pp_consumer *c = calloc(1, sizeof *c);
    if (!c) return pp_err_set(err, PP_ERR_NOMEM, "consumer");
    c->loop = loop;
    c->o = *o;
    c->group = strdup(o->group);
    for (int i = 0; i < o->ntopics; i++) c->topics[i] = strdup(o->topics[i]);
    rd_kafka_conf_t *conf;
    if (kafka_conf(o->brokers, list, &conf, err) < 0) return -1;
    rd_kafka_conf_interceptor_add_on_new(conf, "pace", on_new, c);
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_REBALANCE | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_FETCH |
                                       RD_KAFKA_EVENT_OFFSET_COMMIT);
    c->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (!c->rk) {
        rd_kafka_conf_destroy(conf);
        return pp_err_set(err, PP_ERR_KAFKA, "consumer: %s", text);
    }
    rd_kafka_poll_set_consumer(c->rk);
    c->q = rd_kafka_queue_get_consumer(c->rk);
    if (pp_wake_init(&c->wake, loop, ready, c, err) < 0) return -1;
    static const uint64_t one = 1;
    rd_kafka_queue_io_event_enable(c->q, c->wake.fd, &one, sizeof one);
    uv_timer_init(loop, &c->timer);
    c->timer.data = c;
    uv_timer_start(&c->timer, tick, KAFKA_SAFETY_MS, KAFKA_SAFETY_MS);
    *ret = c;
    return 0;
}

int pp_consumer_subscribe(struct pp_consumer *c, struct pp_err *err) {
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(c->o.ntopics);
    for (int i = 0; i < c->o.ntopics; i++) rd_kafka_topic_partition_list_add(l, c->topics[i], RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t e = rd_kafka_subscribe(c->rk, l);
    rd_kafka_topic_partition_list_destroy(l);
    return e ? kafka_err(err, e, "subscribe") : 0;
}

/* ---- events ---- */

static void rebalanced(struct pp_consumer *c, rd_kafka_event_t *ev) {
    if (rd_kafka_event_error(ev) != RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
        if (c->closing)
            rd_kafka_assign(c->rk, NULL);
        else
            c->o.on_revoke(c->o.user, rd_kafka_assignment_lost(c->rk) != 0);
        return;
    }
    rd_kafka_topic_partition_list_t *l = rd_kafka_event_topic_partition_list(ev);
    bool seen[PARTS_MAX] = {false};
    int parts[PARTS_MAX], n = 0;
    for (int i = 0; l && i < l->cnt; i++) {
        int p = l->elems[i].partition;
        if (p < 0 || p >= PARTS_MAX || seen[p]) continue;
        seen[p] = true;
        parts[n++] = p;
    }
    if (c->closing)
        rd_kafka_assign(c->rk, NULL);
    else
        c->o.on_assign(c->o.user, parts, n);
}

static void committed(struct pp_consumer *c, rd_kafka_event_t *ev) {
    struct pp_err err = {0};
    struct pp_offset offsets[PARTS_MAX * PP_CONSUMER_TOPICS_MAX];
    int n = 0;
    if (rd_kafka_event_error(ev)) {
        kafka_err(&err, rd_kafka_event_error(ev), "committed offsets");
    } else {
        size_t groups;
        const rd_kafka_group_result_t **g = rd_kafka_ListConsumerGroupOffsets_result_groups(
            rd_kafka_event_ListConsumerGroupOffsets_result(ev), &groups);
        const rd_kafka_error_t *ge = groups ? rd_kafka_group_result_error(g[0]) : NULL;
        if (ge) kafka_err(&err, rd_kafka_error_code(ge), "committed offsets");
        const rd_kafka_topic_partition_list_t *l = groups && !ge ? rd_kafka_group_result_partitions(g[0]) : NULL;
        for (int i = 0; l && i < l->cnt; i++)
            offsets[n++] =
                (struct pp_offset){topic_index(c, l->elems[i].topic), l->elems[i].partition, l->elems[i].offset};
    }
    c->o.on_committed(c->o.user, offsets, n, err.kind == PP_ERR_NONE ? NULL : &err);
}

bool pp_consumer_next(struct pp_consumer *c, struct pp_record *ret) {
    rd_kafka_event_t *ev;
    while (!c->closing && (ev = rd_kafka_queue_poll(c->q, 0))) {
        struct pp_err err = {0};
        switch (rd_kafka_event_type(ev)) {
        case RD_KAFKA_EVENT_FETCH: {
            const rd_kafka_message_t *m = rd_kafka_event_message_next(ev);
            if (m && !m->err) {
                kafka_record_of(ev, m, ret);
                ret->topic = topic_index(c, rd_kafka_topic_name(m->rkt));
                return true;
            }
            if (m && m->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) kafka_err(&err, m->err, rd_kafka_message_errstr(m));
            break;
        }
        case RD_KAFKA_EVENT_REBALANCE: rebalanced(c, ev); break;
        case RD_KAFKA_EVENT_LISTCONSUMERGROUPOFFSETS_RESULT: committed(c, ev); break;
        case RD_KAFKA_EVENT_ERROR: kafka_event_err(c->rk, ev, &err); break;
        default: break;
        }
        if (err.kind != PP_ERR_NONE) c->o.on_error(c->o.user, &err);
        rd_kafka_event_destroy(ev);
    }
    return false;
}

/* ---- assignment and offsets ---- */

static rd_kafka_topic_partition_list_t *offsets_list(struct pp_consumer *c, const struct pp_offset *o, int n) {
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(n);
    for (int i = 0; i < n; i++)
        rd_kafka_topic_partition_list_add(l, c->topics[o[i].topic], o[i].partition)->offset = o[i].offset;
    return l;
}

int pp_consumer_assign(struct pp_consumer *c, const struct pp_offset *o, int n, struct pp_err *err) {
    rd_kafka_topic_partition_list_t *l = offsets_list(c, o, n);
    rd_kafka_resp_err_t e = rd_kafka_assign(c->rk, l);
    rd_kafka_topic_partition_list_destroy(l);
    return e ? kafka_err(err, e, "assign") : 0;
}

int pp_consumer_unassign(struct pp_consumer *c, struct pp_err *err) {
    rd_kafka_resp_err_t e = rd_kafka_assign(c->rk, NULL);
    return e ? kafka_err(err, e, "unassign") : 0;
}

int pp_consumer_committed(struct pp_consumer *c, const struct pp_offset *o, int n, struct pp_err *err) {
    rd_kafka_topic_partition_list_t *l = offsets_list(c, o, n);
    rd_kafka_ListConsumerGroupOffsets_t *req = rd_kafka_ListConsumerGroupOffsets_new(c->group, l);
    rd_kafka_AdminOptions_t *opt = rd_kafka_AdminOptions_new(c->rk, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS);
    char text[128];
    rd_kafka_resp_err_t e = rd_kafka_AdminOptions_set_request_timeout(opt, 10000, text, sizeof text);
    rd_kafka_ListConsumerGroupOffsets(c->rk, &req, 1, opt, c->q);
    rd_kafka_AdminOptions_destroy(opt);
    rd_kafka_ListConsumerGroupOffsets_destroy(req);
    rd_kafka_topic_partition_list_destroy(l);
    return e ? kafka_err(err, e, text) : 0;
}

void pp_consumer_commit(struct pp_consumer *c, const struct pp_offset *o, int n) {
    rd_kafka_topic_partition_list_t *l = offsets_list(c, o, n);
    rd_kafka_commit(c->rk, l, 1);
    rd_kafka_topic_partition_list_destroy(l);
}

int64_t pp_consumer_high(const struct pp_consumer *c, int topic, int partition) {
    int64_t low, high;
    if (rd_kafka_get_watermark_offsets(c->rk, c->topics[topic], partition, &low, &high) || high < 0) return -1;
    return high;
}

/* ---- closing ---- */

static void handle_closed(struct pp_consumer *c) {
    if (--c->open_handles > 0) return;
    void (*done)(void *) = c->closed;
    void *user = c->closed_user;
    free(c->group);
    for (int i = 0; i < c->o.ntopics; i++) free(c->topics[i]);
    free(c);
    if (done) done(user);
}

static void wake_closed(uv_handle_t *h) { handle_closed(((struct pp_wake *)h->data)->user); }
static void timer_closed(uv_handle_t *h) { handle_closed(h->data); }

/* Destroying waits for librdkafka's threads, which may take a second: in the thread pool. */
static void destroy_work(uv_work_t *w) {
    struct pp_consumer *c = w->data;
    rd_kafka_destroy(c->rk);
}

static void destroyed(uv_work_t *w, int status) {
    struct pp_consumer *c = w->data;
    (void)status;
    free(w);
    c->open_handles = 2;
    pp_wake_close(&c->wake, wake_closed);
    uv_close((uv_handle_t *)&c->timer, timer_closed);
}

static void close_step(struct pp_consumer *c) {
    if (!c->q) return;
    rd_kafka_event_t *ev;
    while ((ev = rd_kafka_queue_poll(c->q, 0))) {
        if (rd_kafka_event_type(ev) == RD_KAFKA_EVENT_REBALANCE) rebalanced(c, ev);
        rd_kafka_event_destroy(ev);
    }
    if (!rd_kafka_consumer_closed(c->rk) && uv_now(c->loop) < c->close_deadline) return;
    uv_timer_stop(&c->timer);
    bool dead = !rd_kafka_consumer_closed(c->rk);
    rd_kafka_queue_io_event_enable(c->q, -1, NULL, 0);
    rd_kafka_queue_destroy(c->q);
    c->q = NULL;
    uv_work_t *w = calloc(1, sizeof *w);
    if (dead || !w) { /* left to the end of the process */
        c->open_handles = 2;
        pp_wake_close(&c->wake, wake_closed);
        uv_close((uv_handle_t *)&c->timer, timer_closed);
        free(w);
        return;
    }
    w->data = c;
    uv_queue_work(c->loop, w, destroy_work, destroyed);
}

void pp_consumer_close(struct pp_consumer *c, void (*done)(void *user), void *user) {
    c->closing = true;
    c->closed = done;
    c->closed_user = user;
    c->close_deadline = uv_now(c->loop) + CLOSE_GIVE_UP_MS;
    uv_timer_start(&c->timer, tick, 20, 20);
    rd_kafka_error_t *e = rd_kafka_consumer_close_queue(c->rk, c->q);
    if (e) rd_kafka_error_destroy(e); /* the deadline ends it */
}
