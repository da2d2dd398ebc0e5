#include "listen_http.h"
#include "io/log.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#define BODY_MAX ((size_t)64 << 20)
#define SECRET_BYTES_MAX 256
#define ARENA_BYTES ((size_t)96 << 20) /* a FHIR body is parsed once for its patient */
#define ROUTES 2

struct door_http {
    struct door_store *store;
    struct door_http_opts opts;
    struct pp_http_server *server;
    struct pp_route routes[ROUTES];
    struct pp_arena arena;
};

struct answer {
    struct pp_request *request;
    char hash[PP_SHA256_HEX + 1];
};

static void on_stored(void *user, const struct pp_err *err) {
    struct answer *a = user;
    if (err) {
        pp_log_err(PP_LOG_ERROR, "message not stored", err);
        pp_http_problem(a->request, 503, "The message could not be stored. Send it again.", NULL,
                        "the message log does not answer");
    } else {
        char body[128];
        int n = snprintf(body, sizeof body, "{\"stored\":true,\"hash\":\"%s\"}", a->hash);
        pp_http_reply(a->request, 202, "application/json", (struct pp_str){body, (uint32_t)n});
    }
    free(a);
}

static void put(struct door_http *d, struct pp_request *r, const struct door_envelope *e) {
    struct pp_err err;
    struct answer *a = calloc(1, sizeof *a);
    if (!a) {
        pp_http_problem(r, 503, "The service is out of memory. Send it again.", NULL, "no memory");
        return;
    }
    a->request = r;
    memcpy(a->hash, e->hash, sizeof a->hash);
    if (door_store_put(d->store, e, pp_request_body(r), on_stored, a, &err) == 0) return;
    free(a);
    bool full = err.kind == PP_ERR_LIMIT;
    pp_http_problem(r, full ? 503 : 400,
                    full ? "Too many messages at once. Send it again." : "The message cannot be stored.", NULL, "%s",
                    err.msg);
}

static void on_message(void *user, struct pp_request *r) {
    struct door_http *d = user;
    const struct pp_identity *who = pp_request_identity(r);
    struct door_envelope e;
    pp_arena_reset(&d->arena);
    if (!door_envelope_of(pp_request_body(r), pp_request_header(r, "Content-Type"), who->tenant, who->subject,
                          d->store->refs, &d->arena, &e)) {
        pp_http_problem(
            r, 415, "This is none of the kinds of message that are taken.", NULL,
            "send HL7 v2 (application/hl7-v2), FHIR JSON (application/fhir+json) or X12 (application/edi-x12)");
        return;
    }
    put(d, r, &e);
}

static bool read_secret(const char *dir, struct pp_str name, char ret[SECRET_BYTES_MAX + 1]) {
    char path[600];
    if (memchr(name.s, '/', name.n)) return false;
    snprintf(path, sizeof path, "%s/%.*s", dir, PP_FMT(name));
    FILE *f = fopen(path, "r");
    if (!f) return false;
    size_t n = fread(ret, 1, SECRET_BYTES_MAX, f);
    fclose(f);
    while (n && (ret[n - 1] == '\n' || ret[n - 1] == '\r')) n--;
    ret[n] = '\0';
    return n > 0;
}

/* The header that we gave the payer when we subscribed, compared in constant time. */
static bool is_from_payer(const struct door_http *d, struct pp_request *r, const struct pp_payer *p) {
    char secret[SECRET_BYTES_MAX + 1], name[64];
    if (!p->callback_header.n || !read_secret(d->opts.secrets_dir, p->callback_secret, secret)) return false;
    snprintf(name, sizeof name, "%.*s", PP_FMT(p->callback_header));
    struct pp_str got = pp_request_header(r, name);
    return got.n == strlen(secret) && CRYPTO_memcmp(got.s, secret, got.n) == 0;
}

static void on_notify(void *user, struct pp_request *r) {
    struct door_http *d = user;
    struct pp_str id = pp_request_var(r, "payer");
    const struct pp_payer *p = pp_refs_payer(d->opts.refs, id);
    if (!p || !is_from_payer(d, r, p)) {
        pp_http_problem(r, 401, "This call is not from a payer that we subscribed to.", NULL,
                        "the header of the subscription is missing or wrong");
        return;
    }
    struct door_envelope e = {.type = "inbound.payer",
                              .tenant = pp_str_z(d->opts.payer_tenant),
                              .sender = p->id,
                              .content_type = pp_request_header(r, "Content-Type")};
    pp_sha256_hex(pp_request_body(r), e.hash);
    put(d, r, &e);
}

int door_http_new(struct door_store *store, const struct door_http_opts *opts, struct door_http **ret,
                  struct pp_err *err) {
    struct door_http *d = calloc(1, sizeof *d);
    if (!d) return pp_err_set(err, PP_ERR_NOMEM, "HTTP listener");
    d->store = store;
    d->opts = *opts;
    pp_arena_init(&d->arena, ARENA_BYTES);
    d->routes[0] = (struct pp_route){.method = "POST",
                                     .path = "/v1/messages",
                                     .body_max = BODY_MAX,
                                     .roles = "client",
                                     .handler = on_message,
                                     .user = d};
    d->routes[1] = (struct pp_route){.method = "POST",
                                     .path = "/v1/payers/{payer}/notify",
                                     .body_max = BODY_MAX,
                                     .open = true,
                                     .handler = on_notify,
                                     .user = d};
    *ret = d;
    if (pp_http_server_new(store->loop, opts->bind_addr, opts->port, opts->auth, &d->server, err) < 0) return -1;
    pp_http_server_routes(d->server, d->routes, ROUTES);
    return 0;
}

void door_http_stop(struct door_http *d) {
    if (d->server) pp_http_server_stop(d->server);
}

void door_http_free(struct door_http *d) {
    if (!d) return;
    if (d->server) pp_http_server_free(d->server);
    pp_arena_free(&d->arena);
    free(d);
}
