#include "service/front_int.h"
#include "io/clock.h"
#include "io/log.h"

#include <stdio.h>
#include <stdlib.h>

/* For open requests, in turns of the timer: a loop that stood still has served nobody meanwhile. */
#define STOP_TURNS (PP_FRONT_STOP_MS / PP_FRONT_POLL_MS)

/* ---- works ---- */

void *front_begin(struct pp_front *f, struct pp_request *r, size_t size) {
    if (f->stopping) {
        pp_http_problem(r, 503, "This service is stopping", NULL, "try again: another instance will answer");
        return NULL;
    }
    struct front_work *w = pp_arena_alloc(pp_request_arena(r), size);
    if (!w) {
        pp_http_problem(r, 500, "The request could not be worked on", NULL, "it is too large");
        return NULL;
    }
    w->front = f;
    w->r = r;
    w->until_ms = pp_mono_ms() + PP_FRONT_WAIT_MS;
    f->open++;
    return w;
}

void front_end(struct front_work *w) { w->front->open--; }

bool front_wait(struct front_work *w, void (*again)(struct front_work *w)) {
    struct pp_front *f = w->front;
    if (pp_mono_ms() + PP_FRONT_POLL_MS > w->until_ms || f->stopping) return false;
    w->again = again;
    w->next = f->waiting;
    f->waiting = w;
    return true;
}

void front_read(struct front_work *w, const char *sql, const struct pp_str *params, int n, bool write,
                pp_pg_read_cb *cb) {
    const struct pp_identity *who = pp_request_identity(w->r);
    if (w->front->closed) { /* the pool is gone, and nobody waits any more */
        struct pp_err err = {.kind = PP_ERR_IO, .retriable = true};
        cb(w, false, PP_STR_NONE, &err);
        return;
    }
    struct pp_pg_read q = {.tenant = who->tenant,
                           .sites = who->sites,
                           .user = who->subject,
                           .sql = sql,
                           .params = params,
                           .nparams = n,
                           .write = write};
    pp_pg_pool_read(w->front->env->reads, &q, cb, w);
}

struct pp_str front_id(struct pp_request *r, struct pp_str s) {
    struct pp_uuid id;
    char text[PP_UUID_TEXT + 1];
    if (s.n != PP_UUID_B32 || !pp_uuid_parse(s, &id)) return s;
    pp_uuid_text(id, text);
    return pp_arena_strz(pp_request_arena(r), text);
}

void front_fail(struct front_work *w, const struct pp_err *err) {
    struct pp_request *r = w->r;
    front_end(w);
    if (err->kind == PP_ERR_NOTFOUND) {
        pp_http_problem(r, 404, "There is nothing at this address", NULL, "%s", err->msg);
    } else if (err->kind == PP_ERR_DB && strncmp(err->code, "22", 2) == 0) {
        /* Data exception: a text that does not cast. The database's message would hold the value; it is not shown. */
        pp_http_problem(r, 400, "A value is not of the right kind", NULL,
                        "an id, number or date in the address cannot be read");
    } else if (err->kind == PP_ERR_DB && strcmp(err->code, "57014") == 0) {
        pp_log(PP_LOG_WARN, "query took too long", "request", PP_V(pp_request_id(r)), NULL);
        pp_http_problem(r, 503, "The answer took too long", NULL, "ask for less, or try again");
    } else if (err->retriable || err->kind == PP_ERR_LIMIT || err->kind == PP_ERR_TIMEOUT) {
        pp_log(PP_LOG_WARN, "request not answered for now", "request", PP_V(pp_request_id(r)), "kind",
               PP_S(pp_err_kind_name(err->kind)), "code", PP_S(err->code), NULL);
        pp_http_problem(r, 503, "Not possible right now", NULL, "try again in a few seconds");
    } else {
        pp_log(PP_LOG_ERROR, "request failed", "request", PP_V(pp_request_id(r)), "kind",
               PP_S(pp_err_kind_name(err->kind)), "code", PP_S(err->code), NULL);
        pp_http_problem(r, 500, "Something went wrong on our side", NULL, "it has been logged under the trace number");
    }
}

/* ---- start and stop ---- */

static void free_front(uv_handle_t *h) {
    struct pp_front *f = h->data;
    pp_auth_free(f->auth);
    for (int i = 0; f->queries && f->queries[i].q; i++) free(f->queries[i].path);
    free(f->routes);
    free(f->queries);
    free(f);
}

/* A late callback of the database may come after the end was told; the memory waits for it. */
static void try_end(struct pp_front *f) {
    bool over = f->open == 0 && pp_http_server_busy(f->server) == 0;
    if (!f->closed && (over || --f->stop_turns <= 0)) {
        f->closed = true;
        pp_http_server_free(f->server);
        f->done(f->done_user);
    }
    if (f->closed && f->open == 0) {
        uv_timer_stop(&f->timer);
        uv_close((uv_handle_t *)&f->timer, free_front);
    }
}

static void on_timer(uv_timer_t *t) {
    struct pp_front *f = t->data;
    struct front_work *w = f->waiting;
    f->waiting = NULL;
    while (w) {
        struct front_work *next = w->next; /* w may end in again() */
        w->again(w);
        w = next;
    }
    if (f->stopping) try_end(f);
}

static int add_routes(struct pp_front *f, const struct pp_service *svc, struct pp_err *err) {
    int n = 0, nq = 0;
    for (int i = 0; i < svc->ncommands; i++)
        if (strlen(svc->commands[i].person_sql) > FRONT_PERSON_SQL_MAX)
            return pp_err_set(err, PP_ERR_BUG, "a person_sql is too long");
    f->routes = calloc((size_t)(2 * svc->nqueries + 2), sizeof *f->routes);
    f->queries = calloc((size_t)(2 * svc->nqueries + 1), sizeof *f->queries);
    if (!f->routes || !f->queries) return pp_err_set(err, PP_ERR_NOMEM, "routes");
    for (int i = 0; i < svc->nqueries; i++) {
        const struct pp_query *q = &svc->queries[i];
        f->queries[nq] = (struct front_query){.front = f, .q = q};
        f->routes[n++] = (struct pp_route){
            .method = "GET", .path = q->path, .roles = q->roles, .handler = front_get, .user = &f->queries[nq++]};
        if (!q->bytes) continue;
        char *path;
        if (asprintf(&path, "%s/bytes", q->path) < 0) return pp_err_set(err, PP_ERR_NOMEM, "routes");
        f->queries[nq] = (struct front_query){f, q, true, path};
        f->routes[n++] = (struct pp_route){
            .method = "GET", .path = path, .roles = q->roles, .handler = front_get, .user = &f->queries[nq++]};
    }
    f->routes[n++] = (struct pp_route){.method = "POST",
                                       .path = "/v1/commands",
                                       .body_max = PP_FRONT_COMMAND_BYTES_MAX,
                                       .roles = "*",
                                       .handler = front_post_command,
                                       .user = f};
    f->routes[n++] = (struct pp_route){
        .method = "GET", .path = "/v1/commands/{id}", .roles = "*", .handler = front_get_command, .user = f};
    pp_http_server_routes(f->server, f->routes, n);
    return 0;
}

int pp_front_start(struct pp_front_env *env, struct pp_err *err) {
    struct pp_front *f = calloc(1, sizeof *f);
    if (!f) return pp_err_set(err, PP_ERR_NOMEM, "front");
    f->env = env;
    uv_timer_init(env->loop, &f->timer);
    f->timer.data = f;
    if (pp_auth_open(pp_config_str(env->config, "jwks-file"), pp_config_str(env->config, "token-issuer"), &f->auth,
                     err) < 0 ||
        pp_http_server_new(env->loop, pp_config_str(env->config, "api-bind"),
                           (int)pp_config_int(env->config, "api-port"), f->auth, &f->server, err) < 0 ||
        add_routes(f, env->svc, err) < 0) {
        pp_http_server_free(f->server);
        uv_close((uv_handle_t *)&f->timer, free_front);
        return pp_err_wrap(err, "API listener");
    }
    uv_timer_start(&f->timer, on_timer, PP_FRONT_POLL_MS, PP_FRONT_POLL_MS);
    pp_log(PP_LOG_INFO, "API", "port", PP_I(pp_http_server_port(f->server)), NULL);
    env->front = f;
    return 0;
}

int pp_front_port(const struct pp_front_env *env) { return pp_http_server_port(env->front->server); }

void pp_front_stop(struct pp_front_env *env, void (*done)(void *user), void *user) {
    struct pp_front *f = env->front;
    if (!f || f->stopping) { /* never started, or told before */
        if (!f) done(user);
        return;
    }
    f->stopping = true;
    f->stop_turns = STOP_TURNS;
    f->done = done;
    f->done_user = user;
    pp_http_server_stop(f->server);
}
