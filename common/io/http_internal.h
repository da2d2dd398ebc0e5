/* Parts of the HTTP server that its files share. Nobody else includes this.
 *
 * Life of a request. It is made when the request line is there (HEAD), collects its body (BODY), is handed to its
 * handler (HANDLER). A handler that does not answer at once leaves it suspended (WAITING). With an answer it is
 * ANSWERED until the last byte is out; a stream is ANSWERED too, its reader suspends the connection when it has
 * nothing to send. One reference belongs to libmicrohttpd until it says that the request is complete, one to the
 * handler until it has answered (of a stream: until _end or on_gone). */
#ifndef PP_IO_HTTP_INTERNAL_H
#define PP_IO_HTTP_INTERNAL_H

#include "base/buf.h"
#include "io/http_route.h"
#include "io/http_server.h"
#include <microhttpd.h>

#if MHD_VERSION >= 0x00097002
typedef enum MHD_Result pp_mhd_result;
#else
typedef int pp_mhd_result;
#endif

enum request_state { REQUEST_HEAD, REQUEST_BODY, REQUEST_HANDLER, REQUEST_WAITING, REQUEST_ANSWERED };

struct watch; /* looks for the client's end while the connection is suspended */

struct pp_sse {
    bool held;      /* the user has the handle */
    bool suspended; /* the reader waits for more */
    bool ended, gone;
    struct pp_buf queue;
    size_t sent; /* of queue */
    size_t queue_max;
    int64_t last_ms;
};

struct pp_request {
    struct pp_http_server *server;  /* NULL once complete */
    struct MHD_Connection *conn;    /* NULL once complete */
    struct pp_request *next, *prev; /* open requests of the server */
    int refs;
    enum request_state state;
    struct pp_arena arena;
    char id[PP_UUID_B32 + 1];
    struct pp_str method, path, raw_path, raw_query;
    const struct pp_route *route;
    struct pp_url_pair vars[PP_HTTP_PATH_VARS_MAX], query[PP_HTTP_QUERY_PARAMS_MAX];
    int nvars, nquery;
    struct pp_buf body;
    size_t drained;
    bool signed_in;
    struct pp_identity identity;
    struct MHD_Response *response; /* ours until queued */
    int status;
    bool handler_done; /* the handler has answered */
    bool gone;         /* nobody waits for the handler's answer any more */
    void (*on_gone)(void *);
    void *gone_user;
    struct watch *watch;
    int64_t started_ms; /* monotonic */
    struct pp_sse sse;
};

struct pp_http_server {
    uv_loop_t *loop;
    struct MHD_Daemon *daemon; /* NULL once cut off */
    struct pp_auth *auth;
    const struct pp_route *routes;
    int nroutes, port;
    struct pp_request *open;
    int nopen;
    size_t body_bytes; /* held by all open requests */
    uv_poll_t poll;
    uv_prepare_t prepare;
    uv_timer_t timer, tick;
    int handles;  /* not yet closed */
    bool resumed; /* a connection was, since the daemon last ran */
    bool freed, stopping;
    int64_t cut_off_ms; /* monotonic; when stopping */
};

/* http_server.c */
void http_request_unref(struct pp_request *r);
void http_resume(struct pp_request *r);
void http_suspend(struct pp_request *r, bool watch);
void http_tell_gone(struct pp_request *r);
void http_watch(struct pp_request *r);

/* http_request.c: finds the route, checks token and length. False: a problem stands as the answer. */
bool http_request_head(struct pp_request *r);

/* http_answer.c */
void http_set_problem(struct pp_request *r, int status, const char *title, const char *pointer, const char *detail,
                      const char *header);
/* Adds what every answer has, and makes it the answer. r owns the response. */
void http_set_answer(struct pp_request *r, struct MHD_Response *response, int status, const char *content_type,
                     const struct pp_str *headers, int n);
void http_hand_over(struct pp_request *r); /* the handler's answer stands: let it go out */

/* http_sse.c */
void http_sse_tick(struct pp_request *r, int64_t now_ms);
void http_sse_bye(struct pp_request *r);

#endif
