/* Structured logs on stderr, one JSON object a line. No patient data: ids, codes, states, counts and reasons only.
 * pp_log(PP_LOG_INFO, "shard taken", "partition", PP_I(3), "epoch", PP_I(7), "why", PP_S("start"), NULL)
 *
 * `msg` is a literal: it is also the name under which repeats are counted. Of one message at most PP_LOG_BURST lines
 * are written in PP_LOG_WINDOW_MS; the next line after that says how many were left out, so a storm cannot fill a
 * disk. A line is at most PP_LOG_LINE_MAX bytes. May be called from any thread. */
#ifndef PP_IO_LOG_H
#define PP_IO_LOG_H
#include "base/err.h"
#include "base/uuid.h"

#define PP_LOG_LINE_MAX 4096
#define PP_LOG_BURST 20
#define PP_LOG_WINDOW_MS 1000

enum pp_log_level { PP_LOG_DEBUG, PP_LOG_INFO, PP_LOG_WARN, PP_LOG_ERROR };
struct pp_log_value {
    enum { PP_LV_INT, PP_LV_STR } kind;
    int64_t i;
    struct pp_str s;
};
#define PP_I(v) (&(struct pp_log_value){PP_LV_INT, (int64_t)(v), {0}})
#define PP_S(z) (&(struct pp_log_value){PP_LV_STR, 0, pp_str_z(z)})
#define PP_V(str) (&(struct pp_log_value){PP_LV_STR, 0, (str)})
/* Strings are copied. Before it is called the service is "priorpath" and the least level INFO. */
void pp_log_init(const char *service, const char *instance, enum pp_log_level least);
/* "debug", "info", "warn", "error". */
bool pp_log_level_parse(const char *name, enum pp_log_level *ret);
/* Where lines go; 2 unless told. For tests. */
void pp_log_fd(int fd);
/* Name, value pairs, ended by NULL. */
void pp_log(enum pp_log_level level, const char *msg, ...) __attribute__((sentinel));
void pp_log_err(enum pp_log_level level, const char *msg, const struct pp_err *err);
#endif
