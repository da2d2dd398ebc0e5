/* Parts of the front that its files share.
 *
 * A request that needs the database or the broker becomes a work: a struct that begins with struct front_work and lives
 * in the request's arena. It ends with front_end, right before the answer. */
#ifndef PP_SERVICE_FRONT_INT_H
#define PP_SERVICE_FRONT_INT_H

#include "io/http_server.h"
#include "service/front.h"

#define FRONT_PERSON_SQL_MAX 1000

struct front_work {
    struct pp_front *front;
    struct pp_request *r;
    int64_t until_ms;        /* monotonic: how long it may wait */
    struct front_work *next; /* while waiting */
    void (*again)(struct front_work *w);
};

struct front_query { /* user of a route */
    struct pp_front *front;
    const struct pp_query *q;
    bool bytes; /* the blob, not the row */
    char *path; /* of such a route; owned */
};

struct pp_front {
    struct pp_front_env *env; /* not touched once closed */
    struct pp_http_server *server;
    struct pp_auth *auth;
    struct pp_route *routes;
    struct front_query *queries;
    uv_timer_t timer; /* waiting works, and the end */
    struct front_work *waiting;
    int open; /* works */
    bool stopping, closed;
    int stop_turns; /* left, then the open requests are cut off */
    void (*done)(void *user);
    void *done_user;
};

/* front.c */
/* Memory of the request, zeroed. NULL: a problem was answered. */
void *front_begin(struct pp_front *f, struct pp_request *r, size_t size);
void front_end(struct front_work *w);
/* Calls again() after PP_FRONT_POLL_MS, when there is time left; false when not, and when the front stops: its client
 * must have an answer before the connection is cut off. */
bool front_wait(struct front_work *w, void (*again)(struct front_work *w));
/* Reads under the rights of the request's token. Once the front is closed the callback comes at once, with an error:
 * touch nothing of w after this call. */
void front_read(struct front_work *w, const char *sql, const struct pp_str *params, int n, bool write,
                pp_pg_read_cb *cb);
/* Ends the work with the problem that fits an error of database, broker or blob store. Logs it when it is ours. */
void front_fail(struct front_work *w, const struct pp_err *err);
/* An id given as 26 characters of base32 as UUID text; anything else as it is. */
struct pp_str front_id(struct pp_request *r, struct pp_str s);

/* front_queries.c */
void front_get(void *user, struct pp_request *r);

/* front_commands.c */
void front_post_command(void *user, struct pp_request *r);
void front_get_command(void *user, struct pp_request *r);

#endif
