/* The loop of a process: how long its turns are, and descriptors that wake it.
 *
 * A turn is what runs between two waits for events. Its length in thread CPU time is what starves acknowledgements
 * and heartbeats, so the longest one is kept (the design's bound is 10 ms).
 */
#ifndef PP_IO_LOOP_H
#define PP_IO_LOOP_H

#include "base/err.h"

#include <stdint.h>
#include <uv.h>

struct pp_turns; /* gauge of one loop */
int pp_turns_start(uv_loop_t *loop, struct pp_turns **ret, struct pp_err *err);
/* Longest turn since the last call with reset, in microseconds of thread CPU. */
int64_t pp_turns_longest_us(struct pp_turns *t, bool reset);
void pp_turns_stop(struct pp_turns *t);
int64_t pp_thread_cpu_us(void);

/* An eventfd on the loop. `fd` may be written from any thread with the 8 bytes of a uint64_t 1. */
struct pp_wake {
    int fd;
    uv_poll_t poll;
    void (*cb)(void *user);
    void *user;
};
int pp_wake_init(struct pp_wake *w, uv_loop_t *loop, void (*cb)(void *user), void *user, struct pp_err *err);
/* `closed` may be NULL. */
void pp_wake_close(struct pp_wake *w, uv_close_cb closed);

#endif
