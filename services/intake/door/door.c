#include "door.h"
#include "io/auth.h"
#include "io/clock.h"
#include "io/config.h"
#include "io/log.h"
#include "io/metrics.h"
#include "io/priority.h"
#include "io/refs_dir.h"
#include "listen_drop.h"
#include "listen_http.h"
#include "listen_mllp.h"
#include "refs/payers.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define LISTENERS_MAX 16
#define EXCHANGES_MAX 64         /* payers of channel x12-file */
#define LINGER_MS 1              /* a sender waits for the broker: little is to be gained by waiting */
#define MESSAGE_TIMEOUT_MS 30000 /* after this a sender is told to send again */
#define CLOSE_WAIT_MS 5000
#define METRICS_BYTES_MAX ((size_t)1 << 20)
#define OPS_ROUTES 3

static const struct pp_config_key door_keys[] = {
    {"mllp-listeners", PP_CFG_STR, 0, 1024, "", "2575:ehr:lakeside",
     "MLLP listeners, comma separated: port:partner:tenant. The partner is the head of the sender's name."},
    {"mllp-bind", PP_CFG_STR, 0, 64, "", "127.0.0.1", "Address of the MLLP listeners."},
    {"mllp-allow", PP_CFG_STR, 0, 4096, "", "", "Addresses that may connect, comma separated; empty = all."},
    {"mllp-connections-max", PP_CFG_INT, 1, 100000, "", "2000", "Connections of one MLLP listener."},
    {"mllp-message-max", PP_CFG_INT, 1024, 256 << 20, "bytes", "33554432", "Largest HL7 message."},
    {"mllp-partial-timeout", PP_CFG_INT, 100, 600000, "ms", "30000",
     "Age of an unfinished frame that closes its connection."},
    {"mllp-silence-timeout", PP_CFG_INT, 0, 600000, "ms", "10000",
     "Silence inside of a frame that ends it: taken when only its last byte is missing, else dropped; the connection "
     "stays. 0 = never."},
    {"mllp-idle-timeout", PP_CFG_INT, 0, 86400000, "ms", "0", "Silence that closes an MLLP connection; 0 = never."},
    {"drop-dir", PP_CFG_STR, 0, 1023, "", "", "Drop folders: <drop-dir>/<tenant>/<partner>/; empty = none."},
    {"exchange-dir", PP_CFG_STR, 0, 200, "", "",
     "What {exchange} in the payer directory stands for: files in from-payer of the exchange folders are taken in."},
    {"packs-dir", PP_CFG_STR, 0, 1023, "", "packs",
     "Reference packs; the door needs the payer directory for call-backs and the profiles of HL7 senders."},
    {"secrets-dir", PP_CFG_STR, 0, 1023, "", ".run/secrets", "Folder of secrets: what payers' call-backs carry."},
    {"priority", PP_CFG_INT, -20, 0, "", "-10",
     "Nice value: senders wait for the door, nobody for the services behind it. Needs CAP_SYS_NICE; 0 = as the "
     "others."},
    {"payer-tenant", PP_CFG_STR, 1, 32, "", "lakeside", "Tenant whose subscriptions the payers answer."},
    {0},
};

struct door {
    uv_loop_t loop;
    struct pp_config *config;
    struct door_store store;
    struct pp_auth *auth;
    struct pp_refs *refs;
    struct door_mllp *mllp[LISTENERS_MAX];
    int nmllp;
    struct door_http *http;
    struct door_drop *drop;
    struct door_drop *exchanges[EXCHANGES_MAX];
    int nexchanges;
    struct pp_http_server *ops;
    struct pp_route ops_routes[OPS_ROUTES];
    uv_signal_t term, intr;
    bool warm, stopping, fatal;
};

/* ---- health ---- */

static void on_health(void *user, struct pp_request *r) {
    (void)user;
    pp_http_reply(r, 200, "text/plain", PP_STR("ok\n"));
}

static void on_ready(void *user, struct pp_request *r) {
    const struct door *d = user;
    if (d->stopping)
        pp_http_reply(r, 503, "text/plain", PP_STR("stopping\n"));
    else if (!d->warm)
        pp_http_reply(r, 503, "text/plain", PP_STR("waiting for Kafka\n"));
    else
        pp_http_reply(r, 200, "text/plain", PP_STR("ready\n"));
}

static void on_metrics(void *user, struct pp_request *r) {
    const struct door *d = user;
    struct pp_buf b;
    pp_metric_set("pp_door_in_flight", NULL, d->store.in_flight);
    pp_buf_init(&b, METRICS_BYTES_MAX);
    pp_metrics_render(&b);
    pp_http_reply(r, 200, "text/plain; version=0.0.4", pp_buf_str(&b));
    pp_buf_free(&b);
}

static int start_ops(struct door *d, struct pp_err *err) {
    static const struct {
        const char *path;
        pp_http_handler *handler;
    } paths[OPS_ROUTES] = {{"/healthz", on_health}, {"/readyz", on_ready}, {"/metrics", on_metrics}};
    for (int i = 0; i < OPS_ROUTES; i++)
        d->ops_routes[i] = (struct pp_route){
            .method = "GET", .path = paths[i].path, .open = true, .handler = paths[i].handler, .user = d};
    if (pp_http_server_new(&d->loop, "127.0.0.1", (int)pp_config_int(d->config, "ops-port"), NULL, &d->ops, err) < 0)
        return -1;
    pp_http_server_routes(d->ops, d->ops_routes, OPS_ROUTES);
    return 0;
}

/* ---- listeners ---- */

static int start_mllp(struct door *d, struct pp_err *err) {
    struct pp_str rest = pp_str_z(pp_config_str(d->config, "mllp-listeners"));
    while (rest.n) {
        struct pp_str one = pp_str_trim(pp_str_split(&rest, ',')), whole = one;
        struct pp_str port = pp_str_split(&one, ':'), partner = pp_str_split(&one, ':');
        int64_t number;
        if (!pp_str_int(port, &number) || number < 0 || number > 65535 || !partner.n || !one.n)
            return pp_err_set(err, PP_ERR_INVALID, "mllp-listeners: '%.*s' is not port:partner:tenant", PP_FMT(whole));
        if (d->nmllp == LISTENERS_MAX)
            return pp_err_set(err, PP_ERR_LIMIT, "mllp-listeners: more than %d", LISTENERS_MAX);
        struct door_mllp_opts o = {.bind_addr = pp_config_str(d->config, "mllp-bind"),
                                   .port = (int)number,
                                   .partner = partner,
                                   .tenant = one,
                                   .connections_max = (int)pp_config_int(d->config, "mllp-connections-max"),
                                   .message_bytes_max = (uint32_t)pp_config_int(d->config, "mllp-message-max"),
                                   .partial_timeout_ms = (int)pp_config_int(d->config, "mllp-partial-timeout"),
                                   .silence_timeout_ms = (int)pp_config_int(d->config, "mllp-silence-timeout"),
                                   .idle_timeout_ms = (int)pp_config_int(d->config, "mllp-idle-timeout"),
                                   .allow = pp_config_str(d->config, "mllp-allow")};
        if (door_mllp_new(&d->store, &o, &d->mllp[d->nmllp++], err) < 0) return -1;
    }
    return 0;
}

static int start_http(struct door *d, struct pp_err *err) {
    if (pp_auth_open(pp_config_str(d->config, "jwks-file"), pp_config_str(d->config, "token-issuer"), &d->auth, err) <
        0)
        return -1;
    struct door_http_opts o = {.bind_addr = pp_config_str(d->config, "api-bind"),
                               .port = (int)pp_config_int(d->config, "api-port"),
                               .auth = d->auth,
                               .refs = d->refs,
                               .secrets_dir = pp_config_str(d->config, "secrets-dir"),
                               .payer_tenant = pp_config_str(d->config, "payer-tenant")};
    return door_http_new(&d->store, &o, &d->http, err);
}

/* What payers of channel x12-file put for us. The sender of their files is the payer. */
static int start_exchanges(struct door *d, struct pp_err *err) {
    struct pp_str root = pp_str_z(pp_config_str(d->config, "exchange-dir"));
    const char *tenant = pp_config_str(d->config, "payer-tenant");
    struct pp_arena a;
    int rc = 0;
    pp_arena_init(&a, 1 << 16);
    for (const struct pp_payer *p = NULL; rc == 0 && (p = pp_refs_payer_next(d->refs, p));) {
        struct pp_str folder = pp_payer_folder(p, root, &a);
        if (!folder.n) continue;
        if (d->nexchanges == EXCHANGES_MAX)
            rc = pp_err_set(err, PP_ERR_LIMIT, "more than %d payers with an exchange folder", EXCHANGES_MAX);
        else
            rc = door_drop_new_one(&d->store, pp_arena_printf(&a, "%.*s/from-payer", PP_FMT(folder)).s, tenant,
                                   pp_arena_str(&a, p->id).s, &d->exchanges[d->nexchanges++], err);
    }
    pp_arena_free(&a);
    return rc;
}

/* Listeners open only when the broker has been reached: a message that cannot be kept is better not taken. */
static void on_warm(void *user, const struct pp_err *err) {
    struct door *d = user;
    struct pp_err e;
    if (d->stopping) return;
    if (err) {
        pp_log_err(PP_LOG_WARN, "waiting for Kafka", err);
        pp_producer_warm(d->store.producer,
                         &(struct pp_topic_need){"pa.inbound.v1", (int)pp_config_int(d->config, "partitions")}, 1,
                         on_warm, d);
        return;
    }
    const char *drop = pp_config_str(d->config, "drop-dir");
    if (start_mllp(d, &e) < 0 || start_http(d, &e) < 0 ||
        (drop[0] && door_drop_new(&d->store, drop, &d->drop, &e) < 0) || start_exchanges(d, &e) < 0) {
        pp_log_err(PP_LOG_ERROR, "door cannot open", &e);
        d->fatal = true;
        uv_stop(&d->loop);
        return;
    }
    d->warm = true;
    pp_log(PP_LOG_INFO, "door open", "mllp", PP_S(pp_config_str(d->config, "mllp-listeners")), "http",
           PP_I(pp_config_int(d->config, "api-port")), NULL);
}

/* ---- process ---- */

static void on_producer_error(void *user, const struct pp_err *err) {
    struct door *d = user;
    if (!err->fatal) return;
    pp_log_err(PP_LOG_ERROR, "producer is dead", err);
    d->fatal = true;
    uv_stop(&d->loop);
}

static void on_producer_closed(void *user) { uv_stop(&((struct door *)user)->loop); }

static void stop(struct door *d) {
    if (d->stopping) return;
    d->stopping = true;
    pp_log(PP_LOG_INFO, "door closing", NULL);
    for (int i = 0; i < d->nmllp; i++) door_mllp_stop(d->mllp[i]);
    if (d->http) door_http_stop(d->http);
    door_drop_stop(d->drop);
    for (int i = 0; i < d->nexchanges; i++) door_drop_stop(d->exchanges[i]);
    /* what is on its way is stored and answered before the producer closes */
    pp_producer_close(d->store.producer, CLOSE_WAIT_MS, on_producer_closed, d);
}

static void on_signal(uv_signal_t *s, int n) {
    (void)n;
    stop(s->data);
}

static int setup(struct door *d, struct pp_err *err) {
    if (pp_refs_load_dir(pp_config_str(d->config, "packs-dir"), &d->refs, err) < 0) return -1;
    d->store.refs = d->refs;
    if (pp_clock_init(pp_config_str(d->config, "clock-file"), err) < 0) return -1;
    if (pp_config_str(d->config, "blob-dir")[0] &&
        pp_blob_open(pp_config_str(d->config, "blob-dir"), pp_config_str(d->config, "blob-key-file"), &d->store.blobs,
                     err) < 0)
        return -1;
    struct pp_producer_opts o = {.brokers = pp_config_str(d->config, "kafka-brokers"),
                                 .name = "door",
                                 .linger_ms = LINGER_MS,
                                 .message_timeout_ms = MESSAGE_TIMEOUT_MS,
                                 .on_error = on_producer_error,
                                 .user = d};
    if (pp_producer_new(&d->loop, &o, &d->store.producer, err) < 0 || start_ops(d, err) < 0) return -1;
    pp_producer_warm(d->store.producer,
                     &(struct pp_topic_need){"pa.inbound.v1", (int)pp_config_int(d->config, "partitions")}, 1, on_warm,
                     d);
    return 0;
}

int door_main(int argc, char **argv) {
    static struct door d;
    struct pp_err err;
    const struct pp_config_key *const tables[] = {pp_config_common, door_keys, NULL};
    if (pp_config_load("intake --role door", tables, argc, argv, &d.config, &err) < 0) {
        fprintf(stderr, "%s\n", err.msg);
        return 1;
    }
    pp_log_init("door", pp_config_str(d.config, "instance"), PP_LOG_INFO);
    pp_priority((int)pp_config_int(d.config, "priority"));
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&d.loop);
    d.store.loop = &d.loop;
    uv_signal_init(&d.loop, &d.term);
    uv_signal_init(&d.loop, &d.intr);
    d.term.data = d.intr.data = &d;
    uv_signal_start(&d.term, on_signal, SIGTERM);
    uv_signal_start(&d.intr, on_signal, SIGINT);
    if (setup(&d, &err) < 0) {
        pp_log_err(PP_LOG_ERROR, "door cannot start", &err);
        return 1;
    }
    uv_run(&d.loop, UV_RUN_DEFAULT);
    return d.fatal ? 3 : 0;
}
