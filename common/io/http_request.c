/* What is asked, and whether this client may ask it. */
#include "io/auth.h"
#include "io/clock.h"
#include "io/http_internal.h"
#include <arpa/inet.h>
#include <stdio.h>

#define TOKEN_STORE 2048

static bool same_method(const struct pp_request *r, const struct pp_route *route) {
    return pp_str_eqz(r->method, route->method) || (pp_str_eqz(r->method, "HEAD") && strcmp(route->method, "GET") == 0);
}

/* Best route for path and method. Collects the methods that the path would take otherwise. */
static void find_route(struct pp_request *r, char *allow, size_t allow_n, bool *ret_bad) {
    int64_t best = -1;
    size_t used = 0;
    for (int i = 0; i < r->server->nroutes; i++) {
        const struct pp_route *route = &r->server->routes[i];
        struct pp_url_pair vars[PP_HTTP_PATH_VARS_MAX];
        int nvars = 0;
        int64_t rank =
            pp_route_match(route->path, r->raw_path, &r->arena, vars, PP_HTTP_PATH_VARS_MAX, &nvars, ret_bad);
        if (rank < 0) continue;
        if (!same_method(r, route)) {
            if (used < allow_n)
                used += (size_t)snprintf(allow + used, allow_n - used, "%s%s", used ? ", " : "", route->method);
            continue;
        }
        if (rank <= best) continue;
        best = rank;
        r->route = route;
        memcpy(r->vars, vars, sizeof vars);
        r->nvars = nvars;
    }
}

static struct pp_str bearer(struct pp_request *r) {
    struct pp_str h = pp_request_header(r, "Authorization");
    if (h.n < 7 || !pp_str_ieq((struct pp_str){h.s, 7}, PP_STR("Bearer "))) return PP_STR_NONE;
    return pp_str_trim((struct pp_str){h.s + 7, h.n - 7});
}

static bool check_token(struct pp_request *r) {
    struct pp_str token = bearer(r);
    if (r->route->open && pp_str_empty(token)) return true;
    struct pp_err err = {0};
    char *store = pp_arena_alloc(&r->arena, TOKEN_STORE);
    if (r->server->auth && store && !pp_str_empty(token) &&
        pp_auth_check(r->server->auth, token, pp_real_ms(), &r->identity, store, TOKEN_STORE, &err) == 0)
        r->signed_in = true;
    if (r->route->open) return true; /* a bad token on an open route is no token */
    if (!r->signed_in) {
        http_set_problem(r, 401, "Sign in to use this", NULL,
                         pp_str_empty(token) ? "the request has no bearer token"
                         : err.msg[0]        ? err.msg
                                             : "no key set is configured",
                         pp_str_empty(token) ? "WWW-Authenticate: Bearer realm=\"priorpath\""
                                             : "WWW-Authenticate: Bearer realm=\"priorpath\", error=\"invalid_token\"");
        return false;
    }
    if (!pp_identity_has_role(&r->identity, r->route->roles ? r->route->roles : "")) {
        char detail[256];
        snprintf(detail, sizeof detail, "this needs the role %s", r->route->roles ? r->route->roles : "(none)");
        for (char *c = detail; *c; c++)
            if (*c == ',') *c = '|';
        http_set_problem(r, 403, "You do not have the role for this", NULL, detail, NULL);
        return false;
    }
    return true;
}

static bool check_length(struct pp_request *r) {
    struct pp_str length = pp_request_header(r, "Content-Length"), coding = pp_request_header(r, "Transfer-Encoding");
    int64_t n = 0;
    if (!pp_str_empty(length) && !pp_str_empty(coding)) {
        /* The two together are how a request is smuggled past a proxy. */
        http_set_problem(r, 400, "The request is not understood", NULL,
                         "Content-Length and Transfer-Encoding exclude each other", NULL);
        return false;
    }
    if (!pp_str_empty(length) && (!pp_str_int(length, &n) || n < 0)) {
        http_set_problem(r, 400, "The request is not understood", NULL, "Content-Length is not a number", NULL);
        return false;
    }
    if ((uint64_t)n > r->route->body_max) {
        char detail[96];
        snprintf(detail, sizeof detail, "at most %zu bytes are taken here", r->route->body_max);
        http_set_problem(r, 413, "The body is too long", NULL, detail, NULL);
        return false;
    }
    if ((uint64_t)n + r->server->body_bytes > PP_HTTP_BODIES_BYTES_MAX) {
        http_set_problem(r, 503, "Too many large requests at once", NULL, "try again in a few seconds",
                         "Retry-After: 2");
        return false;
    }
    return true;
}

bool http_request_head(struct pp_request *r) {
    char allow[96] = "Allow: ";
    bool bad = false;
    r->nquery = pp_query_parse(r->raw_query, &r->arena, r->query, PP_HTTP_QUERY_PARAMS_MAX);
    if (!pp_url_decode(r->raw_path, false, &r->arena, &r->path)) bad = true;
    if (!bad && r->nquery >= 0) find_route(r, allow + 7, sizeof allow - 7, &bad);
    if (bad || r->nquery < 0) {
        http_set_problem(r, 400, "The address is not understood", NULL,
                         "path or query cannot be decoded, or has too many parts", NULL);
        return false;
    }
    if (!r->route) {
        bool other = allow[7] != 0;
        http_set_problem(r, other ? 405 : 404,
                         other ? "This address takes other methods" : "There is nothing at this address", NULL,
                         other ? allow : "check the path", other ? allow : NULL);
        return false;
    }
    return check_token(r) && check_length(r);
}

struct pp_str pp_request_id(const struct pp_request *r) {
    return pp_str_z(r->id);
}
struct pp_str pp_request_method(const struct pp_request *r) {
    return r->method;
}
struct pp_str pp_request_path(const struct pp_request *r) {
    return r->path;
}
struct pp_str pp_request_body(const struct pp_request *r) {
    return pp_buf_str(&r->body);
}
struct pp_arena *pp_request_arena(struct pp_request *r) {
    return &r->arena;
}
const struct pp_identity *pp_request_identity(const struct pp_request *r) { return r->signed_in ? &r->identity : NULL; }

static struct pp_str pick(const struct pp_url_pair *p, int n, const char *name) {
    for (int i = 0; i < n; i++)
        if (pp_str_eqz(p[i].name, name)) return p[i].value;
    return PP_STR_NONE;
}

struct pp_str pp_request_var(const struct pp_request *r, const char *name) {
    return pick(r->vars, r->nvars, name);
}

struct pp_str pp_request_query(const struct pp_request *r, const char *name) {
    return pick(r->query, r->nquery, name);
}

bool pp_request_each_query(const struct pp_request *r, bool (*fn)(void *, struct pp_str, struct pp_str), void *user) {
    for (int i = 0; i < r->nquery; i++)
        if (!fn(user, r->query[i].name, r->query[i].value)) return false;
    return true;
}

/* Copied: libmicrohttpd's own go with the connection, and the handler may outlive it. */
static struct pp_str lookup(struct pp_request *r, enum MHD_ValueKind kind, const char *name) {
    if (!r->conn) return PP_STR_NONE;
    const char *v = MHD_lookup_connection_value(r->conn, kind, name);
    return v ? pp_arena_strz(&r->arena, v) : PP_STR_NONE;
}

struct pp_str pp_request_header(struct pp_request *r, const char *name) {
    return lookup(r, MHD_HEADER_KIND, name);
}

struct pp_str pp_request_cookie(struct pp_request *r, const char *name) {
    return lookup(r, MHD_COOKIE_KIND, name);
}

struct pp_str pp_request_peer(const struct pp_request *r) {
    if (!r->conn) return PP_STR_NONE;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(r->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char text[INET6_ADDRSTRLEN] = "";
    if (!info || !info->client_addr) return PP_STR_NONE;
    if (info->client_addr->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)info->client_addr)->sin_addr, text, sizeof text);
    else if (info->client_addr->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)info->client_addr)->sin6_addr, text,
                  sizeof text);
    /* The arena belongs to the request; only its memory grows here. */
    return pp_arena_strz(&((struct pp_request *)(uintptr_t)r)->arena, text);
}
