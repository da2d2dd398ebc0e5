/* The shard engine: takes records of the partitions it owns, has an app apply them, and commits offsets, state, timers,
 * jobs and output as one fenced transaction per batch. docs/runtime.md is the page about how.
 *
 * An app is either a pp_service (service/runtime.h makes the app for it) or something with a shell of its own, such as
 * intake's receive. It is called in this order for every batch, never two batches at once:
 *
 *   wants(input)   for each record taken: false = it is only counted past
 *   load(batch)    queue selects with pp_batch_select; their callbacks run before apply
 *   apply(input)   for each input in order; says effects with pp_batch_effects and friends, or fails:
 *                  PP_ERR_INVALID = the bytes are not understood: dead letter, the rest goes on
 *                  PP_ERR_LIMIT   = memory of the batch is used up: the input is given again in the next batch
 *                  anything else  = the batch is thrown away and taken again after a back-off
 *   finish(batch)  queue writes with pp_batch_write; they run in the same transaction after the fence
 *   committed()    or abandoned(): what the app kept for the batch is now true, or never happened
 *
 * The engine stops calling apply when the batch's time is up; the inputs left over come again, first, in the next
 * batch (load included). One loop may carry several engines.
 */
#ifndef PP_SERVICE_ENGINE_H
#define PP_SERVICE_ENGINE_H

#include "base/arena.h"
#include "core/out.h"
#include "io/config.h"
#include "io/kafka.h"
#include "io/pg.h"

struct pp_engine;
struct pp_batch;
struct pp_refs;
struct pp_service;

enum pp_input_kind {
    PP_INPUT_RECORD, /* of one of the app's topics */
    PP_INPUT_TIMER,  /* code, ref, due_ms */
    PP_INPUT_CALL,   /* outcome of an outbound call: job */
    PP_INPUT_PARKED, /* a record that was parked earlier and is tried again: headers and value as of then */
    PP_INPUT_HELD,   /* a command that waited until it can no longer be taken back: headers and value as of then */
};

struct pp_job;
struct pp_input {
    enum pp_input_kind kind;
    int shard;      /* partition that owns it */
    int topic;      /* RECORD, PARKED, HELD: index in the app's topics */
    int64_t offset; /* RECORD, PARKED, HELD */
    struct pp_str key, value;
    bool tombstone;
    struct pp_header *headers;
    int nheaders;
    struct pp_hdr hdr; /* from the headers; of a TIMER or CALL tenant and person. Person is none where the key is
                          not a UUID. */
    enum ev_type type; /* of ce_type; EV_NONE = not in the catalogue */
    struct pp_str type_name, subject; /* ce_type, ce_subject */
    uint16_t code;                    /* TIMER: kind */
    struct pp_uuid ref;               /* TIMER */
    int64_t due_ms;                   /* TIMER */
    struct pp_job *job;               /* CALL */
    int64_t parked_id;                /* PARKED */
    void *app; /* free for the app, from wants() until the batch ends; NULL again when it is given again */
    /* ---- the engine's own ---- */
    struct pp_input *next;
    struct pp_record record;
    char *copy;  /* bytes of an input that is no record */
    bool parked; /* a decision parked it */
    bool skip;   /* not wanted, or a repeat: counts for offsets and sequences only */
};

struct pp_batch_ops {
    bool (*wants)(void *user, const struct pp_input *in);            /* NULL: all */
    int (*load)(void *user, struct pp_batch *b, struct pp_err *err); /* NULL: nothing */
    int (*apply)(void *user, struct pp_batch *b, struct pp_input *in, struct pp_err *err);
    int (*finish)(void *user, struct pp_batch *b, struct pp_err *err); /* NULL: nothing */
    void (*committed)(void *user, struct pp_batch *b);                 /* NULL: nothing */
    void (*abandoned)(void *user, struct pp_batch *b);                 /* NULL: nothing */
    /* Partitions were taken over or given up (what the app keeps in memory about them is stale). NULL: nothing. */
    void (*ownership)(void *user, const int *parts, int n, bool owned);
    void *user;
};

#define PP_TOPIC_LOG "pa.log.v1"
#define PP_TOPIC_COMMANDS "pa.commands.v1"
#define PP_TOPIC_INBOUND "pa.inbound.v1"
#define PP_TOPIC_DLQ "pa.dlq.v1"
#define PP_TOPIC_METRICS "pa.metrics.v1"
#define PP_TOPIC_OPS "pa.ops.v1"
#define PP_TOPIC_REFERENCE "pa.reference.v1"
#define PP_DLQ_PARTITIONS 4

#define PP_APP_TOPICS_MAX 2 /* the shard row has an expected offset for each */
struct pp_app {
    const char *name;                      /* schema, consumer group pp-<name>, role pp_<name> */
    uint16_t source_no;                    /* source number on the log */
    const char *topics[PP_APP_TOPICS_MAX]; /* NULL-terminated when fewer; all with `partitions` partitions */
    bool sequenced[PP_APP_TOPICS_MAX];     /* records carry rids: pa.log.v1 */
    const char *const *outputs;            /* further topics it writes to, NULL-terminated; NULL = none. The log, dead
                                              letters and metrics need not be named */
    const struct pp_pg_stmt *stmts;        /* prepared at connect; ended by name NULL; NULL = none */
    const char *const *migrations;         /* NULL-terminated; after the runtime's own */
    struct pp_batch_ops ops;
    const struct pp_config_key *keys; /* further configuration; NULL = none */
    /* Compares the app's expectations with the database at start (blocking connection); NULL = nothing. */
    int (*verify)(void *user, struct pp_pg_sync_conn *c, struct pp_err *err);
    /* Called once on the loop when the engine exists, before it takes partitions: start listeners and the like. */
    int (*start)(void *user, struct pp_engine *e, struct pp_err *err);
    void (*stop)(void *user); /* on the way out; NULL = nothing */
    /* True when the app may own partitions; `wait` says what it waits for. NULL = at once. */
    bool (*ready)(void *user, const char **ret_wait);
    /* Of a pp_service; NULL otherwise. `calls` of it are carried out, its queries and commands get a front. */
    const struct pp_service *svc;
    const struct pp_refs *(*refs)(void *user); /* packs in force, for calls */
    const struct pp_service *front; /* of an app with a shell of its own: only its queries count; NULL = none */
};

/* ---- what an app may ask ---- */
uv_loop_t *pp_engine_loop(struct pp_engine *e);
const struct pp_config *pp_engine_config(const struct pp_engine *e);
const char *pp_engine_instance(const struct pp_engine *e);
int pp_engine_partitions(const struct pp_engine *e);
bool pp_engine_owns(const struct pp_engine *e, int part);
struct pp_blob_store;
struct pp_blob_store *pp_engine_blobs(struct pp_engine *e); /* NULL when there is no blob-dir */
/* Asks for a turn although no record came. */
void pp_engine_kick(struct pp_engine *e);

/* ---- within a batch ---- */
struct pp_arena *pp_batch_arena(struct pp_batch *b); /* until the end of the batch */
int64_t pp_batch_now(const struct pp_batch *b);      /* virtual time, the same for the whole batch */
/* Inputs that will be applied, in order: pass NULL first. */
struct pp_input *pp_batch_next(struct pp_batch *b, struct pp_input *prev);
int pp_batch_size(const struct pp_batch *b);
/* In load(). Callback before apply; parameters are copied. */
void pp_batch_select(struct pp_batch *b, const char *stmt, const struct pp_str *params, int n, pp_pg_rows_cb *cb,
                     void *user);
/* In load() and until the last hold is released: the batch is not applied before every hold is let go, so that the app
 * can fetch bodies or keep bytes first. pp_batch_select is allowed meanwhile. The ticket tells whether the batch is
 * still the one that was held: when it was thrown away (pp_batch_held is false), nothing of it may be touched, but the
 * hold must be released all the same. An err (NULL = fine) throws the batch away; it is taken again after a back-off.
 */
uint64_t pp_batch_hold(struct pp_batch *b);
bool pp_batch_held(const struct pp_batch *b, uint64_t ticket);
void pp_batch_unhold(struct pp_batch *b, uint64_t ticket, const struct pp_err *err);
/* In finish(). Runs after the fence, in the same transaction. cb may be NULL. A unique violation (a lost race) throws
 * the batch away and takes it again. */
void pp_batch_write(struct pp_batch *b, const char *stmt, const struct pp_str *params, int n, pp_pg_rows_cb *cb,
                    void *user);
/* In apply(): everything said in `out` for this input: facts to any person, snapshots, timers, jobs, counters, reply,
 * park. Tenant and person are those under which it was decided. */
int pp_batch_effects(struct pp_batch *b, struct pp_input *in, struct pp_str tenant, struct pp_uuid person,
                     const struct pp_out *out, struct pp_err *err);
/* In apply(): ten bytes for a new id, which follow from the input, `what` and n alone: the same input decided again,
 * after a restore, names things as before. */
#define PP_INPUT_RANDOM 10
void pp_input_random(const struct pp_batch *b, const struct pp_input *in, const char *what, uint32_t n,
                     uint8_t ret[PP_INPUT_RANDOM]);
/* In apply(): any record, published after the commit like the rest of the output. Everything is copied. */
int pp_batch_send(struct pp_batch *b, const struct pp_input *in, const struct pp_send *s, struct pp_err *err);
/* In apply(): dead letter of an input that is understood but refused; code is a short word. The original key, value
 * and headers are kept. */
int pp_batch_dead(struct pp_batch *b, const struct pp_input *in, const char *code, const char *why, struct pp_err *err);

/* All of a main(). Also --migrate, --help, --help-markdown, --version. Returns the exit code (3: fenced or fatal). */
int pp_app_main(struct pp_app *app, int argc, char **argv);

#endif
