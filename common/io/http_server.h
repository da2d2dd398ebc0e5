/* HTTP/1.1 server on libmicrohttpd (external epoll) and the libuv loop.
 *
 * A route's handler gets the whole request and answers now or later, exactly once, with pp_http_reply*(),
 * pp_http_problem() or pp_http_sse_begin(). While it is unanswered the connection is suspended; when the client goes
 * away first, on_gone is called and the answer, which must still be given, is ignored. The request lives until it is
 * answered; do not touch it after. A request unanswered for PP_HTTP_ANSWER_TIMEOUT_MS is answered 504 by the server.
 * Bodies are bounded by the route. Errors are RFC 9457 problem JSON without patient data.
 * Views got from a request live as long as the request. One thread: the loop's. See docs/http.md. */
#ifndef PP_IO_HTTP_SERVER_H
#define PP_IO_HTTP_SERVER_H
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/uuid.h"
#include <uv.h>

#define PP_HTTP_CONNECTIONS_MAX 1024       /* more wait in the kernel's queue */
#define PP_HTTP_CONNECTIONS_PER_IP_MAX 512 /* a proxy in front counts as one address */
#define PP_HTTP_IDLE_TIMEOUT_MS 30000      /* nothing read or written on a connection that is not waiting for us */
#define PP_HTTP_ANSWER_TIMEOUT_MS 60000    /* from the whole request to the handler's answer */
#define PP_HTTP_HEAD_BYTES_MAX 32768       /* request line and headers; more is 431 or 414 */
#define PP_HTTP_DRAIN_BYTES_MAX 1048576    /* of a refused body are read, so that the client sees the problem */
#define PP_HTTP_BODIES_BYTES_MAX 536870912 /* all request bodies held at once; more is 503 */
#define PP_HTTP_QUERY_PARAMS_MAX 64
#define PP_HTTP_PATH_VARS_MAX 8
#define PP_HTTP_REQUEST_MEMORY_MAX 262144 /* decoded path, query and copied headers of one request */
#define PP_HTTP_STOP_GRACE_MS 5000
#define PP_SSE_BEAT_MS 15000 /* a comment line when nothing else was sent */

struct pp_http_server;
struct pp_request; /* alive until answered and closed */
typedef void pp_http_handler(void *user, struct pp_request *r);
struct pp_route {
    const char *method; /* "GET" */
    const char *path;   /* "/v1/cases/{id}"; a last "{rest...}" takes all that follows */
    size_t body_max;    /* bytes; 0 = no body allowed */
    bool open;          /* true: no token needed (health, call-backs that check their own header) */
    const char *roles;  /* "*" any signed-in; "a,b" one of these; ignored when open */
    pp_http_handler *handler;
    void *user;
};
struct pp_identity { /* from the token */
    struct pp_str tenant, subject, roles /* "pa,scheduler" */, sites /* "lks,nor", "*" all */;
    int64_t expires_ms; /* real time */
};
struct pp_auth; /* io/auth.h */
int pp_http_server_new(uv_loop_t *loop, const char *bind_addr, int port, struct pp_auth *auth_or_null,
                       struct pp_http_server **ret, struct pp_err *err);
int pp_http_server_port(const struct pp_http_server *s); /* the real port when 0 was asked */
/* Before the first request; the array must outlive the server. */
void pp_http_server_routes(struct pp_http_server *s, const struct pp_route *routes, int n);
/* No new connections; streams end with "event: bye", open requests get PP_HTTP_STOP_GRACE_MS and are then cut off. */
void pp_http_server_stop(struct pp_http_server *s);
/* Requests being read, worked on or written. */
int pp_http_server_busy(const struct pp_http_server *s);
/* Cuts off what is open (on_gone is called). The memory goes once the loop has run again. Not from within a handler. */
void pp_http_server_free(struct pp_http_server *s);

struct pp_str pp_request_id(const struct pp_request *r); /* also sent as X-Request-Id */
struct pp_str pp_request_method(const struct pp_request *r);
struct pp_str pp_request_path(const struct pp_request *r);
struct pp_str pp_request_var(const struct pp_request *r, const char *name);   /* {name} of the route */
struct pp_str pp_request_query(const struct pp_request *r, const char *name); /* decoded; empty when absent */
/* Calls fn for each query parameter; a false return stops and is returned. */
bool pp_request_each_query(const struct pp_request *r, bool (*fn)(void *, struct pp_str name, struct pp_str value),
                           void *user);
struct pp_str pp_request_header(struct pp_request *r, const char *name);
struct pp_str pp_request_cookie(struct pp_request *r, const char *name);
struct pp_str pp_request_body(const struct pp_request *r);                 /* followed by a NUL */
struct pp_str pp_request_peer(const struct pp_request *r);                 /* address text */
const struct pp_identity *pp_request_identity(const struct pp_request *r); /* NULL on open routes without a token */
/* Called at most once, from the loop, when the client closes its side or the answer is over time. */
void pp_request_on_gone(struct pp_request *r, void (*fn)(void *), void *user);
/* Memory that lives as long as the request. */
struct pp_arena *pp_request_arena(struct pp_request *r);
void pp_http_reply(struct pp_request *r, int status, const char *content_type, struct pp_str body);
/* headers: "Name: value" lines. Every answer has X-Request-Id, X-Content-Type-Options, Referrer-Policy, and
 * Cache-Control: no-store unless a line gives another. */
void pp_http_reply_with(struct pp_request *r, int status, const char *content_type, struct pp_str body,
                        const struct pp_str *headers, int n);
/* problem+json: title in plain words, pointer may be NULL */
void pp_http_problem(struct pp_request *r, int status, const char *title, const char *pointer, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
/* Server-sent events: sends the head and keeps the connection; then _send as often as wanted; ends with _end or when
 * the client goes: then on_gone is called, once and never from within _send. The handle is dead after _end or on_gone.
 * NULL when the client is gone already; on_gone is then not called.
 * A reader with more than queue_max bytes unsent gets no more of them but "event: bye", and is closed (on_gone). */
struct pp_sse;
struct pp_sse *pp_http_sse_begin(struct pp_request *r, size_t queue_max, void (*on_gone)(void *), void *user);
void pp_sse_send(struct pp_sse *s, struct pp_str text); /* whole event text, with its blank line */
void pp_sse_end(struct pp_sse *s);
#endif
