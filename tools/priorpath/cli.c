#include "cli.h"

#include "io/http_client.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

const struct cli_service cli_services[CLI_SERVICES] = {
    {"receive", {"pa.inbound.v1", NULL}, 1, 7206},
    {"chart", {"pa.log.v1", "pa.commands.v1"}, 2, 7207},
    {"requirements", {"pa.log.v1", "pa.commands.v1"}, 3, 7201},
    {"documents", {"pa.log.v1", "pa.commands.v1"}, 4, 7202},
    {"submission", {"pa.log.v1", "pa.commands.v1"}, 5, 7203},
    {"claims", {"pa.log.v1", "pa.commands.v1"}, 6, 7205},
    {"status", {"pa.log.v1", "pa.commands.v1"}, 7, 7204},
};

const struct cli_service *cli_service_of(const char *name, struct pp_err *err) {
    for (int i = 0; name && i < CLI_SERVICES; i++)
        if (strcmp(name, cli_services[i].name) == 0) return &cli_services[i];
    pp_err_set(err, PP_ERR_INVALID, "%s%s%swant receive, chart, requirements, documents, submission, claims or status",
               name ? "there is no service \"" : "which service? ", name ? name : "", name ? "\"; " : "");
    return NULL;
}

/* ---- database ---- */

static int read_password(const struct pp_config *c, const char *role, char *ret, size_t n, struct pp_err *err) {
    char path[1100];
    snprintf(path, sizeof path, "%s/%s.password", pp_config_str(c, "secrets-dir"), role);
    FILE *f = fopen(path, "re");
    if (!f)
        return pp_err_set(err, PP_ERR_IO,
                          "cannot read %s (%s); is an installation here (make up)? else give --secrets-dir", path,
                          strerror(errno));
    size_t got = fread(ret, 1, n - 1, f);
    fclose(f);
    while (got && (ret[got - 1] == '\n' || ret[got - 1] == '\r')) got--;
    ret[got] = 0;
    return 0;
}

int cli_db(const struct pp_config *c, const char *schema, bool reader, const char *tenant, struct pp_pg_sync_conn **ret,
           struct pp_err *err) {
    char role[96], password[256];
    snprintf(role, sizeof role, "pp_%s%s", schema, reader ? "_read" : "");
    if (read_password(c, role, password, sizeof password, err) < 0) return -1;
    struct pp_pg_opts o = {.conninfo = pp_config_str(c, "db"),
                           .user = role,
                           .password = password,
                           .schema = schema,
                           .app_name = "priorpath"};
    if (pp_pg_sync_open(&o, ret, err) < 0) return pp_err_wrap(err, "database, as %s", role);
    const char *p[] = {tenant ? tenant : ""};
    const char *sql = "select set_config('app.tenant', $1, false), set_config('app.sites', '*', false), "
                      "set_config('app.user', 'priorpath', false)";
    if (!reader || pp_pg_sync_exec(*ret, sql, p, 1, NULL, NULL, err) == 0) return 0;
    pp_pg_sync_close(*ret);
    *ret = NULL;
    return -1;
}

/* ---- HTTP ---- */

struct http_answer {
    int *status;
    struct pp_buf *body;
    struct pp_err err;
};

static void on_answer(void *user, const struct pp_http_result *r) {
    struct http_answer *a = user;
    *a->status = r->status;
    a->err = r->err;
    pp_buf_adds(a->body, r->body);
}

int cli_http_post(const char *url, const char *content_type, const char *token, struct pp_str body, int *ret_status,
                  struct pp_buf *ret_body, struct pp_err *err) {
    char auth[9000];
    struct pp_http_client *http;
    struct http_answer a = {.status = ret_status, .body = ret_body};
    uv_loop_t loop;
    if (uv_loop_init(&loop) < 0) return pp_err_set(err, PP_ERR_NOMEM, "no event loop");
    if (pp_http_client_new(&loop, 1, &http, err) < 0) return -1;
    snprintf(auth, sizeof auth, "Authorization: Bearer %s", token);
    struct pp_str header = pp_str_z(auth);
    struct pp_http_req req = {.method = PP_STR("POST"),
                              .url = pp_str_z(url),
                              .content_type = pp_str_z(content_type),
                              .body = body,
                              .headers = &header,
                              .nheaders = 1,
                              .timeout_ms = CLI_TIMEOUT_MS};
    int rc = pp_http_send(http, &req, on_answer, &a, err);
    while (rc == 0 && pp_http_client_open(http) > 0) uv_run(&loop, UV_RUN_ONCE);
    pp_http_client_free(http);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    if (rc == 0 && a.err.kind != PP_ERR_NONE) {
        *err = a.err;
        return -1;
    }
    return rc;
}

int cli_read_file(const char *path, size_t bytes_max, struct pp_buf *ret, struct pp_err *err) {
    char part[16384];
    size_t n;
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (!f) return pp_err_set(err, PP_ERR_IO, "%s: %s", path, strerror(errno));
    pp_buf_init(ret, bytes_max);
    while ((n = fread(part, 1, sizeof part, f)) > 0) pp_buf_add(ret, part, n);
    if (f != stdin) fclose(f);
    return ret->failed ? pp_err_set(err, PP_ERR_LIMIT, "%s: longer than %zu bytes", path, bytes_max) : 0;
}

/* ---- words and colours ---- */

bool cli_colour(void) {
    static int on = -1;
    if (on < 0) on = isatty(1) && !getenv("NO_COLOR");
    return on;
}

const char *cli_tone(enum cli_tone t) {
    static const char *const codes[] = {"\033[0m", "\033[32m", "\033[33m", "\033[31m", "\033[2m", "\033[1m"};
    return cli_colour() ? codes[t] : "";
}

void cli_span(int64_t ms, char ret[32]) {
    if (ms < 0) ms = 0;
    if (ms < 1000)
        snprintf(ret, 32, "%" PRId64 " ms", ms);
    else if (ms < 60000)
        snprintf(ret, 32, "%" PRId64 ".%" PRId64 " s", ms / 1000, ms % 1000 / 100);
    else if (ms < 3600000)
        snprintf(ret, 32, "%" PRId64 " min", ms / 60000);
    else if (ms < 86400000)
        snprintf(ret, 32, "%" PRId64 " h %" PRId64 " min", ms / 3600000, ms / 60000 % 60);
    else
        snprintf(ret, 32, "%" PRId64 " d %" PRId64 " h", ms / 86400000, ms / 3600000 % 24);
}

void cli_dump(FILE *to, struct pp_str bytes, int lines) {
    uint32_t at = 0;
    for (int l = 0; at < bytes.n && l < lines; l++, at += 16) {
        char text[17] = "";
        fprintf(to, "  %06x ", at);
        for (uint32_t i = 0; i < 16; i++) {
            bool in = at + i < bytes.n;
            unsigned char b = in ? (unsigned char)bytes.s[at + i] : 0;
            if (in)
                fprintf(to, " %02x", b);
            else
                fputs("   ", to);
            text[i] = in ? (b >= 32 && b < 127 ? (char)b : '.') : 0;
        }
        fprintf(to, "  %s\n", text);
    }
    if (at < bytes.n) fprintf(to, "  … %u bytes more\n", bytes.n - at);
}

void cli_mask(struct pp_str bytes, struct pp_buf *ret) {
    for (uint32_t i = 0; i < bytes.n; i++) {
        unsigned char b = (unsigned char)bytes.s[i];
        pp_buf_addc(ret, (char)(isdigit(b) ? '9' : isalpha(b) || b >= 128 ? 'x' : b));
    }
}

/* ---- Ctrl-C ---- */

volatile sig_atomic_t cli_stop;

static void on_stop(int no) {
    (void)no;
    cli_stop = 1;
}

void cli_catch_stop(void) {
    struct sigaction sa = {.sa_handler = on_stop};
    sigaction(SIGINT, &sa, NULL);
    sigaction(SIGTERM, &sa, NULL);
}
