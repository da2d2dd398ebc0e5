/* HTTP client on libcurl's multi interface and the libuv loop. Each request ends in exactly one callback.
 * `request_begun` tells whether the first byte of the request may have left this machine: only when it is false may
 * a failed request be repeated without asking. It is set when connection and TLS stand and the request is about to be
 * written; name, connect and TLS failures leave it false.
 *
 * A request is written at most once: libcurl's own repetition over a fresh connection (when a kept-alive one turns out
 * to be dead) is stopped, except for GET and HEAD. Redirects are not followed, proxies of the environment not used,
 * other protocols than http and https refused, certificates checked. Answers are bounded. */
#ifndef PP_IO_HTTP_CLIENT_H
#define PP_IO_HTTP_CLIENT_H
#include "base/err.h"
#include "base/str.h"
#include <uv.h>

#define PP_HTTP_CLIENT_CONNECT_TIMEOUT_MS 5000  /* when connect_timeout_ms is 0 */
#define PP_HTTP_CLIENT_TIMEOUT_MS 30000         /* when timeout_ms is 0; whole request, connecting included */
#define PP_HTTP_CLIENT_ANSWER_BYTES_MAX 1048576 /* when answer_bytes_max is 0 */
#define PP_HTTP_CLIENT_OPEN_MAX 4096            /* requests at once, waiting ones included; more is PP_ERR_LIMIT */

struct pp_http_client;
struct pp_http_req {
    struct pp_str method, url, content_type, accept, body; /* copied */
    const struct pp_str *headers;
    int nheaders; /* "Name: value" lines, copied */
    int connect_timeout_ms, timeout_ms;
    size_t answer_bytes_max; /* more is PP_ERR_LIMIT */
    const char *ca_file;     /* NULL: system; copied */
};
struct pp_http_result {
    int status;                                 /* 0 when there was no answer */
    struct pp_str content_type, location, body; /* valid during the callback */
    bool request_begun;
    struct pp_err err; /* kind NONE when there was an answer; PP_ERR_TIMEOUT, PP_ERR_LIMIT, PP_ERR_IO */
};
typedef void pp_http_done_cb(void *user, const struct pp_http_result *r);
int pp_http_client_new(uv_loop_t *loop, int connections_max, struct pp_http_client **ret, struct pp_err *err);
/* Cancelled requests are called back with PP_ERR_IO before _free returns. The memory goes once the loop has run again.
 * Not from within a callback. */
void pp_http_client_free(struct pp_http_client *c);
int pp_http_client_open(const struct pp_http_client *c); /* requests not yet called back */
/* On -1 there is no callback. The callback never comes from within this call; it may send again. */
int pp_http_send(struct pp_http_client *c, const struct pp_http_req *req, pp_http_done_cb *cb, void *user,
                 struct pp_err *err);
#endif
