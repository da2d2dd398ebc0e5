/* A service as the runtime sees it: tables, what it reads, one pure decision.
 *
 *   decide(ctx, unit, in, out)
 *
 * takes the rows of one person, one input and the time, changes the rows and
 * says effects. No I/O, no clock, no globals, no allocation outside the arenas.
 * The runtime (service/runtime.h) does everything else.
 */
#ifndef PP_CORE_SERVICE_H
#define PP_CORE_SERVICE_H

#include "base/err.h"
#include "core/out.h"
#include "core/unit.h"

struct pp_refs; /* reference packs in force, immutable: refs/refs.h */

struct pp_ctx {
    int64_t now_ms;                                  /* virtual time of this decision */
    const struct pp_refs *refs;                      /* never NULL; a pack may be absent */
    struct pp_uuid (*new_id)(const struct pp_ctx *); /* UUIDv7 from now_ms; deterministic in tests */
    void *self;                                      /* of new_id */
};

enum pp_in_kind {
    PP_IN_EVENT,   /* record of pa.log.v1: ev, hdr */
    PP_IN_COMMAND, /* record of pa.commands.v1: ev, hdr with actor, roles, expect_version; answer it with pp_reply */
    PP_IN_TIMER,   /* timer_kind, ref */
    PP_IN_ANSWER,  /* outcome of an outbound call: call_kind, ref, call; ev is the answer when call == PP_CALL_ANSWERED
                    */
};

enum pp_call_outcome {
    PP_CALL_ANSWERED, /* an answer that parse() understood, also when it says no */
    PP_CALL_DELAYED,  /* not yet answered after PP_CALL_DELAYED_AFTER_MS; said once, an answer may still follow */
    PP_CALL_RESUMED,  /* a delayed job is being sent again */
    PP_CALL_FAILED,   /* given up: the endpoint refuses the request as such (4xx), or the build failed: `why` says it */
};
#define PP_CALL_DELAYED_AFTER_MS (15 * 60 * INT64_C(1000))

struct pp_in {
    enum pp_in_kind kind;
    struct pp_hdr hdr;   /* tenant and person always; the rest for EVENT and COMMAND */
    const struct ev *ev; /* decoded body */
    uint16_t timer_kind;
    uint16_t call_kind;
    enum pp_call_outcome call;
    struct pp_uuid ref; /* of timer or call */
    struct pp_str why;  /* PP_CALL_FAILED: reason without patient data; raw answer's blob hash stands in ev */
};

typedef void pp_decide_fn(const struct pp_ctx *, struct pp_unit *, const struct pp_in *, struct pp_out *);
/* Invariants that must hold between inputs; for tests and the simulator. */
typedef bool pp_check_fn(struct pp_unit *, struct pp_err *);

/* Outbound call: request struct -> bytes, bytes -> answer struct. Pure. */
struct pp_http_msg {            /* request */
    struct pp_str method, path; /* path is added to the endpoint's base URL */
    struct pp_str content_type, accept, body;
    /* Where the endpoint is an exchange folder: name of the file that body becomes. The answer is then status 200
     * without a body, when it was put. An inquiry (body empty) asks our own book whether the file of this name was put:
     * 200 or 404; nothing goes out. */
    struct pp_str file_name;
    bool fill; /* in the body "{door}" stands for the address under which payers reach our door, and "{secret}" for the
                * value of the target's call-back header: the runtime puts them in, because build() knows neither */
};
struct pp_http_answer {
    int status;
    struct pp_str content_type, body;
    struct pp_str body_hash; /* the runtime has kept the bytes in the blob store under it */
};
struct pp_call_ctx {
    const struct pp_refs *refs;
    int64_t now_ms;
    struct pp_str target, tenant;
    struct pp_uuid person, ref, job; /* job: stable over all tries; bundle and message ids derive from it */
    int attempt;                     /* 1, 2, … */
    struct pp_str (*blob)(const struct pp_call_ctx *, struct pp_str hash); /* bytes of a hash that blobs() named */
    void *self;
};
enum pp_call_verdict {
    PP_VERDICT_ANSWER,    /* *ret_ev is the answer */
    PP_VERDICT_NOT_FOUND, /* an inquiry's: the payer does not know the request; it may be sent again */
    PP_VERDICT_RETRY,     /* transient: 5xx, 429; before an answer was fixed */
    PP_VERDICT_REFUSED,   /* the request as such is wrong (other 4xx): *err says how */
};
struct pp_call_def {
    uint16_t kind;
    const char *name;
    enum ev_type request, answer;
    /* Hashes of blobs that build() wants to read; up to max, returns how many. NULL: none. */
    int (*blobs)(const struct ev *request, struct pp_str *ret_hashes, int max);
    int (*build)(const struct pp_call_ctx *, const struct ev *request, struct pp_arena *, struct pp_http_msg *ret,
                 struct pp_err *);
    enum pp_call_verdict (*parse)(const struct pp_call_ctx *, const struct ev *request, const struct pp_http_answer *,
                                  struct pp_arena *, struct ev *ret_answer, struct pp_err *);
    /* What is asked while a job is in doubt. NULL: the call is idempotent by nature and may simply be repeated. */
    int (*build_inquiry)(const struct pp_call_ctx *, const struct ev *request, struct pp_arena *,
                         struct pp_http_msg *ret, struct pp_err *);
    enum pp_call_verdict (*parse_inquiry)(const struct pp_call_ctx *, const struct ev *request,
                                          const struct pp_http_answer *, struct pp_arena *, struct ev *ret_answer,
                                          struct pp_err *);
};

/* A read: one named SQL statement that returns one row with one json column, or no row (404). Runs under the read
 * role with row-level security. Parameters in order: first the path's {names}, then `params` from the query string.
 * The last parameter, after those, is always the virtual time now as RFC 3339 text: SQL has no clock of its own.
 * All are passed as text; cast in the SQL. Absent ones are NULL. $1… numbering follows that order. */
struct pp_query {
    const char *path;       /* "/v1/cases/{id}" ; an {id} that is base32 is turned into UUID text */
    const char *params[12]; /* names allowed in the query string; any other gives 400 with its name */
    const char *roles;      /* comma separated roles that may read it; "*": any signed-in user */
    const char *sql;
    bool patient_data; /* true: written to access_log before the body is sent */
    bool bytes;        /* true: GET <path>/bytes gives the blob of the row's member "hash", as its "content_type" */
};

/* A command that people or API clients may give; owner is this service. */
struct pp_command_def {
    enum ev_type type;
    const char *roles;      /* who may give it */
    const char *person_sql; /* $1 = target id as uuid text: returns person, tenant; run under the read role */
};

struct pp_service {
    const char *name; /* also schema, consumer group and folder */
    uint16_t source_no;
    const struct pp_table *const *tables;
    int ntables;
    const enum ev_type *reads;
    int nreads; /* log types it handles; the catalogue check compares */
    pp_decide_fn *decide;
    pp_check_fn *check;
    const struct pp_call_def *calls;
    int ncalls;
    const struct pp_query *queries;
    int nqueries;
    const struct pp_command_def *commands;
    int ncommands;
    const char *const *migrations; /* NULL-terminated SQL texts, embedded at build from migrations/ in order */
};

#endif
