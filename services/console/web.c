/* What the console's answers have in common: sessions, tokens, JSON, compression. */
#include "console.h"
#include "io/auth.h"
#include "io/clock.h"
#include "io/log.h"

#include <stdlib.h>
#include <zlib.h>

void console_json(struct pp_request *r, int status, json_t *body) {
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    if (text)
        pp_http_reply(r, status, "application/json", pp_str_z(text));
    else
        pp_http_problem(r, 500, "Sorry, this did not work", NULL, "out of memory");
    free(text);
    json_decref(body);
}

static bool takes_gzip(struct pp_request *r) {
    struct pp_str rest = pp_request_header(r, "Accept-Encoding");
    while (rest.n) {
        struct pp_str one = pp_str_trim(pp_str_split(&rest, ','));
        if (pp_str_eqz(one, "gzip")) return true;
    }
    return false;
}

/* Level 1: lists of work shrink to a quarter for well under a millisecond. */
static bool gzip(struct pp_str in, char *out, size_t *n) {
    z_stream z = {0};
    if (deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return false;
    z.next_in = (unsigned char *)(uintptr_t)in.s;
    z.avail_in = in.n;
    z.next_out = (unsigned char *)out;
    z.avail_out = (uInt)*n;
    bool whole = deflate(&z, Z_FINISH) == Z_STREAM_END;
    *n = z.total_out;
    deflateEnd(&z);
    return whole;
}

void console_bytes(struct pp_request *r, int status, struct pp_str type, struct pp_str body) {
    char name[128];
    snprintf(name, sizeof name, "%.*s", PP_FMT(type));
    size_t n = body.n;
    char *out = body.n >= CONSOLE_GZIP_FROM && takes_gzip(r) ? malloc(n) : NULL;
    if (out && gzip(body, out, &n)) {
        struct pp_str headers[] = {PP_STR("Content-Encoding: gzip"), PP_STR("Vary: Accept-Encoding")};
        pp_http_reply_with(r, status, name, (struct pp_str){out, (uint32_t)n}, headers, 2);
    } else {
        pp_http_reply(r, status, name, body);
    }
    free(out);
}

/* Browsers say where a request comes from; what is from another site is refused, whatever cookie it carries. */
static bool from_our_page(struct pp_request *r) {
    struct pp_str site = pp_request_header(r, "Sec-Fetch-Site");
    return pp_str_eqz(pp_request_header(r, "PP-Request"), "1") && (!site.n || pp_str_eqz(site, "same-origin"));
}

static struct pp_str cookie_of(struct console *c, struct pp_request *r) {
    return pp_request_cookie(r, pp_config_bool(c->config, "tls") ? "__Host-priorpath" : "priorpath");
}

struct console_session *console_enter(struct console *c, struct pp_request *r, bool post, bool touch) {
    if (post && !from_our_page(r)) {
        pp_http_problem(r, 403, "This request does not come from the console's page", NULL,
                        "the header PP-Request: 1 is needed");
        return NULL;
    }
    struct console_session *s = console_session_find(&c->sessions, cookie_of(c, r), pp_mono_ms(), touch);
    if (!s) pp_http_problem(r, 401, "You are not signed in", NULL, "sign in again; what you typed is kept");
    return s;
}

int console_token_of(struct console *c, const struct console_user *u, char *ret, struct pp_err *err) {
    struct pp_auth_claims claims = {.issuer = pp_config_str(c->config, "token-issuer"),
                                    .tenant = pp_config_str(c->config, "tenant"),
                                    .subject = u->id,
                                    .roles = u->roles,
                                    .sites = u->sites};
    if (pp_auth_dev_token(c->key_file, &claims, pp_real_ms(), CONSOLE_TOKEN_TTL_S, ret, CONSOLE_TOKEN_BYTES_MAX, err) ==
        0)
        return 0;
    ret[0] = 0;
    return -1;
}

const char *console_token(struct console *c, struct pp_request *r, struct console_session *s) {
    int64_t now = pp_mono_ms();
    struct pp_err err;
    /* A fifth of its life is left for the way to the service and for clocks that differ. */
    if (s->token[0] && now < s->token_until_ms - CONSOLE_TOKEN_TTL_S * 200) return s->token;
    if (console_token_of(c, s->user, s->token, &err) < 0) {
        pp_log_err(PP_LOG_ERROR, "no token for a person", &err);
        pp_http_problem(r, 500, "Sorry, the console cannot reach its services", NULL, "no token could be made");
        return NULL;
    }
    s->token_until_ms = now + CONSOLE_TOKEN_TTL_S * 1000;
    return s->token;
}
