/* MLLP listener on the libuv loop: many connections, one message in flight on each.
 *
 * A connection is read only while nothing of it is unanswered: that keeps the order of a sender, and when the store
 * is behind, TCP pushes back on the sender by itself. A partial frame whose sender falls silent is given up (or taken,
 * when only its last byte is missing) and the connection goes on; one that gets too old closes its connection. Frames
 * that break the framing are answered by the handler too (on_error), so that a sender learns why.
 */
#ifndef PP_IO_MLLP_SERVER_H
#define PP_IO_MLLP_SERVER_H

#include "base/err.h"
#include "codec/mllp.h"
#include <uv.h>

struct pp_mllp_server;
struct pp_mllp_conn;

struct pp_mllp_server_opts {
    const char *bind_addr;
    int port; /* 0: any free one */
    int connections_max;
    uint32_t message_bytes_max;
    int partial_timeout_ms; /* age of an unfinished frame that closes the connection */
    int silence_timeout_ms; /* silence inside of a frame that ends it (pp_mllp_tick); 0 = never */
    int idle_timeout_ms;    /* silence that closes it; 0 = never */
    const char *allow;      /* comma separated peer addresses; NULL or "" = all */
    void *user;
    /* A whole message; valid during the call. Answer it now or later with pp_mllp_reply, exactly once. */
    void (*on_message)(void *user, struct pp_mllp_conn *c, struct pp_str message);
    /* The framing is broken; `bytes` is what was seen, cut. Nothing is in flight; pp_mllp_reply is allowed, not needed.
     */
    void (*on_error)(void *user, struct pp_mllp_conn *c, enum pp_mllp_reason reason, struct pp_str bytes);
};

int pp_mllp_server_new(uv_loop_t *loop, const struct pp_mllp_server_opts *opts, struct pp_mllp_server **ret,
                       struct pp_err *err);
int pp_mllp_server_port(const struct pp_mllp_server *s);
int pp_mllp_server_connections(const struct pp_mllp_server *s);
/* Answers the message in flight (an empty message: says nothing, as enhanced mode may want) and reads on. When the peer
 * has gone meanwhile, only frees. */
void pp_mllp_reply(struct pp_mllp_conn *c, struct pp_str message);
/* Gives the message in flight up without an answer and closes the connection: the sender will send again. */
void pp_mllp_drop(struct pp_mllp_conn *c);
struct pp_str pp_mllp_peer(const struct pp_mllp_conn *c);
/* Stops listening and closes connections with nothing in flight; the others when they are answered. */
void pp_mllp_server_stop(struct pp_mllp_server *s);
/* After _stop and when the loop has run empty. */
void pp_mllp_server_free(struct pp_mllp_server *s);

#endif
