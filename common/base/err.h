/* Errors carry the policy, so that callers branch on flags and never on text.
 *
 * A fallible function returns 0 or -1 and takes a caller-owned `struct pp_err *`
 * as its last argument. It either logs or returns an error, never both. The
 * message names place and reason and holds no patient data.
 */
#ifndef PP_BASE_ERR_H
#define PP_BASE_ERR_H

#include <stdbool.h>

enum pp_err_kind {
    PP_ERR_NONE = 0,
    PP_ERR_INVALID, /* outside input is wrong: say where and why */
    PP_ERR_LIMIT,   /* a named limit was reached */
    PP_ERR_NOMEM,
    PP_ERR_IO,    /* socket, file */
    PP_ERR_DB,    /* code = SQLSTATE */
    PP_ERR_KAFKA, /* code = librdkafka's error name, cut */
    PP_ERR_HTTP,  /* code = status */
    PP_ERR_TIMEOUT,
    PP_ERR_CONFLICT, /* somebody else was first */
    PP_ERR_DENIED,
    PP_ERR_NOTFOUND,
    PP_ERR_BUG,
    PP_ERR_KIND_COUNT
};

#define PP_ERR_MSG_MAX 384

struct pp_err {
    enum pp_err_kind kind;
    bool retriable; /* the same call may work later */
    bool fatal;     /* the process cannot go on */
    char code[16];
    char msg[PP_ERR_MSG_MAX];
};

/* Fills *err (which may be NULL) and returns -1. PP_ERR_IO, _DB, _KAFKA and _TIMEOUT start as retriable. */
int pp_err_set(struct pp_err *err, enum pp_err_kind kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Puts "context: " before the message. Returns -1. */
int pp_err_wrap(struct pp_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char *pp_err_kind_name(enum pp_err_kind kind);

#endif
