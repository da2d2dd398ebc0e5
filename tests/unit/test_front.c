/* The front over real sockets and tokens. The read pool and the producer are doubles: they record what they are given
 * and call back from the loop, as the real ones do. */
#include "base/hash.h"
#include "io/clock.h"
#include "io/http_client.h"
#include "service/engine.h"
#include "service/front.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define UNTIL_MS 20000
#define PUMP(cond)                                                                                                     \
    do {                                                                                                               \
        int64_t until_ = pp_mono_ms() + UNTIL_MS;                                                                      \
        while (!(cond)) {                                                                                              \
            uv_run(&loop, UV_RUN_NOWAIT);                                                                              \
            if (pp_mono_ms() > until_) fail_msg("time-out: %s", #cond);                                                \
        }                                                                                                              \
    } while (0)

#define CASE "01900000-0000-7000-8000-000000000001"
#define PERSON "01900000-0000-7000-8000-0000000003ff"

static uv_loop_t loop;
static char dir[64];

/* ---- doubles ---- */

struct pending {
    struct pending *next;
    pp_pg_read_cb *read_cb;
    pp_producer_cb *sent_cb;
    void *user;
    bool found;
    char value[512];
    struct pp_err err;
};
static struct pending *pending;
static uv_idle_t deliver;

static struct {         /* how the doubles answer, and what they saw */
    char row[512];      /* of the query; "" = no row */
    char next_row[512]; /* from the second reading on, when given */
    struct pp_err row_err, access_err, send_err;
    char person[512];
    char result[512]; /* of a command, from reading number result_from on */
    int result_from;
    int rows, accesses, persons, results, sends;
    char params[512], access[512], scope[256], sent[2048];
    int partition;
} db;

static void flush(uv_idle_t *h) {
    (void)h;
    struct pending *p = pending;
    pending = NULL;
    while (p) {
        struct pending *next = p->next;
        const struct pp_err *err = p->err.kind ? &p->err : NULL;
        if (p->read_cb)
            p->read_cb(p->user, p->found, pp_str_z(p->value), err);
        else
            p->sent_cb(p->user, err);
        free(p);
        p = next;
    }
}

static void join(char *ret, size_t n, const struct pp_str *params, int count) {
    size_t used = 0;
    ret[0] = 0;
    for (int i = 0; i < count; i++)
        used += (size_t)snprintf(ret + used, used < n ? n - used : 0, "%s%.*s", i ? "|" : "",
                                 PP_FMT(params[i].s ? params[i] : PP_STR("NULL")));
}

static struct pending *queue(void *user) {
    struct pending *p = calloc(1, sizeof *p);
    p->user = user;
    p->next = pending;
    pending = p;
    return p;
}

void pp_pg_pool_read(struct pp_pg_pool *pool, const struct pp_pg_read *q, pp_pg_read_cb *cb, void *user) {
    (void)pool;
    struct pending *p = queue(user);
    const char *text = "";
    p->read_cb = cb;
    snprintf(db.scope, sizeof db.scope, "%.*s/%.*s/%.*s", PP_FMT(q->tenant), PP_FMT(q->sites), PP_FMT(q->user));
    if (q->sql == pp_front_access_sql) {
        db.accesses++;
        assert_true(q->write);
        join(db.access, sizeof db.access, q->params, q->nparams);
        p->err = db.access_err;
        text = "true";
    } else if (q->sql == pp_front_result_sql) {
        db.results++;
        if (db.results >= db.result_from) text = db.result;
    } else if (strstr(q->sql, "row_to_json")) {
        db.persons++;
        text = db.person;
        join(db.params, sizeof db.params, q->params, q->nparams);
    } else {
        db.rows++;
        assert_false(q->write);
        join(db.params, sizeof db.params, q->params, q->nparams);
        text = db.rows > 1 && db.next_row[0] ? db.next_row : db.row;
        p->err = db.row_err;
    }
    p->found = text[0] != 0;
    snprintf(p->value, sizeof p->value, "%s", text);
}

int pp_producer_send(struct pp_producer *producer, const struct pp_send *s, pp_producer_cb *cb, void *user,
                     struct pp_err *err) {
    (void)producer;
    (void)err;
    size_t used = (size_t)snprintf(db.sent, sizeof db.sent, "%s %.*s %.*s", s->topic, PP_FMT(s->key), PP_FMT(s->value));
    for (int i = 0; i < s->nheaders; i++)
        used += (size_t)snprintf(db.sent + used, sizeof db.sent - used, " %.*s=%.*s", PP_FMT(s->headers[i].name),
                                 PP_FMT(s->headers[i].value));
    db.partition = s->partition;
    db.sends++;
    struct pending *p = queue(user);
    p->sent_cb = cb;
    p->err = db.send_err;
    return 0;
}

/* ---- a service ---- */

static const struct pp_query queries[] = {
    {.path = "/v1/cases/{id}",
     .params = {"line", "limit"},
     .roles = "pa,lead",
     .sql = "select of a case",
     .patient_data = true},
    {.path = "/v1/orders/{order_no}", .roles = "*", .sql = "select of an order"},
    {.path = "/v1/documents/{id}", .roles = "pa", .sql = "select of a document", .patient_data = true, .bytes = true},
};
static const struct pp_command_def commands[] = {
    {EV_LINE_DROP, "ordering,pa", "select person, tenant from cases where case_id = $1::uuid"},
    {EV_REQUIREMENT_DECIDE, "lead", "select person, tenant from cases where case_id = $1::uuid"},
};
static const struct pp_service service = {
    .name = "chart", .queries = queries, .nqueries = 3, .commands = commands, .ncommands = 2};

static struct pp_front_env env;
static struct pp_http_client *client;
static struct pp_config *config;
static char token[PP_AUTH_TOKEN_BYTES_MAX + 40];

/* ---- client ---- */

static struct {
    int done, status;
    char body[4096], type[64];
} answer;

static void on_answer(void *user, const struct pp_http_result *r) {
    (void)user;
    answer.done++;
    answer.status = r->status;
    snprintf(answer.body, sizeof answer.body, "%.*s", PP_FMT(r->body));
    snprintf(answer.type, sizeof answer.type, "%.*s", PP_FMT(r->content_type));
}

static void start(const char *method, const char *path, const char *body, const char *header) {
    char url[300];
    struct pp_err err = {0};
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", pp_front_port(&env), path);
    struct pp_str headers[] = {pp_str_z(token), pp_str_z(header)};
    struct pp_http_req q = {.method = pp_str_z(method),
                            .url = pp_str_z(url),
                            .body = pp_str_z(body),
                            .headers = headers,
                            .nheaders = header ? 2 : 1};
    memset(&answer, 0, sizeof answer);
    assert_int_equal(pp_http_send(client, &q, on_answer, NULL, &err), 0);
}

static int ask(const char *method, const char *path, const char *body, const char *header) {
    start(method, path, body, header);
    PUMP(answer.done);
    return answer.status;
}

static int get(const char *path) { return ask("GET", path, NULL, NULL); }

static int post(const char *body) { return ask("POST", "/v1/commands", body, NULL); }

static bool says(const char *text) {
    if (strstr(answer.body, text)) return true;
    print_message("%d %s\n", answer.status, answer.body);
    return false;
}

static int fresh(void **s) {
    (void)s;
    memset(&db, 0, sizeof db);
    snprintf(db.row, sizeof db.row, "{\"as_of\" : \"2026-11-24T15:00:00Z\", \"version\" : 3}");
    snprintf(db.person, sizeof db.person, "{\"person\":\"" PERSON "\",\"tenant\":\"lakeside\"}");
    db.result_from = 2; /* the first reading is before the command was given */
    return 0;
}

/* ---- tests ---- */

static void test_query(void **s) {
    (void)s;
    assert_int_equal(get("/v1/cases/" CASE "?limit=5"), 200);
    assert_string_equal(answer.type, "application/json");
    assert_true(says("\"version\" : 3"));
    assert_string_equal(db.scope, "lakeside/lks,nor/u1");
    assert_memory_equal(db.params, CASE "|NULL|5|20", strlen(CASE "|NULL|5|20"));
    assert_int_equal(db.accesses, 1);
    assert_non_null(strstr(db.access, "|/v1/cases/{id}|pa|"));
    assert_non_null(strstr(db.access, "|" CASE));
    /* base32 is turned into the text of the UUID; what is no id stays as it is. */
    struct pp_uuid id;
    char b32[PP_UUID_B32 + 1], path[100];
    assert_true(pp_uuid_parse(PP_STR(CASE), &id));
    pp_uuid_b32(id, b32);
    snprintf(path, sizeof path, "/v1/cases/%s", b32);
    assert_int_equal(get(path), 200);
    assert_memory_equal(db.params, CASE "|NULL|NULL|20", strlen(CASE "|NULL|NULL|20"));
    snprintf(path, sizeof path, "/v1/orders/%s", b32);
    assert_int_equal(get(path), 200);
    assert_memory_equal(db.params, b32, 26);
    assert_int_equal(db.accesses, 2); /* no patient data in the order's */
}

static void test_query_refusals(void **s) {
    (void)s;
    assert_int_equal(get("/v1/cases/" CASE "?colour=red"), 400);
    assert_true(says("\"pointer\":\"/query/colour\""));
    assert_int_equal(get("/v1/cases/" CASE "?limit=1&limit=2"), 400);
    assert_int_equal(get("/v1/cases/" CASE "?min_version=x"), 400);
    assert_int_equal(db.rows, 0);
    db.row[0] = 0;
    assert_int_equal(get("/v1/cases/" CASE), 404);
    assert_int_equal(db.accesses, 0);
    pp_err_set(&db.row_err, PP_ERR_DB, "invalid input syntax for type uuid: \"secret\"");
    snprintf(db.row_err.code, sizeof db.row_err.code, "22P02");
    assert_int_equal(get("/v1/cases/x"), 400);
    assert_null(strstr(answer.body, "secret"));
    snprintf(db.row_err.code, sizeof db.row_err.code, "08006");
    assert_int_equal(get("/v1/cases/x"), 503);
    db.row_err.retriable = false;
    snprintf(db.row_err.code, sizeof db.row_err.code, "42601");
    assert_int_equal(get("/v1/cases/x"), 500);
    assert_null(strstr(answer.body, "secret"));
}

static void test_access_log_first(void **s) {
    (void)s;
    pp_err_set(&db.access_err, PP_ERR_DB, "no");
    assert_int_equal(get("/v1/cases/" CASE), 503);
    assert_null(strstr(answer.body, "version"));
}

static void test_etag(void **s) {
    (void)s;
    /* The tag is the hash of the body without as_of. */
    char hex[65], etag[64], header[100];
    pp_sha256_hex(PP_STR(" \"version\" : 3}"), hex);
    snprintf(etag, sizeof etag, "\"%.32s\"", hex);
    snprintf(header, sizeof header, "If-None-Match: \"other\", W/%s", etag);
    assert_int_equal(ask("GET", "/v1/cases/" CASE, NULL, header), 304);
    assert_int_equal(db.accesses, 0);
    snprintf(db.row, sizeof db.row, "{\"as_of\" : \"2027-01-01T00:00:00Z\", \"version\" : 3}");
    assert_int_equal(ask("GET", "/v1/cases/" CASE, NULL, header), 304);
    snprintf(db.row, sizeof db.row, "{\"as_of\" : \"2027-01-01T00:00:00Z\", \"version\" : 4}");
    assert_int_equal(ask("GET", "/v1/cases/" CASE, NULL, header), 200);
}

static void test_min_version(void **s) {
    (void)s;
    assert_int_equal(get("/v1/cases/" CASE "?min_version=3"), 200);
    assert_int_equal(db.rows, 1);
    snprintf(db.next_row, sizeof db.next_row, "{\"v\" : 4}");
    db.rows = 0;
    assert_int_equal(get("/v1/cases/" CASE "?min_version=4"), 200);
    assert_true(says("\"v\" : 4"));
    assert_int_equal(db.rows, 2);
    /* Not there in time: what there is. */
    db.next_row[0] = 0;
    int64_t t0 = pp_mono_ms();
    assert_int_equal(get("/v1/cases/" CASE "?min_version=9"), 200);
    assert_true(pp_mono_ms() - t0 >= PP_FRONT_WAIT_MS - 2 * PP_FRONT_POLL_MS);
    assert_true(says("\"version\" : 3"));
}

static void test_bytes(void **s) {
    (void)s;
    struct pp_err err = {0};
    char hash[65];
    assert_int_equal(pp_blob_put_sync(env.blobs, PP_STR("lakeside"), PP_STR("%PDF-1.7"), hash, &err), 0);
    snprintf(db.row, sizeof db.row, "{\"hash\":\"%s\",\"content_type\":\"application/pdf; x=y\"}", hash);
    assert_int_equal(get("/v1/documents/" CASE "/bytes"), 200);
    assert_string_equal(answer.body, "%PDF-1.7");
    assert_string_equal(answer.type, "application/pdf");
    assert_int_equal(db.accesses, 1);
    snprintf(db.row, sizeof db.row, "{\"hash\":\"%s\",\"content_type\":\"text/html\"}", hash);
    assert_int_equal(get("/v1/documents/" CASE "/bytes"), 200);
    assert_string_equal(answer.type, "application/octet-stream");
    snprintf(db.row, sizeof db.row, "{\"hash\":\"%064d\",\"content_type\":\"text/html\"}", 0);
    assert_int_equal(get("/v1/documents/" CASE "/bytes"), 404);
    snprintf(db.row, sizeof db.row, "{}");
    assert_int_equal(get("/v1/documents/" CASE "/bytes"), 404);
    assert_int_equal(get("/v1/cases/" CASE "/bytes"), 404);
}

#define DROP                                                                                                           \
    "\"type\":\"line.drop\",\"target\":\"" CASE "\",\"args\":{\"line\":2,\"other\":\"x\"},\"reason\":\"not wanted\""
#define DONE "{\"id\":\"k1\",\"type\":\"line.drop\",\"status\":\"done\",\"version\":4,\"message\":\"\"}"

static void test_command(void **s) {
    (void)s;
    snprintf(db.result, sizeof db.result, DONE);
    db.result_from = 4; /* not at the first two looks after it was given */
    assert_int_equal(ask("POST", "/v1/commands", "{\"id\":\"k1\",\"expect_version\":3," DROP "}",
                         "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
                     200);
    assert_string_equal(answer.body, DONE);
    assert_int_equal(db.sends, 1);
    assert_int_equal(db.partition, 0x3ff & 7);
    const char *const parts[] = {"pa.commands.v1 " PERSON " {\"case_id\":\"" CASE
                                 "\",\"line\":2,\"reason\":\"not wanted\"}",
                                 " ce_id=k1",
                                 " ce_source=/priorpath/chart/front",
                                 " ce_type=line.drop",
                                 " ce_subject=" CASE,
                                 " pp_tenant=lakeside",
                                 " pp_actor=u1",
                                 " pp_roles=pa",
                                 " pp_expect=3",
                                 " traceparent=00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                                 " ce_dataschema=https://priorpath.dev/schemas/commands/line.drop.json",
                                 " content-type=application/json"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(db.sent, parts[i])) fail_msg("no \"%s\" in %s", parts[i], db.sent);
    /* The same id again: the same answer, no second record. */
    db.result_from = 0;
    assert_int_equal(post("{\"id\":\"k1\"," DROP "}"), 200);
    assert_string_equal(answer.body, DONE);
    assert_int_equal(db.sends, 1);
    assert_int_equal(get("/v1/commands/k1"), 200);
    assert_string_equal(answer.body, DONE);
    /* The id of another command. */
    snprintf(db.result, sizeof db.result, "{\"id\":\"k1\",\"type\":\"note.add\",\"status\":\"done\"}");
    assert_int_equal(post("{\"id\":\"k1\"," DROP "}"), 409);
}

static void test_command_held(void **s) {
    (void)s;
    snprintf(
        db.result, sizeof db.result,
        "{\"id\":\"k4\",\"type\":\"line.drop\",\"status\":\"held\",\"version\":0,\"message\":\"\",\"goes_at\":%lld}",
        (long long)pp_real_ms() + 9000);
    assert_int_equal(post("{\"id\":\"k4\",\"hold_s\":10," DROP "}"), 200);
    assert_non_null(strstr(db.sent, " pp_hold=10000"));
    assert_true(says("\"status\":\"held\""));
    assert_null(strstr(answer.body, "goes_at"));
    const char *left = strstr(answer.body, "\"sends_in_ms\":");
    assert_non_null(left);
    assert_in_range(strtol(left + 14, NULL, 10), 5000, 9000);
    assert_int_equal(get("/v1/commands/k4"), 200);
    assert_true(says("\"sends_in_ms\":"));
    /* What takes it back: found by what it is about, decided by who owns the command. */
    db.result[0] = 0;
    snprintf(db.result, sizeof db.result, "{\"id\":\"u4\",\"type\":\"command.undo\",\"status\":\"done\"}");
    db.result_from = db.results + 2;
    assert_int_equal(post("{\"id\":\"u4\",\"type\":\"command.undo\",\"target\":\"" CASE
                          "\",\"args\":{\"command_id\":\"k4\",\"type\":\"line.drop\"}}"),
                     200);
    assert_non_null(strstr(db.sent, "{\"command_id\":\"k4\",\"type\":\"line.drop\"}"));
    assert_non_null(strstr(db.sent, " ce_type=command.undo"));
    assert_null(strstr(db.sent, "pp_hold"));
    assert_int_equal(db.sends, 2);
}

static void test_command_later(void **s) {
    (void)s;
    assert_int_equal(post("{\"id\":\"k2\"," DROP "}"), 202);
    assert_true(says("\"look_at\":\"/v1/commands/k2\""));
    assert_int_equal(get("/v1/commands/k2"), 404);
    assert_null(strstr(db.sent, "pp_expect"));
    pp_err_set(&db.send_err, PP_ERR_KAFKA, "timed out");
    assert_int_equal(post("{\"id\":\"k3\"," DROP "}"), 503);
}

static void test_command_refusals(void **s) {
    (void)s;
    static const struct {
        int status;
        const char *body, *says;
    } rows[] = {
        {400, "", "not a JSON object"},
        {400, "[]", "not a JSON object"},
        {400, "{\"id\":\"a\",\"id\":\"b\"}", "not a JSON object"},
        {400, "{" DROP "}", "\"pointer\":\"/id\""},
        {400, "{\"id\":\"a b\"," DROP "}", "\"pointer\":\"/id\""},
        {400, "{\"id\":\"k\",\"type\":\"note.add\"}", "\"pointer\":\"/type\""},
        {403, "{\"id\":\"k\",\"type\":\"requirement.decide\",\"target\":\"" CASE "\"}", "roles lead"},
        {400, "{\"id\":\"k\",\"type\":\"line.drop\",\"target\":\"x\"}", "\"pointer\":\"/target\""},
        {400, "{\"id\":\"k\",\"expect_version\":-1," DROP "}", "\"pointer\":\"/expect_version\""},
        {400, "{\"id\":\"k\",\"expect_version\":\"3\"," DROP "}", "\"pointer\":\"/expect_version\""},
        {400, "{\"id\":\"k\",\"hold_s\":61," DROP "}", "\"pointer\":\"/hold_s\""},
        {400, "{\"id\":\"k\",\"hold_s\":\"5\"," DROP "}", "\"pointer\":\"/hold_s\""},
        {400, "{\"id\":\"k\",\"type\":\"command.undo\",\"target\":\"" CASE "\",\"args\":{\"command_id\":\"x\"}}",
         "\"pointer\":\"/args/type\""},
        {403,
         "{\"id\":\"k\",\"type\":\"command.undo\",\"target\":\"" CASE
         "\",\"args\":{\"command_id\":\"x\",\"type\":\"requirement.decide\"}}",
         "roles lead"},
        {400, "{\"id\":\"k\",\"type\":\"line.drop\",\"target\":\"" CASE "\",\"args\":[1]}", "\"pointer\":\"/args\""},
        {400, "{\"id\":\"k\",\"type\":\"line.drop\",\"target\":\"" CASE "\",\"args\":{\"line\":\"two\"}}",
         "\"pointer\":\"/args/line\""},
        {400, "{\"id\":\"k\",\"type\":\"line.drop\",\"target\":\"" CASE "\",\"args\":{\"line\":2}}",
         "\"pointer\":\"/args"},
        {400,
         "{\"id\":\"k\",\"type\":\"line.drop\",\"target\":\"" CASE "\",\"args\":{\"case_id\":\"" PERSON
         "\",\"line\":2}}",
         "not the target"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int status = post(rows[i].body);
        if (status != rows[i].status || !strstr(answer.body, rows[i].says))
            fail_msg("row %zu: %d %s", i, status, answer.body);
    }
    assert_int_equal(db.results + db.persons + db.sends, 0);
    db.person[0] = 0;
    assert_int_equal(post("{\"id\":\"k\"," DROP "}"), 404);
    snprintf(db.person, sizeof db.person, "{\"person\":\"" PERSON "\",\"tenant\":\"elsewhere\"}");
    assert_int_equal(post("{\"id\":\"k\"," DROP "}"), 404);
    assert_int_equal(db.sends, 0);
}

static void test_no_token(void **s) {
    (void)s;
    char was[sizeof token];
    memcpy(was, token, sizeof token);
    snprintf(token, sizeof token, "X: y");
    assert_int_equal(get("/v1/cases/" CASE), 401);
    assert_int_equal(post("{}"), 401);
    memcpy(token, was, sizeof token);
    assert_int_equal(db.rows, 0);
}

static int stops;

static void on_stop(void *user) {
    (void)user;
    stops++;
}

/* Last. A command waits for its result while the front stops, and the loop stands still for all the time that open
 * requests have: it is answered, then the end is told, once. */
static void test_stop(void **s) {
    (void)s;
    start("POST", "/v1/commands", "{\"id\":\"k9\"," DROP "}", NULL);
    PUMP(db.sends == 1);
    pp_front_stop(&env, on_stop, NULL);
    assert_int_equal(stops, 0);
    uv_sleep(PP_FRONT_STOP_MS + 2 * PP_FRONT_POLL_MS);
    PUMP(stops == 1);
    PUMP(answer.done);
    assert_int_equal(answer.status, 202);
    pp_http_client_free(client);
    uv_close((uv_handle_t *)&deliver, NULL);
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(stops, 1);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static int setup(void **s) {
    (void)s;
    struct pp_err err = {0};
    char jwks[100], pem[100], key[100], blobs[100], arg[140];
    snprintf(dir, sizeof dir, "/tmp/pp-front-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(jwks, sizeof jwks, "%s/" PP_AUTH_DEV_JWKS, dir);
    snprintf(pem, sizeof pem, "%s/" PP_AUTH_DEV_KEY, dir);
    snprintf(key, sizeof key, "%s/blob.key", dir);
    snprintf(blobs, sizeof blobs, "%s/blobs", dir);
    assert_int_equal(pp_auth_dev_keygen(dir, &err), 0);
    assert_int_equal(pp_blob_keygen(key, &err), 0);
    assert_int_equal(pp_blob_open(blobs, key, &env.blobs, &err), 0);
    struct pp_auth_claims claims = {"priorpath-dev", "lakeside", "u1", "pa", "lks,nor"};
    size_t n = (size_t)snprintf(token, sizeof token, "Authorization: Bearer ");
    assert_int_equal(pp_auth_dev_token(pem, &claims, pp_real_ms(), 600, token + n, sizeof token - n, &err), 0);
    snprintf(arg, sizeof arg, "--jwks-file=%s", jwks);
    char *argv[] = {(char *)"test", arg};
    const struct pp_config_key *tables[] = {pp_config_common, NULL};
    assert_int_equal(pp_config_load("test", tables, 2, argv, &config, &err), 0);
    uv_loop_init(&loop);
    uv_idle_init(&loop, &deliver);
    uv_idle_start(&deliver, flush);
    env.loop = &loop;
    env.config = config;
    env.svc = &service;
    env.partitions = 8;
    assert_int_equal(pp_front_start(&env, &err), 0);
    assert_int_equal(pp_http_client_new(&loop, 4, &client, &err), 0);
    return 0;
}

static int teardown(void **s) {
    (void)s;
    char cmd[100];
    pp_config_free(config);
    pp_blob_close(env.blobs);
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_query, fresh),
        cmocka_unit_test_setup(test_query_refusals, fresh),
        cmocka_unit_test_setup(test_access_log_first, fresh),
        cmocka_unit_test_setup(test_etag, fresh),
        cmocka_unit_test_setup(test_min_version, fresh),
        cmocka_unit_test_setup(test_bytes, fresh),
        cmocka_unit_test_setup(test_command, fresh),
        cmocka_unit_test_setup(test_command_held, fresh),
        cmocka_unit_test_setup(test_command_later, fresh),
        cmocka_unit_test_setup(test_command_refusals, fresh),
        cmocka_unit_test_setup(test_no_token, fresh),
        cmocka_unit_test_setup(test_stop, fresh),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
