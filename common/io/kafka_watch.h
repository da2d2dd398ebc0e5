/* A reader of several topics, all partitions, from now on, without a group: for those who want to hear what changes and
 * keep nothing (streams to browsers). Nothing is committed; what is said while the broker cannot be reached is read
 * when it is back, what was said while this process was down is not. */
#ifndef PP_IO_KAFKA_WATCH_H
#define PP_IO_KAFKA_WATCH_H
#include "io/kafka.h"

#define PP_WATCH_TOPICS_MAX 16
#define PP_WATCH_BATCH_MAX 200 /* records handed over in one turn of the loop */

struct pp_watch;
struct pp_watch_opts {
    const char *brokers;
    const char *topics[PP_WATCH_TOPICS_MAX]; /* literals or as long-lived as the watch */
    int ntopics, partitions;                 /* the same number of each topic */
    /* r->topic is the index in topics. Released after the call. */
    void (*on_record)(void *user, const struct pp_record *r, const struct pp_header *h, int nh);
    /* True once every partition has a place to read from, false when the broker is lost. */
    void (*on_state)(void *user, bool reading);
    void *user;
};
int pp_watch_new(uv_loop_t *loop, const struct pp_watch_opts *opts, struct pp_watch **ret, struct pp_err *err);
void pp_watch_close(struct pp_watch *w);

#endif
