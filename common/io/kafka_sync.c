#include "io/kafka_sync.h"

#include "io/clock.h"
#include "io/kafka_int.h"

#include <stdio.h>
#include <stdlib.h>

static int client_new(rd_kafka_type_t type, const char *brokers, const struct kafka_setting *list, rd_kafka_t **ret,
                      struct pp_err *err) {
    char text[256];
    rd_kafka_conf_t *conf;
    if (kafka_conf(brokers, list, &conf, err) < 0) return -1;
    if (type == RD_KAFKA_PRODUCER)
        rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR);
    else
        rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_ERROR);
    *ret = rd_kafka_new(type, conf, text, sizeof text);
    if (*ret) return 0;
    rd_kafka_conf_destroy(conf);
    return pp_err_set(err, PP_ERR_KAFKA, "client: %s", text);
}

/* ---- writing ---- */

static int produce(rd_kafka_t *rk, const struct pp_send *s, struct pp_err *err) {
    rd_kafka_headers_t *h = rd_kafka_headers_new((size_t)s->nheaders + 1);
    for (int i = 0; i < s->nheaders; i++)
        rd_kafka_header_add(h, s->headers[i].name.s, (ssize_t)s->headers[i].name.n, s->headers[i].value.s,
                            (ssize_t)s->headers[i].value.n);
    const char *value = s->tombstone ? NULL : s->value.n ? s->value.s : "";
    rd_kafka_resp_err_t e = rd_kafka_producev(rk, RD_KAFKA_V_TOPIC(s->topic), RD_KAFKA_V_PARTITION(s->partition),
                                              RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                              RD_KAFKA_V_KEY(s->key.n ? s->key.s : NULL, s->key.n),
                                              RD_KAFKA_V_VALUE((void *)(uintptr_t)value, s->tombstone ? 0 : s->value.n),
                                              RD_KAFKA_V_TIMESTAMP(s->time_ms), RD_KAFKA_V_HEADERS(h), RD_KAFKA_V_END);
    if (!e) return 0;
    rd_kafka_headers_destroy(h);
    return kafka_err(err, e, s->topic);
}

int pp_kafka_send_sync(const char *brokers, const struct pp_send *s, int n, int timeout_ms, struct pp_err *err) {
    char timeout[16];
    snprintf(timeout, sizeof timeout, "%d", timeout_ms);
    const struct kafka_setting list[] = {{"enable.idempotence", "true"},
                                         {"linger.ms", "0"},
                                         {"message.timeout.ms", timeout},
                                         {"partitioner", "murmur2_random"},
                                         {NULL, NULL}};
    rd_kafka_t *rk;
    if (client_new(RD_KAFKA_PRODUCER, brokers, list, &rk, err) < 0) return -1;
    int rc = 0, open = 0;
    for (int i = 0; i < n && rc == 0; i++) {
        rc = produce(rk, &s[i], err);
        if (rc == 0) open++;
    }
    rd_kafka_queue_t *q = rd_kafka_queue_get_main(rk);
    while (open > 0) { /* ends: message.timeout.ms gives every record its report */
        rd_kafka_event_t *ev = rd_kafka_queue_poll(q, timeout_ms);
        const rd_kafka_message_t *m;
        while (ev && (m = rd_kafka_event_message_next(ev))) {
            open--;
            if (m->err && rc == 0) rc = kafka_err(err, m->err, "delivery");
        }
        if (ev) rd_kafka_event_destroy(ev);
    }
    rd_kafka_queue_destroy(q);
    rd_kafka_destroy(rk);
    return rc;
}

/* ---- reading ---- */

struct scan {
    rd_kafka_t *rk;
    const char *topic;
    int timeout_ms;
    int open; /* partitions that have not reached their end */
    pp_scan_fn *fn;
    void *user;
};

static int scan_assign(struct scan *s, struct pp_err *err) {
    const struct rd_kafka_metadata *md;
    rd_kafka_topic_t *t = rd_kafka_topic_new(s->rk, s->topic, NULL);
    rd_kafka_resp_err_t e = rd_kafka_metadata(s->rk, 0, t, &md, s->timeout_ms);
    rd_kafka_topic_destroy(t);
    if (e) return kafka_err(err, e, "metadata");
    int n = md->topic_cnt == 1 && !md->topics[0].err ? md->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(md);
    if (n == 0) return pp_err_set(err, PP_ERR_NOTFOUND, "topic %s does not exist", s->topic);
    if (n > PP_SCAN_PARTITIONS_MAX)
        return pp_err_set(err, PP_ERR_LIMIT, "topic %s has more than %d partitions", s->topic, PP_SCAN_PARTITIONS_MAX);
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(n);
    for (int i = 0; i < n; i++) rd_kafka_topic_partition_list_add(l, s->topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
    e = rd_kafka_assign(s->rk, l);
    rd_kafka_topic_partition_list_destroy(l);
    s->open = n;
    return e ? kafka_err(err, e, s->topic) : 0;
}

/* One event; *ret_end: the callback had enough. */
static int scan_event(struct scan *s, rd_kafka_event_t *ev, bool *ret_end, struct pp_err *err) {
    rd_kafka_resp_err_t e = rd_kafka_event_error(ev);
    const rd_kafka_message_t *m =
        rd_kafka_event_type(ev) == RD_KAFKA_EVENT_FETCH ? rd_kafka_event_message_next(ev) : NULL;
    if (m && m->err) e = m->err;
    if (e == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        s->open--;
        return 0;
    }
    if (!m || m->err) {
        /* A lost connection is made again by the library; the time-out bounds it. */
        if (!e || e == RD_KAFKA_RESP_ERR__TRANSPORT || e == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return 0;
        return kafka_err(err, e, s->topic);
    }
    struct pp_record r;
    struct pp_header h[PP_HEADERS_MAX];
    kafka_record_of(ev, m, &r);
    *ret_end = !s->fn(s->user, &r, h, pp_record_headers(&r, h, PP_HEADERS_MAX));
    return 0;
}

int pp_kafka_scan_sync(const char *brokers, const char *topic, int timeout_ms, pp_scan_fn *fn, void *user,
                       struct pp_err *err) {
    static const struct kafka_setting list[] = {
        {"group.id", "pp-scan"},          {"enable.auto.commit", "false"}, {"enable.auto.offset.store", "false"},
        {"enable.partition.eof", "true"}, {"fetch.wait.max.ms", "50"},     {NULL, NULL}};
    struct scan s = {.topic = topic, .timeout_ms = timeout_ms, .fn = fn, .user = user};
    if (client_new(RD_KAFKA_CONSUMER, brokers, list, &s.rk, err) < 0) return -1;
    rd_kafka_poll_set_consumer(s.rk);
    int rc = scan_assign(&s, err);
    rd_kafka_queue_t *q = rd_kafka_queue_get_consumer(s.rk);
    bool end = false;
    while (rc == 0 && !end && s.open > 0) {
        rd_kafka_event_t *ev = rd_kafka_queue_poll(q, timeout_ms);
        if (!ev) {
            rc = pp_err_set(err, PP_ERR_TIMEOUT, "topic %s: nothing for %d ms", topic, timeout_ms);
            break;
        }
        rc = scan_event(&s, ev, &end, err);
        rd_kafka_event_destroy(ev);
    }
    rd_kafka_queue_destroy(q);
    rd_kafka_destroy_flags(s.rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    return rc;
}
