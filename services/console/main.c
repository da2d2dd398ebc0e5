/* The console as a process. */
#include "console.h"
#include "io/auth.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/metrics.h"
#include "io/refs_dir.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define METRICS_BYTES_MAX ((size_t)1 << 20)
#define STOP_MS 3000 /* open requests may end within it */
#define STOP_LOOK_MS 20

static const struct pp_config_key keys[] = {
    {"migrate", PP_CFG_BOOL, 0, 0, "", "false",
     "For symmetry with the services: the console has no tables, so it ends at once."},
    {"tenant", PP_CFG_STR, 1, CONSOLE_TENANT_MAX, "", "lakeside", "Tenant whose people sign in here."},
    {"sign-in", PP_CFG_STR, 1, 16, "", "development",
     "development: a list of people, no password, never for real data; none: nobody signs in."},
    {"secrets-dir", PP_CFG_STR, 1, 900, "", ".run/secrets",
     "Folder of the development issuer's key, which signs tokens for the services."},
    {"packs-dir", PP_CFG_STR, 0, 1023, "", "packs", "Reference packs: names and zones of sites and payers."},
    {"tls", PP_CFG_BOOL, 0, 0, "", "false",
     "People reach the console by TLS (a proxy ends it): cookies are then sent over TLS only."},
    {"web-dir", PP_CFG_STR, 0, 1023, "", "",
     "Folder to serve the pages from while they are being written; empty: those built in."},
    {"idle", PP_CFG_INT, 2, 30, "min", "10",
     "The page is locked after so long without a person doing anything; what was typed stays."},
    {"session", PP_CFG_INT, 1, 24, "h", "12", "A session ends so long after signing in."},
    {"hold", PP_CFG_INT, 0, 30, "s", "10",
     "Acts that cannot be undone wait so long with their owner and can be stopped; 0: they are decided at once."},
    {"status-url", PP_CFG_STR, 1, 200, "", "http://127.0.0.1:7104", "Where the status service answers."},
    {"claims-url", PP_CFG_STR, 1, 200, "", "http://127.0.0.1:7105", "Where the claims service answers."},
    {"documents-url", PP_CFG_STR, 1, 200, "", "http://127.0.0.1:7102", "Where the documents service answers."},
    {"submission-url", PP_CFG_STR, 1, 200, "", "http://127.0.0.1:7103", "Where the submission service answers."},
    {"requirements-url", PP_CFG_STR, 1, 200, "", "http://127.0.0.1:7101", "Where the requirements service answers."},
    {"chart-url", PP_CFG_STR, 1, 200, "", "http://127.0.0.1:7107", "Where the chart answers."},
    {0},
};
static const char *const url_keys[CONSOLE_SERVICES] = {[CONSOLE_STATUS] = "status-url",
                                                       [CONSOLE_CLAIMS] = "claims-url",
                                                       [CONSOLE_DOCUMENTS] = "documents-url",
                                                       [CONSOLE_SUBMISSION] = "submission-url",
                                                       [CONSOLE_REQUIREMENTS] = "requirements-url",
                                                       [CONSOLE_CHART] = "chart-url"};

static struct console console;

static void on_nothing(void *user, struct pp_request *r) {
    (void)user;
    pp_http_problem(r, 404, "There is no such thing", NULL, "unknown path");
}

static void on_health(void *user, struct pp_request *r) {
    (void)user;
    pp_http_reply(r, 200, "text/plain", PP_STR("ok\n"));
}

/* Pages can be served without live updates; they say so themselves. */
static void on_ready(void *user, struct pp_request *r) {
    const struct console *c = user;
    if (c->stopping)
        pp_http_reply(r, 503, "text/plain", PP_STR("stopping\n"));
    else if (!c->reading)
        pp_http_reply(r, 503, "text/plain", PP_STR("waiting for Kafka\n"));
    else
        pp_http_reply(r, 200, "text/plain", PP_STR("ready\n"));
}

static void on_metrics(void *user, struct pp_request *r) {
    const struct console *c = user;
    struct pp_buf b;
    pp_metric_set("pp_console_sessions", NULL, c->sessions.n);
    pp_buf_init(&b, METRICS_BYTES_MAX);
    pp_metrics_render(&b);
    pp_http_reply(r, 200, "text/plain; version=0.0.4", pp_buf_str(&b));
    pp_buf_free(&b);
}

#define OPEN .open = true, .user = &console
static const struct pp_route routes[] = {
    {.method = "GET", .path = "/", .handler = console_on_page, OPEN},
    {.method = "GET", .path = "/{rest...}", .handler = console_on_page, OPEN},
    {.method = "GET", .path = "/a/{rest...}", .handler = console_on_asset, OPEN},
    {.method = "GET", .path = "/favicon.ico", .handler = on_nothing, OPEN},
    {.method = "GET", .path = "/api/{rest...}", .handler = on_nothing, OPEN},
    {.method = "GET", .path = "/api/v1/sign-in", .handler = console_on_signin_list, OPEN},
    {.method = "POST", .path = "/api/v1/sign-in", .body_max = 1024, .handler = console_on_signin, OPEN},
    {.method = "POST", .path = "/api/v1/sign-out", .body_max = 1024, .handler = console_on_signout, OPEN},
    {.method = "GET", .path = "/api/v1/me", .handler = console_on_me, OPEN},
    {.method = "GET", .path = "/api/v1/stream", .handler = console_on_stream, OPEN},
    {.method = "POST", .path = "/api/v1/find", .body_max = 4096, .handler = console_on_find, OPEN},
    {.method = "POST",
     .path = "/api/v1/commands",
     .body_max = CONSOLE_COMMAND_BYTES_MAX,
     .handler = console_on_command,
     OPEN},
    {.method = "GET", .path = "/api/v1/commands/{id}", .handler = console_on_command_state, OPEN},
    {.method = "POST",
     .path = "/api/v1/commands/{id}/undo",
     .body_max = CONSOLE_COMMAND_BYTES_MAX,
     .handler = console_on_undo,
     OPEN},
    {.method = "GET", .path = "/api/v1/{rest...}", .handler = console_on_read, OPEN},
};
static const struct pp_route ops_routes[] = {
    {.method = "GET", .path = "/healthz", .handler = on_health, OPEN},
    {.method = "GET", .path = "/readyz", .handler = on_ready, OPEN},
    {.method = "GET", .path = "/metrics", .handler = on_metrics, OPEN},
};

static void on_beat(uv_timer_t *t) {
    struct console *c = t->data;
    console_streams_beat(c);
    console_sessions_sweep(&c->sessions, pp_mono_ms());
    console_commands_sweep(c, false);
}

static void on_stop_look(uv_timer_t *t) {
    struct console *c = t->data;
    int open = pp_http_server_busy(c->web) + pp_http_client_open(c->client);
    if (open == 0 || pp_mono_ms() >= c->stop_by_ms) uv_stop(&c->loop);
}

static void on_signal(uv_signal_t *s, int n) {
    (void)n;
    struct console *c = s->data;
    if (c->stopping) return;
    c->stopping = true;
    pp_log(PP_LOG_INFO, "console closing", NULL);
    console_streams_end(c);
    console_commands_sweep(c, true);
    pp_watch_close(c->watch);
    c->watch = NULL;
    pp_http_server_stop(c->web);
    c->stop_by_ms = pp_mono_ms() + STOP_MS;
    uv_timer_start(&c->beat, on_stop_look, 1, STOP_LOOK_MS);
}

static int setup(struct console *c, struct pp_err *err) {
    const struct pp_config *g = c->config;
    const char *how = pp_config_str(g, "sign-in");
    if (strcmp(how, "development") != 0 && strcmp(how, "none") != 0)
        return pp_err_set(err, PP_ERR_INVALID, "sign-in: development or none");
    for (int i = 0; i < CONSOLE_SERVICES; i++) c->urls[i] = pp_config_str(g, url_keys[i]);
    snprintf(c->key_file, sizeof c->key_file, "%s/%s", pp_config_str(g, "secrets-dir"), PP_AUTH_DEV_KEY);
    c->assets.web_dir = pp_config_str(g, "web-dir");
    c->epoch = (uint64_t)pp_real_ms();
    if (pp_refs_load_dir(pp_config_str(g, "packs-dir"), &c->refs, err) < 0) return -1;
    if (!console_ring_init(&c->ring) ||
        !console_sessions_init(&c->sessions, pp_config_int(g, "idle") * 60000, pp_config_int(g, "session") * 3600000))
        return pp_err_set(err, PP_ERR_NOMEM, "sessions");
    if (pp_clock_init(pp_config_str(g, "clock-file"), err) < 0 ||
        pp_http_client_new(&c->loop, CONSOLE_UPSTREAM_CONNECTIONS, &c->client, err) < 0 ||
        pp_http_server_new(&c->loop, "127.0.0.1", (int)pp_config_int(g, "ops-port"), NULL, &c->ops, err) < 0 ||
        pp_http_server_new(&c->loop, pp_config_str(g, "api-bind"), (int)pp_config_int(g, "api-port"), NULL, &c->web,
                           err) < 0)
        return -1;
    pp_http_server_routes(c->ops, ops_routes, (int)(sizeof ops_routes / sizeof ops_routes[0]));
    pp_http_server_routes(c->web, routes, (int)(sizeof routes / sizeof routes[0]));
    if (console_watch_start(c, err) < 0) return -1;
    uv_timer_init(&c->loop, &c->beat);
    c->beat.data = c;
    uv_timer_start(&c->beat, on_beat, CONSOLE_BEAT_MS, CONSOLE_BEAT_MS);
    pp_log(PP_LOG_INFO, "console open", "port", PP_I(pp_http_server_port(c->web)), "sign-in", PP_S(how), NULL);
    return 0;
}

int main(int argc, char **argv) {
    const struct pp_config_key *const tables[] = {pp_config_common, keys, NULL};
    struct console *c = &console;
    enum pp_log_level level = PP_LOG_INFO;
    struct pp_err err;
    if (pp_config_load("console", tables, argc, argv, &c->config, &err) < 0) return 1;
    if (pp_config_bool(c->config, "migrate")) return 0;
    pp_log_level_parse(pp_config_str(c->config, "log-level"), &level);
    pp_log_init("console", pp_config_str(c->config, "instance"), level);
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&c->loop);
    uv_signal_init(&c->loop, &c->term);
    uv_signal_init(&c->loop, &c->intr);
    c->term.data = c->intr.data = c;
    uv_signal_start(&c->term, on_signal, SIGTERM);
    uv_signal_start(&c->intr, on_signal, SIGINT);
    if (setup(c, &err) < 0) {
        pp_log_err(PP_LOG_ERROR, "console cannot start", &err);
        return 1;
    }
    uv_run(&c->loop, UV_RUN_DEFAULT);
    return 0;
}
