/* What the files of io/kafka share; nobody else includes it. */
#ifndef PP_IO_KAFKA_INT_H
#define PP_IO_KAFKA_INT_H

#include "io/kafka.h"
#include "io/loop.h"

#include <librdkafka/rdkafka.h>

struct kafka_setting {
    const char *key, *value;
};
/* Settings of both kinds of client, then the list (ended by key NULL). */
int kafka_conf(const char *brokers, const struct kafka_setting *list, rd_kafka_conf_t **ret, struct pp_err *err);
/* Keeps librdkafka's policy: fatal, retriable. Returns -1. */
int kafka_err(struct pp_err *err, rd_kafka_resp_err_t code, const char *what);
/* Error event of a handle: looks up the fatal error behind it. */
void kafka_event_err(rd_kafka_t *rk, rd_kafka_event_t *ev, struct pp_err *err);
void kafka_record_of(rd_kafka_event_t *ev, const rd_kafka_message_t *m, struct pp_record *ret);

#define KAFKA_SAFETY_MS 250 /* a queue is looked at this often even if its descriptor did not fire */

#endif
