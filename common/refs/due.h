/* Until when: holidays (kind "calendar"), payers' decision clocks (kind "clocks"), and for each kind of task the queue
 * that owns it and the time it has (kind "queues"). Clocks of hours run through nights and weekends; business days are
 * those of the zone given; the end of a day is its last minute there. */
#ifndef PP_REFS_DUE_H
#define PP_REFS_DUE_H

#include "refs/refs.h"
#include "ev.h"

enum pp_due_unit { PP_DUE_MINUTE, PP_DUE_HOUR, PP_DUE_DAY, PP_DUE_BUSINESS_DAY };

const pp_date *pp_refs_holidays(const struct pp_refs *r, size_t *ret_n);
/* start + amount. Days end at 23:59 of the zone (UTC when unknown). */
int64_t pp_refs_due(const struct pp_refs *r, int64_t start_ms, int32_t amount, enum pp_due_unit unit,
                    struct pp_str zone);

struct pp_clock {
    struct pp_str id, regime; /* "MA-STD", "42 CFR 422.568" */
    struct pp_str payer;      /* empty: any payer of the line of business */
    enum ev_coverage_lob lob;
    bool expedited; /* else standard */
    int32_t amount;
    enum pp_due_unit unit;
    pp_date from; /* requests received on or after */
    struct pp_str source;
};
/* The clock of a payer's decision for a request received at start_ms: payer's own row before the line of business',
 * the latest that is in force. NULL: no clock known. */
const struct pp_clock *pp_refs_decision_clock(const struct pp_refs *r, struct pp_str payer, enum ev_coverage_lob lob,
                                              bool expedited, int64_t start_ms);
/* 0 when there is no clock. */
int64_t pp_refs_decision_due(const struct pp_refs *r, struct pp_str payer, enum ev_coverage_lob lob, bool expedited,
                             int64_t start_ms, struct pp_str zone);

struct pp_queue {
    struct pp_str kind;  /* name of task.needed.kind */
    struct pp_str queue; /* registration, ordering, authorization, clinician, scheduling, billing */
    int32_t amount;
    enum pp_due_unit unit;
    int32_t urgent_amount; /* of urgent and emergency cases */
    enum pp_due_unit urgent_unit;
};
/* NULL: no row; a caller then takes pp_refs_task_due's and _queue's fallback, the "authorization" queue and one day. */
const struct pp_queue *pp_refs_queue(const struct pp_refs *r, enum ev_task_needed_kind kind);
struct pp_str pp_refs_task_queue(const struct pp_refs *r, enum ev_task_needed_kind kind);
int64_t pp_refs_task_due(const struct pp_refs *r, enum ev_task_needed_kind kind, bool urgent, int64_t now_ms,
                         struct pp_str zone);

#endif
