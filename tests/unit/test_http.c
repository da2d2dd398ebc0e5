/* HTTP server and client against each other over real sockets, and the server against a raw one. No sleeps: the loop
 * is run until a condition holds. */
#include "io/auth.h"
#include "io/clock.h"
#include "io/http_client.h"
#include "io/http_route.h"
#include "io/http_server.h"
#include "base/buf.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#define BIG (20 * 1024 * 1024)
#define UNTIL_MS 20000
#define PUMP(cond)                                                                                                     \
    do {                                                                                                               \
        int64_t until_ = pp_mono_ms() + UNTIL_MS;                                                                      \
        while (!(cond)) {                                                                                              \
            uv_run(&loop, UV_RUN_NOWAIT);                                                                              \
            if (pp_mono_ms() > until_) fail_msg("time-out: %s", #cond);                                                \
        }                                                                                                              \
    } while (0)

static uv_loop_t loop;
static struct pp_http_server *server;
static struct pp_http_client *client;
static struct pp_auth *auth;
static char dir[64], token_pa[PP_AUTH_TOKEN_BYTES_MAX], token_none[PP_AUTH_TOKEN_BYTES_MAX];

/* ---- handlers ---- */

static struct pp_request *held;
static struct pp_sse *stream;
static int gone_calls, stream_gone, handled;

static void on_gone(void *user) { (*(int *)user)++; }

static void h_echo(void *user, struct pp_request *r) {
    (void)user;
    handled++;
    pp_http_reply(r, 200, "application/octet-stream", pp_request_body(r));
}

static void h_hold(void *user, struct pp_request *r) {
    (void)user;
    held = r;
    pp_request_on_gone(r, on_gone, &gone_calls);
}

static void h_later(void *user, struct pp_request *r) {
    (void)user;
    held = r;
}

static bool list_param(void *user, struct pp_str name, struct pp_str value) {
    pp_buf_printf(user, "%.*s=%.*s;", PP_FMT(name), PP_FMT(value));
    return true;
}

static void h_show(void *user, struct pp_request *r) {
    (void)user;
    struct pp_buf b;
    pp_buf_init(&b, 4096);
    pp_buf_printf(&b, "%.*s %.*s id=%.*s ", PP_FMT(pp_request_method(r)), PP_FMT(pp_request_path(r)),
                  PP_FMT(pp_request_var(r, "id")));
    pp_request_each_query(r, list_param, &b);
    const struct pp_identity *who = pp_request_identity(r);
    pp_buf_printf(&b, " user=%.*s cookie=%.*s peer=%.*s", PP_FMT(who ? who->subject : PP_STR("-")),
                  PP_FMT(pp_request_cookie(r, "s")), PP_FMT(pp_request_peer(r)));
    struct pp_str headers[] = {PP_STR("ETag: \"x\""), PP_STR("Cache-Control: max-age=5"),
                               PP_STR("X-Bad: a\r\nSet-Cookie: b=c")};
    pp_http_reply_with(r, 200, "text/plain", pp_buf_str(&b), headers, 3);
    pp_buf_free(&b);
}

static void h_problem(void *user, struct pp_request *r) {
    (void)user;
    pp_http_problem(r, 409, "Somebody else was first", "/target", "version %d, not %d", 3, 2);
}

static void h_stream(void *user, struct pp_request *r) {
    (void)user;
    stream = pp_http_sse_begin(r, 4096, on_gone, &stream_gone);
}

static void h_wide(void *user, struct pp_request *r) {
    (void)user;
    stream = pp_http_sse_begin(r, 1 << 20, on_gone, &stream_gone);
}

static void h_name(void *user, struct pp_request *r) { pp_http_reply(r, 200, "text/plain", pp_str_z(user)); }

static struct pp_route routes[] = {
    {"POST", "/echo", BIG, true, NULL, h_echo, NULL},
    {"POST", "/small", 10, true, NULL, h_echo, NULL},
    {"GET", "/hold", 0, true, NULL, h_hold, NULL},
    {"GET", "/later", 0, true, NULL, h_later, NULL},
    {"GET", "/v1/cases/{id}", 0, true, NULL, h_show, NULL},
    {"GET", "/v1/cases/list", 0, true, NULL, h_name, (void *)(uintptr_t) "list"},
    {"GET", "/files/{rest...}", 0, true, NULL, h_name, (void *)(uintptr_t) "rest"},
    {"GET", "/secret", 0, false, "*", h_show, NULL},
    {"GET", "/pa", 0, false, "pa,lead", h_show, NULL},
    {"GET", "/problem", 0, true, NULL, h_problem, NULL},
    {"GET", "/stream", 0, true, NULL, h_stream, NULL},
    {"GET", "/wide", 0, true, NULL, h_wide, NULL},
};

/* ---- client side ---- */

struct answer {
    int done, status;
    bool begun;
    struct pp_err err;
    char type[64];
    struct pp_buf body;
};

static void on_answer(void *user, const struct pp_http_result *r) {
    struct answer *a = user;
    a->done++;
    a->status = r->status;
    a->begun = r->request_begun;
    a->err = r->err;
    snprintf(a->type, sizeof a->type, "%.*s", PP_FMT(r->content_type));
    pp_buf_reset(&a->body);
    pp_buf_adds(&a->body, r->body);
    pp_buf_addc(&a->body, 0);
}

static struct answer answer;

static void start(const char *method, const char *path, struct pp_str body, const char *header) {
    char url[300];
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", pp_http_server_port(server), path);
    struct pp_str line = pp_str_z(header);
    struct pp_http_req q = {.method = pp_str_z(method),
                            .url = pp_str_z(url),
                            .body = body,
                            .headers = &line,
                            .nheaders = header ? 1 : 0,
                            .timeout_ms = UNTIL_MS,
                            .answer_bytes_max = BIG + 1};
    struct pp_err err = {0};
    answer.done = 0;
    assert_int_equal(pp_http_send(client, &q, on_answer, &answer, &err), 0);
    assert_int_equal(answer.done, 0);
}

static int ask(const char *method, const char *path, struct pp_str body, const char *header) {
    start(method, path, body, header);
    PUMP(answer.done);
    assert_int_equal(answer.done, 1);
    return answer.status;
}

static int get(const char *path) { return ask("GET", path, PP_STR_NONE, NULL); }

static bool says(const char *text) { return strstr(answer.body.p, text) != NULL; }

/* ---- raw socket ---- */

static struct pp_buf raw;
static int raw_fd = -1;
static bool raw_closed;

static void raw_open(void) {
    struct sockaddr_in sa = {.sin_family = AF_INET, .sin_port = htons((uint16_t)pp_http_server_port(server))};
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    raw_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(raw_fd, (struct sockaddr *)&sa, sizeof sa), 0);
    fcntl(raw_fd, F_SETFL, O_NONBLOCK);
    pp_buf_reset(&raw);
    raw_closed = false;
}

static void raw_close(void) {
    close(raw_fd);
    raw_fd = -1;
}

static void raw_say(const char *text) {
    assert_int_equal(send(raw_fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static bool raw_has(const char *text) {
    char part[4096];
    ssize_t n = recv(raw_fd, part, sizeof part, 0);
    if (n == 0 || (n < 0 && errno == ECONNRESET)) raw_closed = true;
    if (n > 0) pp_buf_add(&raw, part, (size_t)n);
    return raw.n && memmem(raw.p, raw.n, text, strlen(text)) != NULL;
}

static bool raw_ended(void) {
    raw_has("");
    return raw_closed;
}

static void turn(int n) {
    while (n--) uv_run(&loop, UV_RUN_NOWAIT);
}

/* ---- tests ---- */

static void test_get_and_parts(void **s) {
    (void)s;
    assert_int_equal(ask("GET", "/v1/cases/a%2Fb%20c?x=1&y=a%26b+c&x=2", PP_STR_NONE, "Cookie: t=1; s=abc"), 200);
    assert_true(says("GET /v1/cases/a/b c id=a/b c x=1;y=a&b c;x=2; user=- cookie=abc peer=127.0.0.1"));
    assert_int_equal(get("/v1/cases/list"), 200);
    assert_true(says("list"));
    assert_int_equal(get("/files/a/b/c.js"), 200);
    assert_int_equal(get("/v1/cases/list/x"), 404);
    assert_int_equal(get("/nothing"), 404);
    assert_string_equal(answer.type, "application/problem+json");
    assert_true(says("\"trace\":\""));
    assert_int_equal(ask("POST", "/v1/cases/1", PP_STR("x"), NULL), 405);
    assert_int_equal(get("/v1/cases/%zz"), 400);
    assert_int_equal(get("/files/%2e%2e/etc"), 400);
    assert_int_equal(get("/v1/cases/a?x=%00"), 400);
    assert_int_equal(get("/problem"), 409);
    assert_true(says("\"status\":409,\"title\":\"Somebody else was first\",\"detail\":\"version 3, not "
                     "2\",\"pointer\":\"/target\""));
    assert_int_equal(ask("HEAD", "/v1/cases/1", PP_STR_NONE, NULL), 200);
}

static void test_headers(void **s) {
    (void)s;
    raw_open();
    raw_say("GET /v1/cases/1 HTTP/1.1\r\nHost: x\r\n\r\n");
    PUMP(raw_has("peer=127.0.0.1"));
    assert_true(raw_has("X-Content-Type-Options: nosniff\r\n"));
    assert_true(raw_has("X-Request-Id: "));
    assert_true(raw_has("Cache-Control: max-age=5\r\n"));
    assert_false(raw_has("no-store"));
    assert_true(raw_has("ETag: \"x\"\r\n"));
    assert_false(raw_has("Set-Cookie"));
    /* Two in one packet, the first answered later: order holds. */
    pp_buf_reset(&raw);
    held = NULL;
    raw_say("GET /later HTTP/1.1\r\nHost: x\r\n\r\nGET /problem HTTP/1.1\r\nHost: x\r\n\r\n");
    PUMP(held);
    turn(20);
    assert_false(raw_has("409"));
    pp_http_reply(held, 200, "text/plain", PP_STR("first"));
    PUMP(raw_has("409"));
    assert_true(memmem(raw.p, raw.n, "first", 5) < memmem(raw.p, raw.n, "409", 3));
    raw_close();
    raw_open();
    raw_say("DELETE /problem HTTP/1.1\r\nHost: x\r\n\r\n");
    PUMP(raw_has("Allow: GET\r\n"));
    raw_close();
    raw_open();
    raw_say("GET /secret HTTP/1.1\r\nHost: x\r\n\r\n");
    PUMP(raw_has("WWW-Authenticate: Bearer realm=\"priorpath\"\r\n"));
    assert_true(raw_has("Cache-Control: no-store\r\n"));
    raw_close();
    raw_open();
    raw_say("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    PUMP(raw_has(" 400 "));
    raw_close();
}

static void test_tokens(void **s) {
    (void)s;
    char header[PP_AUTH_TOKEN_BYTES_MAX + 40];
    assert_int_equal(get("/secret"), 401);
    assert_int_equal(ask("GET", "/secret", PP_STR_NONE, "Authorization: Bearer nonsense"), 401);
    assert_true(says("the token is not accepted"));
    assert_int_equal(ask("GET", "/secret", PP_STR_NONE, "Authorization: Basic abc"), 401);
    snprintf(header, sizeof header, "Authorization: Bearer %s", token_none);
    assert_int_equal(ask("GET", "/secret", PP_STR_NONE, header), 200);
    assert_true(says("user=u0"));
    assert_int_equal(ask("GET", "/pa", PP_STR_NONE, header), 403);
    assert_true(says("pa|lead"));
    assert_int_equal(ask("GET", "/v1/cases/1", PP_STR_NONE, header), 200);
    assert_true(says("user=u0"));
    snprintf(header, sizeof header, "authorization: bearer %s", token_pa);
    assert_int_equal(ask("GET", "/pa", PP_STR_NONE, header), 200);
}

static void test_bodies(void **s) {
    (void)s;
    assert_int_equal(ask("POST", "/echo", PP_STR("hello"), NULL), 200);
    assert_true(says("hello"));
    assert_int_equal(ask("POST", "/echo", PP_STR_NONE, NULL), 200);
    assert_int_equal(ask("POST", "/small", PP_STR("0123456789"), NULL), 200);
    int before = handled;
    assert_int_equal(ask("POST", "/small", PP_STR("0123456789a"), NULL), 413);
    assert_true(says("at most 10 bytes"));
    char *big = malloc(BIG + 1);
    for (int i = 0; i < BIG + 1; i++) big[i] = (char)(i * 7 + i / 251);
    assert_int_equal(handled, before);
    assert_int_equal(ask("POST", "/echo", (struct pp_str){big, BIG}, NULL), 200);
    assert_int_equal(answer.body.n, BIG + 1);
    assert_memory_equal(answer.body.p, big, BIG);
    assert_int_equal(ask("POST", "/echo", (struct pp_str){big, BIG}, "Transfer-Encoding: chunked"), 200);
    assert_int_equal(answer.body.n, BIG + 1);
    before = handled;
    assert_int_equal(ask("POST", "/small", (struct pp_str){big, 500000}, "Transfer-Encoding: chunked"), 413);
    assert_int_equal(ask("POST", "/small", (struct pp_str){big, 500000}, NULL), 413);
    /* Much too long: answered before the body is read, or cut off; the handler never sees it. */
    int status = ask("POST", "/echo", (struct pp_str){big, BIG + 1}, NULL);
    assert_true(status == 413 || status == 0);
    assert_int_equal(handled, before);
    free(big);
}

static void test_slow_body(void **s) {
    (void)s;
    int before = handled;
    raw_open();
    raw_say("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n");
    for (const char *p = "slow"; *p; p++) {
        turn(5);
        assert_int_equal(handled, before);
        raw_say((char[]){*p, 0});
    }
    PUMP(raw_has("\r\n\r\nslow"));
    raw_close();
    /* A client that asks first is refused before it sends. */
    raw_open();
    raw_say("POST /small HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\nExpect: 100-continue\r\n\r\n");
    PUMP(raw_has(" 413 "));
    assert_false(raw_has(" 100 "));
    raw_close();
    /* One that leaves in the middle of its body is forgotten. */
    raw_open();
    raw_say("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nab");
    PUMP(pp_http_server_busy(server) == 1);
    raw_close();
    PUMP(pp_http_server_busy(server) == 0);
    assert_int_equal(handled, before + 1);
    /* Bytes that are no HTTP. */
    raw_open();
    raw_say("\x16\x03\x01 hello \xff\r\n\r\n");
    PUMP(raw_ended());
    raw_close();
    PUMP(pp_http_server_busy(server) == 0);
}

static void test_late_answer_and_early_close(void **s) {
    (void)s;
    held = NULL;
    gone_calls = 0;
    start("GET", "/hold", PP_STR_NONE, NULL);
    PUMP(held);
    turn(20);
    assert_int_equal(answer.done, 0);
    pp_http_reply(held, 201, "text/plain", PP_STR("late"));
    PUMP(answer.done);
    assert_int_equal(answer.status, 201);
    assert_int_equal(gone_calls, 0);
    held = NULL;
    raw_open();
    raw_say("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    PUMP(held);
    raw_close();
    PUMP(gone_calls == 1);
    PUMP(pp_http_server_busy(server) == 0);
    pp_http_problem(held, 500, "ignored", NULL, "nobody waits");
    assert_int_equal(gone_calls, 1);
    /* Without on_gone it is found out when the answer is written. */
    held = NULL;
    raw_open();
    raw_say("GET /later HTTP/1.1\r\nHost: x\r\n\r\n");
    PUMP(held);
    raw_close();
    pp_http_reply(held, 200, "text/plain", PP_STR("x"));
    PUMP(pp_http_server_busy(server) == 0);
}

static void test_stream(void **s) {
    (void)s;
    stream = NULL;
    stream_gone = 0;
    raw_open();
    raw_say("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    PUMP(raw_has(": open"));
    assert_true(raw_has("Content-Type: text/event-stream\r\n"));
    pp_sse_send(stream, PP_STR("event: a\ndata: 1\n\n"));
    PUMP(raw_has("data: 1\n\n"));
    pp_sse_send(stream, PP_STR("event: a\ndata: 2\n\n"));
    pp_sse_send(stream, PP_STR("event: a\ndata: 3\n\n"));
    PUMP(raw_has("data: 3\n\n"));
    pp_sse_end(stream);
    PUMP(raw_has("\r\n0\r\n\r\n"));
    assert_int_equal(stream_gone, 0);
    raw_close();
    /* The client goes. */
    raw_open();
    raw_say("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    PUMP(raw_has(": open"));
    raw_close();
    PUMP(stream_gone == 1);
    PUMP(pp_http_server_busy(server) == 0);
}

static void test_stream_does_not_spin(void **s) {
    (void)s;
    raw_open();
    stream_gone = 0;
    raw_say("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    PUMP(raw_has(": open"));
    turn(50);
    /* With nothing to do the loop would wait; its next event is a timer of at least some ms. */
    assert_true(uv_backend_timeout(&loop) != 0);
    raw_close();
    PUMP(stream_gone == 1);
}

static void test_slow_reader(void **s) {
    (void)s;
    stream_gone = 0;
    raw_open();
    raw_say("GET /wide HTTP/1.1\r\nHost: x\r\n\r\n");
    PUMP(raw_has(": open"));
    char event[1024];
    memset(event, 'x', sizeof event);
    memcpy(event + sizeof event - 2, "\n\n", 2);
    /* Does not read: the socket fills, then the queue, then it is over. */
    for (int i = 0; i < 20000; i++) {
        pp_sse_send(stream, (struct pp_str){event, sizeof event});
        if (i % 16 == 0) turn(1);
    }
    assert_int_equal(stream_gone, 0);
    PUMP(raw_has("event: bye\ndata: {\"why\":\"slow\"}\n\n\r\n0\r\n\r\n"));
    PUMP(stream_gone == 1);
    raw_close();
    PUMP(pp_http_server_busy(server) == 0);
}

static void test_client_failures(void **s) {
    (void)s;
    struct pp_err err = {0};
    struct pp_http_req q = {
        .method = PP_STR("POST"), .url = PP_STR("http://127.0.0.1:1/"), .body = PP_STR("x"), .timeout_ms = 5000};
    answer.done = 0;
    assert_int_equal(pp_http_send(client, &q, on_answer, &answer, &err), 0);
    PUMP(answer.done);
    assert_int_equal(answer.err.kind, PP_ERR_IO);
    assert_false(answer.begun);
    assert_int_equal(answer.status, 0);
    /* No answer in time: begun. */
    held = NULL;
    char url[100];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/later", pp_http_server_port(server));
    q = (struct pp_http_req){.method = PP_STR("GET"), .url = pp_str_z(url), .timeout_ms = 150};
    answer.done = 0;
    assert_int_equal(pp_http_send(client, &q, on_answer, &answer, &err), 0);
    PUMP(answer.done && held);
    assert_int_equal(answer.err.kind, PP_ERR_TIMEOUT);
    assert_true(answer.begun);
    pp_http_reply(held, 200, "text/plain", PP_STR("x"));
    /* Longer than asked for. */
    snprintf(url, sizeof url, "http://127.0.0.1:%d/echo", pp_http_server_port(server));
    q = (struct pp_http_req){
        .method = PP_STR("POST"), .url = pp_str_z(url), .body = PP_STR("0123456789"), .answer_bytes_max = 9};
    answer.done = 0;
    assert_int_equal(pp_http_send(client, &q, on_answer, &answer, &err), 0);
    PUMP(answer.done);
    assert_int_equal(answer.err.kind, PP_ERR_LIMIT);
    assert_true(answer.begun);
    /* Refused before anything happens. */
    q.url = PP_STR_NONE;
    assert_int_equal(pp_http_send(client, &q, on_answer, &answer, &err), -1);
    struct pp_str evil = PP_STR("X: a\r\nY: b");
    q = (struct pp_http_req){.method = PP_STR("GET"), .url = pp_str_z(url), .headers = &evil, .nheaders = 1};
    assert_int_equal(pp_http_send(client, &q, on_answer, &answer, &err), -1);
    q = (struct pp_http_req){.method = PP_STR("GET"), .url = PP_STR("file:///etc/passwd")};
    answer.done = 0;
    assert_int_equal(pp_http_send(client, &q, on_answer, &answer, &err), 0);
    PUMP(answer.done);
    assert_false(answer.begun);
    assert_int_equal(answer.err.kind, PP_ERR_IO);
}

/* A server that reads one request on a kept-alive connection, answers it, and closes when the second one comes. */
static int accept_on(int listener) {
    int fd = -1;
    PUMP((fd = accept(listener, NULL, NULL)) >= 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static bool request_read(int fd, int *total) {
    char part[2048];
    ssize_t n = recv(fd, part, sizeof part, 0);
    if (n > 0) *total += (int)n;
    return n > 0;
}

static void test_never_written_twice(void **s) {
    (void)s;
    struct pp_err err = {0};
    struct sockaddr_in sa = {.sin_family = AF_INET};
    sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t n = sizeof sa;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), total = 0;
    assert_int_equal(bind(listener, (struct sockaddr *)&sa, n), 0);
    assert_int_equal(listen(listener, 5), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&sa, &n), 0);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", ntohs(sa.sin_port));
    struct pp_http_req q = {.method = PP_STR("POST"), .url = pp_str_z(url), .body = PP_STR("one"), .timeout_ms = 5000};
    answer.done = 0;
    assert_int_equal(pp_http_send(client, &q, on_answer, &answer, &err), 0);
    int fd = accept_on(listener);
    PUMP(request_read(fd, &total));
    static const char ok[] = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\nLocation: /there\r\n\r\n";
    assert_int_equal(send(fd, ok, sizeof ok - 1, MSG_NOSIGNAL), (ssize_t)sizeof ok - 1);
    PUMP(answer.done);
    assert_int_equal(answer.status, 201);
    answer.done = 0;
    q.body = PP_STR("two");
    assert_int_equal(pp_http_send(client, &q, on_answer, &answer, &err), 0);
    PUMP(request_read(fd, &total));
    close(fd); /* without a byte of answer: libcurl would write it again */
    PUMP(answer.done);
    assert_int_equal(answer.err.kind, PP_ERR_IO);
    assert_true(answer.begun);
    fd = accept(listener, NULL, NULL);
    char part[8];
    if (fd >= 0) {
        turn(20);
        assert_true(recv(fd, part, sizeof part, MSG_DONTWAIT) <= 0);
        close(fd);
    }
    close(listener);
}

static void test_many(void **s) {
    (void)s;
    enum { N = 200 };
    static struct answer many[N];
    struct pp_err err = {0};
    char url[100];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/echo", pp_http_server_port(server));
    int done = 0;
    for (int i = 0; i < N; i++) {
        pp_buf_init(&many[i].body, 100);
        struct pp_http_req q = {.method = PP_STR("POST"), .url = pp_str_z(url), .body = PP_STR("abc")};
        assert_int_equal(pp_http_send(client, &q, on_answer, &many[i], &err), 0);
    }
    PUMP(pp_http_client_open(client) == 0);
    for (int i = 0; i < N; i++) {
        done += many[i].done == 1 && many[i].status == 200;
        pp_buf_free(&many[i].body);
    }
    assert_int_equal(done, N);
}

static void test_route_ranks(void **s) {
    (void)s;
    static const struct {
        const char *pattern, *path;
        int vars; /* -1: does not fit */
    } rows[] = {
        {"/", "/", 0},           {"/a", "/a", 0},           {"/a", "/b", -1},
        {"/a", "/a/b", -1},      {"/a/b", "/a", -1},        {"/{x}", "/q", 1},
        {"/{x}", "/", -1},       {"/a/{x}/b", "/a/1/b", 1}, {"/a/{r...}", "/a/1/b", 1},
        {"/a/{r...}", "/a", -1}, {"/a/{x}", "/a//", -1},    {"/a%20b", "/a%20b", -1},
        {"/a b", "/a%20b", 0},
    };
    struct pp_arena a;
    struct pp_url_pair vars[4];
    int n;
    bool bad = false;
    pp_arena_init(&a, 10000);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int64_t rank = pp_route_match(rows[i].pattern, pp_str_z(rows[i].path), &a, vars, 4, &n, &bad);
        if ((rank < 0 ? -1 : n) != rows[i].vars) fail_msg("row %zu", i);
    }
    int64_t best = pp_route_match("/a/b/c", PP_STR("/a/b/c"), &a, vars, 4, &n, &bad);
    const char *const weaker[] = {"/a/b/{x}",  "/a/b/{r...}", "/a/{x}/c", "/a/{x}/{y}",
                                  "/a/{r...}", "/{x}/b/c",    "/{r...}"};
    for (size_t i = 0; i < sizeof weaker / sizeof *weaker; i++) {
        int64_t rank = pp_route_match(weaker[i], PP_STR("/a/b/c"), &a, vars, 4, &n, &bad);
        assert_true(rank > 0 && rank < best);
        best = rank;
    }
    assert_false(bad);
    pp_arena_free(&a);
}

/* Last: stops and frees everything, with a request held, one waiting in the client, and an open stream. */
static void test_stop(void **s) {
    (void)s;
    held = NULL;
    gone_calls = stream_gone = 0;
    raw_open();
    raw_say("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    PUMP(raw_has(": open"));
    start("GET", "/hold", PP_STR_NONE, NULL);
    PUMP(held);
    pp_http_server_stop(server);
    PUMP(raw_has("event: bye\ndata: {\"why\":\"stop\""));
    PUMP(stream_gone == 1);
    /* The held request is still answered. */
    assert_int_equal(gone_calls, 0);
    pp_http_reply(held, 200, "text/plain", PP_STR("x"));
    PUMP(answer.done);
    assert_int_equal(answer.status, 200);
    raw_close();
    int port = pp_http_server_port(server);
    pp_http_server_free(server);
    turn(5);
    assert_int_equal(pp_http_server_new(&loop, "127.0.0.1", port, auth, &server, &answer.err), 0);
    pp_http_server_routes(server, routes, sizeof routes / sizeof *routes);
    held = NULL;
    start("GET", "/hold", PP_STR_NONE, NULL);
    PUMP(held);
    pp_http_client_free(client); /* calls back first */
    assert_int_equal(answer.done, 1);
    assert_true(answer.begun);
    gone_calls = 0;
    struct pp_request *first = held;
    held = NULL;
    raw_open();
    raw_say("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    PUMP(held && held != first);
    PUMP(gone_calls == 1); /* the client's */
    pp_http_server_free(server);
    assert_int_equal(gone_calls, 2);
    pp_http_reply(first, 200, NULL, PP_STR_NONE);
    pp_http_reply(held, 200, NULL, PP_STR_NONE);
    raw_close();
    uv_run(&loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&loop), 0);
}

static int setup(void **s) {
    (void)s;
    struct pp_err err = {0};
    char jwks[100], pem[100];
    snprintf(dir, sizeof dir, "/tmp/pp-http-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(jwks, sizeof jwks, "%s/" PP_AUTH_DEV_JWKS, dir);
    snprintf(pem, sizeof pem, "%s/" PP_AUTH_DEV_KEY, dir);
    assert_int_equal(pp_auth_dev_keygen(dir, &err), 0);
    struct pp_auth_claims none = {"iss", "t", "u0", "", "*"}, pa = {"iss", "t", "u1", "pa", "*"};
    assert_int_equal(pp_auth_dev_token(pem, &none, pp_real_ms(), 600, token_none, sizeof token_none, &err), 0);
    assert_int_equal(pp_auth_dev_token(pem, &pa, pp_real_ms(), 600, token_pa, sizeof token_pa, &err), 0);
    assert_int_equal(pp_auth_open(jwks, "iss", &auth, &err), 0);
    uv_loop_init(&loop);
    assert_int_equal(pp_http_server_new(&loop, "127.0.0.1", 0, auth, &server, &err), 0);
    pp_http_server_routes(server, routes, sizeof routes / sizeof *routes);
    assert_int_equal(pp_http_client_new(&loop, 16, &client, &err), 0);
    pp_buf_init(&answer.body, BIG + 2);
    pp_buf_init(&raw, BIG + 2);
    return 0;
}

static int teardown(void **s) {
    (void)s;
    char cmd[100];
    pp_buf_free(&answer.body);
    pp_buf_free(&raw);
    pp_auth_free(auth);
    snprintf(cmd, sizeof cmd, "rm -rf '%s'", dir);
    return system(cmd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_get_and_parts),
        cmocka_unit_test(test_headers),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_bodies),
        cmocka_unit_test(test_slow_body),
        cmocka_unit_test(test_late_answer_and_early_close),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_stream_does_not_spin),
        cmocka_unit_test(test_slow_reader),
        cmocka_unit_test(test_client_failures),
        cmocka_unit_test(test_never_written_twice),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_route_ranks),
        cmocka_unit_test(test_stop),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
