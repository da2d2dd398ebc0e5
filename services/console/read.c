/* Reads: asked of the service that owns them, under the person's own roles and sites. */
#include "console.h"
#include "io/log.h"

#include <stdio.h>
#include <stdlib.h>

#define URL_MAX 4096
#define BEARER_MAX (CONSOLE_TOKEN_BYTES_MAX + 64)

struct url {
    struct pp_buf b;
    bool any; /* a parameter was written */
};

static void add_param(struct url *u, const char *name, uint32_t name_n, struct pp_str value) {
    char text[1024];
    if (value.n && !console_url_escape(value, text, sizeof text)) u->b.failed = true;
    pp_buf_printf(&u->b, "%c%.*s=%s", u->any ? '&' : '?', (int)name_n, name, value.n ? text : "");
    u->any = true;
}

/* `user` is who is signed in, whatever the page says. */
static bool copy_param(void *user, struct pp_str name, struct pp_str value) {
    struct url *u = user;
    if (pp_str_eqz(name, "user")) return true;
    char text[128];
    size_t n = console_url_escape(name, text, sizeof text);
    if (!n)
        u->b.failed = true;
    else
        add_param(u, text, (uint32_t)n, value);
    return true;
}

static void on_answer(void *user, const struct pp_http_result *a) {
    struct pp_request *r = user;
    if (a->status == 0) {
        pp_log_err(PP_LOG_WARN, "a service did not answer", &a->err);
        pp_http_problem(r, 502, "Part of this cannot be read right now", NULL,
                        "the service that owns it does not answer");
        return;
    }
    console_bytes(r, a->status, a->content_type, a->body);
}

static void ask(struct console *c, struct pp_request *r, struct console_session *s, struct pp_str url) {
    char bearer[BEARER_MAX];
    struct pp_err err;
    const char *token = console_token(c, r, s);
    if (!token) return;
    snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", token);
    struct pp_str headers[] = {pp_str_z(bearer)};
    struct pp_http_req q = {.method = PP_STR("GET"),
                            .url = url,
                            .accept = PP_STR("application/json"),
                            .headers = headers,
                            .nheaders = 1,
                            .timeout_ms = CONSOLE_UPSTREAM_TIMEOUT_MS,
                            .answer_bytes_max = CONSOLE_UPSTREAM_BYTES_MAX};
    if (pp_http_send(c->client, &q, on_answer, r, &err) < 0)
        pp_http_problem(r, 503, "Too much is being asked right now", NULL, "try again");
}

void console_on_read(void *user, struct pp_request *r) {
    struct console *c = user;
    enum console_service owner;
    struct pp_str path = pp_request_var(r, "rest"), at;
    /* The page asks on its own, too: only what a person did keeps the session alive. */
    struct console_session *s = console_enter(c, r, false, pp_str_eqz(pp_request_header(r, "PP-Person"), "1"));
    if (!s) return;
    if (!console_read_owner(path, &owner, &at)) {
        pp_http_problem(r, 404, "There is no such page of data", NULL, "unknown path");
        return;
    }
    struct url u = {0};
    pp_buf_init(&u.b, URL_MAX);
    pp_buf_printf(&u.b, "%s/v1", c->urls[owner]);
    while (at.n) {
        char text[512];
        struct pp_str one = pp_str_split(&at, '/');
        if (!console_url_escape(one, text, sizeof text)) u.b.failed = true;
        pp_buf_printf(&u.b, "/%s", text);
    }
    pp_request_each_query(r, copy_param, &u);
    if (pp_str_eqz(path, "worklist") || pp_str_eqz(path, "views/counts")) {
        add_param(&u, "user", 4, pp_str_z(s->user->id));
        if (s->user->queues[0] &&
            (pp_str_eqz(path, "views/counts") || pp_str_eqz(pp_request_query(r, "view"), "team")) &&
            !pp_request_query(r, "queue").n)
            add_param(&u, "queue", 5, pp_str_z(s->user->queues));
    }
    if (u.b.failed)
        pp_http_problem(r, 414, "The address is too long", NULL, "fewer filters, please");
    else
        ask(c, r, s, pp_buf_str(&u.b));
    pp_buf_free(&u.b);
}

/* POST {text}: what people look for stands in no address of the browser. Order numbers, case numbers, claim numbers. */
struct find {
    struct pp_request *r;
    json_t *rows;
    int open;
};

static void find_done(struct find *f) {
    if (--f->open > 0) return;
    console_json(f->r, 200, json_pack("{s:o}", "rows", f->rows));
    free(f);
}

static void on_found(void *user, const struct pp_http_result *a, const char *kind) {
    struct find *f = user;
    json_t *o = a->status == 200 ? json_loadb(a->body.s, a->body.n, 0, NULL) : NULL, *row;
    size_t i;
    json_array_foreach(json_object_get(o, "rows"), i, row) {
        json_object_set_new(row, "kind", json_string(kind));
        json_array_append(f->rows, row);
    }
    json_decref(o);
    find_done(f);
}
static void on_found_case(void *user, const struct pp_http_result *a) { on_found(user, a, "case"); }
static void on_found_claim(void *user, const struct pp_http_result *a) { on_found(user, a, "claim"); }

void console_on_find(void *user, struct pp_request *r) {
    static const struct {
        enum console_service owner;
        const char *path;
        pp_http_done_cb *cb;
    } places[] = {{CONSOLE_STATUS, "/v1/cases?order_no=", on_found_case},
                  {CONSOLE_STATUS, "/v1/cases?case_no=", on_found_case},
                  {CONSOLE_CLAIMS, "/v1/claims?claim_no=", on_found_claim}};
    struct console *c = user;
    struct console_session *s = console_enter(c, r, true, true);
    char text[512], bearer[BEARER_MAX], url[1024];
    if (!s) return;
    struct pp_str body = pp_request_body(r);
    json_t *o = json_loadb(body.n ? body.s : "", body.n, 0, NULL);
    const char *what = json_string_value(json_object_get(o, "text"));
    size_t n = what ? console_url_escape(pp_str_trim(pp_str_z(what)), text, sizeof text) : 0;
    json_decref(o);
    if (!n) {
        pp_http_problem(r, 400, "Write an order, case or claim number", "/text", "nothing to look for");
        return;
    }
    const char *token = console_token(c, r, s);
    if (!token) return;
    snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", token);
    struct find *f = calloc(1, sizeof *f);
    if (!f) {
        pp_http_problem(r, 500, "Sorry, this did not work", NULL, "out of memory");
        return;
    }
    *f = (struct find){.r = r, .rows = json_array(), .open = 1};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        struct pp_str headers[] = {pp_str_z(bearer)};
        struct pp_err err;
        snprintf(url, sizeof url, "%s%s%s", c->urls[places[i].owner], places[i].path, text);
        struct pp_http_req q = {.method = PP_STR("GET"),
                                .url = pp_str_z(url),
                                .accept = PP_STR("application/json"),
                                .headers = headers,
                                .nheaders = 1,
                                .timeout_ms = CONSOLE_UPSTREAM_TIMEOUT_MS};
        if (pp_http_send(c->client, &q, places[i].cb, f, &err) == 0) f->open++;
    }
    find_done(f);
}
