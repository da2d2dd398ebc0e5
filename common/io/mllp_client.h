/* MLLP sender on the libuv loop: one connection, one message in flight, connected again when it breaks.
 *
 * For tools. on_up is called after each connect and after each answer: the connection is free and pp_mllp_client_send
 * may be called, also later. A message in flight when the connection breaks was perhaps taken: on_down tells, and the
 * caller sends the same bytes again.
 */
#ifndef PP_IO_MLLP_CLIENT_H
#define PP_IO_MLLP_CLIENT_H

#include "base/err.h"
#include "base/str.h"

#include <uv.h>

#define PP_MLLP_CLIENT_ANSWER_BYTES_MAX (64u << 10)
#define PP_MLLP_CLIENT_RECONNECT_MS 200

struct pp_mllp_client;
struct pp_mllp_client_opts {
    const char *host; /* address, not a name */
    int port;
    void *user;
    void (*on_up)(void *user);
    void (*on_answer)(void *user, struct pp_str message); /* valid during the call; on_up follows */
    void (*on_down)(void *user, bool in_flight, const struct pp_err *err);
};
int pp_mllp_client_new(uv_loop_t *loop, const struct pp_mllp_client_opts *opts, struct pp_mllp_client **ret,
                       struct pp_err *err);
/* Copies. The connection must be free. */
int pp_mllp_client_send(struct pp_mllp_client *c, struct pp_str message, struct pp_err *err);
/* No callbacks after this; memory goes when the loop has closed the handles. */
void pp_mllp_client_close(struct pp_mllp_client *c);

#endif
