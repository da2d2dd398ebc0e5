/* A reader of one partition from its beginning, without a group. */
#include "io/kafka_int.h"

#include <stdlib.h>

struct pp_tail {
    struct pp_tail_opts o;
    rd_kafka_t *rk;
    rd_kafka_queue_t *q;
    struct pp_wake wake;
    uv_timer_t timer;
    int open_handles;
};

static void drain(void *user) {
    struct pp_tail *t = user;
    rd_kafka_event_t *ev;
    while (t->q && (ev = rd_kafka_queue_poll(t->q, 0))) {
        struct pp_err err = {0};
        const rd_kafka_message_t *m = NULL;
        if (rd_kafka_event_type(ev) == RD_KAFKA_EVENT_FETCH)
            m = rd_kafka_event_message_next(ev);
        else if (rd_kafka_event_type(ev) == RD_KAFKA_EVENT_ERROR) {
            if (rd_kafka_event_error(ev) == RD_KAFKA_RESP_ERR__PARTITION_EOF)
                t->o.on_end(t->o.user);
            else
                kafka_event_err(t->rk, ev, &err);
        }
        if (m && !m->err) {
            struct pp_record r;
            struct pp_header h[PP_HEADERS_MAX];
            kafka_record_of(ev, m, &r);
            t->o.on_record(t->o.user, &r, h, pp_record_headers(&r, h, PP_HEADERS_MAX));
        } else if (m && m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            t->o.on_end(t->o.user);
        } else if (m) {
            kafka_err(&err, m->err, t->o.topic);
        }
        if (err.kind != PP_ERR_NONE) t->o.on_error(t->o.user, &err);
        rd_kafka_event_destroy(ev);
    }
}

static void tick(uv_timer_t *timer) { drain(timer->data); }

int pp_tail_new(uv_loop_t *loop, const struct pp_tail_opts *o, struct pp_tail **ret, struct pp_err *err) {
    /* group.id is asked for by librdkafka's consumer even where nothing is joined or committed */
    static const struct kafka_setting list[] = {
        {"group.id", "pp-tail"},          {"enable.auto.commit", "false"}, {"enable.auto.offset.store", "false"},
        {"enable.partition.eof", "true"}, {"fetch.wait.max.ms", "200"},    {NULL, NULL}};
    char text[256];
    struct pp_tail *t = calloc(1, sizeof *t);
    if (!t) return pp_err_set(err, PP_ERR_NOMEM, "reader of %s", o->topic);
    t->o = *o;
    rd_kafka_conf_t *conf;
    if (kafka_conf(o->brokers, list, &conf, err) < 0) {
        free(t);
        return -1;
    }
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_FETCH);
    t->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (!t->rk) {
        rd_kafka_conf_destroy(conf);
        free(t);
        return pp_err_set(err, PP_ERR_KAFKA, "reader of %s: %s", o->topic, text);
    }
    rd_kafka_poll_set_consumer(t->rk);
    t->q = rd_kafka_queue_get_consumer(t->rk);
    if (pp_wake_init(&t->wake, loop, drain, t, err) < 0) return -1;
    static const uint64_t one = 1;
    rd_kafka_queue_io_event_enable(t->q, t->wake.fd, &one, sizeof one);
    uv_timer_init(loop, &t->timer);
    t->timer.data = t;
    uv_timer_start(&t->timer, tick, KAFKA_SAFETY_MS, KAFKA_SAFETY_MS);
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(l, o->topic, 0)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_resp_err_t e = rd_kafka_assign(t->rk, l);
    rd_kafka_topic_partition_list_destroy(l);
    *ret = t;
    return e ? kafka_err(err, e, o->topic) : 0;
}

static void handle_closed(struct pp_tail *t) {
    if (--t->open_handles == 0) free(t);
}
static void wake_closed(uv_handle_t *h) { handle_closed(((struct pp_wake *)h->data)->user); }
static void timer_closed(uv_handle_t *h) { handle_closed(h->data); }

void pp_tail_close(struct pp_tail *t) {
    if (!t) return;
    rd_kafka_queue_io_event_enable(t->q, -1, NULL, 0);
    rd_kafka_queue_destroy(t->q);
    t->q = NULL;
    rd_kafka_destroy_flags(t->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    t->open_handles = 2;
    pp_wake_close(&t->wake, wake_closed);
    uv_close((uv_handle_t *)&t->timer, timer_closed);
}
