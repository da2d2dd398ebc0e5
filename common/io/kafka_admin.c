#include "io/kafka_admin.h"

#include "io/clock.h"
#include "io/kafka_int.h"

#include <stdlib.h>
#include <time.h>

#define ASK_TIMEOUT_MS 2000
#define PAUSE_MS 200

static int client_new(const char *brokers, rd_kafka_t **ret, struct pp_err *err) {
    static const struct kafka_setting none[] = {{NULL, NULL}};
    char text[256];
    rd_kafka_conf_t *conf;
    if (kafka_conf(brokers, none, &conf, err) < 0) return -1;
    rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, text, sizeof text);
    if (!rk) {
        rd_kafka_conf_destroy(conf);
        return pp_err_set(err, PP_ERR_KAFKA, "admin client: %s", text);
    }
    *ret = rk;
    return 0;
}

/* Metadata of the whole cluster, asked again until a broker answers. */
static int cluster_metadata(rd_kafka_t *rk, const char *brokers, int timeout_ms, const struct rd_kafka_metadata **ret,
                            struct pp_err *err) {
    int64_t until = pp_mono_ms() + timeout_ms;
    for (;;) {
        int64_t left = until - pp_mono_ms();
        rd_kafka_resp_err_t e =
            rd_kafka_metadata(rk, 1, NULL, ret, left < ASK_TIMEOUT_MS ? (left > 1 ? (int)left : 1) : ASK_TIMEOUT_MS);
        if (!e && (*ret)->broker_cnt > 0) return 0;
        if (!e) rd_kafka_metadata_destroy(*ret);
        if (pp_mono_ms() >= until) {
            pp_err_set(err, PP_ERR_TIMEOUT, "no Kafka broker answered at %s within %d s", brokers, timeout_ms / 1000);
            return -1;
        }
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
    }
}

int pp_kafka_wait(const char *brokers, int timeout_ms, struct pp_err *err) {
    rd_kafka_t *rk;
    const struct rd_kafka_metadata *md;
    if (client_new(brokers, &rk, err) < 0) return -1;
    int rc = cluster_metadata(rk, brokers, timeout_ms, &md, err);
    if (rc == 0) rd_kafka_metadata_destroy(md);
    rd_kafka_destroy(rk);
    return rc;
}

static const rd_kafka_metadata_topic_t *topic_in(const struct rd_kafka_metadata *md, const char *name) {
    for (int i = 0; i < md->topic_cnt; i++)
        if (strcmp(md->topics[i].topic, name) == 0 && md->topics[i].partition_cnt > 0) return &md->topics[i];
    return NULL;
}

/* Waits for the result of an admin call. NULL with err set when it failed as a whole. */
static rd_kafka_event_t *admin_result(rd_kafka_queue_t *q, const char *what, struct pp_err *err) {
    rd_kafka_event_t *ev = rd_kafka_queue_poll(q, 30000);
    if (!ev) {
        pp_err_set(err, PP_ERR_TIMEOUT, "%s: no answer of the broker", what);
        return NULL;
    }
    if (!rd_kafka_event_error(ev)) return ev;
    kafka_err(err, rd_kafka_event_error(ev), what);
    rd_kafka_event_destroy(ev);
    return NULL;
}

static int check_topic_results(rd_kafka_event_t *ev, struct pp_err *err) {
    size_t n;
    const rd_kafka_topic_result_t **r = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(ev), &n);
    for (size_t i = 0; i < n; i++) {
        rd_kafka_resp_err_t e = rd_kafka_topic_result_error(r[i]);
        if (!e || e == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) continue; /* somebody else was quicker */
        pp_err_set(err, PP_ERR_KAFKA, "topic %s: %s", rd_kafka_topic_result_name(r[i]),
                   rd_kafka_topic_result_error_string(r[i]) ? rd_kafka_topic_result_error_string(r[i])
                                                            : rd_kafka_err2str(e));
        return -1;
    }
    return 0;
}

static int make_topics(rd_kafka_t *rk, rd_kafka_queue_t *q, const struct pp_topic_spec *const *specs, int n,
                       struct pp_err *err) {
    rd_kafka_NewTopic_t *topics[PP_TOPICS_MAX];
    char text[256] = "";
    int made = 0, rc = 0;
    for (; made < n && rc == 0; made++) {
        const struct pp_topic_spec *s = specs[made];
        topics[made] = rd_kafka_NewTopic_new(s->name, s->partitions, s->replication, text, sizeof text);
        if (!topics[made]) {
            rc = pp_err_set(err, PP_ERR_INVALID, "topic %s: %s", s->name, text);
            break;
        }
        for (int i = 0; i < s->nsettings; i++)
            rd_kafka_NewTopic_set_config(topics[made], s->settings[i].name, s->settings[i].value);
    }
    if (rc == 0) {
        rd_kafka_CreateTopics(rk, topics, (size_t)made, NULL, q);
        rd_kafka_event_t *ev = admin_result(q, "making topics", err);
        rc = ev ? check_topic_results(ev, err) : -1;
        if (ev) rd_kafka_event_destroy(ev);
    }
    rd_kafka_NewTopic_destroy_array(topics, (size_t)made);
    return rc;
}

static int set_topics(rd_kafka_t *rk, rd_kafka_queue_t *q, const struct pp_topic_spec *const *specs, int n,
                      struct pp_err *err) {
    rd_kafka_ConfigResource_t *res[PP_TOPICS_MAX];
    for (int i = 0; i < n; i++) {
        res[i] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, specs[i]->name);
        for (int k = 0; k < specs[i]->nsettings; k++)
            rd_kafka_ConfigResource_set_config(res[i], specs[i]->settings[k].name, specs[i]->settings[k].value);
    }
    rd_kafka_AlterConfigs(rk, res, (size_t)n, NULL, q);
    rd_kafka_ConfigResource_destroy_array(res, (size_t)n);
    rd_kafka_event_t *ev = admin_result(q, "changing topics", err);
    if (!ev) return -1;
    size_t nres;
    int rc = 0;
    const rd_kafka_ConfigResource_t **r =
        rd_kafka_AlterConfigs_result_resources(rd_kafka_event_AlterConfigs_result(ev), &nres);
    for (size_t i = 0; i < nres && rc == 0; i++)
        if (rd_kafka_ConfigResource_error(r[i]))
            rc = pp_err_set(err, PP_ERR_KAFKA, "topic %s: %s", rd_kafka_ConfigResource_name(r[i]),
                            rd_kafka_ConfigResource_error_string(r[i]));
    rd_kafka_event_destroy(ev);
    return rc;
}

int pp_kafka_topics_ensure(const char *brokers, const struct pp_topic_spec *specs, int n, int timeout_ms, int *ret_made,
                           struct pp_err *err) {
    const struct pp_topic_spec *missing[PP_TOPICS_MAX], *there[PP_TOPICS_MAX];
    const struct rd_kafka_metadata *md;
    int nmissing = 0, nthere = 0, rc = 0;
    rd_kafka_t *rk;
    if (n > PP_TOPICS_MAX) return pp_err_set(err, PP_ERR_LIMIT, "more than %d topics", PP_TOPICS_MAX);
    if (client_new(brokers, &rk, err) < 0) return -1;
    if (cluster_metadata(rk, brokers, timeout_ms, &md, err) < 0) {
        rd_kafka_destroy(rk);
        return -1;
    }
    for (int i = 0; i < n && rc == 0; i++) {
        const rd_kafka_metadata_topic_t *t = topic_in(md, specs[i].name);
        if (!t)
            missing[nmissing++] = &specs[i];
        else if (t->partition_cnt == specs[i].partitions)
            there[nthere++] = &specs[i];
        else
            rc = pp_err_set(
                err, PP_ERR_CONFLICT,
                "topic %s has %d partitions, but %d are wanted; the number is fixed when an installation is made",
                specs[i].name, t->partition_cnt, specs[i].partitions);
    }
    rd_kafka_metadata_destroy(md);
    rd_kafka_queue_t *q = rd_kafka_queue_new(rk);
    if (rc == 0 && nmissing) rc = make_topics(rk, q, missing, nmissing, err);
    if (rc == 0 && nthere) rc = set_topics(rk, q, there, nthere, err);
    rd_kafka_queue_destroy(q);
    rd_kafka_destroy(rk);
    if (rc == 0 && ret_made) *ret_made = nmissing;
    return rc;
}
