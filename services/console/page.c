/* The shell page and the files it needs. */
#include "console.h"

#include <stdio.h>
#include <stdlib.h>

#define HEADERS_MAX 8
#define CSP_MAX 512

/* What a page of ours may load and do. Written once, sent with the shell and with every script, since a worker takes
 * its rules from its own answer. */
static void csp(char *line, size_t n, const char *import_map) {
    snprintf(line, n,
             "Content-Security-Policy: default-src 'none'; script-src 'self'%s%s; style-src 'self'; font-src 'self'; "
             "img-src 'self' blob:; connect-src 'self'; frame-src blob:; frame-ancestors 'none'; base-uri 'none'; "
             "form-action 'self'; require-trusted-types-for 'script'",
             import_map[0] ? " " : "", import_map);
}

static void answer(struct pp_request *r, const char *type, struct pp_str bytes, const char *cache, bool gz,
                   const char *import_map) {
    char rules[CSP_MAX];
    struct pp_str headers[HEADERS_MAX];
    int n = 0;
    csp(rules, sizeof rules, import_map);
    headers[n++] = pp_str_z(rules);
    headers[n++] = pp_str_z(cache);
    headers[n++] = PP_STR("Cross-Origin-Opener-Policy: same-origin");
    headers[n++] = PP_STR("Cross-Origin-Resource-Policy: same-origin");
    headers[n++] = PP_STR("Permissions-Policy: camera=(), microphone=(), geolocation=()");
    headers[n++] = PP_STR("Vary: Accept-Encoding");
    if (gz) headers[n++] = PP_STR("Content-Encoding: gzip");
    pp_http_reply_with(r, 200, type, bytes, headers, n);
}

static bool takes_gzip(struct pp_request *r) {
    struct pp_str rest = pp_request_header(r, "Accept-Encoding");
    while (rest.n)
        if (pp_str_eqz(pp_str_trim(pp_str_split(&rest, ',')), "gzip")) return true;
    return false;
}

static void serve(struct console *c, struct pp_request *r, struct pp_str path, bool shell) {
    const char *keep = shell ? "Cache-Control: no-cache" : "Cache-Control: public, max-age=31536000, immutable";
    if (c->assets.web_dir && c->assets.web_dir[0]) {
        char *bytes;
        size_t n;
        const char *type;
        struct pp_err err;
        if (console_asset_read(c->assets.web_dir, path, &bytes, &n, &type, &err) < 0) {
            pp_http_problem(r, 404, "There is no such file", NULL, "%s", err.msg);
            return;
        }
        answer(r, type, (struct pp_str){bytes, (uint32_t)n}, "Cache-Control: no-cache", false, "");
        free(bytes);
        return;
    }
    const struct console_asset *a = console_asset_find(path);
    if (!a) {
        pp_http_problem(r, 404, "There is no such file", NULL, "the page may be older than the console: load it again");
        return;
    }
    bool gz = a->gz_n && takes_gzip(r);
    struct pp_str bytes = {(const char *)(gz ? a->gz : a->bytes), gz ? a->gz_n : a->n};
    answer(r, a->type, bytes, keep, gz, shell ? console_web_csp : "");
}

void console_on_page(void *user, struct pp_request *r) { serve(user, r, PP_STR("/"), true); }

void console_on_asset(void *user, struct pp_request *r) { serve(user, r, pp_request_path(r), false); }
