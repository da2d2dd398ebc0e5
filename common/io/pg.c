#include "io/pg_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PG_STMTS_MAX 160      /* registered before connect */
#define PG_TEXT_STMTS_MAX 256 /* prepared on the way, by text; more run unprepared */
#define PG_NAME_MAX 64
#define PG_STATEMENT_TIMEOUT_MS 30000 /* of the writer */

enum op_kind { OP_QUERY, OP_SYNC, OP_PREPARE };
struct op {
    enum op_kind kind;
    bool answered;
    uint64_t hash; /* OP_PREPARE */
    union {
        pp_pg_rows_cb *rows;
        pp_pg_sync_cb *sync;
    } cb;
    void *user;
};

struct conn_poll { /* lives until its close callback, longer than the connection */
    uv_poll_t poll;
    struct pp_pg *pg;
};

/* DOWN: waiting for the back-off timer; CONNECTING: in the thread pool; UP: in pipeline mode; CLOSED: for good. */
enum pg_state { PG_DOWN, PG_CONNECTING, PG_UP, PG_CLOSED };

struct pp_pg {
    uv_loop_t *loop;
    struct pp_pg_opts opts;
    struct pp_pg_stmt stmts[PG_STMTS_MAX];
    int nstmts;
    enum pg_state state;
    PGconn *conn;
    struct conn_poll *poll;
    uv_timer_t timer;
    uv_work_t work;
    PGconn *work_conn;
    struct pp_err work_err;
    int backoff_ms;
    struct op *ops; /* ring */
    size_t head, nops, cap;
    struct pp_err seg_err;            /* first error of the open segment; kind NONE = fine */
    uint64_t text[PG_TEXT_STMTS_MAX]; /* hashes prepared on this connection */
    int ntext;
    bool draining, broken;
    struct pp_err broken_err;
};

/* ---- opening ---- */

static char *copy(const char *z) { return z ? strdup(z) : NULL; }

int pg_opts_copy(struct pp_pg_opts *to, const struct pp_pg_opts *from) {
    *to =
        (struct pp_pg_opts){copy(from->conninfo), copy(from->user),           copy(from->password), copy(from->schema),
                            copy(from->app_name), from->statement_timeout_ms, from->state,          from->user_data};
    return 0;
}

void pg_opts_free(struct pp_pg_opts *o) {
    free((void *)(uintptr_t)o->conninfo);
    free((void *)(uintptr_t)o->user);
    free((void *)(uintptr_t)o->password);
    free((void *)(uintptr_t)o->schema);
    free((void *)(uintptr_t)o->app_name);
}

static void quiet(void *arg, const char *message) {
    (void)arg;
    (void)message; /* notices may quote values */
}

PGconn *pg_open(const struct pp_pg_opts *o, bool limits, struct pp_err *err) {
    char options[300], timeout[16];
    int n = snprintf(options, sizeof options, "-c timezone=UTC -c lock_timeout=10s -c search_path=%s",
                     o->schema ? o->schema : "public");
    /* The writer's statements go by key, whatever the values: one plan each, made once. And by plain index scans, which
     * leave marks on entries of dead rows: a queue's index would be full of them until the next vacuum. */
    if (limits)
        snprintf(options + n, sizeof options - (size_t)n,
                 " -c plan_cache_mode=force_generic_plan -c enable_bitmapscan=off -c statement_timeout=%d",
                 o->statement_timeout_ms ? o->statement_timeout_ms : PG_STATEMENT_TIMEOUT_MS);
    snprintf(timeout, sizeof timeout, "%d", PP_PG_CONNECT_TIMEOUT_S);
    /* The conninfo comes first and is expanded; what follows wins over it. */
    const char *keys[] = {
        "dbname", "connect_timeout", "options", "application_name", "tcp_user_timeout", "client_encoding",
        "user",   "password",        NULL};
    const char *values[] = {o->conninfo, timeout, options, o->app_name ? o->app_name : "priorpath",
                            "10000",     "UTF8",  o->user, o->password && o->password[0] ? o->password : NULL,
                            NULL};
    PGconn *c = PQconnectdbParams(keys, values, 1);
    if (!c) {
        pp_err_set(err, PP_ERR_NOMEM, "database connection");
        return NULL;
    }
    if (PQstatus(c) != CONNECTION_OK) {
        char text[200];
        snprintf(text, sizeof text, "%s", PQerrorMessage(c));
        for (char *p = text; *p; p++)
            if (*p == '\n') *p = p[1] ? ' ' : '\0';
        pp_err_set(err, PP_ERR_DB, "connect as %s: %s", o->user ? o->user : "(default)", text);
        snprintf(err->code, sizeof err->code, "08001");
        PQfinish(c);
        return NULL;
    }
    PQsetNoticeProcessor(c, quiet, NULL);
    return c;
}

void pg_result_err(const PGresult *r, struct pp_err *err) {
    const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE), *text = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
    const char *table = PQresultErrorField(r, PG_DIAG_TABLE_NAME), *column = PQresultErrorField(r, PG_DIAG_COLUMN_NAME);
    const char *constraint = PQresultErrorField(r, PG_DIAG_CONSTRAINT_NAME);
    if (!state) state = "08006";
    /* Classes 22 and 23 (data, integrity) quote values in their text, and values may be patient data. */
    bool quotes = state[0] == '2' && (state[1] == '2' || state[1] == '3');
    pp_err_set(err, PP_ERR_DB, "SQLSTATE %s%s%s%s%s%s%s%s%s", state, table ? " table " : "", table ? table : "",
               column ? " column " : "", column ? column : "", constraint ? " constraint " : "",
               constraint ? constraint : "", quotes || !text ? "" : ": ", quotes || !text ? "" : text);
    snprintf(err->code, sizeof err->code, "%s", state);
}

int pp_pg_new(uv_loop_t *loop, const struct pp_pg_opts *opts, struct pp_pg **ret, struct pp_err *err) {
    struct pp_pg *pg = calloc(1, sizeof *pg);
    if (!pg) return pp_err_set(err, PP_ERR_NOMEM, "database connection");
    pg->loop = loop;
    pg_opts_copy(&pg->opts, opts);
    pg->backoff_ms = PP_PG_BACKOFF_FIRST_MS;
    uv_timer_init(loop, &pg->timer);
    pg->timer.data = pg;
    pg->work.data = pg;
    *ret = pg;
    return 0;
}

int pp_pg_prepare(struct pp_pg *pg, const char *name, const char *sql, struct pp_err *err) {
    if (pg->nstmts == PG_STMTS_MAX) return pp_err_set(err, PP_ERR_LIMIT, "more than %d statements", PG_STMTS_MAX);
    struct pp_pg_stmt *s = &pg->stmts[pg->nstmts];
    s->name = strdup(name);
    s->sql = strdup(sql);
    if (!s->name || !s->sql) return pp_err_set(err, PP_ERR_NOMEM, "statement %s", name);
    pg->nstmts++;
    return 0;
}

/* In the thread pool. */
static void connect_work(uv_work_t *w) {
    struct pp_pg *pg = w->data;
    pg->work_err = (struct pp_err){0};
    pg->work_conn = pg_open(&pg->opts, true, &pg->work_err);
    if (!pg->work_conn) return;
    for (int i = 0; i < pg->nstmts; i++) {
        PGresult *r = PQprepare(pg->work_conn, pg->stmts[i].name, pg->stmts[i].sql, 0, NULL);
        bool ok = PQresultStatus(r) == PGRES_COMMAND_OK;
        if (!ok) {
            pg_result_err(r, &pg->work_err);
            pp_err_wrap(&pg->work_err, "prepare %s", pg->stmts[i].name);
        }
        PQclear(r);
        if (!ok) break;
    }
    if (pg->work_err.kind == PP_ERR_NONE && PQsetnonblocking(pg->work_conn, 1) == 0 &&
        PQenterPipelineMode(pg->work_conn))
        return;
    if (pg->work_err.kind == PP_ERR_NONE) pp_err_set(&pg->work_err, PP_ERR_DB, "pipeline mode");
    PQfinish(pg->work_conn);
    pg->work_conn = NULL;
}

static void io(uv_poll_t *h, int status, int events);
static void start_connecting(uv_timer_t *t);

static void wait_and_retry(struct pp_pg *pg) {
    pg->state = PG_DOWN;
    uv_timer_start(&pg->timer, start_connecting, (uint64_t)pg->backoff_ms, 0);
    pg->backoff_ms = pg->backoff_ms * 2 > PP_PG_BACKOFF_MAX_MS ? PP_PG_BACKOFF_MAX_MS : pg->backoff_ms * 2;
}

static void timer_closed(uv_handle_t *h) {
    struct pp_pg *pg = h->data;
    for (int i = 0; i < pg->nstmts; i++) {
        free((void *)(uintptr_t)pg->stmts[i].name);
        free((void *)(uintptr_t)pg->stmts[i].sql);
    }
    pg_opts_free(&pg->opts);
    free(pg->ops);
    free(pg);
}

static void connected(uv_work_t *w, int status) {
    struct pp_pg *pg = w->data;
    (void)status;
    if (pg->state == PG_CLOSED) {
        if (pg->work_conn) PQfinish(pg->work_conn);
        uv_close((uv_handle_t *)&pg->timer, timer_closed);
        return;
    }
    if (!pg->work_conn) {
        wait_and_retry(pg);
        if (pg->opts.state) pg->opts.state(pg->opts.user_data, false, &pg->work_err);
        return;
    }
    pg->conn = pg->work_conn;
    pg->work_conn = NULL;
    struct conn_poll *p = calloc(1, sizeof *p);
    if (!p || uv_poll_init(pg->loop, &p->poll, PQsocket(pg->conn)) != 0) {
        free(p);
        PQfinish(pg->conn);
        pg->conn = NULL;
        wait_and_retry(pg);
        return;
    }
    p->poll.data = p;
    p->pg = pg;
    pg->poll = p;
    pg->state = PG_UP;
    pg->backoff_ms = PP_PG_BACKOFF_FIRST_MS;
    pg->ntext = 0;
    pg->seg_err = (struct pp_err){0};
    pg->broken = false;
    uv_poll_start(&p->poll, UV_READABLE, io);
    if (pg->opts.state) pg->opts.state(pg->opts.user_data, true, NULL);
}

static void start_connecting(uv_timer_t *t) {
    struct pp_pg *pg = t->data;
    pg->state = PG_CONNECTING;
    if (uv_queue_work(pg->loop, &pg->work, connect_work, connected) != 0) wait_and_retry(pg);
}

void pp_pg_connect(struct pp_pg *pg) {
    if (pg->state == PG_DOWN) start_connecting(&pg->timer);
}

bool pp_pg_up(const struct pp_pg *pg) { return pg->state == PG_UP && !pg->broken; }

/* ---- the queue of what was sent ---- */

static struct op *op_head(struct pp_pg *pg) { return pg->nops ? &pg->ops[pg->head % pg->cap] : NULL; }

static bool op_push(struct pp_pg *pg, struct op o) {
    if (pg->nops == pg->cap) {
        size_t cap = pg->cap ? pg->cap * 2 : 64;
        struct op *ops = malloc(cap * sizeof *ops);
        if (!ops) return false;
        for (size_t i = 0; i < pg->nops; i++) ops[i] = pg->ops[(pg->head + i) % pg->cap];
        free(pg->ops);
        pg->ops = ops;
        pg->cap = cap;
        pg->head = 0;
    }
    pg->ops[(pg->head + pg->nops++) % pg->cap] = o;
    return true;
}

static struct op op_pop(struct pp_pg *pg) {
    struct op o = pg->ops[pg->head % pg->cap];
    pg->head = (pg->head + 1) % pg->cap;
    pg->nops--;
    return o;
}

static void mark_broken(struct pp_pg *pg, const char *why) {
    if (pg->broken) return;
    pg->broken = true;
    pp_err_set(&pg->broken_err, PP_ERR_DB, "connection lost: %s", why);
    snprintf(pg->broken_err.code, sizeof pg->broken_err.code, "08006");
}

static void poll_closed(uv_handle_t *h) { free(h->data); }

/* Ends every open operation with the error and drops the connection. */
static void fail_all(struct pp_pg *pg) {
    if (pg->poll) {
        uv_close((uv_handle_t *)&pg->poll->poll, poll_closed);
        pg->poll = NULL;
    }
    if (pg->conn) PQfinish(pg->conn);
    pg->conn = NULL;
    size_t n = pg->nops; /* what callbacks queue from here on waits for the next failure or is refused by state */
    while (n-- && pg->nops) {
        struct op o = op_pop(pg);
        if (o.kind == OP_SYNC && o.cb.sync) o.cb.sync(o.user, &pg->broken_err);
        if (o.kind == OP_QUERY && o.cb.rows && !o.answered) o.cb.rows(o.user, NULL);
    }
}

static void handle_broken(struct pp_pg *pg) {
    if (!pg->broken || pg->state != PG_UP) return;
    pg->state = PG_DOWN;
    struct pp_err e = pg->broken_err;
    while (pg->conn || pg->nops) fail_all(pg);
    pg->broken = false;
    if (pg->state == PG_CLOSED) return;
    wait_and_retry(pg);
    if (pg->opts.state) pg->opts.state(pg->opts.user_data, false, &e);
}

void pp_pg_reset(struct pp_pg *pg, const char *why) {
    if (pg->state != PG_UP) return;
    mark_broken(pg, why);
    if (!pg->draining) handle_broken(pg);
}

/* ---- results ---- */

static void query_result(struct pp_pg *pg, struct op *o, PGresult *r) {
    ExecStatusType s = PQresultStatus(r);
    bool ok = s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK;
    if (!ok && s != PGRES_PIPELINE_ABORTED && pg->seg_err.kind == PP_ERR_NONE) pg_result_err(r, &pg->seg_err);
    if (!ok && o->kind == OP_PREPARE)
        for (int i = 0; i < pg->ntext; i++)
            if (pg->text[i] == o->hash) pg->text[i] = pg->text[--pg->ntext];
    if (o->answered) return;
    o->answered = true;
    pp_pg_rows_cb *cb = o->kind == OP_QUERY ? o->cb.rows : NULL;
    void *user = o->user; /* the callback may grow the ring */
    if (cb) cb(user, ok ? (const struct pp_rows *)(const void *)r : NULL);
}

static void drain(struct pp_pg *pg) {
    int empty = 0;
    pg->draining = true;
    while (!pg->broken && empty < 3 && !PQisBusy(pg->conn)) {
        PGresult *r = PQgetResult(pg->conn);
        struct op *o = op_head(pg);
        if (!r) { /* end of one statement's results, or nothing left */
            if (!o) break;
            if (o->kind != OP_SYNC && o->answered) op_pop(pg);
            empty++;
            continue;
        }
        empty = 0;
        if (PQresultStatus(r) == PGRES_PIPELINE_SYNC) {
            if (o && o->kind == OP_SYNC) {
                struct op done = op_pop(pg);
                struct pp_err e = pg->seg_err;
                pg->seg_err = (struct pp_err){0};
                if (done.cb.sync) done.cb.sync(done.user, e.kind == PP_ERR_NONE ? NULL : &e);
            }
        } else if (o && o->kind != OP_SYNC) {
            query_result(pg, o, r);
        }
        PQclear(r);
    }
    pg->draining = false;
}

static void arm(struct pp_pg *pg) {
    if (!pg->poll || pg->broken) return;
    int more = PQflush(pg->conn);
    if (more < 0)
        mark_broken(pg, "write failed");
    else
        uv_poll_start(&pg->poll->poll, UV_READABLE | (more ? UV_WRITABLE : 0), io);
}

static void io(uv_poll_t *h, int status, int events) {
    struct pp_pg *pg = ((struct conn_poll *)h->data)->pg;
    if (status < 0) mark_broken(pg, uv_strerror(status));
    if (!pg->broken && (events & UV_READABLE)) {
        bool ok = PQconsumeInput(pg->conn) != 0;
        drain(pg); /* also what came before the end */
        if (!ok || PQstatus(pg->conn) == CONNECTION_BAD) mark_broken(pg, "closed by the server");
    }
    if (!pg->broken) arm(pg);
    handle_broken(pg);
}

/* ---- sending ---- */

/* A send that fails leaves its operation queued: it ends with the connection, once, like all others. */
static void failed_later(struct pp_pg *pg) { mark_broken(pg, "send failed"); }

static void params_of(const struct pp_str *params, int n, const char **values, int *lengths) {
    for (int i = 0; i < n; i++) {
        values[i] = params[i].s;
        lengths[i] = (int)params[i].n;
    }
}

/* Not up: the answer is given at once, in the order asked; the sync says why. */
static bool refuse(struct pp_pg *pg, struct op o) {
    if (pg->state == PG_UP && op_push(pg, o)) return false;
    struct pp_err e;
    pp_err_set(&e, PP_ERR_DB, "not connected");
    snprintf(e.code, sizeof e.code, "08003");
    if (o.kind == OP_SYNC && o.cb.sync) o.cb.sync(o.user, &e);
    if (o.kind == OP_QUERY && o.cb.rows) o.cb.rows(o.user, NULL);
    return true;
}

void pp_pg_exec(struct pp_pg *pg, const char *stmt, const struct pp_str *params, int n, pp_pg_rows_cb *cb, void *user) {
    const char *values[PP_PG_PARAMS_MAX];
    int lengths[PP_PG_PARAMS_MAX], formats[PP_PG_PARAMS_MAX];
    if (refuse(pg, (struct op){.kind = OP_QUERY, .cb.rows = cb, .user = user}) || pg->broken) return;
    params_of(params, n, values, lengths);
    for (int i = 0; i < n; i++) formats[i] = 1;
    if (!PQsendQueryPrepared(pg->conn, stmt, n, values, lengths, formats, 1)) failed_later(pg);
}

static uint64_t fnv(const char *z) {
    uint64_t h = UINT64_C(14695981039346656037);
    for (; *z; z++) h = (h ^ (unsigned char)*z) * UINT64_C(1099511628211);
    return h;
}

void pg_exec_text(struct pp_pg *pg, const char *sql, const struct pp_str *params, int n, pp_pg_rows_cb *cb,
                  void *user) {
    const char *values[PP_PG_PARAMS_MAX];
    int lengths[PP_PG_PARAMS_MAX];
    char name[PG_NAME_MAX];
    uint64_t h = fnv(sql);
    bool known = false;
    for (int i = 0; i < pg->ntext && !known; i++) known = pg->text[i] == h;
    snprintf(name, sizeof name, "q%016llx", (unsigned long long)h);
    bool named = known || pg->ntext < PG_TEXT_STMTS_MAX;
    if (pg->state == PG_UP && !pg->broken && named && !known &&
        op_push(pg, (struct op){.kind = OP_PREPARE, .hash = h})) {
        pg->text[pg->ntext++] = h;
        if (!PQsendPrepare(pg->conn, name, sql, 0, NULL)) failed_later(pg);
    }
    if (refuse(pg, (struct op){.kind = OP_QUERY, .cb.rows = cb, .user = user}) || pg->broken) return;
    params_of(params, n, values, lengths);
    int ok = named ? PQsendQueryPrepared(pg->conn, name, n, values, lengths, NULL, 1)
                   : PQsendQueryParams(pg->conn, sql, n, NULL, values, lengths, NULL, 1);
    if (!ok) failed_later(pg);
}

/* A connection that broke while sending is dropped on the next turn, never from inside the sender. */
static void broken_soon(uv_timer_t *t) { handle_broken(t->data); }

void pp_pg_sync(struct pp_pg *pg, pp_pg_sync_cb *cb, void *user) {
    if (refuse(pg, (struct op){.kind = OP_SYNC, .cb.sync = cb, .user = user})) return;
    if (!pg->broken && !PQpipelineSync(pg->conn)) failed_later(pg);
    if (!pg->broken && !pg->draining) arm(pg);
    if (pg->broken && !pg->draining) uv_timer_start(&pg->timer, broken_soon, 0, 0);
}

void pp_pg_close(struct pp_pg *pg) {
    if (!pg || pg->state == PG_CLOSED) return;
    bool connecting = pg->state == PG_CONNECTING;
    mark_broken(pg, "closing");
    pg->state = PG_CLOSED;
    while (pg->conn || pg->nops) fail_all(pg);
    uv_timer_stop(&pg->timer);
    if (!connecting) uv_close((uv_handle_t *)&pg->timer, timer_closed);
}

/* ---- blocking ---- */

struct pp_pg_sync_conn {
    PGconn *conn;
};

int pp_pg_sync_open(const struct pp_pg_opts *opts, struct pp_pg_sync_conn **ret, struct pp_err *err) {
    struct pp_pg_sync_conn *c = calloc(1, sizeof *c);
    if (!c) return pp_err_set(err, PP_ERR_NOMEM, "database connection");
    c->conn = pg_open(opts, false, err);
    if (!c->conn) {
        free(c);
        return -1;
    }
    *ret = c;
    return 0;
}

int pp_pg_sync_exec(struct pp_pg_sync_conn *c, const char *sql, const char *const *params, int n, pp_pg_rows_cb *cb,
                    void *user, struct pp_err *err) {
    PGresult *r = n || cb ? PQexecParams(c->conn, sql, n, NULL, params, NULL, NULL, 1) : PQexec(c->conn, sql);
    ExecStatusType s = PQresultStatus(r);
    int rc = 0;
    if (s != PGRES_COMMAND_OK && s != PGRES_TUPLES_OK) {
        pg_result_err(r, err);
        rc = -1;
    } else if (cb) {
        cb(user, (const struct pp_rows *)(const void *)r);
    }
    PQclear(r);
    return rc;
}

void pp_pg_sync_close(struct pp_pg_sync_conn *c) {
    if (!c) return;
    PQfinish(c->conn);
    free(c);
}
