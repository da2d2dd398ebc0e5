/* Reading connections: each serves one query at a time, in its own transaction under row-level security. */
#include "io/pg_int.h"

#include <stdlib.h>
#include <string.h>

#define POOL_SIZE_MAX 16

struct read {
    struct read *next;
    struct pp_pg_pool *pool;
    char *sql;
    struct pp_str scope[3]; /* tenant, sites, user */
    struct pp_str params[PP_PG_READ_PARAMS_MAX];
    int nparams;
    pp_pg_read_cb *cb;
    void *user;
    uint64_t deadline_ms; /* of uv_now */
    bool found, answered;
    char *value; /* copied: the callback comes with the sync, when it is known that all went well */
    uint32_t value_n;
    struct slot *slot;
};

struct slot {
    struct pp_pg_pool *pool;
    struct pp_pg *pg;
    struct read *busy;
};

struct pp_pg_pool {
    uv_loop_t *loop;
    struct slot slots[POOL_SIZE_MAX];
    int nslots;
    struct read *first, *last;
    int waiting;
    uv_timer_t timer;
    struct pp_err down; /* why the last connection attempt failed */
    bool closing;
};

static void read_free(struct read *r) {
    if (!r) return;
    free(r->sql);
    for (int i = 0; i < 3; i++) free((void *)(uintptr_t)r->scope[i].s);
    for (int i = 0; i < r->nparams; i++) free((void *)(uintptr_t)r->params[i].s);
    free(r->value);
    free(r);
}

static void finish(struct read *r, const struct pp_err *err) {
    r->cb(r->user, !err && r->found, (struct pp_str){r->value, r->value_n}, err);
    read_free(r);
}

static void next(struct pp_pg_pool *p);

static void on_rows(void *user, const struct pp_rows *rows) {
    struct read *r = user;
    if (!rows || pp_rows_n(rows) == 0) return;
    r->found = true;
    struct pp_str v = pp_rows_str(rows, 0, 0);
    r->value = malloc((size_t)v.n + 1);
    if (!r->value) {
        r->found = false;
        return;
    }
    memcpy(r->value, v.s, (size_t)v.n);
    r->value[v.n] = '\0';
    r->value_n = v.n;
}

static void on_sync(void *user, const struct pp_err *err) {
    struct read *r = user;
    struct pp_pg_pool *p = r->pool;
    r->slot->busy = NULL;
    finish(r, err);
    if (!p->closing) next(p);
}

static const char scope_sql[] =
    "select set_config('app.tenant', $1, true), set_config('app.sites', $2, true), set_config('app.user', $3, true)";

static void next(struct pp_pg_pool *p) {
    for (int i = 0; i < p->nslots && p->first; i++) {
        struct slot *s = &p->slots[i];
        if (s->busy || !pp_pg_up(s->pg)) continue;
        struct read *r = p->first;
        p->first = r->next;
        if (!p->first) p->last = NULL;
        p->waiting--;
        r->next = NULL;
        r->slot = s;
        s->busy = r;
        pg_exec_text(s->pg, scope_sql, r->scope, 3, NULL, NULL);
        pg_exec_text(s->pg, r->sql, r->params, r->nparams, on_rows, r);
        pp_pg_sync(s->pg, on_sync, r);
    }
}

static void tick(uv_timer_t *t) {
    struct pp_pg_pool *p = t->data;
    uint64_t now = uv_now(p->loop);
    next(p);
    struct read *late = NULL, **at = &p->first;
    p->last = NULL;
    while (*at) {
        struct read *r = *at;
        if (r->deadline_ms > now) {
            p->last = r;
            at = &r->next;
            continue;
        }
        *at = r->next;
        p->waiting--;
        r->next = late;
        late = r;
    }
    while (late) { /* apart from the list: callbacks may add to it */
        struct read *r = late;
        late = r->next;
        struct pp_err e;
        pp_err_set(&e, PP_ERR_TIMEOUT, "no database connection for reading within %d ms", PP_PG_READ_TIMEOUT_MS);
        finish(r, &e);
    }
}

static void on_state(void *user, bool up, const struct pp_err *err) {
    struct pp_pg_pool *p = user;
    if (err) p->down = *err;
    if (up && !p->closing) next(p);
}

int pp_pg_pool_new(uv_loop_t *loop, const struct pp_pg_opts *opts, int size, struct pp_pg_pool **ret,
                   struct pp_err *err) {
    struct pp_pg_pool *p = calloc(1, sizeof *p);
    if (!p) return pp_err_set(err, PP_ERR_NOMEM, "read pool");
    p->loop = loop;
    p->nslots = size < 1 ? 1 : size > POOL_SIZE_MAX ? POOL_SIZE_MAX : size;
    uv_timer_init(loop, &p->timer);
    p->timer.data = p;
    struct pp_pg_opts o = *opts;
    o.state = on_state;
    o.user_data = p;
    o.statement_timeout_ms = PP_PG_READ_TIMEOUT_MS;
    for (int i = 0; i < p->nslots; i++) {
        p->slots[i].pool = p;
        if (pp_pg_new(loop, &o, &p->slots[i].pg, err) < 0) return -1;
        pp_pg_connect(p->slots[i].pg);
    }
    uv_timer_start(&p->timer, tick, 100, 100);
    *ret = p;
    return 0;
}

static struct pp_str copy_str(struct pp_str s) {
    if (!s.s) return (struct pp_str){NULL, 0};
    char *p = malloc((size_t)s.n + 1);
    if (!p) return (struct pp_str){NULL, 0};
    memcpy(p, s.s, s.n);
    p[s.n] = '\0'; /* text parameters are C strings to libpq */
    return (struct pp_str){p, s.n};
}

void pp_pg_pool_read(struct pp_pg_pool *p, const struct pp_pg_read *q, pp_pg_read_cb *cb, void *user) {
    struct read *r = calloc(1, sizeof *r);
    if (!r) abort(); /* exactly one callback cannot be kept without memory for it */
    r->pool = p;
    r->cb = cb;
    r->user = user;
    r->sql = strdup(q->sql);
    r->scope[0] = copy_str(q->tenant.s ? q->tenant : PP_STR(""));
    r->scope[1] = copy_str(q->sites.s ? q->sites : PP_STR(""));
    r->scope[2] = copy_str(q->user.s ? q->user : PP_STR(""));
    r->nparams = q->nparams > PP_PG_READ_PARAMS_MAX ? PP_PG_READ_PARAMS_MAX : q->nparams;
    for (int i = 0; i < r->nparams; i++) r->params[i] = copy_str(q->params[i]);
    /* Above the limit the deadline is now, so that the refusal comes from the timer and not from inside this call. */
    r->deadline_ms = p->waiting >= PP_PG_READ_WAITING_MAX ? 0 : uv_now(p->loop) + PP_PG_READ_TIMEOUT_MS;
    if (p->last)
        p->last->next = r;
    else
        p->first = r;
    p->last = r;
    p->waiting++;
    if (p->waiting == 1) next(p);
}

bool pp_pg_pool_up(const struct pp_pg_pool *p) {
    for (int i = 0; i < p->nslots; i++)
        if (pp_pg_up(p->slots[i].pg)) return true;
    return false;
}

static void pool_closed(uv_handle_t *h) { free(h->data); }

void pp_pg_pool_close(struct pp_pg_pool *p) {
    if (!p) return;
    p->closing = true;
    for (int i = 0; i < p->nslots; i++) pp_pg_close(p->slots[i].pg);
    while (p->first) {
        struct read *r = p->first;
        p->first = r->next;
        struct pp_err e;
        pp_err_set(&e, PP_ERR_DB, "closing");
        finish(r, &e);
    }
    uv_close((uv_handle_t *)&p->timer, pool_closed);
}
