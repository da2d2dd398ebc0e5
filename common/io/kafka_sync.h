/* Kafka for tools and tests: a few records written, a topic read from its beginning to its end of now. Blocking; no
 * service uses it. */
#ifndef PP_IO_KAFKA_SYNC_H
#define PP_IO_KAFKA_SYNC_H

#include "io/kafka.h"

#define PP_SCAN_PARTITIONS_MAX 1024

/* Returns when every record is on the broker, or none of the rest can be within timeout_ms. */
int pp_kafka_send_sync(const char *brokers, const struct pp_send *s, int n, int timeout_ms, struct pp_err *err);

/* Views live during the call. false ends the scan, which is no error. */
typedef bool pp_scan_fn(void *user, const struct pp_record *r, const struct pp_header *h, int nh);
/* All partitions, in order within each. timeout_ms: the longest time without a record or an end. */
int pp_kafka_scan_sync(const char *brokers, const char *topic, int timeout_ms, pp_scan_fn *fn, void *user,
                       struct pp_err *err);

#endif
