/* What stands in the headers of every record, outside its body. */
#ifndef PP_CORE_HDR_H
#define PP_CORE_HDR_H

#include "base/uuid.h"

/* Identity of a record on pa.log.v1. Dense in `seq` for each combination of the other four, so that a
 * reader can tell a repeat (skip), the next (apply) and a gap (stop: something was lost).
 * As text (ce_id): "<source>-<shard>-<incarnation>-<destination partition>-<seq>", all decimal. */
struct pp_rid {
    uint16_t source;      /* source number of the writing service, catalogue.tsv; 0 = not a log record */
    uint16_t shard;       /* partition the writer was working on */
    uint32_t incarnation; /* 1, then +1 for each recovery of the writer's database from a backup */
    uint16_t dest;        /* partition of pa.log.v1 */
    uint64_t seq;         /* 1, 2, 3, … */
};

#define PP_HOLD_MS_MAX 60000 /* a command waits at most so long */

struct pp_hdr {
    struct pp_str tenant;   /* short text id of the provider group */
    struct pp_uuid person;  /* person or pseudo-person: the key */
    struct pp_rid id;       /* log records */
    struct pp_str event_id; /* ce_id as text, on every topic; of a command: the idempotency key */
    struct pp_str cause;    /* ce_id of the record, or "timer:…", "call:…", that led to this one; may be empty */
    struct pp_str trace;    /* W3C traceparent of the flow */
    int64_t time_ms;        /* virtual time at which the writer decided */
    /* commands only */
    struct pp_str actor;    /* user id or client id */
    struct pp_str roles;    /* comma separated */
    int32_t expect_version; /* version the actor had seen; 0 = any */
    int32_t hold_ms;        /* real time for which it can be taken back before it is decided; 0 = decided at once */
};

#endif
