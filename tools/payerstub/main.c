/* A payer that answers at once, for measurements: $submit, $inquire and Subscription of all payers on one port.
 *
 *   payerstub [--port=7150] [--approved=85] [--pended=10]       the rest is denied
 *             [--door=http://127.0.0.1:7100 --secrets-dir=… --packs-dir=…]
 *
 * With a door, what was pended is approved --pended-ms later, and the payer tells by a notification that carries the
 * answer. Without one it stays pended.
 *
 * It does not read FHIR: it finds the trace number and counts the items by their text, and what it answers to a
 * request follows from the trace number, so that an inquiry gets the same. GET /_stub tells what it saw. Correctness is
 * the simulator's business (tools/payersim); this one only must not be what limits a measurement.
 */
#include "base/uuid.h"
#include "io/clock.h"
#include "io/config.h"
#include "io/http_client.h"
#include "io/http_server.h"
#include "io/refs_dir.h"
#include "refs/payers.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define BODY_BYTES_MAX (48u << 20)
#define ANSWER_BYTES_MAX 65536
#define ITEMS_MAX 40
#define TOLD_MAX (1 << 18) /* pended requests at once; more stay pended */
#define TELL_MS 20         /* how often it is looked whether one is due */
#define TELL_CONNECTIONS 8
#define TELL_OPEN_MAX 200
#define PAYERS_MAX 32
#define NAME_MAX_BYTES 64
#define SECRET_BYTES_MAX 256
#define PAS_URL "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/"

static const struct pp_config_key keys[] = {
    {"bind", PP_CFG_STR, 1, 60, "", "127.0.0.1", "Address."},
    {"port", PP_CFG_INT, 1, 65535, "", "7150", "Port."},
    {"approved", PP_CFG_INT, 0, 100, "%", "85", "Share of requests that are approved (A1)."},
    {"pended", PP_CFG_INT, 0, 100, "%", "10", "Share of requests that are pended (A4). The rest is denied (A3)."},
    {"door", PP_CFG_STR, 0, 200, "", "", "Where notifications of pended requests go; empty: they stay pended."},
    {"pended-ms", PP_CFG_INT, 0, 3600000, "ms", "2000", "How long a request stays pended."},
    {"packs-dir", PP_CFG_STR, 1, 900, "", "packs", "Payer directory: the header that the door asks for."},
    {"secrets-dir", PP_CFG_STR, 1, 900, "", ".run/secrets", "What stands in that header."},
    {0},
};

struct told { /* a pended request whose answer is due */
    int64_t at_ms;
    int items;
    char payer[NAME_MAX_BYTES], system[NAME_MAX_BYTES * 2], trace[NAME_MAX_BYTES];
};
struct payer {
    char id[NAME_MAX_BYTES], url[300], header[NAME_MAX_BYTES + SECRET_BYTES_MAX];
};
static struct {
    struct told *ring;
    size_t head, tail;
    struct payer payers[PAYERS_MAX];
    int npayers;
    int64_t after_ms, sent, failed;
    struct pp_http_client *http;
    uv_timer_t timer;
} tell;

static struct {
    int64_t approved, pended;
    int64_t submits, inquiries, subscriptions, bytes;
    struct pp_buf out;
} stub;

/* The first string after `before` in text, from `from` on. */
static struct pp_str text_after(struct pp_str text, size_t from, const char *before) {
    size_t n = strlen(before);
    if (from >= text.n) return PP_STR_NONE;
    const char *at = memmem(text.s + from, text.n - from, before, n);
    if (!at) return PP_STR_NONE;
    const char *s = at + n, *end = memchr(s, '"', (size_t)(text.s + text.n - s));
    return end ? (struct pp_str){s, (uint32_t)(end - s)} : PP_STR_NONE;
}

/* Claim.identifier: the first identifier after the Claim's own type. */
static size_t claim_at(struct pp_str body) {
    const char *at = body.n ? memmem(body.s, body.n, "\"resourceType\":\"Claim\"", 22) : NULL;
    return at ? (size_t)(at - body.s) : body.n;
}

/* Items that the Claim asks for; one at least. */
static int items_of(struct pp_str body, size_t from) {
    static const char mark[] = "extension-serviceItemRequestType";
    int n = 0;
    const char *p = body.s + from, *end = body.s + body.n;
    while (n < ITEMS_MAX && (p = memmem(p, (size_t)(end - p), mark, sizeof mark - 1))) {
        n++;
        p += sizeof mark - 1;
    }
    return n ? n : 1;
}

static void item(int line, const char *action, struct pp_str trace) {
    pp_buf_printf(&stub.out,
                  "%s{\"itemSequence\":%d,\"adjudication\":[{\"extension\":[{\"url\":\"" PAS_URL
                  "extension-reviewAction\",\"extension\":[",
                  line > 1 ? "," : "", line);
    if (action[1] == '1')
        pp_buf_printf(&stub.out, "{\"url\":\"number\",\"valueString\":\"AU%.*s\"},",
                      PP_FMT(trace.n > 12 ? ((struct pp_str){trace.s + trace.n - 12, 12}) : trace));
    pp_buf_printf(
        &stub.out,
        "{\"url\":\"" PAS_URL "extension-reviewActionCode\",\"valueCodeableConcept\":{\"coding\":[{\"system\":"
        "\"https://codesystem.x12.org/005010/306\",\"code\":\"%s\"}]}}]}],\"category\":{\"coding\":[{\"system\":"
        "\"http://terminology.hl7.org/CodeSystem/adjudication\",\"code\":\"submitted\"}]}}]}",
        action);
}

static uint32_t number_of(struct pp_str trace) {
    uint32_t h = 2166136261u;
    for (uint32_t i = 0; i < trace.n; i++) h = (h ^ (uint8_t)trace.s[i]) * 16777619u;
    return h;
}

static void response(struct pp_str system, struct pp_str trace, int n, const char *action) {
    uint32_t h = number_of(trace);
    pp_buf_printf(
        &stub.out,
        "{\"resourceType\":\"Bundle\",\"type\":\"collection\",\"timestamp\":\"2026-11-24T15:04:00Z\",\"entry\":[{"
        "\"fullUrl\":\"http://payer.example/fhir/ClaimResponse/%08x\",\"resource\":{\"resourceType\":"
        "\"ClaimResponse\",\"id\":\"%08x\",\"identifier\":[{\"system\":\"%.*s\",\"value\":\"%.*s\"}],\"status\":"
        "\"active\",\"type\":{\"coding\":[{\"system\":\"http://terminology.hl7.org/CodeSystem/claim-type\",\"code\":"
        "\"professional\"}]},\"use\":\"preauthorization\",\"patient\":{\"reference\":\"Patient/1\"},\"created\":"
        "\"2026-11-24T15:04:00Z\",\"insurer\":{\"reference\":\"Organization/1\"},\"outcome\":\"complete\",\"item\":[",
        h, h, PP_FMT(system), PP_FMT(trace));
    for (int i = 1; i <= n; i++) item(i, action, trace);
    pp_buf_addz(&stub.out, "]}}]}");
}

/* ---- what was pended ---- */

static void remember(struct pp_str payer, struct pp_str system, struct pp_str trace, int items) {
    if (!tell.http || tell.head - tell.tail == TOLD_MAX) return;
    struct told *t = &tell.ring[tell.head++ & (TOLD_MAX - 1)];
    *t = (struct told){.at_ms = pp_mono_ms() + tell.after_ms, .items = items};
    snprintf(t->payer, sizeof t->payer, "%.*s", PP_FMT(payer));
    snprintf(t->system, sizeof t->system, "%.*s", PP_FMT(system));
    snprintf(t->trace, sizeof t->trace, "%.*s", PP_FMT(trace));
}

static void on_told(void *user, const struct pp_http_result *r) {
    (void)user;
    if (r->err.kind == PP_ERR_NONE && r->status < 300)
        tell.sent++;
    else if (tell.failed++ < 3)
        fprintf(stderr, "payerstub: notification: %d %s\n", r->status, r->err.msg);
}

static void notify(const struct told *t) {
    const struct payer *p = NULL;
    struct pp_err err;
    for (int i = 0; i < tell.npayers && !p; i++)
        if (strcmp(tell.payers[i].id, t->payer) == 0) p = &tell.payers[i];
    if (!p) {
        tell.failed++;
        return;
    }
    pp_buf_reset(&stub.out);
    pp_buf_addz(&stub.out,
                "{\"resourceType\":\"Bundle\",\"type\":\"history\",\"entry\":[{\"resource\":{\"resourceType\":"
                "\"Parameters\",\"parameter\":[{\"name\":\"type\",\"valueCode\":\"event-notification\"}]}},"
                "{\"resource\":");
    response(pp_str_z(t->system), pp_str_z(t->trace), t->items, "A1");
    pp_buf_addz(&stub.out, "}]}");
    struct pp_str header = pp_str_z(p->header);
    const struct pp_http_req req = {.method = PP_STR("POST"),
                                    .url = pp_str_z(p->url),
                                    .content_type = PP_STR("application/fhir+json"),
                                    .body = pp_buf_str(&stub.out),
                                    .headers = &header,
                                    .nheaders = 1};
    if (pp_http_send(tell.http, &req, on_told, NULL, &err) < 0) tell.failed++;
}

static void tell_due(uv_timer_t *t) {
    (void)t;
    while (tell.tail != tell.head && pp_http_client_open(tell.http) < TELL_OPEN_MAX) {
        const struct told *next = &tell.ring[tell.tail & (TOLD_MAX - 1)];
        if (next->at_ms > pp_mono_ms()) break;
        notify(next);
        tell.tail++;
    }
}

static bool read_secret(const char *dir, struct pp_str name, char ret[SECRET_BYTES_MAX]) {
    char path[1024];
    snprintf(path, sizeof path, "%s/%.*s", dir, PP_FMT(name));
    FILE *f = fopen(path, "re");
    if (!f) return false;
    bool ok = fgets(ret, SECRET_BYTES_MAX, f) != NULL;
    fclose(f);
    ret[strcspn(ret, "\r\n")] = 0;
    return ok;
}

static int tell_start(uv_loop_t *loop, const struct pp_config *c, struct pp_err *err) {
    const char *door = pp_config_str(c, "door");
    struct pp_refs *refs;
    char secret[SECRET_BYTES_MAX];
    if (!*door) return 0;
    if (pp_refs_load_dir(pp_config_str(c, "packs-dir"), &refs, err) < 0) return -1;
    for (const struct pp_payer *p = pp_refs_payer_next(refs, NULL); p && tell.npayers < PAYERS_MAX;
         p = pp_refs_payer_next(refs, p)) {
        struct payer *to = &tell.payers[tell.npayers];
        if (!p->callback_header.n || !read_secret(pp_config_str(c, "secrets-dir"), p->callback_secret, secret))
            continue;
        snprintf(to->id, sizeof to->id, "%.*s", PP_FMT(p->id));
        snprintf(to->url, sizeof to->url, "%s/v1/payers/%.*s/notify", door, PP_FMT(p->id));
        snprintf(to->header, sizeof to->header, "%.*s: %s", PP_FMT(p->callback_header), secret);
        tell.npayers++;
    }
    pp_refs_free(refs);
    tell.after_ms = pp_config_int(c, "pended-ms");
    if (!(tell.ring = calloc(TOLD_MAX, sizeof *tell.ring))) return pp_err_set(err, PP_ERR_NOMEM, "payerstub");
    uv_timer_init(loop, &tell.timer);
    uv_timer_start(&tell.timer, tell_due, TELL_MS, TELL_MS);
    return pp_http_client_new(loop, TELL_CONNECTIONS, &tell.http, err);
}

/* ---- requests ---- */

static void on_claim(void *user, struct pp_request *r) {
    struct pp_str body = pp_request_body(r);
    size_t claim = claim_at(body);
    const char *ids = claim < body.n ? memmem(body.s + claim, body.n - claim, "\"identifier\":[", 14) : NULL;
    size_t at = ids ? (size_t)(ids - body.s) : body.n;
    struct pp_str system = text_after(body, at, "\"system\":\""), trace = text_after(body, at, "\"value\":\"");
    *(int64_t *)user += 1;
    stub.bytes += body.n;
    if (!trace.n) {
        pp_http_problem(r, 400, "No Claim with an identifier", NULL, "there is none in the Bundle");
        return;
    }
    int64_t draw = number_of(trace) % 100;
    const char *action = draw < stub.approved ? "A1" : draw < stub.approved + stub.pended ? "A4" : "A3";
    int n = items_of(body, claim);
    if (action[1] == '4' && user == &stub.submits) remember(pp_request_var(r, "payer"), system, trace, n);
    pp_buf_reset(&stub.out);
    response(system, trace, n, action);
    if (stub.out.failed)
        pp_http_problem(r, 500, "Answer too large", NULL, "%d items", n);
    else
        pp_http_reply(r, 200, "application/fhir+json", pp_buf_str(&stub.out));
}

static void on_subscription(void *user, struct pp_request *r) {
    (void)user;
    stub.subscriptions++;
    pp_http_reply(r, pp_str_eqz(pp_request_method(r), "POST") ? 201 : 200, "application/fhir+json",
                  PP_STR("{\"resourceType\":\"Subscription\",\"id\":\"stub\",\"status\":\"active\",\"criteria\":\"x\","
                         "\"channel\":{\"type\":\"rest-hook\"}}"));
}

static void on_stats(void *user, struct pp_request *r) {
    char text[300];
    (void)user;
    int n = snprintf(text, sizeof text,
                     "{\"submits\":%lld,\"inquiries\":%lld,\"subscriptions\":%lld,\"bytes\":%lld,\"told\":%lld,"
                     "\"not_told\":%lld}\n",
                     (long long)stub.submits, (long long)stub.inquiries, (long long)stub.subscriptions,
                     (long long)stub.bytes, (long long)tell.sent, (long long)tell.failed);
    pp_http_reply(r, 200, "application/json", (struct pp_str){text, (uint32_t)n});
}

static const struct pp_route routes[] = {
    {.method = "POST",
     .path = "/{payer}/fhir/Claim/$submit",
     .body_max = BODY_BYTES_MAX,
     .open = true,
     .handler = on_claim,
     .user = &stub.submits},
    {.method = "POST",
     .path = "/{payer}/fhir/Claim/$inquire",
     .body_max = BODY_BYTES_MAX,
     .open = true,
     .handler = on_claim,
     .user = &stub.inquiries},
    {.method = "POST",
     .path = "/{payer}/fhir/Subscription",
     .body_max = BODY_BYTES_MAX,
     .open = true,
     .handler = on_subscription},
    {.method = "GET", .path = "/{payer}/fhir/Subscription/{id}", .open = true, .handler = on_subscription},
    {.method = "GET", .path = "/_stub", .open = true, .handler = on_stats},
};

static void on_signal(uv_signal_t *s, int no) {
    (void)no;
    uv_stop(s->loop);
}

int main(int argc, char **argv) {
    struct pp_config *c;
    struct pp_err err;
    struct pp_http_server *server;
    uv_loop_t loop;
    uv_signal_t term, intr;
    const struct pp_config_key *tables[] = {keys, NULL};
    pp_config_load("payerstub", tables, argc, argv, &c, &err);
    stub.approved = pp_config_int(c, "approved");
    stub.pended = pp_config_int(c, "pended");
    pp_buf_init(&stub.out, ANSWER_BYTES_MAX);
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&loop);
    if (pp_http_server_new(&loop, pp_config_str(c, "bind"), (int)pp_config_int(c, "port"), NULL, &server, &err) < 0 ||
        tell_start(&loop, c, &err) < 0) {
        fprintf(stderr, "payerstub: %s\n", err.msg);
        return 1;
    }
    pp_http_server_routes(server, routes, sizeof routes / sizeof *routes);
    uv_signal_init(&loop, &term);
    uv_signal_init(&loop, &intr);
    uv_signal_start(&term, on_signal, SIGTERM);
    uv_signal_start(&intr, on_signal, SIGINT);
    uv_run(&loop, UV_RUN_DEFAULT);
    pp_http_server_free(server);
    pp_buf_free(&stub.out);
    pp_config_free(c);
    return 0;
}
