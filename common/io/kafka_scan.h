/* Reading topics for tools: a partition or all of them, from a place to the end of now or for ever; ends of partitions
 * and offsets of groups. Blocking; no service uses it. Joins no group and commits nothing. */
#ifndef PP_IO_KAFKA_SCAN_H
#define PP_IO_KAFKA_SCAN_H

#include "io/kafka_sync.h"

#include <signal.h>

struct pp_scan_opts {
    const char *brokers, *topic;
    int partition;   /* -1: all */
    int64_t offset;  /* of one partition: where to begin, above 0; 0: as from_ms says */
    int64_t from_ms; /* first record at or after this real time; 0: the beginning; PP_SCAN_FROM_END: only new ones */
    bool follow;     /* goes on at the end, until fn has enough or *stop is set */
    int timeout_ms;  /* the longest time without a record or an end; where it follows, only for the broker to answer */
    pp_scan_fn *fn;
    void *user;
    const volatile sig_atomic_t *stop; /* NULL: none */
};
#define PP_SCAN_FROM_END INT64_C(-1)
/* As pp_kafka_scan_sync, from where and how far opts say. */
int pp_kafka_scan(const struct pp_scan_opts *opts, struct pp_err *err);

/* Number of partitions; PP_ERR_NOTFOUND when there is no such topic. */
int pp_kafka_partitions(const char *brokers, const char *topic, int timeout_ms, int *ret_n, struct pp_err *err);
/* First offset that is kept and the next one to be written, of each partition. */
int pp_kafka_ends(const char *brokers, const char *topic, int n, int64_t *ret_low, int64_t *ret_high, int timeout_ms,
                  struct pp_err *err);
/* Committed offsets of a group, -1001: none. */
int pp_kafka_committed(const char *brokers, const char *group, const char *topic, int n, int64_t *ret, int timeout_ms,
                       struct pp_err *err);

#endif
