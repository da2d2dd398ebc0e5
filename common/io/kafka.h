/* Apache Kafka through librdkafka, as events on the libuv loop.
 *
 * Nothing in here blocks, except what is named _sync. Consumer and producer hand their queues' events over on the
 * loop; the queue's descriptor fires only when the queue goes from empty to non-empty, so a consumer is drained with
 * pp_consumer_next() until it returns false, and asked again by whoever stopped early. A slow timer backs both up.
 */
#ifndef PP_IO_KAFKA_H
#define PP_IO_KAFKA_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <uv.h>

struct pp_header {
    struct pp_str name, value;
};
#define PP_HEADERS_MAX 40 /* of one record; more are not looked at */

/* Further librdkafka settings for every client made later: "name=value,name=value" (TLS, SASL). The text is copied. */
int pp_kafka_settings(const char *list, struct pp_err *err);

/* ---- consumer ---- */

struct pp_record { /* views live until pp_record_release */
    int topic;     /* index in the consumer's list */
    int partition;
    int64_t offset;
    int64_t time_ms; /* of the broker or the producer; 0 = none */
    struct pp_str key, value;
    bool tombstone; /* no value at all */
    void *handle;
    const void *message;
};
/* In their order; returns how many. */
int pp_record_headers(const struct pp_record *r, struct pp_header *ret, int max);
/* Last value of a name; empty when absent. */
struct pp_str pp_headers_get(const struct pp_header *h, int n, const char *name);
void pp_record_release(struct pp_record *r); /* a zeroed record is allowed */

struct pp_offset {
    int topic, partition;
    int64_t offset;
};

struct pp_consumer;
#define PP_CONSUMER_TOPICS_MAX 4
struct pp_consumer_opts {
    const char *brokers, *group;
    const char *instance; /* static membership: group.instance.id = <group>-<instance>; NULL: none */
    const char *topics[PP_CONSUMER_TOPICS_MAX];
    int ntopics;
    int session_timeout_ms;
    /* The group gives or takes partitions (numbers hold for all topics: same count, range assignor). Answer at any
     * later time with pp_consumer_assign / pp_consumer_unassign. `lost`: somebody else may own them already. */
    void (*on_assign)(void *user, const int *parts, int n);
    void (*on_revoke)(void *user, bool lost);
    void (*on_ready)(void *user);                         /* there may be records */
    void (*on_error)(void *user, const struct pp_err *e); /* e->fatal: the consumer is dead */
    /* Of pp_consumer_committed, in any order; offset < 0: none. */
    void (*on_committed)(void *user, const struct pp_offset *o, int n, const struct pp_err *e);
    void *user;
};
#define PP_OFFSET_BEGINNING INT64_C(-2)

int pp_consumer_new(uv_loop_t *loop, const struct pp_consumer_opts *opts, struct pp_consumer **ret, struct pp_err *err);
int pp_consumer_subscribe(struct pp_consumer *c, struct pp_err *err);
/* Next record, in order per partition. Rebalances and errors are handed to the callbacks on the way. */
bool pp_consumer_next(struct pp_consumer *c, struct pp_record *ret);
/* Starts reading exactly these; a second call replaces the first, and buffered records of before are dropped. */
int pp_consumer_assign(struct pp_consumer *c, const struct pp_offset *o, int n, struct pp_err *err);
int pp_consumer_unassign(struct pp_consumer *c, struct pp_err *err);
/* Asks for the group's committed offsets of these; on_committed gets them. */
int pp_consumer_committed(struct pp_consumer *c, const struct pp_offset *o, int n, struct pp_err *err);
/* For lag tools only: commits in the background, errors are ignored. */
void pp_consumer_commit(struct pp_consumer *c, const struct pp_offset *o, int n);
/* Least time between two fetch requests, 0 (as made) … 1000: for whoever looks at records only that often anyway. A
 * fetch is answered as soon as there is one record, so a busy consumer asks for every handful that somebody appends;
 * each question costs broker and client many times what a record does. */
void pp_consumer_pace(struct pp_consumer *c, int gap_ms);
/* Records the broker has beyond what was handed out, as far as known from the last fetch; -1 unknown. */
int64_t pp_consumer_high(const struct pp_consumer *c, int topic, int partition);
/* Leaves the group (a static member only when `leave`) and calls back once when it is closed. All records must have
 * been released. */
void pp_consumer_close(struct pp_consumer *c, void (*done)(void *user), void *user);

/* A reader without a group: one topic's partition 0 from its beginning; used for pa.reference.v1. on_end is called each
 * time the end is reached. */
struct pp_tail;
struct pp_tail_opts {
    const char *brokers, *topic;
    void (*on_record)(void *user, const struct pp_record *r, const struct pp_header *h, int nh); /* released after it */
    void (*on_end)(void *user);
    void (*on_error)(void *user, const struct pp_err *e);
    void *user;
};
int pp_tail_new(uv_loop_t *loop, const struct pp_tail_opts *opts, struct pp_tail **ret, struct pp_err *err);
void pp_tail_close(struct pp_tail *t);

/* ---- producer ---- */

struct pp_producer;
/* err NULL: the record is on the broker. Exactly one call per record that _send took. */
typedef void pp_producer_cb(void *user, const struct pp_err *err);
struct pp_producer_opts {
    const char *brokers;
    const char *name; /* in logs and statistics */
    int linger_ms;
    int message_timeout_ms;                               /* 0: for ever (nothing is given up; for sequences) */
    void (*on_drained)(void *user);                       /* after deliveries: there may be room again */
    void (*on_error)(void *user, const struct pp_err *e); /* e->fatal: the producer is dead */
    void *user;
};
struct pp_send {
    const char *topic;
    int partition; /* -1: by key (murmur2, as Java) */
    struct pp_str key, value;
    bool tombstone;
    const struct pp_header *headers;
    int nheaders;
    int64_t time_ms; /* 0: now */
};
int pp_producer_new(uv_loop_t *loop, const struct pp_producer_opts *opts, struct pp_producer **ret, struct pp_err *err);
/* Copies. cb may be NULL. PP_ERR_LIMIT when the queue is full. */
int pp_producer_send(struct pp_producer *p, const struct pp_send *s, pp_producer_cb *cb, void *user,
                     struct pp_err *err);
int pp_producer_inflight(const struct pp_producer *p);
/* Fetches the topics' metadata in the thread pool, so that the first produce needs not wait a second; `done` gets the
 * first topic that is missing or has not `partitions` partitions (0: any) in err, or NULL. */
struct pp_topic_need {
    const char *name;
    int partitions;
};
void pp_producer_warm(struct pp_producer *p, const struct pp_topic_need *topics, int n,
                      void (*done)(void *user, const struct pp_err *err), void *user);
/* Waits up to wait_ms for what is in flight (records not delivered by then get an error), then closes. */
void pp_producer_close(struct pp_producer *p, int wait_ms, void (*done)(void *user), void *user);

/* murmur2 as the Java client's default partitioner has it: stable for ever. */
uint32_t pp_murmur2(struct pp_str key);

#endif
