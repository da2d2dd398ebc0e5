#include "io/kafka_scan.h"

#include "io/clock.h"
#include "io/kafka_int.h"

#include <stdio.h>
#include <stdlib.h>

#define LOOK_MS 200 /* how often a scan that follows looks at its stop flag */

static int reader_new(const char *brokers, const char *group, rd_kafka_t **ret, struct pp_err *err) {
    const struct kafka_setting list[] = {{"group.id", group},
                                         {"enable.auto.commit", "false"},
                                         {"enable.auto.offset.store", "false"},
                                         {"enable.partition.eof", "true"},
                                         {"auto.offset.reset", "earliest"},
                                         {"fetch.wait.max.ms", "50"},
                                         {NULL, NULL}};
    char text[256];
    rd_kafka_conf_t *conf;
    if (kafka_conf(brokers, list, &conf, err) < 0) return -1;
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_FETCH | RD_KAFKA_EVENT_ERROR);
    *ret = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (*ret) return 0;
    rd_kafka_conf_destroy(conf);
    return pp_err_set(err, PP_ERR_KAFKA, "client: %s", text);
}

static void reader_free(rd_kafka_t *rk) { rd_kafka_destroy_flags(rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE); }

static int count_partitions(rd_kafka_t *rk, const char *topic, int timeout_ms, int *ret_n, struct pp_err *err) {
    const struct rd_kafka_metadata *md;
    rd_kafka_topic_t *t = rd_kafka_topic_new(rk, topic, NULL);
    if (!t) return pp_err_set(err, PP_ERR_INVALID, "\"%s\" is no name of a topic", topic);
    rd_kafka_resp_err_t e = rd_kafka_metadata(rk, 0, t, &md, timeout_ms);
    rd_kafka_topic_destroy(t);
    if (e) {
        kafka_err(err, e, "the broker does not answer");
        return pp_err_wrap(err, "%s", topic);
    }
    *ret_n = md->topic_cnt == 1 && !md->topics[0].err ? md->topics[0].partition_cnt : 0;
    rd_kafka_metadata_destroy(md);
    if (*ret_n == 0) return pp_err_set(err, PP_ERR_NOTFOUND, "topic %s does not exist", topic);
    if (*ret_n > PP_SCAN_PARTITIONS_MAX)
        return pp_err_set(err, PP_ERR_LIMIT, "topic %s has more than %d partitions", topic, PP_SCAN_PARTITIONS_MAX);
    return 0;
}

/* ---- scan ---- */

struct reading {
    const struct pp_scan_opts *o;
    rd_kafka_t *rk;
    int open;
    bool enough;
};

static int place(struct reading *s, rd_kafka_topic_partition_list_t *l, struct pp_err *err) {
    const struct pp_scan_opts *o = s->o;
    int64_t from = o->from_ms == PP_SCAN_FROM_END ? RD_KAFKA_OFFSET_END
                   : o->from_ms > 0               ? o->from_ms
                                                  : RD_KAFKA_OFFSET_BEGINNING;
    if (o->offset > 0) from = o->offset;
    for (int i = 0; i < l->cnt; i++) l->elems[i].offset = from;
    if (o->offset > 0 || o->from_ms <= 0) return 0;
    rd_kafka_resp_err_t e = rd_kafka_offsets_for_times(s->rk, l, o->timeout_ms);
    for (int i = 0; i < l->cnt; i++)
        if (l->elems[i].err && !e) e = l->elems[i].err;
    return e ? kafka_err(err, e, "places by time") : 0;
}

static int assign(struct reading *s, struct pp_err *err) {
    const struct pp_scan_opts *o = s->o;
    int n;
    if (count_partitions(s->rk, o->topic, o->timeout_ms, &n, err) < 0) return -1;
    if (o->partition >= n)
        return pp_err_set(err, PP_ERR_NOTFOUND, "topic %s has %d partitions, not one numbered %d", o->topic, n,
                          o->partition);
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(n);
    for (int i = 0; i < n; i++)
        if (o->partition < 0 || o->partition == i) rd_kafka_topic_partition_list_add(l, o->topic, i);
    s->open = l->cnt;
    int rc = place(s, l, err);
    rd_kafka_resp_err_t e = rc == 0 ? rd_kafka_assign(s->rk, l) : RD_KAFKA_RESP_ERR_NO_ERROR;
    rd_kafka_topic_partition_list_destroy(l);
    return e ? kafka_err(err, e, o->topic) : rc;
}

static int on_event(struct reading *s, rd_kafka_event_t *ev, struct pp_err *err) {
    rd_kafka_resp_err_t e = rd_kafka_event_error(ev);
    const rd_kafka_message_t *m =
        rd_kafka_event_type(ev) == RD_KAFKA_EVENT_FETCH ? rd_kafka_event_message_next(ev) : NULL;
    if (m && m->err) e = m->err;
    if (e == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        if (!s->o->follow) s->open--;
        return 0;
    }
    if (!m || m->err) {
        /* A lost connection is made again by the library; the time-out bounds it. */
        if (!e || e == RD_KAFKA_RESP_ERR__TRANSPORT || e == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return 0;
        return kafka_err(err, e, s->o->topic);
    }
    struct pp_record r;
    struct pp_header h[PP_HEADERS_MAX];
    kafka_record_of(ev, m, &r);
    s->enough = !s->o->fn(s->o->user, &r, h, pp_record_headers(&r, h, PP_HEADERS_MAX));
    return 0;
}

static bool stopped(const struct reading *s) { return s->enough || s->open == 0 || (s->o->stop && *s->o->stop); }

int pp_kafka_scan(const struct pp_scan_opts *o, struct pp_err *err) {
    struct reading s = {.o = o};
    if (reader_new(o->brokers, "pp-scan", &s.rk, err) < 0) return -1;
    rd_kafka_poll_set_consumer(s.rk);
    int rc = assign(&s, err);
    rd_kafka_queue_t *q = rd_kafka_queue_get_consumer(s.rk);
    int64_t last = pp_mono_ms();
    while (rc == 0 && !stopped(&s)) {
        rd_kafka_event_t *ev = rd_kafka_queue_poll(q, LOOK_MS);
        if (ev) {
            last = pp_mono_ms();
            rc = on_event(&s, ev, err);
            rd_kafka_event_destroy(ev);
        } else if (!o->follow && pp_mono_ms() - last > o->timeout_ms) {
            rc = pp_err_set(err, PP_ERR_TIMEOUT, "topic %s: nothing for %d ms", o->topic, o->timeout_ms);
        }
    }
    rd_kafka_queue_destroy(q);
    reader_free(s.rk);
    return rc;
}

/* ---- ends and offsets ---- */

int pp_kafka_partitions(const char *brokers, const char *topic, int timeout_ms, int *ret_n, struct pp_err *err) {
    rd_kafka_t *rk;
    if (reader_new(brokers, "pp-scan", &rk, err) < 0) return -1;
    int rc = count_partitions(rk, topic, timeout_ms, ret_n, err);
    reader_free(rk);
    return rc;
}

int pp_kafka_ends(const char *brokers, const char *topic, int n, int64_t *ret_low, int64_t *ret_high, int timeout_ms,
                  struct pp_err *err) {
    rd_kafka_t *rk;
    if (reader_new(brokers, "pp-scan", &rk, err) < 0) return -1;
    rd_kafka_resp_err_t e = RD_KAFKA_RESP_ERR_NO_ERROR;
    for (int i = 0; i < n && !e; i++)
        e = rd_kafka_query_watermark_offsets(rk, topic, i, &ret_low[i], &ret_high[i], timeout_ms);
    reader_free(rk);
    return e ? kafka_err(err, e, topic) : 0;
}

int pp_kafka_committed(const char *brokers, const char *group, const char *topic, int n, int64_t *ret, int timeout_ms,
                       struct pp_err *err) {
    rd_kafka_t *rk;
    if (reader_new(brokers, group, &rk, err) < 0) return -1;
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(n);
    for (int i = 0; i < n; i++) rd_kafka_topic_partition_list_add(l, topic, i);
    rd_kafka_resp_err_t e = rd_kafka_committed(rk, l, timeout_ms);
    for (int i = 0; i < n; i++) ret[i] = l->elems[i].offset;
    rd_kafka_topic_partition_list_destroy(l);
    reader_free(rk);
    return e ? kafka_err(err, e, group) : 0;
}
