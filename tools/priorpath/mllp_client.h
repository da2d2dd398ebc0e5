/* An MLLP sender for commands: one connection, one message at a time, each waits for its answer. Blocking. */
#ifndef PRIORPATH_MLLP_CLIENT_H
#define PRIORPATH_MLLP_CLIENT_H

#include "base/arena.h"
#include "base/err.h"
#include "codec/mllp.h"

struct cli_mllp {
    int fd; /* -1: not connected */
    int timeout_s;
    char at[256]; /* host:port */
    struct pp_mllp framer;
};

/* at: host:port, with or without mllp:// before it. timeout_s: of connecting, of sending, and of waiting for an answer.
 */
void cli_mllp_init(struct cli_mllp *c, const char *at, int timeout_s);
/* Connects first when it is not connected. After an error the connection is closed. */
int cli_mllp_send(struct cli_mllp *c, struct pp_str message, struct pp_err *err);
/* The next message of the peer, copied into the arena. After an error the connection is closed: an answer that comes
 * too late is never taken for that of another message. */
int cli_mllp_answer(struct cli_mllp *c, struct pp_arena *a, struct pp_str *ret, struct pp_err *err);
void cli_mllp_close(struct cli_mllp *c);
void cli_mllp_free(struct cli_mllp *c);

#endif
