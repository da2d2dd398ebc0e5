/* What the files of io/pg share; nobody else includes it. */
#ifndef PP_IO_PG_INT_H
#define PP_IO_PG_INT_H

#include "io/pg.h"

#include <libpq-fe.h>

/* Opens a connection; blocks. `limits`: with the statement time-out (migrations run without). NULL on failure, with
 * *err. */
PGconn *pg_open(const struct pp_pg_opts *o, bool limits, struct pp_err *err);
/* Error of a result: SQLSTATE, and a text without values of columns. */
void pg_result_err(const PGresult *r, struct pp_err *err);
int pg_opts_copy(struct pp_pg_opts *to, const struct pp_pg_opts *from);
void pg_opts_free(struct pp_pg_opts *o);

/* For the pool: a statement by its text, prepared on this connection when it is new; params as text. */
void pg_exec_text(struct pp_pg *pg, const char *sql, const struct pp_str *params, int n, pp_pg_rows_cb *cb, void *user);

#endif
