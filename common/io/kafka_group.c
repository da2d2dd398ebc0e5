#include "io/kafka_group.h"

#include "io/kafka_int.h"
#include "io/kafka_sync.h"

#include <stdio.h>
#include <stdlib.h>

#define SESSION_MS "10000"

struct pp_group {
    rd_kafka_t *rk;
    rd_kafka_message_t *held; /* whose views the caller has */
    char topic[256];
    bool end[PP_SCAN_PARTITIONS_MAX]; /* partition is read to its present end */
};

static int subscribe(struct pp_group *g, struct pp_err *err) {
    rd_kafka_topic_partition_list_t *l = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(l, g->topic, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t e = rd_kafka_subscribe(g->rk, l);
    rd_kafka_topic_partition_list_destroy(l);
    return e ? kafka_err(err, e, g->topic) : 0;
}

int pp_group_open(const struct pp_group_opts *o, struct pp_group **ret, struct pp_err *err) {
    char text[256], gap[16];
    rd_kafka_conf_t *conf;
    snprintf(gap, sizeof gap, "%d", o->poll_gap_max_ms);
    const struct kafka_setting list[] = {{"group.id", o->group},
                                         {"enable.auto.commit", "false"},
                                         {"enable.auto.offset.store", "false"},
                                         {"enable.partition.eof", "true"},
                                         {"auto.offset.reset", o->from_beginning ? "earliest" : "latest"},
                                         {"session.timeout.ms", SESSION_MS},
                                         {"max.poll.interval.ms", gap},
                                         {NULL, NULL}};
    struct pp_group *g = calloc(1, sizeof *g);
    if (!g) return pp_err_set(err, PP_ERR_NOMEM, "subscriber");
    snprintf(g->topic, sizeof g->topic, "%s", o->topic);
    if (kafka_conf(o->brokers, list, &conf, err) < 0) {
        free(g);
        return -1;
    }
    g->rk = rd_kafka_new(RD_KAFKA_CONSUMER, conf, text, sizeof text);
    if (!g->rk) {
        rd_kafka_conf_destroy(conf);
        free(g);
        return pp_err_set(err, PP_ERR_KAFKA, "client: %s", text);
    }
    rd_kafka_poll_set_consumer(g->rk);
    if (subscribe(g, err) == 0) {
        *ret = g;
        return 0;
    }
    pp_group_close(g);
    return -1;
}

static void release(struct pp_group *g) {
    if (g->held) rd_kafka_message_destroy(g->held);
    g->held = NULL;
}

static void mark(struct pp_group *g, int32_t partition, bool end) {
    if (partition >= 0 && partition < PP_SCAN_PARTITIONS_MAX) g->end[partition] = end;
}

int pp_group_next(struct pp_group *g, int wait_ms, struct pp_record *ret, struct pp_err *err) {
    release(g);
    rd_kafka_message_t *m = rd_kafka_consumer_poll(g->rk, wait_ms);
    if (!m) return 0;
    if (!m->err) {
        mark(g, m->partition, false);
        kafka_record_of(NULL, m, ret);
        g->held = m;
        return 1;
    }
    rd_kafka_resp_err_t e = m->err;
    if (e == RD_KAFKA_RESP_ERR__PARTITION_EOF) mark(g, m->partition, true);
    rd_kafka_message_destroy(m);
    switch (e) {
    /* Lost connections are made again, lost partitions given again, by the library. */
    case RD_KAFKA_RESP_ERR__PARTITION_EOF:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED: return 0;
    default: return kafka_err(err, e, g->topic);
    }
}

bool pp_group_at_end(const struct pp_group *g) {
    rd_kafka_topic_partition_list_t *l;
    if (rd_kafka_assignment(g->rk, &l)) return false;
    bool end = l->cnt > 0;
    for (int i = 0; i < l->cnt; i++)
        end &= l->elems[i].partition < PP_SCAN_PARTITIONS_MAX && g->end[l->elems[i].partition];
    rd_kafka_topic_partition_list_destroy(l);
    return end;
}

int pp_group_commit(struct pp_group *g, const struct pp_record *r, struct pp_err *err) {
    rd_kafka_resp_err_t e = rd_kafka_commit_message(g->rk, r->message, 0);
    return e ? kafka_err(err, e, "commit") : 0;
}

void pp_group_close(struct pp_group *g) {
    if (!g) return;
    release(g);
    rd_kafka_consumer_close(g->rk);
    rd_kafka_destroy(g->rk);
    free(g);
}
