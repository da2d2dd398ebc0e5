/* Topics: made, and brought up to what the installation wants. Blocking, for tools and tests. */
#ifndef PP_IO_KAFKA_ADMIN_H
#define PP_IO_KAFKA_ADMIN_H

#include "base/err.h"

#define PP_TOPICS_MAX 64
#define PP_TOPIC_SETTINGS_MAX 12

struct pp_topic_setting {
    const char *name, *value; /* as Kafka names them: "retention.ms" */
};
struct pp_topic_spec {
    const char *name;
    int partitions;
    int replication; /* -1: as the broker has it */
    struct pp_topic_setting settings[PP_TOPIC_SETTINGS_MAX];
    int nsettings;
};

/* Waits up to timeout_ms for a broker, makes the topics that are missing, and gives the others the settings of their
 * spec; settings that are not in it go back to the broker's defaults. A topic that has another number of partitions is
 * PP_ERR_CONFLICT, because records would no longer be found where they belong; nothing is changed then.
 * *ret_made: how many were new; may be NULL. */
int pp_kafka_topics_ensure(const char *brokers, const struct pp_topic_spec *specs, int n, int timeout_ms, int *ret_made,
                           struct pp_err *err);
/* Waits until a broker answers. */
int pp_kafka_wait(const char *brokers, int timeout_ms, struct pp_err *err);

#endif
