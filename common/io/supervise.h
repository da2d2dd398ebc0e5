/* Keeps a list of processes running until SIGTERM or SIGINT, and tells how they are.
 *
 * Starts them in the order of the list and, when asked to end, stops them in the same order, each one after the one
 * before has ended: the list goes with the flow of records, so what is upstream stops first and the rest can finish.
 * Looks at each one's readiness address and keeps all of it in a status file (JSON, replaced as a whole):
 *
 *   {"supervisor": pid, "since": ms, "processes": [{"name", "pid", "state", "restarts", "since", "last_end", "log",
 *    "ready": bool, "waits": "what it says it waits for", "command"}]}
 *
 * Processes that a killed supervisor left behind are found by that file and ended first; the command line is compared,
 * because a number alone may belong to somebody else by now. */
#ifndef PP_IO_SUPERVISE_H
#define PP_IO_SUPERVISE_H

#include "base/err.h"

#define PP_SUPERVISED_MAX 64
#define PP_SUPERVISE_GRACE_MS 15000
#define PP_SUPERVISE_PROBE_MS 300 /* of those that are not ready */
#define PP_SUPERVISE_PROBE_READY_MS 5000
#define PP_SUPERVISE_STATUS_BYTES_MAX (1 << 20)

struct pp_supervised {
    const char *name;
    const char *ready_url;   /* 200 = ready; NULL: ready as soon as it runs */
    const char *const *argv; /* NULL-terminated */
    const char *log_file;
    int backoff_max_ms; /* as in io/child.h */
};
/* Returns when all have stopped. PP_ERR_CONFLICT: another supervisor runs with this status file. */
int pp_supervise(const struct pp_supervised *list, int n, const char *status_file, const char *cwd, struct pp_err *err);

/* Blocking GET, for health checks and tools: 0 and *ret_status when there was an answer; its body, cut, in text. */
int pp_probe_sync(const char *url, int timeout_ms, int *ret_status, char *text, int text_n, struct pp_err *err);

#endif
