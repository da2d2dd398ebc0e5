/* Effects of one decision, as data. The decider says what shall happen; the runtime does it in the fenced
 * transaction (facts, timers, jobs, counters) or right after it (publishing). Nothing here does I/O.
 * Bodies are encoded at once, so `ev` and all it points to may be on the decider's stack. */
#ifndef PP_CORE_OUT_H
#define PP_CORE_OUT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "core/hdr.h"
#include "ev.h" /* generated from schemas/ */

struct pp_out;

/* Memory until the end of the batch. */
struct pp_arena *pp_out_arena(struct pp_out *o);

/* Fact for pa.log.v1 under the person of the input. Subject is case id, order or what the type says. */
void pp_emit(struct pp_out *o, const struct ev *e);
/* The same under another person or pseudo-person (a merge's other side, payer-wide units). */
void pp_emit_to(struct pp_out *o, struct pp_uuid person, const struct ev *e);

/* Snapshot for a public topic. `key` is the thing the reader cares about (unique within the tenant);
 * `version` rises with each change and is kept by the owner in its row. */
void pp_publish(struct pp_out *o, const struct ev *e, struct pp_str key, int32_t version);
/* Tombstone. `type` names the topic. It takes a version like any snapshot: else a reader who compares versions would
 * throw it away as older than what it ends. */
void pp_retract(struct pp_out *o, enum ev_type type, struct pp_str key, int32_t version);

/* Timer of this person: one for each (kind, ref). Setting it again moves it, due_ms 0 takes it away.
 * Fires as PP_IN_TIMER at or after due_ms of virtual time, exactly once. */
void pp_timer(struct pp_out *o, uint16_t kind, struct pp_uuid ref, int64_t due_ms);

/* Durable outbound call: a job under (person, kind, ref). `target` is the payer id or other endpoint whose caps and
 * breaker apply; `request` an event type of topic "call". The outcome comes back as PP_IN_ANSWER with the same ref. */
void pp_call(struct pp_out *o, uint16_t kind, struct pp_str target, struct pp_uuid ref, const struct ev *request);
/* Takes back a job that was not yet sent; no effect once sending has begun. */
void pp_call_cancel(struct pp_out *o, uint16_t kind, struct pp_uuid ref);

/* Adds to a counter of pa.metrics.v1 / /metrics. Labels as "a=x,b=y", bounded sets only, never a person or case. */
void pp_count(struct pp_out *o, const char *metric, struct pp_str labels, int64_t delta);

/* Answer of a command. Each command gets exactly one (the runtime adds "done" when there is none). */
enum pp_reply_status { PP_REPLY_DONE, PP_REPLY_INVALID, PP_REPLY_CONFLICT, PP_REPLY_NOTFOUND, PP_REPLY_DENIED };
void pp_reply(struct pp_out *o, enum pp_reply_status status, int32_t version, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Business fault: every change and effect of this input is undone, the input is parked under its case with the
 * reason, and everything else goes on. Parked inputs are tried again by hand or when pp_unpark names the subject. */
void pp_park(struct pp_out *o, struct pp_uuid subject, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void pp_unpark(struct pp_out *o, struct pp_uuid subject);

/* ---- for the runtime and the tests ---- */
enum pp_effect_kind {
    PP_EFFECT_EMIT,
    PP_EFFECT_PUBLISH,
    PP_EFFECT_RETRACT,
    PP_EFFECT_TIMER,
    PP_EFFECT_CALL,
    PP_EFFECT_CALL_CANCEL,
    PP_EFFECT_COUNT,
    PP_EFFECT_REPLY,
    PP_EFFECT_PARK,
    PP_EFFECT_UNPARK
};
struct pp_effect {
    enum pp_effect_kind kind;
    struct pp_effect *next;
    enum ev_type type;     /* EMIT, PUBLISH, RETRACT, CALL */
    struct pp_uuid person; /* EMIT */
    struct pp_str body;    /* EMIT, PUBLISH, CALL: JSON */
    struct pp_str subject; /* EMIT: ce_subject */
    struct pp_str key;     /* PUBLISH, RETRACT: key; CALL: target; COUNT: labels; REPLY, PARK: text */
    const char *metric;    /* COUNT */
    struct pp_uuid ref;    /* TIMER, CALL, CALL_CANCEL, PARK, UNPARK */
    uint16_t code;         /* TIMER, CALL, CALL_CANCEL: kind; REPLY: status */
    int32_t version;       /* PUBLISH, REPLY */
    int64_t value;         /* TIMER: due_ms; COUNT: delta */
};
struct pp_out *pp_out_new(struct pp_arena *a, struct pp_uuid person);
/* Effects in the order they were said, since new or reset. */
const struct pp_effect *pp_out_first(const struct pp_out *o);
bool pp_out_parked(const struct pp_out *o);
bool pp_out_failed(const struct pp_out *o); /* an encoding or the arena failed; text in *err */
const char *pp_out_failure(const struct pp_out *o);

#endif
