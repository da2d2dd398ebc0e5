#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[PP_ERR_KIND_COUNT] = {
    [PP_ERR_NONE] = "none",       [PP_ERR_INVALID] = "invalid",
    [PP_ERR_LIMIT] = "limit",     [PP_ERR_NOMEM] = "out of memory",
    [PP_ERR_IO] = "io",           [PP_ERR_DB] = "database",
    [PP_ERR_KAFKA] = "kafka",     [PP_ERR_HTTP] = "http",
    [PP_ERR_TIMEOUT] = "timeout", [PP_ERR_CONFLICT] = "conflict",
    [PP_ERR_DENIED] = "denied",   [PP_ERR_NOTFOUND] = "not found",
    [PP_ERR_BUG] = "bug",
};

const char *pp_err_kind_name(enum pp_err_kind kind) { return kind < PP_ERR_KIND_COUNT ? kind_names[kind] : "unknown"; }

int pp_err_set(struct pp_err *err, enum pp_err_kind kind, const char *fmt, ...) {
    if (!err) return -1;
    memset(err, 0, sizeof *err);
    err->kind = kind;
    err->retriable = kind == PP_ERR_IO || kind == PP_ERR_DB || kind == PP_ERR_KAFKA || kind == PP_ERR_TIMEOUT;
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    return -1;
}

int pp_err_wrap(struct pp_err *err, const char *fmt, ...) {
    if (!err) return -1;
    char head[PP_ERR_MSG_MAX];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(head, sizeof head, fmt, ap);
    va_end(ap);
    if (n < 0 || (size_t)n + 2 >= sizeof head) return -1; /* no room: the inner message matters more */
    size_t keep = strnlen(err->msg, sizeof err->msg - 1);
    if (keep > sizeof err->msg - (size_t)n - 3) keep = sizeof err->msg - (size_t)n - 3;
    memmove(err->msg + n + 2, err->msg, keep);
    err->msg[(size_t)n + 2 + keep] = '\0';
    memcpy(err->msg, head, (size_t)n);
    memcpy(err->msg + n, ": ", 2);
    return -1;
}
