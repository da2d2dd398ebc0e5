/* PostgreSQL on the libuv loop: one pipelined writer connection, and a pool of reading connections.
 *
 * Writer (struct pp_pg): statements are queued in segments. A segment is what stands between two pp_pg_sync() calls;
 * the server runs it as one implicit transaction, so all of it happens or nothing. Parameters and results are binary;
 * lists go in as arrays (struct pp_array), so that a batch needs one statement per table whatever its size. Each
 * queued statement and each sync ends in exactly one callback, also when the connection breaks. After a broken
 * connection the outcome of an open segment is unknown: the caller must look again (the fence tells).
 *
 * Connecting resolves names and talks synchronously, so it runs in libuv's thread pool; after that nothing blocks.
 *
 * Readers (struct pp_pg_pool): a query runs in its own read-only transaction with app.tenant, app.sites and app.user
 * set, so that row-level security applies; its text parameters are passed as given and it returns one json value.
 */
#ifndef PP_IO_PG_H
#define PP_IO_PG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/err.h"
#include "base/uuid.h"

#include <uv.h>

/* ---- binary parameters ---- */

enum pp_pg_type { /* object ids of PostgreSQL's catalogue, pg_type.dat */
                  PP_PG_BOOL = 16,
                  PP_PG_BYTEA = 17,
                  PP_PG_INT8 = 20,
                  PP_PG_INT2 = 21,
                  PP_PG_INT4 = 23,
                  PP_PG_TEXT = 25,
                  PP_PG_DATE = 1082,
                  PP_PG_TIMESTAMPTZ = 1184,
                  PP_PG_UUID = 2950,
};

/* One-dimensional array under construction. Keeps its memory from batch to batch. */
struct pp_array {
    struct pp_buf b;
    uint32_t n;
    uint32_t rows; /* those that are finished, of an array of rows */
};
#define PP_ARRAY_BYTES_MAX ((size_t)64 << 20)
void pp_array_init(struct pp_array *a);
void pp_array_free(struct pp_array *a);
void pp_array_begin(struct pp_array *a, uint32_t type); /* enum pp_pg_type, or the id of a row type */
void pp_array_null(struct pp_array *a);
void pp_array_bool(struct pp_array *a, bool v);
void pp_array_i2(struct pp_array *a, int16_t v);
void pp_array_i4(struct pp_array *a, int32_t v);
void pp_array_i8(struct pp_array *a, int64_t v);
void pp_array_text(struct pp_array *a, struct pp_str v); /* bytea too */
void pp_array_uuid(struct pp_array *a, struct pp_uuid v);
void pp_array_date(struct pp_array *a, pp_date v);  /* 0 = NULL */
void pp_array_time(struct pp_array *a, int64_t ms); /* 0 = NULL */
/* An array of rows (composite values) begins with the id of their type. Each row names its number of columns; then for
 * each column pp_array_column and one of the functions above. The server looks at both: all columns of the type, in
 * its order. `at` is what _begin returned. */
size_t pp_array_row_begin(struct pp_array *a, uint32_t ncols);
void pp_array_column(struct pp_array *a, uint32_t type);
void pp_array_row_end(struct pp_array *a, size_t at);
/* The parameter: valid until the next change of a. */
struct pp_str pp_array_param(struct pp_array *a);

/* Scalars, written into 8 bytes of the caller. */
struct pp_str pp_pg_i4(int32_t v, char buf[8]);
struct pp_str pp_pg_i8(int64_t v, char buf[8]);
struct pp_str pp_pg_time(int64_t ms, char buf[8]);

/* ---- results ---- */

struct pp_rows; /* binary result; valid during the callback */
int pp_rows_n(const struct pp_rows *r);
bool pp_rows_null(const struct pp_rows *r, int row, int col);
/* NULL reads as zero, false, none, empty. Integers of 2, 4 and 8 bytes are all accepted. */
int64_t pp_rows_int(const struct pp_rows *r, int row, int col);
bool pp_rows_bool(const struct pp_rows *r, int row, int col);
struct pp_str pp_rows_str(const struct pp_rows *r, int row, int col); /* text, bytea, json; followed by NUL */
struct pp_uuid pp_rows_uuid(const struct pp_rows *r, int row, int col);
pp_date pp_rows_date(const struct pp_rows *r, int row, int col);
int64_t pp_rows_time(const struct pp_rows *r, int row, int col);

/* ---- writer ---- */

struct pp_pg;
/* rows is NULL when the statement failed or did not run; the reason comes with the sync. */
typedef void pp_pg_rows_cb(void *user, const struct pp_rows *rows);
/* err is NULL when the segment is committed. Kind PP_ERR_DB, code = SQLSTATE ("08006": connection lost). */
typedef void pp_pg_sync_cb(void *user, const struct pp_err *err);

struct pp_pg_stmt {
    const char *name;
    const char *sql; /* $1… ; types are inferred or cast in the text */
};
/* Tells of each change of the connection; `err` says why it is down (NULL when up). */
typedef void pp_pg_state_cb(void *user, bool up, const struct pp_err *err);

struct pp_pg_opts {
    const char *conninfo; /* without user and password */
    const char *user;
    const char *password; /* NULL or "" = none */
    const char *schema;   /* search_path */
    const char *app_name;
    int statement_timeout_ms; /* 0 = 30 s */
    pp_pg_state_cb *state;
    void *user_data;
};

/* The strings are copied. */
int pp_pg_new(uv_loop_t *loop, const struct pp_pg_opts *opts, struct pp_pg **ret, struct pp_err *err);
/* Statements are prepared at each connect. Call before pp_pg_connect; name and sql are copied. */
int pp_pg_prepare(struct pp_pg *pg, const char *name, const char *sql, struct pp_err *err);
/* Connects and, from then on, reconnects with back-off (PP_PG_BACKOFF_FIRST_MS … PP_PG_BACKOFF_MAX_MS). */
#define PP_PG_BACKOFF_FIRST_MS 100
#define PP_PG_BACKOFF_MAX_MS 5000
#define PP_PG_CONNECT_TIMEOUT_S 5
void pp_pg_connect(struct pp_pg *pg);
bool pp_pg_up(const struct pp_pg *pg);
/* Breaks the connection: open callbacks end with an error, then it connects again. */
void pp_pg_reset(struct pp_pg *pg, const char *why);
/* Params are binary; .s == NULL is NULL. cb may be NULL. Copies the parameters. */
#define PP_PG_PARAMS_MAX 128
void pp_pg_exec(struct pp_pg *pg, const char *stmt, const struct pp_str *params, int n, pp_pg_rows_cb *cb, void *user);
/* Ends the segment. */
void pp_pg_sync(struct pp_pg *pg, pp_pg_sync_cb *cb, void *user);
/* Open callbacks end with an error before _close returns; memory goes when the loop has closed the handles. */
void pp_pg_close(struct pp_pg *pg);

/* Blocking, for start-up and tools: runs one SQL text (several statements allowed when n == 0) on a connection of its
 * own opened with `opts`. cb may be NULL; params are text. */
struct pp_pg_sync_conn;
int pp_pg_sync_open(const struct pp_pg_opts *opts, struct pp_pg_sync_conn **ret, struct pp_err *err);
int pp_pg_sync_exec(struct pp_pg_sync_conn *c, const char *sql, const char *const *params, int n, pp_pg_rows_cb *cb,
                    void *user, struct pp_err *err);
void pp_pg_sync_close(struct pp_pg_sync_conn *c); /* NULL is allowed */

/* ---- readers ---- */

struct pp_pg_pool;
struct pp_pg_read {
    struct pp_str tenant, sites, user; /* become app.tenant, app.sites, app.user */
    const char *sql;                   /* returns one row with one json (or text) column, or no row */
    const struct pp_str *params;       /* text; .s == NULL is NULL */
    int nparams;
    bool write; /* false: read-only transaction. true only for the access log. */
};
#define PP_PG_READ_PARAMS_MAX 32
#define PP_PG_READ_WAITING_MAX 512 /* more are refused with PP_ERR_LIMIT */
#define PP_PG_READ_TIMEOUT_MS 5000 /* statement_timeout, and the longest wait for a connection */
/* found == false: no row. err: nothing is known. value is valid during the call. */
typedef void pp_pg_read_cb(void *user, bool found, struct pp_str value, const struct pp_err *err);

int pp_pg_pool_new(uv_loop_t *loop, const struct pp_pg_opts *opts, int size, struct pp_pg_pool **ret,
                   struct pp_err *err);
/* Copies everything. Exactly one callback, never from inside this call. */
void pp_pg_pool_read(struct pp_pg_pool *p, const struct pp_pg_read *q, pp_pg_read_cb *cb, void *user);
bool pp_pg_pool_up(const struct pp_pg_pool *p);
void pp_pg_pool_close(struct pp_pg_pool *p);

#endif
