/* A subscriber for tools: one topic as a member of a consumer group, one record at a time, committed when its work is
 * done. Blocking; no service uses it. What was not committed comes again: to this process after a restart, or to
 * another member (at least once).
 */
#ifndef PP_IO_KAFKA_GROUP_H
#define PP_IO_KAFKA_GROUP_H

#include "io/kafka.h"

struct pp_group;
struct pp_group_opts {
    const char *brokers, *group, *topic;
    bool from_beginning; /* where a group begins that has committed nothing; else only with new records */
    int poll_gap_max_ms; /* the longest time between two calls of pp_group_next; a member that is slower loses its
                            partitions. 10 s … 24 h */
};

int pp_group_open(const struct pp_group_opts *opts, struct pp_group **ret, struct pp_err *err);
/* Waits up to wait_ms for a record. 1: *ret is one; its views live until the next call; not to be released. 0: none
 * came. -1: the group cannot go on. */
int pp_group_next(struct pp_group *g, int wait_ms, struct pp_record *ret, struct pp_err *err);
/* All partitions that the group gave to this member are read to their present end. */
bool pp_group_at_end(const struct pp_group *g);
/* The group goes on behind r. Returns when the broker has it. -1: another member may get r once more. */
int pp_group_commit(struct pp_group *g, const struct pp_record *r, struct pp_err *err);
/* Leaves the group. NULL is allowed. */
void pp_group_close(struct pp_group *g);

#endif
