/* What jobs.c and jobs_http.c share. */
#ifndef PP_SERVICE_JOBS_INT_H
#define PP_SERVICE_JOBS_INT_H

#include "core/service.h"
#include "io/blob.h"
#include "io/http_client.h"
#include "service/engine_int.h"

#define JOBS_ARENA_MAX ((size_t)64 << 20) /* of one job: request, blobs, answer */
#define JOBS_BLOBS_MAX 24                 /* that one build() may read */
#define JOBS_ANSWER_BYTES_MAX ((size_t)8 << 20)
#define JOBS_FILLED_MAX ((size_t)64 << 10) /* of a body in which addresses and secrets are put */
#define JOBS_CONNECTIONS_MAX 64
#define JOBS_TARGETS_MAX 256
#define JOBS_ASK_ROWS 50
#define JOBS_BREAKER_FAILURES 5               /* in a row, then the target rests */
#define JOBS_BREAKER_REST_MS 10000            /* real; then one try decides */
#define JOBS_PARKED_RETRY_MS (10 * 60 * 1000) /* real; an answer that the decider parked is asked for again */

/* PLANNED: in the database only, or about to change to it. SENDING, INQUIRING: committed before a socket opens.
 * DOUBT: it may have arrived. DONE: answered or given up. */
enum job_state { JOB_PLANNED, JOB_SENDING, JOB_DOUBT, JOB_INQUIRING, JOB_DONE, JOB_STATE_COUNT };
enum job_place { JOB_LOOSE, JOB_TO_COMMIT, JOB_IO, JOB_INPUT };

struct job_target {
    char name[64];
    int inflight, failures;
    int64_t open_until_ms; /* breaker */
    double tokens;
    int64_t tokens_ms;
    bool probing;
};

struct pp_job {
    struct pp_job *next; /* in jobs->all */
    struct pp_engine *e;
    const struct pp_call_def *def;
    struct pp_arena arena;
    int shard, attempt, failures;
    uint16_t kind;
    struct pp_str tenant, target, request_json, trace;
    struct pp_uuid person, ref, job_id;
    enum job_state state;
    enum job_place place;
    bool orphan;  /* its partition was taken or given up since: the answer is nobody's */
    bool delayed; /* says DELAYED or RESUMED about a job, and is none itself */
    bool delayed_said, resumed_said;
    bool counted; /* holds a place of its target */
    struct job_target *t;
    int64_t next_at_ms;
    struct ev request, answer;
    bool writing, started; /* in the open transaction; which agreed to it */
    /* sending */
    struct pp_str hashes[JOBS_BLOBS_MAX], blobs[JOBS_BLOBS_MAX];
    int nhashes, nblobs;
    struct pp_str body, body_type;
    int status;
    /* outcome */
    enum pp_call_outcome outcome;
    struct pp_str why;
};

struct jobs {
    struct pp_engine *e;
    struct pp_job *all;
    struct job_target targets[JOBS_TARGETS_MAX];
    int ntargets;
    struct pp_http_client *http;
    int instances, backoff_first_ms, backoff_max_ms;
    int64_t delayed_after_ms, last_delayed_ms;
    int pending; /* jobs in JOB_TO_COMMIT */
};

/* jobs.c: one setter of where a job is, one of its state. */
void job_place(struct pp_job *j, enum job_place to);
void job_state(struct pp_job *j, enum job_state to);
/* The try is over without an answer: PLANNED or DOUBT with back-off, committed with the next batch. */
void job_failed(struct pp_job *j, bool begun, const char *why);
void job_answered(struct pp_job *j, enum pp_call_outcome outcome, struct pp_str why);
void job_free(struct pp_job *j);
void job_release_target(struct pp_job *j, bool good);
bool job_target_ready(struct jobs *js, struct pp_job *j, const struct pp_endpoint *ep);

/* jobs_http.c: the socket. Called when `sending` or `inquiring` is committed. */
void job_send(struct pp_job *j);
/* Status, body and body_type of the job are the answer: parsed, and the try ended by it. */
void job_judge(struct pp_job *j, struct pp_str hash);

/* jobs_file.c: the same for an endpoint that is an exchange folder ("file:///folder"). */
bool job_endpoint_is_folder(const struct pp_endpoint *ep);
void job_send_file(struct pp_job *j, const struct pp_endpoint *ep, const struct pp_http_msg *m);

#endif
