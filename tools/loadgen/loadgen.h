/* The load generator: senders at a given rate, and what it measured as one line of JSON on standard output.
 *
 *   loadgen mllp    HL7 v2 messages of a case mix to the front door, one in flight on each connection
 *   loadgen facts   order.reported on pa.log.v1, as intake would write them: feeds the null chain
 *   loadgen watch   how long facts took, from the record of the message that led to them, by the records' timestamps
 *
 * With --control the rate follows lines "rate N" on standard input, and "stop" ends the run.
 */
#ifndef LOADGEN_H
#define LOADGEN_H

#include "base/buf.h"
#include "base/err.h"
#include "io/config.h"

#include "io/loop.h"

/* ---- latencies: buckets of 1/64 of a power of two ---- */
#define HIST_SUB 64
#define HIST_BUCKETS (HIST_SUB * 40)
struct hist {
    uint64_t n, bucket[HIST_BUCKETS];
    int64_t max;
};
void hist_add(struct hist *h, int64_t us);
int64_t hist_at(const struct hist *h, double part); /* 0.99: value that 99 % do not pass */
/* {"n":…,"p50_ms":…,"p90_ms":…,"p99_ms":…,"max_ms":…} */
void hist_print(const struct hist *h, struct pp_buf *out);

/* ---- rate ---- */
#define PACE_TICK_MS 2
#define PACE_DEBT_S 1 /* what could not be sent in time is owed this long, then forgotten */
struct pace {
    uv_timer_t timer;
    uv_pipe_t control;
    bool controlled, stopped;
    char line[64];
    size_t line_n;
    char in[256];
    double rate, due; /* per second; to be sent now */
    uint64_t began_ns, last_ns, end_ns;
    void (*tick)(void *user); /* sends while pace_take says so */
    void (*end)(void *user);
    void *user;
};
/* rate 0: as fast as it goes. */
void pace_start(struct pace *p, uv_loop_t *loop, double rate, int64_t seconds, bool control);
bool pace_take(struct pace *p);
double pace_seconds(const struct pace *p); /* since the start */
void pace_stop(struct pace *p);

/* ---- verbs: exit code ---- */
int load_mllp(int argc, char **argv);
int load_facts(int argc, char **argv);
int load_watch(int argc, char **argv);

#define LOAD_KEYS_PACE                                                                                                 \
    {"rate", PP_CFG_INT, 0, 1000000, "1/s", "1000", "How many a second; 0: as many as go."},                           \
        {"seconds", PP_CFG_INT, 1, 86400, "s", "60", "How long."}, {                                                   \
        "control", PP_CFG_BOOL, 0, 0, "", "false", "Takes lines \"rate N\" and \"stop\" from standard input."          \
    }

#endif
