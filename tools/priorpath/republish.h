/* Facts of outbox rows, put on the log again; shared by republish and recover. */
#ifndef PRIORPATH_REPUBLISH_H
#define PRIORPATH_REPUBLISH_H

#include "cli.h"

struct republish_opts {
    const char *brokers;
    const struct cli_service *svc;
    int64_t since_ms;  /* real time of the rows */
    int partition, to; /* -1: all */
    bool unrelayed;    /* only rows that are not known to be on the broker */
    bool dry;
};
int republish_facts(struct pp_pg_sync_conn *db, const struct republish_opts *o, int64_t *ret_facts, struct pp_err *err);
/* Looks for readers that stand before a gap of this writer, and mends it (mend.c). *ret_gaps: how many. */
int republish_mend(const struct pp_config *c, struct pp_pg_sync_conn *writes, const struct republish_opts *o,
                   int *ret_gaps, struct pp_err *err);

#endif
