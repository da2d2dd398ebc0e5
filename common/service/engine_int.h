/* What the files of the engine share; nobody else includes it.
 *
 *   engine.c    the cycle: take -> load -> apply -> commit -> publish
 *   take.c      records become inputs; offsets and sequences are checked
 *   own.c       partitions come and go: tripwire, takeover, republication, release
 *   effects.c   what a decision says becomes rows and output
 *   write.c     the fenced transaction
 *   jobs.c      outbound calls
 *   upkeep.c    due timers, old rows, counters, heartbeat
 *   recover.c   inputs that are applied a second time, after a restore
 *   held.c      commands that wait so that they can be taken back
 *   app.c       the process: configuration, waiting at start, signals, ops endpoints
 */
#ifndef PP_SERVICE_ENGINE_INT_H
#define PP_SERVICE_ENGINE_INT_H

#include "io/loop.h"
#include "service/endpoint.h"
#include "service/engine.h"
#include "service/outbox.h"
#include "service/rid.h"
#include "service/late.h"

#include <assert.h>

#define ENGINE_BATCH_INPUTS_MAX 500
#define ENGINE_BATCH_RECORDS_MAX 5000 /* with those that are only counted past */
#define ENGINE_BATCH_WORK_US 5000     /* thread CPU of apply */
#define ENGINE_BATCH_BYTES_MAX ((size_t)128 << 20)
#define ENGINE_QUEUE_RECORDS_MAX 6000 /* taken from the consumer, waiting for a batch */
#define ENGINE_QUEUE_BYTES_MAX ((size_t)32 << 20)
#define ENGINE_POLL_US 2000        /* thread CPU of one turn of taking */
#define ENGINE_INFLIGHT_MAX 60000  /* unacknowledged output: above it nothing is taken */
#define ENGINE_PACED_RATE 200      /* inputs per second above which commits are paced; records read, fetches */
#define ENGINE_FETCH_GAP_MS 10     /* between two fetches then; both are stretched by pace.h */
#define ENGINE_REST_MS_MAX 60      /* between two batches */
#define ENGINE_LOST_RACES_MAX 5    /* in a row, for a unique key */
#define ENGINE_SKIP_COMMIT_MS 1000 /* progress over records that are only counted past is committed this late */
#define ENGINE_FLIGHT_MIN 32       /* inputs of one partition that a batch may always hold */
#define ENGINE_ATTEMPTS_MAX 5      /* the fifth look at a record that ends the process is none */
#define ENGINE_REPUBLISH_ROWS 20
#define ENGINE_BACKOFF_FIRST_MS 100
#define ENGINE_BACKOFF_MAX_MS 5000
#define ENGINE_LAG_COMMIT_MS 5000
#define ENGINE_PACK_BYTES_MAX ((size_t)64 << 20) /* output of one partition in one batch */
#define ENGINE_OUTBOX_KEEP_MS (60 * 60 * INT64_C(1000))

/* ---- a partition ---- */

struct relay { /* a batch of one partition whose records are on their way to the broker */
    struct relay *next;
    struct pp_engine *e;
    struct shard *sh; /* NULL: the partition was taken over or given up since */
    int64_t batch_no;
    int pending;
    bool sealed; /* all records handed to the producer */
    bool failed;
};

struct replay;
struct held_row;
struct shard {
    struct pp_engine *e;
    int part;
    bool owned;
    bool stopped; /* something was lost: an alarm, and no more records */
    bool stop_told;
    int epoch;
    int64_t next[PP_APP_TOPICS_MAX];      /* expected offset after the open batch */
    int64_t committed[PP_APP_TOPICS_MAX]; /* as in the database */
    int64_t batch_no;                     /* after the open batch */
    int64_t relayed, relayed_saved;
    uint32_t incarnation;
    uint64_t *out_seq; /* per destination partition, after the open batch */
    struct pp_seen seen;
    bool clean;  /* the last owner gave it up in order */
    int careful; /* inputs still to be done one by one */
    int flight;  /* as in the database: the open batch holds no more records to apply than this */
    int share;   /* records to apply in the open batch */
    int try_topic, try_count;
    int64_t try_offset;
    bool tried;    /* this process has noted the attempt: when it takes the record again, nothing ended meanwhile */
    bool poisoned; /* an input whose outcome cannot be stored: let go without another try */
    enum pp_input_kind poison_kind;
    int poison_topic;
    int64_t poison_offset;
    struct pp_uuid poison_person, poison_ref;
    char poison_why[PP_ERR_MSG_MAX];
    bool dirty; /* next differs from committed */
    bool in_batch;
    struct pp_buf pack; /* output of the open batch */
    int pack_n;
    struct relay *relays, *relays_last; /* oldest first */
    struct replay *replay;              /* after a restore: recover.c; NULL: none */
    int held_epoch;                     /* held.c: the epoch of which held_from holds */
    int64_t held_from;                  /* commands before this offset are read before a held one goes */
};

/* ---- the batch ---- */

enum timer_change_kind { TIMER_SET, TIMER_FIRED };
struct timer_change {
    struct timer_change *next; /* in its bucket */
    struct timer_change *all;
    int shard;
    struct pp_str tenant;
    struct pp_uuid person, ref;
    uint16_t kind;
    int64_t due_ms; /* 0 = take it away */
};
#define TIMER_BUCKETS 256

struct new_job {
    struct new_job *next;
    int shard;
    struct pp_str tenant, target, request, trace;
    struct pp_uuid person, ref, job_id;
    uint16_t kind;
    enum ev_type type;
    bool cancel;
};
struct count_change {
    struct count_change *next;
    int shard;
    struct pp_str name, labels;
    int64_t delta;
};
struct command_row {
    struct command_row *next;
    struct pp_input *in;
    enum pp_reply_status status;
    int32_t version;
    struct pp_str message;
    int64_t at_ms;
};
struct parked_row {
    struct parked_row *next;
    struct pp_input *in;
    struct pp_uuid subject;
    struct pp_str reason;
    int64_t at_ms;
};
struct unpark_row {
    struct unpark_row *next;
    struct pp_uuid person, subject;
};

struct pp_batch {
    struct pp_engine *e;
    struct pp_arena arena;
    int64_t now_ms;                /* of the input that is applied: after a restore each has its own */
    struct pp_input *first, *last; /* all records of the batch, those counted past too */
    int n, napply;
    struct pp_input *next_apply; /* where apply goes on */
    int64_t started_us;
    bool one_by_one;
    struct timer_change *timers[TIMER_BUCKETS], *timers_all;
    struct new_job *jobs;
    struct count_change *counts;
    struct command_row *commands;
    struct held_row *held;
    struct parked_row *parked, **parked_tail;
    struct unpark_row *unparks;
    int64_t *unparked;
    int nunparked;     /* rows of parked inputs that are done with */
    struct pp_err err; /* first failure */
};

enum cycle { CYCLE_IDLE, CYCLE_ASKING, CYCLE_TRYING, CYCLE_LOADING, CYCLE_APPLYING, CYCLE_COMMITTING, CYCLE_COUNT };
enum owning {
    OWN_NONE,
    OWN_WAITING,
    OWN_TRIPWIRE,
    OWN_TAKING,
    OWN_REPUBLISHING,
    OWN_SERVING,
    OWN_RELEASING,
    OWN_COUNT
};

struct jobs;
struct upkeep;

struct pp_engine {
    uv_loop_t *loop;
    const struct pp_app *app;
    const struct pp_config *config;
    const char *instance;
    int partitions, ntopics;
    int pace_ms, batch_max;
    struct pp_pg *pg;
    struct pp_consumer *consumer;
    struct pp_producer *log_out, *public_out;
    struct pp_blob_store *blobs;
    struct pp_endpoints endpoints;
    const struct pp_refs *(*refs)(void *user);
    void *refs_user;
    const struct pp_call_def *calls;
    int ncalls;  /* of a pp_service */
    void *owner; /* for on_stopped */

    struct shard *shards; /* [partitions] */
    enum owning own;
    int *parts, nparts; /* assigned to us by the group */
    bool idle;          /* the group gave us none: more instances than partitions */
    int64_t *tripwire;  /* committed offsets: [part * PP_APP_TOPICS_MAX + topic] */
    bool assign_pending, revoke_pending, revoke_lost, resetting;
    bool own_busy;    /* waiting for the answer of a step */
    int republish_at; /* index in parts */
    int64_t republish_after;
    int backoff_ms;
    uv_timer_t own_timer;

    enum cycle cycle;
    uint64_t ticket; /* of the batch; another after it was thrown away */
    int holds;       /* not yet released, of this batch or of one that was thrown away */
    struct pp_batch batch;
    struct pp_input *queue, *queue_last, *free_inputs;
    int queued, queued_timers; /* all; those that upkeep asked for */
    size_t queued_bytes;
    bool more;      /* the consumer may have more */
    uv_idle_t step; /* the next step of the cycle, in a turn of its own */
    void (*step_fn)(struct pp_engine *e);
    uv_timer_t pace_timer, tick_timer;
    int64_t last_commit_ms, last_rate_ms;
    int64_t begun_ms, took_ms; /* the open batch; the last one, until it was committed */
    double rate, load;         /* inputs per second; records read per second, those counted past too */
    double cost_us;            /* thread CPU of one apply */
    int lost_races;
    int rate_inputs, rate_read; /* since last_rate_ms */
    int careful_batches;        /* after an error of data: so many batches of one input */
    int public_inflight, log_inflight;
    struct pp_err public_failed; /* a snapshot was given up; kind NONE: none */

    struct jobs *jobs;
    struct upkeep *upkeep;
    struct pp_late *late;
    bool stopping, stopped, failed;
    void (*on_stopped)(struct pp_engine *e, int code);
    void (*on_pace)(struct pp_engine *e, int64_t wait_ms); /* a turn after so long */
    int64_t stop_deadline_ms;
    int64_t n_in, n_skipped, n_repeats, n_batches, n_dead, n_out;
    struct pp_array *arrays; /* scratch of write.c */
};
#define ENGINE_ARRAYS 16

/* engine.c */
int engine_new(uv_loop_t *loop, const struct pp_app *app, const struct pp_config *config, struct pp_engine **ret,
               struct pp_err *err);
void engine_start(struct pp_engine *e);
void engine_stop(struct pp_engine *e); /* in order; on_stopped follows */
void engine_fatal(struct pp_engine *e, const char *what,
                  const struct pp_err *err); /* exit code 3; on_stopped follows at once */
void engine_turn(struct pp_engine *e);
void engine_reset(struct pp_engine *e, const char *why, const struct pp_err *err);
void engine_step(struct pp_engine *e, void (*fn)(struct pp_engine *));
void engine_free_batch(struct pp_engine *e);
void engine_committed(struct pp_engine *e);

/* take.c */
void take_poll(struct pp_engine *e);
void take_push(struct pp_engine *e, struct pp_input *in);
void take_push_front(struct pp_engine *e, struct pp_input *in);
void take_push_after(struct pp_engine *e, struct pp_input *at, struct pp_input *in); /* at NULL: in front */
struct pp_input *take_pop(struct pp_engine *e);
struct pp_input *take_new(struct pp_engine *e);
void take_free(struct pp_engine *e, struct pp_input *in);
void take_clear(struct pp_engine *e);
void take_drop_moved(struct pp_engine *e);
void take_headers(struct pp_engine *e, struct pp_input *in, const struct pp_header *h, int n);
/* Queued by the caller: an input that is no record, from copies of what the record held. */
struct pp_input *take_copied(struct pp_engine *e, enum pp_input_kind kind, struct pp_str key, struct pp_str headers,
                             struct pp_str value, int topic);
/* Counts the input past in its shard's working state. False: it must not be applied (repeat, stale, stopped). */
bool take_advance(struct pp_engine *e, struct pp_input *in);

/* own.c */
void own_init(struct pp_engine *e);
void own_step(struct pp_engine *e);
void own_on_assign(void *user, const int *parts, int n);
void own_on_revoke(void *user, bool lost);
void own_on_committed(void *user, const struct pp_offset *o, int n, const struct pp_err *err);
void own_release_all(struct pp_engine *e);
void own_set(struct pp_engine *e, enum owning to);
const char *own_name(enum owning o);

/* effects.c */
struct timer_change *effects_timer_find(struct pp_batch *b, struct pp_uuid person, uint16_t kind, struct pp_uuid ref);
int effects_timer_set(struct pp_batch *b, int shard, struct pp_str tenant, struct pp_uuid person, uint16_t kind,
                      struct pp_uuid ref, int64_t due_ms);
int effects_park(struct pp_batch *b, struct pp_input *in, struct pp_uuid subject, struct pp_str reason);
int effects_unparked(struct pp_batch *b, int64_t id);
struct pp_str effects_cause(struct pp_batch *b, const struct pp_input *in);

/* write.c */
int write_prepare(struct pp_engine *e, struct pp_err *err);
void write_batch(struct pp_engine *e); /* the engine's own part, fence first */
void write_attempt(struct pp_engine *e, struct shard *sh, pp_pg_sync_cb *done);
void publish_batch(struct pp_engine *e);
/* `again`: a former owner may have published it already. */
int publish_packed(struct pp_engine *e, struct shard *sh, struct pp_str packed, int64_t batch_no, bool again,
                   struct pp_err *err);
void relays_forget(struct shard *sh);

/* jobs.c */
int jobs_new(struct pp_engine *e, struct pp_err *err);
void jobs_free(struct pp_engine *e);
void jobs_committed(struct pp_engine *e); /* sockets of what is now `sending` open */
void jobs_abandoned(struct pp_engine *e);
void jobs_ownership(struct pp_engine *e);
int jobs_apply(struct pp_engine *e, struct pp_batch *b, struct pp_input *in, struct pp_err *err);
void jobs_mark(struct pp_engine *e);  /* their shards belong to the batch, so that the fence covers them */
void jobs_write(struct pp_engine *e); /* state changes of the batch */
void jobs_ask(struct pp_engine *e, int64_t now_ms); /* for due jobs, in the open segment */
bool jobs_pending_writes(const struct pp_engine *e);
int jobs_open(const struct pp_engine *e);
/* What the ids follow from that its outcome leads to. Returns the length, as snprintf. */
bool jobs_goes_on(const struct pp_job *j); /* this is no answer: what goes on is only delayed, or resumed */
int jobs_seed(const struct pp_job *j, const char *name, const char *what, uint32_t n, char *ret, size_t ret_n);
int jobs_prepare(struct pp_engine *e, struct pp_err *err);

/* upkeep.c */
int upkeep_new(struct pp_engine *e, struct pp_err *err);
void upkeep_free(struct pp_engine *e);
int upkeep_prepare(struct pp_engine *e, struct pp_err *err);
bool upkeep_due(struct pp_engine *e); /* time to ask for due timers, jobs, parked inputs */
void upkeep_ask(struct pp_engine *e, pp_pg_sync_cb *done);
void upkeep_tick(struct pp_engine *e);
void upkeep_soon(struct pp_engine *e);
void upkeep_commit_lag(struct pp_engine *e);                  /* for lag tools and the tripwire */
void upkeep_metric_rows(void *user, const struct pp_rows *r); /* part, name, labels, value of changed counters */

/* What `flight` is once the open batch is committed: room for twice as many, and falling slowly. */
int engine_next_flight(const struct shard *sh);

static inline struct shard *engine_shard(struct pp_engine *e, int part) { return &e->shards[part]; }

#endif
